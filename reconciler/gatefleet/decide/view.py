"""The policy of one gateway: `Holdings` are the entities it needs of the log, `View` is what decisions are made on.

Both are immutable, and a view is a pure function of gateway, entities and position (docs/reference/decision.md).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TypeVar

from gatefleet.contract.digests import Position, state_digest, value_digests
from gatefleet.contract.entities import AnyClient, Client, Entity, Gateway, Issuer, Route, Scope, kind_of, scopes_named
from gatefleet.contract.entity_values import read_entity
from gatefleet.decide.path import Template, shadowed_by, template_of

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

EVERY_CLIENT = "client/*"
_KINDS = frozenset({"issuer", "scope", "client"})


@dataclass(frozen=True, slots=True)
class NeedsSnapshot:
    """The view needs keys that are neither held nor in the changes: sorted; `client/*` stands for clients unknown."""

    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holdings:
    """The entities one gateway needs, as values and as read, and the needed keys that are known to be absent."""

    gateway_id: str
    values: Mapping[str, str] = field(repr=False)
    entities: Mapping[str, Entity] = field(repr=False)
    absent: frozenset[str] = frozenset()

    @classmethod
    def build(cls, gateway_id: str, entities: Mapping[str, str]) -> Holdings:
        """Keep of a whole state, or of a floor, what the gateway `<team>/<gateway>` needs. Raises `Malformed`."""
        read = {key: read_entity(key, value) for key, value in entities.items() if _concerns(gateway_id, key)}
        return _kept(gateway_id, read, entities)

    def apply(self, changes: Mapping[str, str | None]) -> Holdings | NeedsSnapshot:
        """The holdings after a revision's changes: key to new value, None for a removal. Raises `Malformed`."""
        values = {**self.values, **{key: value for key, value in changes.items() if value is not None}}
        read = dict(self.entities)
        for key, value in changes.items():
            if value is None:
                read.pop(key, None)
            elif _concerns(self.gateway_id, key):
                read[key] = read_entity(key, value)
        missing = self._missing(read, changes)
        return NeedsSnapshot(missing) if missing else _kept(self.gateway_id, read, values)

    def _missing(self, read: Mapping[str, Entity], changes: Mapping[str, str | None]) -> tuple[str, ...]:
        before, after = _demand(self.gateway_id, self.entities), _demand(self.gateway_id, read)
        missing: set[str] = set()
        if not before.every_client and (after.every_client or not after.scopes <= before.scopes):
            missing.add(EVERY_CLIENT)
        needed = after.scope_keys | _issuer_keys(after.clients(read))
        missing.update(needed - read.keys() - self.absent - changes.keys())
        return tuple(sorted(missing))

    @property
    def digest(self) -> str:
        """The view digest."""
        return state_digest(value_digests(self.values))


@dataclass(frozen=True, slots=True)
class _Demand:
    """Which scopes and clients a gateway's routes ask for."""

    scopes: frozenset[str] = frozenset()
    every_client: bool = False

    @property
    def scope_keys(self) -> frozenset[str]:
        return frozenset(f"scope/{scope}" for scope in self.scopes)

    def clients(self, read: Mapping[str, Entity]) -> dict[str, Client]:
        return {
            key: entity
            for key, entity in read.items()
            if isinstance(entity, Client) and (self.every_client or not self.scopes.isdisjoint(entity.scopes))
        }


def _demand(gateway_id: str, read: Mapping[str, Entity]) -> _Demand:
    gateway = read.get(f"gateway/{gateway_id}")
    if not isinstance(gateway, Gateway):
        return _Demand()
    every_client = any(isinstance(route.requirement, AnyClient) for route in gateway.routes.values())
    return _Demand(scopes_named(gateway), every_client)


def _issuer_keys(clients: Mapping[str, Client]) -> frozenset[str]:
    return frozenset(f"issuer/{client.issuer}" for client in clients.values() if client.issuer is not None)


