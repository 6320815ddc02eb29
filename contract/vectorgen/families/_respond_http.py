"""Answers to HTTP APIs, and log lines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._events import http_event, rest_event
from contract.vectorgen.families._respond_cases import (
    FLOOR,
    READER,
    allow_log,
    case,
    context_of,
    deny_log,
)
from contract.vectorgen.families._tokens import OMIT, bearer, certificate, secret, token


def cases() -> Iterator[Case]:
    """All of them."""
    for group in (_http, _log_lines):
        yield from group()


def _http() -> Iterator[Case]:
    group = "http"
    spec = {"aws": "payload format 2.0, simple responses", "decision": "The response"}
    make = partial(case, group=group, spec=spec)

    def yes(**context: str) -> dict[str, Any]:
        return {"response": {"isAuthorized": True, "context": context_of(**context)}}

    def no(reason: str, **context: str) -> dict[str, Any]:
        return {"response": {"isAuthorized": False, "context": context_of(reason=reason, **context)}}

    yield make(
        "http-allow",
        "an allowed request carries client, subject and scopes to the back end",
        http_event(authorization=bearer()),
        yes(**READER),
        allow_log("GET /orders"),
    )
    yield make(
        "http-allow-no-subject",
        "a client's own token has no subject, and none is made up",
        http_event(authorization=bearer(sub=OMIT)),
        yes(client_id="reader", scopes="orders:read"),
        allow_log("GET /orders"),
    )
    yield make(
        "http-allow-scopes",
        "only effective scopes reach the back end, sorted and joined by one space",
        http_event(
            "GET /either",
            authorization=bearer(
                client_id="refunder", scope="x orders:read orders:archive y orders:refund orders:write"
            ),
        ),
        yes(client_id="refunder", subject="user-1", scopes="orders:archive orders:read orders:refund"),
        allow_log("GET /either", client_id="refunder"),
    )
    yield make(
        "http-allow-any-client",
        "no effective scope is an empty text, not a missing member",
        http_event("GET /me", authorization=bearer(scope=OMIT)),
        yes(client_id="reader", subject="user-1", scopes=""),
        allow_log("GET /me"),
    )
    yield make(
        "http-allow-api-key",
        "an API key has no subject and all granted scopes of the view",
        http_event("GET /mixed", headers={"x-api-key": secret("nightly")}),
        yes(client_id="batch", scopes="orders:read"),
        allow_log("GET /mixed", client_id="batch", credential="api_key"),
    )
    yield make(
        "http-allow-certificate",
        "a certificate names its client",
        http_event("GET /terminal", pem=certificate()),
        yes(client_id="terminal", scopes="orders:read"),
        allow_log("GET /terminal", client_id="terminal", credential="certificate"),
    )
    yield make(
        "http-allow-public",
        "a public route has no client, and the context has no member for one",
        http_event("GET /health", authorization=bearer()),
        yes(scopes=""),
        {"decision": "allow", "route": "GET /health"},
    )
    yield make(
        "http-allow-floor",
        "a decision on the floor says so to the back end and in the log",
        http_event(authorization=bearer()),
        yes(freshness="floor", **READER),
        allow_log("GET /orders"),
        freshness=FLOOR,
    )
    make = partial(make, neighbour="http-allow")
    yield make(
        "http-deny-missing",
        "a failed authentication is a false answer on an HTTP API, with its reason for the access log",
        http_event(),
        no("missing_credential"),
        deny_log("credential", "missing_credential", route="GET /orders"),
    )
    yield make(
        "http-deny-scope",
        "a failed authorization looks the same to the caller and tells its reason to the log",
        http_event("POST /orders", authorization=bearer()),
        no("insufficient_scope"),
        deny_log("scope", "insufficient_scope", route="POST /orders", credential="jwt", client_id="reader"),
    )
    yield make(
        "http-deny-stale",
        "a stale policy is a reason of its own",
        http_event(
            "DELETE /orders/{id}", authorization=bearer(client_id="refunder", scope="orders:refund"), path="/orders/5"
        ),
        no("stale_policy", freshness="floor"),
        deny_log(
            "stale",
            "stale_policy",
            route="DELETE /orders/{id}",
            credential="jwt",
            client_id="refunder",
            when_stale="deny",
        ),
        freshness=FLOOR,
    )
    yield make(
        "http-deny-unreadable",
        "an unreadable event is answered in the form of the gateway",
        {"methodArn": "x"},
        no("malformed_request"),
        deny_log("event", "malformed_request"),
    )
    yield make(
        "http-deny-rest-event",
        "a REST event on an HTTP API's gateway is answered in the form of the gateway",
        rest_event(authorization=bearer()),
        no("malformed_request"),
        deny_log("gateway", "malformed_request"),
    )
    yield make(
        "http-deny-no-gateway",
        "without the gateway the form of the event decides",
        http_event(authorization=bearer()),
        no("unknown_gateway"),
        deny_log("gateway", "unknown_gateway"),
        view="none",
    )
    yield make(
        "http-deny-no-gateway-unreadable",
        "an unreadable event of version 2.0 is answered in that form",
        {"version": "2.0"},
        no("malformed_request"),
        deny_log("event", "malformed_request"),
        view="none",
    )


def _log_lines() -> Iterator[Case]:
    spec = {"decision": "The log line"}
    make = partial(case, group="log-lines", spec=spec)
    no = {"isAuthorized": False}
    hostile = http_event("GET /orders/{id}", authorization=bearer(), path="/orders/someone@example.com") | {
        "rawQueryString": "token=s3cr3t",
        "headers": {"authorization": bearer(), "user-agent": "\u001b[31m", "cookie": "session=1"},
    }
    yield make(
        "log-nothing-of-the-request",
        "path, query, headers, address and subject of an allowed request are not written down",
        hostile,
        {"response": {"isAuthorized": True, "context": context_of(**READER)}},
        allow_log("GET /orders/{id}"),
    )
    yield make(
        "log-differs",
        "a path that does not fit its template is said, without the path",
        http_event(authorization=bearer(), path="/elsewhere"),
        {"response": {"isAuthorized": True, "context": context_of(**READER)}},
        allow_log("GET /orders", path="differs"),
    )
    yield make(
        "log-unknown-route",
        "a route key that the policy does not have is the request's and is not written down",
        http_event(authorization=bearer()) | {"routeKey": "GET /\u001b[2J"},
        {"response": {**no, "context": context_of(reason="unknown_route")}},
        deny_log("route", "unknown_route"),
        neighbour="log-differs",
    )
    yield make(
        "log-unproven-client",
        "a client id that is only claimed is not written down",
        http_event(authorization=f"Bearer {token(key='other-ed25519')}"),
        {"response": {**no, "context": context_of(reason="invalid_signature")}},
        deny_log("signature", "invalid_signature", route="GET /orders", credential="jwt"),
        neighbour="log-differs",
    )
    yield make(
        "log-stale",
        "age and state of a stale policy are written down",
        http_event(authorization=bearer()),
        {"response": {"isAuthorized": True, "context": context_of("stale", **READER)}},
        allow_log("GET /orders"),
        freshness={"state": "stale", "age": 61, "read_failed": True},
    )
