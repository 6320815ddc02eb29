"""Answers to REST APIs: policies and their resources, and the error Unauthorized."""

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
    arn,
    case,
    context_of,
    deny_log,
    policy,
)
from contract.vectorgen.families._tokens import NOW, bearer, certificate, claims, header, token


def cases() -> Iterator[Case]:
    """All of them."""
    for group in (_rest, _unauthorized, _resources):
        yield from group()


def _rest() -> Iterator[Case]:
    group = "rest"
    make = partial(case, group=group, view="rest", spec={"aws": "Lambda authorizer output", "decision": "The response"})
    item, template = "GET /orders/{id}", arn("GET/orders/*")
    yield make(
        "rest-allow",
        "an allowed request gets a policy for the declared template",
        rest_event(authorization=bearer(), path="/orders/5"),
        policy("Allow", "reader", template, context_of(**READER)),
        allow_log(item),
    )
    yield make(
        "rest-allow-floor",
        "a decision on the floor says so",
        rest_event(authorization=bearer(), path="/orders/5"),
        policy("Allow", "reader", template, context_of("floor", **READER)),
        allow_log(item),
        freshness=FLOOR,
    )
    make = partial(make, neighbour="rest-allow")
    yield make(
        "rest-deny-scope",
        "a failed authorization is a Deny whose context reaches the gateway response",
        rest_event("DELETE /orders/{id}", authorization=bearer(), path="/orders/5"),
        policy("Deny", "reader", arn("DELETE/orders/*"), context_of(reason="insufficient_scope")),
        deny_log("scope", "insufficient_scope", route="DELETE /orders/{id}", credential="jwt", client_id="reader"),
    )
    yield make(
        "rest-deny-address",
        "the caller's address is in neither context nor log",
        rest_event(authorization=bearer(client_id="at-home"), path="/orders/5", ip="203.0.113.9"),
        policy("Deny", "at-home", template, context_of(reason="address_not_allowed")),
        deny_log("address", "address_not_allowed", route=item, credential="jwt", client_id="at-home"),
    )
    yield make(
        "rest-deny-path",
        "before a client is known the principal is a dash, which no client can be",
        rest_event(authorization=bearer(), path="/orders/.."),
        policy("Deny", "-", template, context_of(reason="path_not_allowed")),
        deny_log("path", "path_not_allowed", route=item),
    )
    yield make(
        "rest-deny-kind",
        "a credential of a kind that the route does not allow is a failed authorization",
        rest_event("GET /terminal", authorization=bearer()),
        policy("Deny", "-", arn("GET/terminal"), context_of(reason="credential_not_allowed")),
        deny_log("credential", "credential_not_allowed", route="GET /terminal"),
    )
    yield make(
        "rest-deny-route",
        "without a route the Deny is for the whole stage",
        rest_event("GET /orders/{id}/unknown", authorization=bearer(), path="/orders/5/unknown"),
        policy("Deny", "-", arn("*/*"), context_of(reason="unknown_route")),
        deny_log("route", "unknown_route"),
    )
    yield make(
        "rest-deny-stale",
        "a stale policy is a Deny with its reason",
        rest_event(
            "DELETE /orders/{id}", authorization=bearer(client_id="refunder", scope="orders:refund"), path="/orders/5"
        ),
        policy("Deny", "refunder", arn("DELETE/orders/*"), context_of("floor", reason="stale_policy")),
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
        "rest-deny-no-gateway",
        "without the gateway the form of the event decides",
        rest_event(authorization=bearer(), path="/orders/5"),
        policy("Deny", "-", arn("*/*"), context_of(reason="unknown_gateway")),
        deny_log("gateway", "unknown_gateway"),
        view="none",
    )