def _concerns(gateway_id: str, key: str) -> bool:
    return kind_of(key) in _KINDS or key == f"gateway/{gateway_id}"


def _kept(gateway_id: str, read: Mapping[str, Entity], values: Mapping[str, str]) -> Holdings:
    demand = _demand(gateway_id, read)
    clients = demand.clients(read)
    needed = {f"gateway/{gateway_id}"} | demand.scope_keys | clients.keys() | _issuer_keys(clients)
    there = sorted(needed & read.keys())
    return Holdings(
        gateway_id,
        {key: values[key] for key in there},
        {key: read[key] for key in there},
        frozenset(needed - read.keys()),
    )


class View:
    """What decisions are made on: indexes over the holdings at one position. Immutable."""

    def __init__(self, holdings: Holdings, position: Position) -> None:
        entities = holdings.entities
        gateway = entities.get(f"gateway/{holdings.gateway_id}")
        self.gateway_id = holdings.gateway_id
        self.position = position
        self.gateway = gateway if isinstance(gateway, Gateway) else None
        self.routes: Mapping[str, Route] = self.gateway.routes if self.gateway else {}
        self.deny_after = self.gateway.deny_after if self.gateway else 0
        self.audience = frozenset(self.gateway.audience) if self.gateway else frozenset()
        self.scopes: Mapping[str, Scope] = _named(entities, Scope)
        self.clients: Mapping[str, Client] = _named(entities, Client)
        self.issuers: Mapping[str, Issuer] = _named(entities, Issuer)
        self._holdings = holdings
        self._issuer_by_url = _claimed_once((one.issuer, name) for name, one in self.issuers.items())
        clients = self.clients.items()
        self._client_by_api_key = _claimed_once((key, name) for name, one in clients for key in one.api_keys)
        self._client_by_thumbprint = _claimed_once(
            (cert, name) for name, one in clients for cert in set(one.certificates)
        )
        self._networks = {name: [ip_network(text) for text in one.addresses] for name, one in clients}
        self._templates = {key: template_of(key) for key in self.routes}
        self._shadows = {key: shadowed_by(key, self.routes) for key in self.routes}

    @cached_property
    def digest(self) -> str:
        """The view digest: what anyone computes from git for this gateway at this revision."""
        return self._holdings.digest

    def issuer_of(self, url: object) -> tuple[str, Issuer] | None:
        """Name and entity of the one issuer with this URL."""
        name = self._issuer_by_url.get(url) if isinstance(url, str) else None
        return None if name is None else (name, self.issuers[name])

    def client_of_api_key(self, key_id: str) -> str | None:
        """The one client that has an API key of this id."""
        return self._client_by_api_key.get(key_id)

    def client_of_certificate(self, thumbprint: str) -> str | None:
        """The one client that lists this certificate."""
        return self._client_by_thumbprint.get(thumbprint)

    def networks_of(self, client_id: str) -> list[IPv4Network | IPv6Network]:
        """The IP networks from which the client may call; empty: from anywhere."""
        return self._networks[client_id]

    def template_of(self, route_key: str) -> Template:
        """The declared route key, taken apart."""
        return self._templates[route_key]

    def shadowed_by(self, route_key: str) -> tuple[Template, ...]:
        """The routes that shadow this one (step 4)."""
        return self._shadows[route_key]


def _named(entities: Mapping[str, Entity], kind: type[V]) -> dict[str, V]:
    return {key.partition("/")[2]: entity for key, entity in entities.items() if isinstance(entity, kind)}


def _claimed_once(claims: Iterable[tuple[K, V]]) -> dict[K, V]:
    """Who claims what; a claim made twice belongs to nobody."""
    holders: dict[K, V] = {}
    twice: set[K] = set()
    for claim, holder in claims:
        if claim in holders:
            twice.add(claim)
        holders[claim] = holder
    return {claim: holder for claim, holder in holders.items() if claim not in twice}
