"""The access diff: which client gains or loses which route on which gateway between two states, and why.

Exact in both directions: whoever is listed could (not) pass before and can (not) after, and nobody else (`reach`). What
changes for clients that can call before and after (an end date, an address, a claim) is a change of conditions.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gatefleet.access.reach import Bits, Reach, Roster, routes_of, union
from gatefleet.contract.entities import AnyOf, Client, CredentialKind, Entity, Issuer, Public, Route, Scope
from gatefleet.model.types import SourceRoute


@dataclass(frozen=True, slots=True, order=True)
class Cause:
    """One thing that changed and that decides here: an entity, the member of it, and in words what it did."""

    key: str
    member: tuple[str, ...]
    what: str


@dataclass(frozen=True, slots=True)
class Shift:
    """A client that gains or loses a route. `kinds`: the credentials with which it could not, or no longer can."""

    gains: bool
    gateway: str
    route: str
    client: str
    kinds: tuple[CredentialKind, ...]
    only_kind: bool  # it could call, or still can, with another kind of credential
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """A route that anyone may call from now on (`public`), or no longer."""

    public: bool
    gateway: str
    route: str


@dataclass(frozen=True, slots=True)
class Expiry:
    """A grant that ends within the time that was asked about."""

    client: str
    scope: str
    until: int


@dataclass(frozen=True, slots=True)
class AccessDiff:
    """Everything that a change of one environment does to access."""

    gains: tuple[Shift, ...] = ()
    losses: tuple[Shift, ...] = ()
    openings: tuple[Opening, ...] = ()
    closings: tuple[Opening, ...] = ()
    changed: tuple[str, ...] = ()  # keys of entities that changed
    expiring: tuple[Expiry, ...] = ()

    @property
    def widens(self) -> bool:
        """Whether somebody can do more than before."""
        return bool(self.gains or self.openings)

    @property
    def narrows(self) -> bool:
        """Whether somebody can do less."""
        return bool(self.losses or self.closings)


def access_diff(before: Mapping[str, Entity], after: Mapping[str, Entity], now: int, *, soon: int = 0) -> AccessDiff:
    """What replacing one environment's entities by others does to access at `now` (UTC seconds).

    `soon`: grants that end within so many seconds are listed.
    """
    roster = Roster.of(before, after)
    sides = _Sides(before, after, roster, Reach(before, roster, now), Reach(after, roster, now))
    old, new = routes_of(before), routes_of(after)
    shifts: list[Shift] = []
    openings: list[Opening] = []
    for gateway, route in sorted(old.keys() | new.keys()):
        was, is_ = old.get((gateway, route)), new.get((gateway, route))
        if _public(was) != _public(is_):
            openings.append(Opening(_public(is_), gateway, route))
        shifts += sides.shifts(gateway, route, was, is_)
    changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    return AccessDiff(
        gains=tuple(one for one in shifts if one.gains),
        losses=tuple(one for one in shifts if not one.gains),
        openings=tuple(one for one in openings if one.public),
        closings=tuple(one for one in openings if not one.public),
        changed=tuple(changed),
        expiring=tuple(_expiring(after, now, soon)),
    )


@dataclass(frozen=True, slots=True)
class _Sides:
    before: Mapping[str, Entity]
    after: Mapping[str, Entity]
    roster: Roster
    old: Reach
    new: Reach

    def shifts(self, gateway: str, key: str, was: Route | None, is_: Route | None) -> Iterator[Shift]:
        if _public(was) or _public(is_):
            return  # anyone can, or could: openings and closings say it
        could, can = self.old.of(was), self.new.of(is_)
        if could == can:
            return
        about_route = tuple(_route_causes(gateway, key, was, is_))
        for gains, before, after in ((True, could, can), (False, can, could)):
            changed = {kind: bits & ~before.get(kind, 0) for kind, bits in after.items()}
            for client in self.roster.named(union(changed)):
                bit = self._bit(client)
                shift = Shift(
                    gains=gains,
                    gateway=gateway,
                    route=key,
                    client=client,
                    kinds=tuple(kind for kind, bits in changed.items() if bits & bit),
                    only_kind=bool(union(before) & bit),
                    causes=(),
                )
                causes = (*about_route, *self._client_causes(client, was, is_))
                yield replace(shift, causes=tuple(sorted(causes)))

    def _bit(self, client: str) -> Bits:
        return 1 << bisect_left(self.roster.ids, client)

    def _client_causes(self, client_id: str, was: Route | None, is_: Route | None) -> Iterator[Cause]:
        key = f"client/{client_id}"
        was_client, is_client = self.before.get(key), self.after.get(key)
        scopes = _scopes(was) | _scopes(is_)
        if was_client != is_client:
            yield from _about_client(
                key,
                was_client if isinstance(was_client, Client) else None,
                is_client if isinstance(is_client, Client) else None,
                scopes,
            )
        for scope in sorted(scopes):
            yield from self._scope_cause(scope, client_id)
        yield from self._issuer_cause(is_client or was_client)

    def _scope_cause(self, scope: str, client_id: str) -> Iterator[Cause]:
        key = f"scope/{scope}"
        was, is_ = _active(self.before.get(key)), _active(self.after.get(key))
        if was != is_ and any(
            isinstance(client, Client) and scope in client.scopes
            for client in (self.before.get(f"client/{client_id}"), self.after.get(f"client/{client_id}"))
        ):
            yield Cause(key, ("state",), "is active again" if is_ else "is revoked")

    def _issuer_cause(self, client: Entity | None) -> Iterator[Cause]:
        if not isinstance(client, Client) or client.issuer is None:
            return
        key = f"issuer/{client.issuer}"
        was, is_ = self.before.get(key), self.after.get(key)
        if was == is_:
            return
        if isinstance(was, Issuer) and isinstance(is_, Issuer):
            if was.keys != is_.keys:
                yield Cause(key, ("keys",), "its keys changed")
        else:
            yield Cause(key, (), "is trusted" if is_ else "is no longer trusted")


def _route_causes(gateway: str, key: str, was: Route | None, is_: Route | None) -> Iterator[Cause]:
    entity, member = f"gateway/{gateway}", ("routes", key)
    if was is None:
        yield Cause(entity, member, "new route")
    elif is_ is None:
        yield Cause(entity, member, "the route is gone")
    else:
        if was.requirement != is_.requirement:
            yield Cause(entity, member, f"asks for {demanded(is_)}, before for {demanded(was)}")
        if was.credentials != is_.credentials:
            yield Cause(entity, (*member, "credentials"), f"takes {', '.join(is_.credentials)}")
        if bool(was.claims) != bool(is_.claims):
            yield Cause(entity, (*member, "claims"), "demands claims of a token" if is_.claims else "demands no claims")


def _about_client(key: str, was: Client | None, is_: Client | None, scopes: frozenset[str]) -> Iterator[Cause]:
    if was is None or is_ is None:
        yield Cause(key, (), "new client" if was is None else "the client is gone")
        return
    if was.active != is_.active:
        yield Cause(key, ("state",), "is active again" if is_.active else "is suspended")
    for scope in sorted(scopes & (was.scopes.keys() | is_.scopes.keys())):
        if scope not in was.scopes:
            yield Cause(key, ("scopes", scope), f"{scope} is granted")
        elif scope not in is_.scopes:
            yield Cause(key, ("scopes", scope), f"{scope} is no longer granted")
        elif was.scopes[scope] != is_.scopes[scope]:
            yield Cause(key, ("scopes", scope), f"the grant of {scope} has another end")
    if was.issuer != is_.issuer:
        yield Cause(key, ("issuer",), "gets its tokens from another issuer")
    if was.tokens_not_before != is_.tokens_not_before:
        yield Cause(key, ("tokens_not_before",), "older tokens count or no longer count")
    if was.api_keys != is_.api_keys:
        yield Cause(key, ("api_keys",), "its API keys changed")
    if was.certificates != is_.certificates:
        yield Cause(key, ("certificates",), "its certificates changed")


def demanded(route: Route | SourceRoute) -> str:
    """What a route asks for, in words: `orders:read`, `a + b or c`, `any client`, `nothing`."""
    match route.requirement:
        case AnyOf(sets):
            return " or ".join(" + ".join(one) for one in sets)
        case Public():
            return "nothing"
        case _:
            return "any client"


def _expiring(after: Mapping[str, Entity], now: int, soon: int) -> Iterator[Expiry]:
    for key, entity in sorted(after.items()):
        if isinstance(entity, Client):
            for scope, until in sorted(entity.scopes.items()):
                if until is not None and now < until <= now + soon:
                    yield Expiry(key.removeprefix("client/"), scope, until)


def _scopes(route: Route | None) -> frozenset[str]:
    if route is None or not isinstance(route.requirement, AnyOf):
        return frozenset()
    return frozenset(scope for one in route.requirement.sets for scope in one)


def _active(scope: Entity | None) -> bool:
    return isinstance(scope, Scope) and scope.active


def _public(route: Route | None) -> bool:
    return route is not None and isinstance(route.requirement, Public)
