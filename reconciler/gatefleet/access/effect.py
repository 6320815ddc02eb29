"""Whether a change of one entity can widen or narrow access: what decides who is asked to review it.

One entity is looked at alone, so this answers "can it", never "does it": a grant of a scope that no route demands still
widens. Where a field alone does not tell, the answer is both. Acting on older policy counts as wider: whatever lets a
gateway answer longer without having read the log makes a revocation later. Issuer URLs, API key ids and certificates
are taken to be unique, as `checks` demands: one that two entities claim would count for neither.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, fields
from ipaddress import collapse_addresses, ip_network
from typing import Any

from gatefleet.access.overlap import is_catch_all, overlaps
from gatefleet.contract.entities import (
    AnyClient,
    AnyOf,
    ApiKey,
    ApiKind,
    Client,
    CredentialKind,
    Entity,
    Gateway,
    Issuer,
    IssuerKey,
    KeyState,
    Public,
    Requirement,
    Route,
    Scope,
    WhenStale,
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change can do to access: let a denied request pass (`widens`), deny one that passed (`narrows`)."""

    widens: bool = False
    narrows: bool = False

    def __or__(self, other: Effect) -> Effect:
        return Effect(self.widens or other.widens, self.narrows or other.narrows)


NO_EFFECT = Effect()
WIDENS = Effect(widens=True)
NARROWS = Effect(narrows=True)
BOTH = Effect(widens=True, narrows=True)

FieldEffect = Callable[[Any, Any], Effect]
"""What a field's change from one value to another can do; called only when it may have changed."""


def effect(before: Entity | None, after: Entity | None) -> Effect:
    """What replacing `before` by `after` under the same key can do to access; None stands for no entity."""
    return _effect_of(before, after)


def field_effects(kind: type) -> Mapping[str, FieldEffect]:
    """The rule of every field of one contract type, by field name."""
    return _FIELDS[kind]


# A part is one piece of policy that may be missing: an entity, an issuer's key, an API key, a route.
Part = Issuer | IssuerKey | Scope | Client | ApiKey | Gateway | Route


def _effect_of(before: Part | None, after: Part | None) -> Effect:
    opens_before, opens_after = _opens(before), _opens(after)
    if not (opens_before and opens_after):
        return Effect(widens=opens_after, narrows=opens_before)
    if type(before) is not type(after):
        return BOTH
    if isinstance(before, Route) and isinstance(after, Route):
        return _route(before, after)
    whole = NO_EFFECT
    if isinstance(before, Gateway) and isinstance(after, Gateway):
        whole = _rerouted(before, after)
    rules = _FIELDS[type(before)]
    for one in fields(before):  # type: ignore[arg-type]  # neither is None here: both open something
        whole |= rules[one.name](getattr(before, one.name), getattr(after, one.name))
    return whole


def _opens(part: Part | None) -> bool:
    """Whether any request can pass because of this part. Changes of one that opens nothing change nothing."""
    match part:
        case None:
            return False
        case Issuer():
            return any(_opens(key) for key in part.keys.values())
        case IssuerKey():
            return part.state in (KeyState.ACTIVE, KeyState.RETIRING)
        case Scope() | Client():
            return part.active
        case Gateway():
            return bool(part.routes)
        case ApiKey() | Route():
            return True


# --- rules for values -------------------------------------------------------------------------------------------------


def _same(value: Any) -> tuple[type, Any]:
    return type(value), value  # in JSON, 1 and true are two values; in Python they are equal


def _answered(_before: Any, _after: Any) -> Effect:
    """For the field that says whether the part opens anything at all: `_opens` has answered it."""
    return NO_EFFECT


def _unclear(before: Any, after: Any) -> Effect:
    return NO_EFFECT if _same(before) == _same(after) else BOTH


def _more_is_wider(before: int, after: int) -> Effect:
    return Effect(widens=after > before, narrows=after < before)


def _more_is_narrower(before: int, after: int) -> Effect:
    return _more_is_wider(after, before)


def _end(before: int | None, after: int | None) -> Effect:
    """The second at which something ends; None: never."""
    never = float("inf")
    starts, ends = never if before is None else before, never if after is None else after
    return Effect(widens=ends > starts, narrows=ends < starts)


def _start(before: int | None, after: int | None) -> Effect:
    """The second from which tokens count; None: always."""
    return _more_is_narrower(-1 if before is None else before, -1 if after is None else after)


def _choices(before: Iterable[Hashable], after: Iterable[Hashable]) -> Effect:
    """A set of which one has to fit: more are wider."""
    old, new = set(before), set(after)
    return Effect(widens=bool(new - old), narrows=bool(old - new))


def _optional(before: str | None, after: str | None) -> Effect:
    """Without it nothing passes; with another one, others do."""
    if before is None or after is None:
        return Effect(widens=before is None and after is not None, narrows=before is not None and after is None)
    return _unclear(before, after)


def _each(rule: Callable[[Any, Any], Effect], *, absent: Effect) -> FieldEffect:
    """A rule for maps: `rule` for names in both, `absent` for a name that is added, its reverse for one removed."""

    def of_map(before: Mapping[str, Any], after: Mapping[str, Any]) -> Effect:
        whole = NO_EFFECT
        for name in before.keys() & after.keys():
            whole |= rule(before[name], after[name])
        if after.keys() - before.keys():
            whole |= absent
        if before.keys() - after.keys():
            whole |= Effect(widens=absent.narrows, narrows=absent.widens)
        return whole

    return of_map


def _parts(before: Mapping[str, Part], after: Mapping[str, Part]) -> Effect:
    whole = NO_EFFECT
    for name in before.keys() | after.keys():
        whole |= _effect_of(before.get(name), after.get(name))
    return whole


