"""May this request pass? The steps of docs/reference/decision.md in their order; the first that fails ends it.

`decide` is total: it allows, or it denies with one step and one reason, and raises nothing. Clock and freshness are
arguments; the caller may decide once, read the log if `when_stale` asks for it, and decide again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from gatefleet.contract.entities import AnyClient, AnyOf, Client, CredentialKind, Public, Route, WhenStale
from gatefleet.contract.reasons import Reason
from gatefleet.decide.credentials import (
    Presented,
    bearer_token,
    choose,
    client_of_api_key,
    client_of_certificate,
    confirmed,
)
from gatefleet.decide.event import Request, UnreadableEvent, api_of, read_event
from gatefleet.decide.outcome import Allow, Decision, Deny, Freshness, FreshnessState, Step
from gatefleet.decide.path import path_allowed, path_fits
from gatefleet.decide.token import VerifiedToken, read_token, verify
from gatefleet.decide.view import View

_STRICTNESS = {WhenStale.SERVE: 0, WhenStale.CHECK: 1, WhenStale.DENY: 2}


def decide(event: object, view: View, freshness: Freshness, now: int) -> Decision:
    """Decide on one event (parsed JSON) under one view. `now` in whole UTC seconds."""
    api = view.gateway.api if view.gateway else api_of(event)
    # A decision begins as a denial; `so_far` gains what each step has proven.
    so_far = Decision(Deny(Step.EVENT, Reason.MALFORMED_REQUEST), view.gateway_id, view.position, freshness, api)
    try:
        request = read_event(event)
    except UnreadableEvent:  # 1
        return so_far
    so_far = replace(so_far, endpoint=request.endpoint, trace_id=request.trace_id)
    if view.gateway is None:  # 2
        return replace(so_far, outcome=Deny(Step.GATEWAY, Reason.UNKNOWN_GATEWAY))
    if view.gateway.api is not request.api:
        return replace(so_far, outcome=Deny(Step.GATEWAY, Reason.MALFORMED_REQUEST))
    declared = [key for key in request.route_keys if key in view.gateway.routes]
    if not declared:  # 3
        return replace(so_far, outcome=Deny(Step.ROUTE, Reason.UNKNOWN_ROUTE))
    return _on_route(request, declared[0], view, now, replace(so_far, route=declared[0]))


def _on_route(request: Request, route_key: str, view: View, now: int, so_far: Decision) -> Decision:
    template = view.template_of(route_key)
    if not path_allowed(
        request.path,
        request.path_parameters.values(),
        method=request.method,
        stage=request.stage,
        template=template,
        shadowed=view.shadowed_by(route_key),
    ):  # 4
        return replace(so_far, outcome=Deny(Step.PATH, Reason.PATH_NOT_ALLOWED))
    so_far = replace(so_far, path_fits=path_fits(request.path, template))
    route = view.routes[route_key]
    if isinstance(route.requirement, Public):
        return replace(so_far, outcome=Allow())
    presented = choose(request, route)
    if isinstance(presented, Deny):  # 5
        return replace(so_far, outcome=presented)
    so_far = replace(so_far, credential=presented.kind)
    caller = _authenticate(presented, view, now)
    if isinstance(caller, Deny):  # 6 to 17
        return replace(so_far, outcome=caller)
    client_id, token = caller
    so_far = replace(so_far, client_id=client_id, subject=token.subject if token else None)
    denied = _client_denied(request, view, client_id, token, now) or _claims_denied(route, token)
    if denied:  # 18 to 22
        return replace(so_far, outcome=denied)
    scopes = _effective_scopes(view, view.clients[client_id], token, now)
    when_stale = _when_satisfied(route, scopes, view)
    if when_stale is None:  # 23
        return replace(so_far, outcome=Deny(Step.SCOPE, Reason.INSUFFICIENT_SCOPE))
    so_far = replace(so_far, when_stale=when_stale)
    if _too_stale(when_stale, so_far.freshness, view.deny_after):  # 24
        return replace(so_far, outcome=Deny(Step.STALE, Reason.STALE_POLICY))
    return replace(so_far, outcome=Allow(tuple(sorted(scopes))))


def _authenticate(presented: Presented, view: View, now: int) -> tuple[str, VerifiedToken | None] | Deny:
    """Steps 6 to 17: whose credential this is."""
    match presented.kind:
        case CredentialKind.JWT:
            return _bearer_of(presented.value, view, now)
        case CredentialKind.API_KEY:
            client = client_of_api_key(presented.value, view, now)
        case CredentialKind.CERTIFICATE:
            client = client_of_certificate(presented.value, view)
    return client if isinstance(client, Deny) else (client, None)


def _bearer_of(authorization: str, view: View, now: int) -> tuple[str, VerifiedToken] | Deny:
    text = bearer_token(authorization)
    unverified = text if isinstance(text, Deny) else read_token(text)
    token = unverified if isinstance(unverified, Deny) else verify(unverified, view, now)
    if isinstance(token, Deny):
        return token
    client = view.clients.get(token.client_id) if token.client_id is not None else None
    if client is None or client.issuer != token.issuer_name or token.client_id is None:  # 17
        return Deny(Step.CLIENT, Reason.UNKNOWN_CLIENT)
    return token.client_id, token


def _client_denied(request: Request, view: View, client_id: str, token: VerifiedToken | None, now: int) -> Deny | None:
    """Steps 18 to 21: whether the client, this token of it, or the place it calls from is denied."""
    client = view.clients[client_id]
    if not client.active:  # 18
        return Deny(Step.SUSPENDED, Reason.CLIENT_SUSPENDED)
    if token and _revoked(token, client, now):  # 19
        return Deny(Step.REVOKED, Reason.TOKEN_REVOKED)
    if token and "cnf" in token.claims and not confirmed(token.claims["cnf"], request.certificate_pem):  # 20
        return Deny(Step.CNF, Reason.INVALID_CERTIFICATE)
    if client.addresses and not _within(request.source_ip, view, client_id):  # 21
        return Deny(Step.ADDRESS, Reason.ADDRESS_NOT_ALLOWED)
    return None


def _revoked(token: VerifiedToken, client: Client, now: int) -> bool:
    # No skew here: both seconds are the issuer's or the policy's, and a kill switch has no grace.
    if client.tokens_not_before is not None and token.issued_at < client.tokens_not_before:
        return True
    return now < client.denied_jti.get(token.claims.get("jti", ""), 0) or now < client.denied_sub.get(
        token.subject or "", 0
    )


def _within(source_ip: str | None, view: View, client_id: str) -> bool:
    if source_ip is None or "%" in source_ip:  # a zone (RFC 4007) names an interface, not a caller
        return False
    try:
        address = ip_address(source_ip)
    except ValueError:
        return False
    return any(address in network for network in view.networks_of(client_id))


def _claims_denied(route: Route, token: VerifiedToken | None) -> Deny | None:
    claims: Mapping[str, Any] = token.claims if token else {}
    # The type counts: in Python True == 1.
    if all(type(claims.get(name)) is type(value) and claims[name] == value for name, value in route.claims.items()):
        return None
    return Deny(Step.CLAIMS, Reason.CLAIM_MISMATCH)  # 22


def _effective_scopes(view: View, client: Client, token: VerifiedToken | None, now: int) -> frozenset[str]:
    granted = {scope for scope, until in client.scopes.items() if until is None or now < until}
    active = {name for name, scope in view.scopes.items() if scope.active}
    effective = frozenset(granted & active)
    return effective if token is None else effective & token.scopes


def _when_satisfied(route: Route, scopes: frozenset[str], view: View) -> WhenStale | None:
    """Step 23: what the satisfied requirement asks for when stale; None when nothing satisfies it."""
    match route.requirement:
        case AnyClient():
            return WhenStale.CHECK
        case AnyOf(sets):
            strictest = [
                max((view.scopes[scope].when_stale for scope in one), key=_STRICTNESS.__getitem__)
                for one in sets
                if scopes.issuperset(one)
            ]
            return min(strictest, key=_STRICTNESS.__getitem__, default=None)
        case Public():
            return None


def _too_stale(when_stale: WhenStale, freshness: Freshness, deny_after: int) -> bool:
    if freshness.state is FreshnessState.FRESH or when_stale is not WhenStale.DENY or not freshness.read_failed:
        return False
    return freshness.state is FreshnessState.FLOOR or freshness.age is None or freshness.age > deny_after
