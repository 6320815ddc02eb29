"""Steps 5 and 6: which credential counts, and its form."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._decide_cases import allowed, denied
from contract.vectorgen.families._events import http_event, rest_event
from contract.vectorgen.families._tokens import (
    NOW,
    bearer,
    certificate,
    claims,
    header,
    secret,
    token,
)

NIGHTLY = secret("nightly")
MIXED = "GET /mixed"
KEY_ROUTE = "GET /key-or-certificate"
BY_KEY: dict[str, Any] = {"client": "batch", "subject": None, "credential": "api_key"}
BY_CERTIFICATE: dict[str, Any] = {"client": "terminal", "subject": None, "credential": "certificate"}


def cases() -> Iterator[Case]:
    """In the order of the steps."""
    for group in (_which_counts, _bearer_values):
        yield from group()


def _which_counts() -> Iterator[Case]:
    group, spec = "credentials", {"decision": "5 credential"}
    ok, no = (partial(made, group=group, spec=spec) for made in (allowed, denied))
    key = {"x-api-key": NIGHTLY}
    missing = partial(no, step="credential", reason="missing_credential")
    multiple = partial(no, step="credential", reason="multiple_credentials")
    not_allowed = partial(no, step="credential", reason="credential_not_allowed")
    yield ok(
        "public-route",
        "a public route needs no credential",
        http_event("GET /health"),
        route="GET /health",
        client=None,
        subject=None,
        scopes=(),
        when_stale=None,
        credential=None,
    )
    yield ok(
        "public-route-bad-token",
        "a public route does not look at credentials",
        http_event("GET /health", authorization="Bearer x, Bearer y"),
        route="GET /health",
        client=None,
        subject=None,
        scopes=(),
        when_stale=None,
        credential=None,
    )
    yield ok("mixed-jwt", "a route of three kinds with a token", http_event(MIXED, authorization=bearer()), route=MIXED)
    yield ok(
        "mixed-api-key", "a route of three kinds with an API key", http_event(MIXED, headers=key), route=MIXED, **BY_KEY
    )
    yield ok(
        "mixed-certificate",
        "a route of three kinds with a certificate alone",
        http_event(MIXED, pem=certificate()),
        route=MIXED,
        **BY_CERTIFICATE,
    )
    yield ok(
        "jwt-beside-certificate",
        "a certificate beside a token is no second credential",
        http_event(MIXED, authorization=bearer(), pem=certificate()),
        route=MIXED,
    )
    yield ok(
        "api-key-beside-certificate",
        "a certificate beside an API key is no second credential",
        http_event(MIXED, headers=key, pem=certificate()),
        route=MIXED,
        **BY_KEY,
    )
    yield ok(
        "other-kinds-ignored",
        "a kind that the route does not allow does not count beside one that it does",
        http_event("GET /orders", authorization=bearer(), headers=key, pem=certificate()),
        route="GET /orders",
    )
    yield ok(
        "bad-token-ignored",
        "two tokens are no matter on a route that takes none",
        http_event(KEY_ROUTE, authorization="Bearer x,Bearer y", headers=key),
        route=KEY_ROUTE,
        **BY_KEY,
    )
    yield ok(
        "certificate-where-no-jwt",
        "a certificate counts beside a token on a route that takes no token",
        http_event("GET /terminal", authorization=bearer(), pem=certificate()),
        route="GET /terminal",
        **BY_CERTIFICATE,
    )
    yield ok(
        "header-any-case",
        "header names have no case",
        rest_event(path="/orders/5", headers={"aUTHORIZATION": [bearer()]}),
        route="GET /orders/{id}",
        view="rest",
    )
    yield ok(
        "header-empty-list",
        "a header without values was not presented",
        rest_event(authorization=bearer(), path="/orders/5", headers={"authorization": []}),
        route="GET /orders/{id}",
        view="rest",
    )
    yield missing(
        "missing", "a request without any credential", http_event(), route="GET /orders", neighbour="mixed-jwt"
    )
    yield missing(
        "missing-null-headers",
        "a request without headers",
        http_event() | {"headers": None},
        route="GET /orders",
        neighbour="mixed-jwt",
    )
    yield missing(
        "missing-header-look-alike",
        "a header whose name only looks like Authorization",
        http_event(headers={"author\u0131zation": bearer(), "x-authorization": bearer()}),
        route="GET /orders",
        neighbour="mixed-jwt",
    )
    yield missing(
        "missing-kelvin-header",
        "a Kelvin sign is no k, also where lower-casing makes it one",
        http_event(KEY_ROUTE, headers={"x-api-\u212aey": NIGHTLY}),
        route=KEY_ROUTE,
        neighbour="mixed-api-key",
    )
    yield missing(
        "missing-in-query",
        "a token in the query is no credential",
        http_event() | {"rawQueryString": "access_token=x", "queryStringParameters": {"access_token": token()}},
        route="GET /orders",
        neighbour="mixed-jwt",
    )
    yield missing(
        "missing-in-identity-source",
        "the identity source of the event is not read",
        http_event() | {"identitySource": [bearer()]},
        route="GET /orders",
        neighbour="mixed-jwt",
    )
    yield missing(
        "missing-but-certificate",
        "a certificate comes with every connection under mutual TLS and is not a wrong credential",
        http_event(pem=certificate()),
        route="GET /orders",
        neighbour="mixed-jwt",
    )
    yield not_allowed(
        "api-key-not-allowed",
        "an API key on a route for tokens",
        http_event(headers=key),
        route="GET /orders",
        neighbour="mixed-api-key",
    )
    yield not_allowed(
        "jwt-not-allowed",
        "a token on a route for API keys and certificates",
        http_event(KEY_ROUTE, authorization=bearer()),
        route=KEY_ROUTE,
        neighbour="mixed-jwt",
    )
    yield not_allowed(
        "both-not-allowed",
        "a token and an API key on a route for certificates",
        http_event("GET /terminal", authorization=bearer(), headers=key),
        route="GET /terminal",
        neighbour="certificate-where-no-jwt",
    )
    yield multiple(
        "two-kinds",
        "a token and an API key on a route that allows both",
        http_event(MIXED, authorization=bearer(), headers=key),
        route=MIXED,
        neighbour="mixed-jwt",
    )
    yield multiple(
        "two-kinds-one-bad",
        "a good API key does not make up for a bad token",
        http_event(MIXED, authorization="Bearer x", headers=key),
        route=MIXED,
        neighbour="mixed-api-key",
    )
    yield multiple(
        "two-kinds-empty",
        "an empty header is presented",
        http_event(MIXED, authorization="", headers=key),
        route=MIXED,
        neighbour="mixed-api-key",
    )
    yield multiple(
        "joined-by-comma",
        "two tokens that an HTTP API joined",
        http_event(authorization=f"{bearer()},{bearer()}"),
        route="GET /orders",
        neighbour="mixed-jwt",
    )
    yield multiple(
        "comma-at-end",
        "a token and an empty value",
        http_event(authorization=f"{bearer()},"),
        route="GET /orders",
        neighbour="mixed-jwt",
    )
    yield multiple(
        "joined-api-keys",
        "two API keys that an HTTP API joined",
        http_event(MIXED, headers={"x-api-key": f"{NIGHTLY},{NIGHTLY}"}),
        route=MIXED,
        neighbour="mixed-api-key",
    )
    rest = partial(rest_event, path="/orders/5")
    on_rest = partial(multiple, route="GET /orders/{id}", neighbour="header-any-case", view="rest")
    yield on_rest("two-values", "two values of one header", rest(headers={"Authorization": [bearer(), bearer()]}))
    yield on_rest(
        "two-values-first-bad",
        "the last value is not taken for the only one",
        rest(headers={"Authorization": ["Bearer x", bearer()]}),
    )
    yield on_rest(
        "two-spellings",
        "two spellings of one header",
        rest(headers={"Authorization": [bearer()], "authorization": [bearer()]}),
    )
    yield on_rest(
        "two-spellings-single",
        "two spellings among single headers",
        rest(authorization=bearer())
        | {"multiValueHeaders": None, "headers": {"Authorization": bearer(), "AUTHORIZATION": bearer()}},
    )
    yield on_rest(
        "comma-in-one-value",
        "a comma in one value is a list as well",
        rest(headers={"Authorization": [f"{bearer()}, {bearer()}"]}),
    )


# --- 6 malformed ------------------------------------------------------------------------------------------------------


def _bearer_values() -> Iterator[Case]:
    group, spec = "bearer", {"rfc6750": "2.1", "decision": "6 malformed"}
    good = token()
    no = partial(
        denied,
        step="malformed",
        reason="malformed_request",
        route="GET /orders",
        neighbour="mixed-jwt",
        group=group,
        spec=spec,
    )
    for name, comment, value in (
        ("bearer-empty", "an empty authorization header is there and malformed", ""),
        ("bearer-no-scheme", "a token without a scheme", good),
        ("bearer-alone", "a scheme without a token", "Bearer"),
        ("bearer-space-alone", "a scheme and a space without a token", "Bearer "),
        ("bearer-lower-case", "the scheme in small letters is refused, one spelling is enough", f"bearer {good}"),
        ("bearer-upper-case", "the scheme in capitals is refused", f"BEARER {good}"),
        ("bearer-two-spaces", "two spaces after the scheme", f"Bearer  {good}"),
        ("bearer-tab", "a tab after the scheme", f"Bearer\t{good}"),
        ("bearer-leading-space", "a space before the scheme", f" Bearer {good}"),
        ("bearer-trailing-space", "a space after the token", f"Bearer {good} "),
        ("bearer-two-tokens", "two tokens after one scheme", f"Bearer {good} {good}"),
        ("bearer-no-break-space", "a no-break space is no space", f"Bearer\u00a0{good}"),
        ("bearer-colon", "a colon after the scheme", f"Bearer: {good}"),
        ("basic", "basic authentication is no bearer token", "Basic cmVhZGVyOnNlY3JldA=="),
        ("dpop", "a token under the DPoP scheme is not a bearer token", f"DPoP {good}"),
        ("bearer-twice", "the scheme twice before one token", f"Bearer Bearer {good}"),
    ):
        yield no(name, comment, http_event(authorization=value))
    malformed = partial(no, reason="malformed_token")
    for name, comment, value in (
        ("bearer-quoted", "a quoted token is no token", f'Bearer "{good}"'),
        ("bearer-line-feed", "a line feed after the token", f"Bearer {good}\n"),
        ("bearer-opaque", "an opaque token cannot be checked here", "Bearer 2YotnFZFEjr1zCsicMWpAA"),
    ):
        yield malformed(name, comment, http_event(authorization=value))
    for name, comment, step, reason, changed in (
        (
            "token-unknown-issuer",
            "a token of an unknown issuer",
            "issuer",
            "untrusted_issuer",
            {"body": claims(iss="https://x.example/")},
        ),
        ("token-wrong-type", "an ID token", "typ", "wrong_token_type", {"head": header(typ="JWT")}),
        ("token-unknown-key", "a token under an unknown key", "kid", "unknown_key", {"head": header(kid="x")}),
        (
            "token-other-alg",
            "a token with another alg than its key",
            "alg",
            "algorithm_not_allowed",
            {"head": header(alg="ES256")},
        ),
        (
            "token-revoked-key",
            "a token under a revoked key",
            "key_state",
            "key_not_active",
            {"head": header(kid="revoked")},
        ),
        (
            "token-forged",
            "a token that somebody else signed",
            "signature",
            "invalid_signature",
            {"key": "other-ed25519"},
        ),
        ("token-expired", "a token that has expired", "exp", "expired", {"body": claims(exp=NOW - 30)}),
        ("token-not-yet", "a token of tomorrow", "nbf", "not_yet_valid", {"body": claims(nbf=NOW + 86400)}),
        ("token-long-lived", "a token of a day", "lifetime", "lifetime_too_long", {"body": claims(exp=NOW + 86400)}),
        ("token-other-audience", "a token for another gateway", "aud", "wrong_audience", {"body": claims(aud="urn:x")}),
    ):
        event = http_event(authorization=f"Bearer {token(**changed)}")
        yield no(
            name,
            f"{comment} is denied at its own step",
            event,
            step=step,
            reason=reason,
            spec={"decision": "The steps"},
        )
    worst = token(header(typ="JWT", kid="x", alg="none"), claims(iss="https://x.example/", exp=5, iat=1), signature=b"")
    yield no(
        "token-worst",
        "of several faults the first step's is the reason",
        http_event(authorization=f"Bearer {worst}"),
        step="issuer",
        reason="untrusted_issuer",
        spec={"decision": "The steps"},
    )
