"""Whether a client can call a route at all, from the same view that decides, with its best credential.

Conditions that only a request can meet (its address, claims of its token) are named, not judged.
"""

from __future__ import annotations

from dataclasses import dataclass

from gatefleet.contract.entities import (
    AnyClient,
    AnyOf,
    Client,
    CredentialKind,
    Gateway,
    KeyState,
    Public,
    Route,
)
from gatefleet.contract.reasons import Reason
from gatefleet.decide.view import View


@dataclass(frozen=True, slots=True)
class Answer:
    """`reason` None: it can, under `conditions`. Else why not, and in `missing` what it would take."""

    reason: Reason | None
    conditions: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the client can call the route."""
        return self.reason is None


def can(client_id: str, route_key: str, view: View, now: int) -> Answer:
    """Whether `client_id` can call the declared `route_key`; `now` in UTC seconds."""
    gateway = view.gateway
    if gateway is None:
        return Answer(Reason.UNKNOWN_GATEWAY)
    route = gateway.routes.get(route_key)
    if route is None:
        return Answer(Reason.UNKNOWN_ROUTE)
    if isinstance(route.requirement, Public):
        return Answer(None, ("anyone can",))
    client = view.clients.get(client_id)
    if client is None:
        return Answer(Reason.UNKNOWN_CLIENT, missing=_scopes_wanted(route))
    kinds = [kind for kind in route.credentials if _can_present(kind, client, route, view, now)]
    if not kinds:
        return Answer(Reason.CREDENTIAL_NOT_ALLOWED, missing=tuple(f"a valid {kind}" for kind in route.credentials))
    if not client.active:
        return Answer(Reason.CLIENT_SUSPENDED)
    if client.tokens_not_before is not None and now < client.tokens_not_before:
        kinds = [kind for kind in kinds if kind is not CredentialKind.JWT]
        if not kinds:
            return Answer(Reason.TOKEN_REVOKED, missing=("a token issued since its tokens_not_before",))
    held = frozenset(
        scope
        for scope, until in client.scopes.items()
        if scope in view.scopes and view.scopes[scope].active and (until is None or now < until)
    )
    if isinstance(route.requirement, AnyOf) and not any(held.issuperset(one) for one in route.requirement.sets):
        return Answer(Reason.INSUFFICIENT_SCOPE, missing=_scopes_wanted(route, held))
    return Answer(None, _conditions(kinds, client, route, held, gateway, now=now))


def _can_present(kind: CredentialKind, client: Client, route: Route, view: View, now: int) -> bool:
    if kind is CredentialKind.JWT:
        issuer = view.issuers.get(client.issuer) if client.issuer is not None else None
        usable = issuer is not None and view.issuer_of(issuer.issuer) is not None
        return usable and any(
            key.state in (KeyState.ACTIVE, KeyState.RETIRING) and (key.not_after is None or now < key.not_after)
            for key in (issuer.keys.values() if issuer else ())
        )
    if route.claims:  # only a token carries claims
        return False
    if kind is CredentialKind.API_KEY:
        return any(
            now < key.expires and view.client_of_api_key(key_id) is not None for key_id, key in client.api_keys.items()
        )
    return any(view.client_of_certificate(thumbprint) is not None for thumbprint in client.certificates)


def _scopes_wanted(route: Route, held: frozenset[str] = frozenset()) -> tuple[str, ...]:
    if not isinstance(route.requirement, AnyOf):
        return ()
    return tuple(" + ".join(scope for scope in one if scope not in held) for one in route.requirement.sets)


def _conditions(
    kinds: list[CredentialKind], client: Client, route: Route, held: frozenset[str], gateway: Gateway, *, now: int
) -> tuple[str, ...]:
    conditions = ["with " + " or ".join(kinds)]
    match route.requirement:
        case AnyOf(sets):
            enough = [" + ".join(one) for one in sets if held.issuperset(one)]
            conditions.append("scopes " + ", or ".join(enough))
        case AnyClient():
            conditions.append("any scopes")
        case Public():
            pass
    if CredentialKind.JWT in kinds:
        conditions.append("audience " + " or ".join(gateway.audience))
    conditions += [f"claim {name} = {value}" for name, value in sorted(route.claims.items())]
    if client.addresses:
        conditions.append("from " + ", ".join(client.addresses))
    if CredentialKind.JWT in kinds:
        if client.tokens_not_before is not None:
            conditions.append("tokens issued since the client's tokens_not_before")
        denied = [until for until in (*client.denied_jti.values(), *client.denied_sub.values()) if now < until]
        if denied:
            conditions.append(f"no token or subject that is denied ({len(denied)})")
    return tuple(conditions)
