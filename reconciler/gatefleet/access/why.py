"""Why a token is allowed or denied on a route: every check in order, and the lines that would change the outcome.

The outcome is `decide`'s own. What a check saw of the token is shown for people who debug; the token itself never is.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gatefleet.access.asking import Credential, address_of, event
from gatefleet.access.because import Asked, Because, because
from gatefleet.access.diff import demanded
from gatefleet.contract.entities import ApiKind, CredentialKind, Public
from gatefleet.decide import Decision, Deny, Freshness, FreshnessState, Step, View, decide
from gatefleet.decide.token import UnverifiedToken, read_token
from gatefleet.model.types import Model

_FRESH = Freshness(FreshnessState.FRESH, 0, read_failed=False)
_SHOWN = 120  # characters of anything that a token says


class Result(StrEnum):
    """What became of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"
    NOT_ASKED = "not asked"  # of a public route


@dataclass(frozen=True, slots=True)
class Check:
    """One step of docs/reference/decision.md, and what it looked at."""

    step: Step
    result: Result
    saw: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, check by check. `client`: whom the token names, proven only where the step `client` has passed."""

    decision: Decision
    client: str | None
    checks: tuple[Check, ...]
    because: tuple[Because, ...]


def explain(
    model: Model,
    view: View,
    asked: tuple[str, str],
    token: str,
    now: int,
    *,
    address: str | None = None,
    certificate: str | None = None,
) -> Explanation:
    """Decide on a request with this token; `asked` are environment and route key. The view has its gateway.

    Without `address` it comes from one that the client may call from. `certificate`: the PEM of the connection's.
    """
    environment, route_key = asked
    assert view.gateway is not None
    read = read_token(token)
    unverified = None if isinstance(read, Deny) else read
    issuer_name, client_id = _claimed(unverified, view)
    came_from = address or address_of(view.clients.get(client_id) if client_id is not None else None)
    presented = Credential(CredentialKind.JWT, "", {"authorization": f"Bearer {token}"}, certificate)
    decision = decide(event(view.gateway, route_key, presented, came_from), view, _FRESH, now)
    scopes = _scopes(unverified, issuer_name, view)
    kid = unverified.header.get("kid") if unverified else None
    question = Asked(
        environment=environment,
        gateway=view.gateway_id,
        route=route_key,
        client=client_id,
        kind=CredentialKind.JWT,
        issuer=issuer_name,
        key=kid if isinstance(kid, str) else None,
        scopes=scopes,
    )
    seeing = _Seeing(view, route_key, unverified, issuer_name, client_id, scopes, came_from)
    return Explanation(
        decision,
        client_id,
        tuple(_checks(decision, view, route_key, seeing)),
        because(model, question, decision.outcome, now),
    )


def _checks(decision: Decision, view: View, route_key: str, seeing: _Seeing) -> list[Check]:
    failed = decision.outcome.step.number if isinstance(decision.outcome, Deny) else len(Step) + 1
    public = route_key in view.routes and isinstance(view.routes[route_key].requirement, Public)
    checks = []
    for step in Step:
        if step.number > failed:
            result = Result.NOT_REACHED
        elif step.number == failed:
            result = Result.FAILED
        elif public and step.number > Step.PATH.number:
            result = Result.NOT_ASKED
        else:
            result = Result.PASSED
        looked = result in (Result.PASSED, Result.FAILED)
        checks.append(Check(step, result, seeing.saw(step) if looked else ""))
    return checks


def _claimed(token: UnverifiedToken | None, view: View) -> tuple[str | None, str | None]:
    """The policy's name of the issuer, and the client id, that the token claims."""
    named = view.issuer_of(token.claims.get("iss")) if token else None
    if token is None or named is None:
        return None, None
    client = token.claims.get(named[1].client_id_claim)
    return named[0], client if isinstance(client, str) else None


def _scopes(token: UnverifiedToken | None, issuer_name: str | None, view: View) -> frozenset[str]:
    value = token.claims.get(view.issuers[issuer_name].scope_claim) if token and issuer_name is not None else None
    if isinstance(value, str):
        return frozenset(value.split(" "))
    return frozenset(one for one in value if isinstance(one, str)) if isinstance(value, list) else frozenset()