def _addresses(before: tuple[str, ...], after: tuple[str, ...]) -> Effect:
    """Networks a client may call from; none: from anywhere."""
    if not before or not after:
        return Effect(widens=bool(before), narrows=bool(after))
    return Effect(widens=not _covered(after, by=before), narrows=not _covered(before, by=after))


def _covered(networks: tuple[str, ...], *, by: tuple[str, ...]) -> bool:
    # A network inside a union of networks is inside one of them once neighbours are merged.
    merged = [
        network
        for version in (4, 6)
        for network in collapse_addresses(n for n in map(ip_network, by) if n.version == version)  # type: ignore[type-var]
    ]
    return all(
        any(one.version == whole.version and one.subnet_of(whole) for whole in merged)  # type: ignore[arg-type]
        for one in map(ip_network, networks)
    )


def _when_stale(before: WhenStale, after: WhenStale) -> Effect:
    strictness = list(WhenStale)
    return _more_is_narrower(strictness.index(before), strictness.index(after))


# --- routes -----------------------------------------------------------------------------------------------------------


def _rerouted(before: Gateway, after: Gateway) -> Effect:
    """What routes do to each other: requests move between them, and a catch-all looks at its neighbours."""
    old, new = before.routes, after.routes
    whole = NO_EFFECT
    # A new route takes requests away from the broader ones beside it, a removed one gives them back: either may be the
    # stricter one, so removing `GET /orders/export` can open it to whoever may `GET /orders/{id}`.
    if any(overlaps(one, other, after.api) for one in new.keys() - old.keys() for other in old):
        whole |= NARROWS
    if any(overlaps(one, other, before.api) for one in old.keys() - new.keys() for other in new):
        whole |= WIDENS
    # On a catch-all, paths that read like a route with other demands are denied (decision.md, step 4): what a route
    # demands then also decides what its catch-all lets pass.
    changed = [key for key in old.keys() & new.keys() if _differs(old[key], new[key])]
    if any(_shares_catch_all(key, other, after.api) for key in changed for other in old if other != key):
        whole |= BOTH
    return whole


def _differs(before: Route, after: Route) -> bool:
    return before != after or _claims(before.claims, after.claims) != NO_EFFECT


def _shares_catch_all(one: str, other: str, api: ApiKind) -> bool:
    return (is_catch_all(one) or is_catch_all(other)) and overlaps(one, other, api)


def _route(before: Route, after: Route) -> Effect:
    demand = _requirement(before.requirement, after.requirement)
    if isinstance(before.requirement, Public) or isinstance(after.requirement, Public):
        return demand  # no authorizer is called for a public route: its credentials and claims decide nothing
    return demand | _credentials(before.credentials, after.credentials) | _claims(before.claims, after.claims)


def _requirement(before: Requirement, after: Requirement) -> Effect:
    match before, after:
        case AnyOf(old), AnyOf(new):
            # Whoever holds a set that contains another one holds that too: only sets without such a counterpart count.
            return Effect(
                widens=not all(_satisfies(one, old) for one in new),
                narrows=not all(_satisfies(one, new) for one in old),
            )
        case (AnyClient(), AnyOf()) | (AnyOf(), AnyClient()):
            # Fewer or more clients, but a stale policy is another matter: `any_client` is checked, a scope may be
            # served or denied, which its own entity says.
            return BOTH
        case _ if type(before) is type(after):
            return NO_EFFECT
        case _:
            return WIDENS if isinstance(after, Public) else NARROWS


def _satisfies(held: tuple[str, ...], sets: tuple[tuple[str, ...], ...]) -> bool:
    return any(set(one) <= set(held) for one in sets)


def _credentials(before: Iterable[CredentialKind], after: Iterable[CredentialKind]) -> Effect:
    """More kinds let in more clients, but a header of a kind that is not allowed counts as not sent: once it is
    allowed, a request that has it beside another credential is judged by it or refused (decision.md, step 5)."""
    headers = {CredentialKind.JWT, CredentialKind.API_KEY}
    return BOTH if headers & (set(before) ^ set(after)) else _choices(before, after)


def _claims(before: Mapping[str, Any], after: Mapping[str, Any]) -> Effect:
    """Constants that a token's claims must equal: each one more is narrower."""
    return _each(_unclear, absent=NARROWS)(before, after)


# INVARIANT: every field of every type has its rule here (tests/unit/access/test_effect.py enumerates them).
_FIELDS: Mapping[type, Mapping[str, FieldEffect]] = {
    Issuer: {
        "issuer": _unclear,
        "typ": _choices,
        "scope_claim": _unclear,
        "client_id_claim": _unclear,
        "clock_skew": _more_is_wider,
        "max_lifetime": _more_is_wider,
        "keys": _parts,
    },
    IssuerKey: {"alg": _unclear, "jwk": _unclear, "state": _answered, "not_after": _end},
    Scope: {"active": _answered, "when_stale": _when_stale},
    Client: {
        "active": _answered,
        "issuer": _optional,
        "scopes": _each(_end, absent=WIDENS),
        "tokens_not_before": _start,
        "denied_jti": _each(_more_is_narrower, absent=NARROWS),
        "denied_sub": _each(_more_is_narrower, absent=NARROWS),
        "addresses": _addresses,
        "api_keys": _parts,
        "certificates": _choices,
    },
    ApiKey: {"sha256": _unclear, "expires": _more_is_wider},
    Gateway: {
        "api": _unclear,
        "audience": _choices,
        "following": _unclear,
        "max_staleness": _more_is_wider,
        "deny_after": _more_is_wider,
        "result_ttl": _more_is_wider,
        "routes": _parts,
    },
    Route: {"requirement": _requirement, "credentials": _credentials, "claims": _claims},
}
