"""Who can call a gateway's routes: every client, with the kinds of credential it can do it with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gatefleet.access.reach import Reach, Roster, union
from gatefleet.contract.entities import CredentialKind, Entity, Gateway, Public


@dataclass(frozen=True, slots=True)
class Callers:
    """Of one route: the clients that can call it; `public`: anyone can, and no client is named."""

    route: str
    public: bool
    clients: tuple[tuple[str, tuple[CredentialKind, ...]], ...]


def who_can(entities: Mapping[str, Entity], gateway_id: str, now: int) -> Iterator[Callers]:
    """The callers of each route of `<team>/<gateway>`, in the order of route keys; "can" is as `reach` says."""
    gateway = entities[f"gateway/{gateway_id}"]
    assert isinstance(gateway, Gateway)
    roster = Roster.of(entities)
    reach = Reach(entities, roster, now)
    for key, route in sorted(gateway.routes.items()):
        able = reach.of(route)
        by_kind = {kind: frozenset(roster.named(bits)) for kind, bits in able.items()}
        clients = tuple(
            (client, tuple(kind for kind, names in by_kind.items() if client in names))
            for client in roster.named(union(able))
        )
        yield Callers(key, isinstance(route.requirement, Public), clients)
