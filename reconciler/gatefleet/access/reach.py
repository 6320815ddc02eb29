"""Which clients can call which routes of one state: exact, for every client, route and kind of credential at once.

"Can" means with its best credential: a token just issued with every scope it is granted, the right audience and claims,
from an address it may call from. So two states differ in reach just where some client could pass before and cannot
after, or the other way round. Sets of clients are integers, one bit a client: a fleet is a few thousand operations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gatefleet.contract.entities import (
    AnyClient,
    AnyOf,
    Client,
    CredentialKind,
    Entity,
    Gateway,
    Issuer,
    KeyState,
    Public,
    Requirement,
    Route,
    Scope,
)

Bits = int
"""A set of clients: bit `i` is the client at index `i` of the roster."""


@dataclass(frozen=True, slots=True)
class Roster:
    """Client ids with an index each, shared by the states that are compared."""

    ids: tuple[str, ...]

    @classmethod
    def of(cls, *states: Mapping[str, Entity]) -> Roster:
        """Every client of these states, sorted."""
        found = {key.removeprefix("client/") for state in states for key in state if key.startswith("client/")}
        return cls(tuple(sorted(found)))

    def named(self, bits: Bits) -> Iterator[str]:
        """The clients of a set, in order."""
        while bits:
            lowest = bits & -bits
            yield self.ids[lowest.bit_length() - 1]
            bits ^= lowest


class Reach:
    """The reach of one environment's entities at `now` (UTC seconds), over a roster that holds all of its clients."""

    def __init__(self, entities: Mapping[str, Entity], roster: Roster, now: int) -> None:
        active = {
            key.removeprefix("scope/")
            for key, entity in entities.items()
            if isinstance(entity, Scope) and entity.active
        }  # fmt: skip
        self._holders: dict[str, Bits] = dict.fromkeys(active, 0)
        self._presenting: dict[CredentialKind, Bits] = dict.fromkeys(CredentialKind, 0)
        issuing = _issuing(entities, now)
        for index, client_id in enumerate(roster.ids):
            client = entities.get(f"client/{client_id}")
            if not isinstance(client, Client) or not client.active:
                continue
            bit = 1 << index
            for kind in _presentable(client, issuing, now):
                self._presenting[kind] |= bit
            for scope, until in client.scopes.items():
                if scope in active and (until is None or now < until):
                    self._holders[scope] |= bit

    def of(self, route: Route | None) -> dict[CredentialKind, Bits]:
        """The clients that can call a route, by the kind of credential they can do it with; none for a public one."""
        if route is None or isinstance(route.requirement, Public):
            return {}
        satisfied = self._satisfied(route.requirement)
        return {
            kind: satisfied & self._presenting[kind] if kind is CredentialKind.JWT or not route.claims else 0
            for kind in route.credentials
        }

    def _satisfied(self, requirement: Requirement) -> Bits:
        match requirement:
            case AnyClient():
                return -1  # whoever can present something
            case AnyOf(sets):
                return _any(self._all_of(one) for one in sets)
            case Public():
                return 0

    def _all_of(self, scopes: tuple[str, ...]) -> Bits:
        bits = -1
        for scope in scopes:
            bits &= self._holders.get(scope, 0)
        return bits


def routes_of(entities: Mapping[str, Entity]) -> dict[tuple[str, str], Route]:
    """Every declared route by gateway id and route key."""
    return {
        (key.removeprefix("gateway/"), route_key): route
        for key, entity in entities.items()
        if isinstance(entity, Gateway)
        for route_key, route in entity.routes.items()
    }


def union(sets: Mapping[CredentialKind, Bits]) -> Bits:
    """The clients that can call with some kind."""
    return _any(sets.values())


def _any(sets: Iterable[Bits]) -> Bits:
    bits = 0
    for one in sets:
        bits |= one
    return bits


def _issuing(entities: Mapping[str, Entity], now: int) -> frozenset[str]:
    """The issuers that some key still verifies for."""
    return frozenset(
        key.removeprefix("issuer/")
        for key, entity in entities.items()
        if isinstance(entity, Issuer)
        and any(
            one.state in (KeyState.ACTIVE, KeyState.RETIRING) and (one.not_after is None or now < one.not_after)
            for one in entity.keys.values()
        )
    )


def _presentable(client: Client, issuing: frozenset[str], now: int) -> Iterator[CredentialKind]:
    tokens_count = client.tokens_not_before is None or client.tokens_not_before <= now
    if client.issuer in issuing and tokens_count:
        yield CredentialKind.JWT
    if any(now < key.expires for key in client.api_keys.values()):
        yield CredentialKind.API_KEY
    if client.certificates:
        yield CredentialKind.CERTIFICATE