def _unauthorized() -> Iterator[Case]:
    said = {"error": "Unauthorized"}
    make = partial(
        case,
        said=said,
        group="unauthorized",
        view="rest",
        neighbour="rest-allow",
        spec={"aws": "Lambda authorizer output", "decision": "The response"},
    )
    event = partial(rest_event, path="/orders/5")
    at = {"route": "GET /orders/{id}"}
    on_jwt = {**at, "credential": "jwt"}
    tokens: dict[str, tuple[str, str, str, dict[str, Any]]] = {
        "malformed": ("malformed", "malformed_token", "a malformed token", {"head": b"x"}),
        "issuer": (
            "issuer",
            "untrusted_issuer",
            "a token of an unknown issuer",
            {"body": claims(iss="https://x.example/")},
        ),
        "typ": ("typ", "wrong_token_type", "an ID token", {"head": header(typ="JWT")}),
        "kid": ("kid", "unknown_key", "a token under an unknown key", {"head": header(kid="x")}),
        "alg": ("alg", "algorithm_not_allowed", "a token with another alg", {"head": header(alg="none")}),
        "key-state": ("key_state", "key_not_active", "a token under a revoked key", {"head": header(kid="revoked")}),
        "signature": ("signature", "invalid_signature", "a forged token", {"key": "other-ed25519"}),
        "exp": ("exp", "expired", "an expired token", {"body": claims(exp=NOW - 30)}),
        "nbf": ("nbf", "not_yet_valid", "a token of tomorrow", {"body": claims(nbf=NOW + 86400)}),
        "lifetime": ("lifetime", "lifetime_too_long", "a token of a day", {"body": claims(exp=NOW + 86400)}),
        "aud": ("aud", "wrong_audience", "a token for another gateway", {"body": claims(aud="urn:x")}),
        "client": ("client", "unknown_client", "a token of an unknown client", {"body": claims(client_id="stranger")}),
    }
    for name, (step, reason, what, parts) in tokens.items():
        authorization = f"Bearer {token(**parts)}"
        comment = f"{what} is the error Unauthorized, which no context can travel with"
        yield make(
            f"unauthorized-{name}", comment, event(authorization=authorization), log=deny_log(step, reason, **on_jwt)
        )
    yield make(
        "unauthorized-missing",
        "a missing credential is the error Unauthorized",
        event(),
        log=deny_log("credential", "missing_credential", **at),
    )
    yield make(
        "unauthorized-multiple",
        "two tokens are the error Unauthorized",
        event(headers={"Authorization": ["a", "b"]}),
        log=deny_log("credential", "multiple_credentials", **at),
    )
    yield make(
        "unauthorized-scheme",
        "another scheme is the error Unauthorized",
        event(authorization="Basic x"),
        log=deny_log("malformed", "malformed_request", **on_jwt),
    )
    yield make(
        "unauthorized-suspended",
        "a suspended client is the error Unauthorized, and the log knows who",
        event(authorization=bearer(client_id="suspended")),
        log=deny_log("suspended", "client_suspended", client_id="suspended", **on_jwt),
    )
    yield make(
        "unauthorized-revoked",
        "a revoked token is the error Unauthorized",
        event(authorization=bearer(jti="denied")),
        log=deny_log("revoked", "token_revoked", client_id="reader", **on_jwt),
    )
    yield make(
        "unauthorized-cnf",
        "a stolen bound token is the error Unauthorized",
        event(authorization=bearer(cnf={"x5t#S256": "x"})),
        log=deny_log("cnf", "invalid_certificate", client_id="reader", **on_jwt),
    )
    key_route = {"route": "GET /terminal"}
    yield make(
        "unauthorized-api-key",
        "an unknown API key is the error Unauthorized",
        rest_event("GET /terminal", headers={"x-api-key": ["a.b"]}),
        log=deny_log("client", "invalid_api_key", credential="api_key", **key_route),
    )
    yield make(
        "unauthorized-certificate",
        "an unknown certificate is the error Unauthorized",
        rest_event("GET /terminal", pem=certificate(2)),
        log=deny_log("client", "invalid_certificate", credential="certificate", **key_route),
    )
    yield make(
        "unauthorized-unreadable",
        "an unreadable event is the error Unauthorized, there is no ARN to make a policy of",
        {},
        log=deny_log("event", "malformed_request"),
    )
    yield make(
        "unauthorized-http-event",
        "an HTTP API's event on a REST API's gateway",
        http_event(authorization=bearer()),
        log=deny_log("gateway", "malformed_request"),
    )
    yield make(
        "unauthorized-no-gateway-unreadable",
        "an unreadable event of no known form without the gateway",
        {"type": "REQUEST"},
        log=deny_log("event", "malformed_request"),
        view="none",
    )