@dataclass(frozen=True, slots=True)
class _Seeing:
    """What each check looks at, in words."""

    view: View
    route_key: str
    token: UnverifiedToken | None
    issuer_name: str | None
    client_id: str | None
    scopes: frozenset[str]
    address: str

    def saw(self, step: Step) -> str:
        """Text of the token is quoted and cut: whoever wrote it is not known."""
        header: Mapping[str, Any] = self.token.header if self.token else {}
        claims: Mapping[str, Any] = self.token.claims if self.token else {}
        issuer = self.view.issuers.get(self.issuer_name) if self.issuer_name is not None else None
        client = self.view.clients.get(self.client_id) if self.client_id is not None else None
        route = self.view.routes.get(self.route_key)
        key = issuer.keys.get(header.get("kid", "")) if issuer and isinstance(header.get("kid"), str) else None
        match step:
            case Step.EVENT:
                http = self.view.gateway is not None and self.view.gateway.api is ApiKind.HTTP
                return "HTTP API, payload format 2.0" if http else "REST API, REQUEST"
            case Step.GATEWAY:
                return self.view.gateway_id
            case Step.ROUTE:
                return self.route_key
            case Step.CREDENTIAL:
                return f"a token; the route takes {' or '.join(route.credentials)}" if route else "a token"
            case Step.MALFORMED:
                return "a compact JWS with strict JSON" if self.token else "no compact JWS with strict JSON"
            case Step.ISSUER:
                return f"iss {_quoted(claims.get('iss'))}"
            case Step.TYP:
                return f"typ {_quoted(header.get('typ'))}" + (f"; allowed: {', '.join(issuer.typ)}" if issuer else "")
            case Step.KID:
                return f"kid {_quoted(header.get('kid'))}"
            case Step.ALG:
                return f"alg {_quoted(header.get('alg'))}" + (f"; the key's is {key.alg}" if key else "")
            case Step.KEY_STATE:
                until = f" until {_time(key.not_after)}" if key and key.not_after else ""
                return f"the key is {key.state}{until}" if key else ""
            case Step.EXP:
                return f"exp {_time(claims.get('exp'))}"
            case Step.NBF:
                return f"iat {_time(claims.get('iat'))}" + (f", nbf {_time(claims['nbf'])}" if "nbf" in claims else "")
            case Step.LIFETIME:
                limit = f"; at most {issuer.max_lifetime}" if issuer else ""
                return f"{claims.get('exp', 0) - claims.get('iat', 0)} s{limit}"
            case Step.AUD:
                return f"aud {_quoted(claims.get('aud'))}; here {', '.join(sorted(self.view.audience))}"
            case Step.CLIENT:
                return _quoted(self.client_id)
            case Step.REVOKED:
                since = client.tokens_not_before if client else None
                return f"issued {_time(claims.get('iat'))}" + (f"; tokens count since {_time(since)}" if since else "")
            case Step.CNF:
                return "bound to a certificate" if "cnf" in claims else "not bound to a certificate"
            case Step.ADDRESS:
                allowed = f"; allowed: {', '.join(client.addresses)}" if client and client.addresses else ""
                return f"from {self.address}{allowed}"
            case Step.CLAIMS:
                wanted = ", ".join(f"{name} = {value}" for name, value in sorted(route.claims.items())) if route else ""
                return f"demanded: {wanted or 'none'}"
            case Step.SCOPE:
                carried = _quoted(" ".join(sorted(self.scopes)))
                return f"the token carries {carried}; the route asks for {demanded(route) if route else ''}"
            case Step.STALE:
                return "taken as fresh"
            case Step.PATH | Step.SIGNATURE | Step.SUSPENDED:
                return ""


def _quoted(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _time(value: object) -> str:
    if not isinstance(value, int) or not 0 <= value < 253_402_300_800:
        return _quoted(value)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(value))