def _resources() -> Iterator[Case]:
    make = partial(
        case, group="resources", view="rest", spec={"aws": "Resource of execute-api", "decision": "The response"}
    )

    def allow(rest: str, **mint: str) -> dict[str, Any]:
        return policy("Allow", "reader", arn(rest, **mint), context_of(**READER))

    event = partial(rest_event, authorization=bearer())
    yield make(
        "resource-literal",
        "a template without parameters is itself",
        event("GET /orders"),
        allow("*/orders"),
        allow_log("ANY /orders"),
    )
    yield make(
        "resource-any",
        "ANY is an asterisk, whatever method came",
        event("PATCH /orders"),
        allow("*/orders"),
        allow_log("ANY /orders"),
    )
    yield make(
        "resource-two-parameters",
        "each parameter is an asterisk",
        event("GET /orders/{id}/lines/{line}", path="/orders/5/lines/7"),
        allow("GET/orders/*/lines/*"),
        allow_log("GET /orders/{id}/lines/{line}"),
    )
    yield make(
        "resource-greedy",
        "a greedy parameter is an asterisk",
        event("GET /{proxy+}", path="/a/b"),
        allow("*/*"),
        allow_log("ANY /{proxy+}"),
    )
    yield make(
        "resource-odd-template",
        "what could mean something to IAM in a template is a question mark",
        event("GET /odd/*/$x", path="/odd/*/$x"),
        allow("GET/odd/?/?x"),
        allow_log("GET /odd/*/$x"),
    )
    root = policy("Allow", "reader", arn("*/"), context_of(client_id="reader", subject="user-1", scopes="orders:read"))
    yield make("resource-root", "the root's template is empty", event("GET /"), root, allow_log("ANY /"))
    yield make(
        "resource-wildcard-path",
        "an asterisk in the path is not copied",
        event(path="/orders/*"),
        allow("GET/orders/*"),
        allow_log("GET /orders/{id}"),
    )
    yield make(
        "resource-variable-path",
        "a policy variable in the path is not copied",
        event(path="/orders/${aws:username}"),
        allow("GET/orders/*"),
        allow_log("GET /orders/{id}"),
    )
    yield make(
        "resource-long-path",
        "a longer path does not widen the resource, and is counted",
        event(path="/orders/5/lines/*/admin"),
        allow("GET/orders/*"),
        allow_log("GET /orders/{id}", path="differs"),
    )
    odd = event(path="/orders/5") | {"methodArn": arn("DELETE/*/${x}")}
    yield make(
        "resource-odd-arn",
        "what follows the stage in methodArn is not copied",
        odd,
        allow("GET/orders/*"),
        allow_log("GET /orders/{id}"),
    )
    mint = {"partition": "aws-cn", "region": "cn-north-1", "stage": "v_1-b"}
    yield make(
        "resource-partition",
        "partition, region and stage are the deployed API's",
        event(path="/orders/5", mint=mint),
        allow("GET/orders/*", **mint),
        allow_log("GET /orders/{id}"),
    )
    override = {"X-HTTP-Method-Override": ["DELETE"]}
    yield make(
        "resource-override",
        "a header that renames the method does not reach the resource",
        event(path="/orders/5", headers=override),
        allow("GET/orders/*"),
        allow_log("GET /orders/{id}"),
    )
