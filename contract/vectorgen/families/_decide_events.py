"""Steps 1 to 3: events, the gateway and route keys."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import partial
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._decide_cases import allowed, denied
from contract.vectorgen.families._events import http_event, rest_event
from contract.vectorgen.families._tokens import (
    OMIT,
    bearer,
)


def cases() -> Iterator[Case]:
    """In the order of the steps."""
    for group in (_http_events, _rest_events, _gateways, _routes):
        yield from group()


def _changed(event: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    """The event with the member at `a.b.c` set, or left out."""
    event = copy.deepcopy(event)
    *parents, last = place.split(".")
    inner = event
    for name in parents:
        inner = inner[name]
    if value is OMIT:
        inner.pop(last, None)
    else:
        inner[last] = value
    return event


def _http_events() -> Iterator[Case]:
    group, spec = "http-events", {"aws": "payload format 2.0", "decision": "1 event"}
    good = http_event(authorization=bearer())
    ok = partial(allowed, route="GET /orders", group=group, spec=spec)
    yield ok("http-event", "an HTTP API's event with a good token is allowed", good)
    harmless: dict[str, tuple[str, str, Any]] = {
        "http-null-parameters": ("path parameters may be null", "pathParameters", None),
        "http-null-stage": ("the stage may be null", "requestContext.stage", None),
        "http-no-source-ip": (
            "the source IP may be missing where no client is bound to one",
            "requestContext.http.sourceIp",
            OMIT,
        ),
        "http-no-authentication": (
            "authentication may be missing without mutual TLS",
            "requestContext.authentication",
            OMIT,
        ),
        "http-null-certificate": (
            "the client certificate may be null",
            "requestContext.authentication",
            {"clientCert": None},
        ),
        "http-odd-header": ("a header that no step reads may have any type", "headers.x-odd", None),
        "http-odd-members": ("members that no step reads are ignored", "cookies", {"unexpected": [1.5]}),
        "http-other-paths": ("a path elsewhere in the event is not read", "requestContext.http.path", "/other"),
        "http-override-headers": (
            "headers that rename the method are not read",
            "headers.x-http-method-override",
            "DELETE",
        ),
        "http-proto-header": (
            "a header named like an object's prototype is a header like others",
            "headers.__proto__",
            "x",
        ),
    }
    for name, (comment, place, value) in harmless.items():
        yield ok(name, comment, _changed(good, place, value))
    no = partial(denied, step="event", reason="malformed_request", neighbour="http-event", group=group, spec=spec)
    for name, comment, event in (
        ("event-null", "an event of null is of no form", None),
        ("event-list", "an event in a list is not unwrapped", [good]),
        ("event-text", "an event as JSON text is not parsed again", '{"version":"2.0"}'),
        ("event-number", "an event that is a number", 2.0),
        ("event-empty", "an event without members is of no form", {}),
        ("event-nested", "an event inside an event is not looked for", {"event": good}),
    ):
        yield no(name, comment, event)
    harmful: dict[str, tuple[str, str, Any]] = {
        "http-version-1": ("payload format 1.0 looks like REST and is not", "version", "1.0"),
        "http-version-number": ("a version that is a number is another version", "version", 2.0),
        "http-version-2": ("a version of 2 is another version", "version", "2"),
        "http-version-null": ("a version of null is there and not 2.0", "version", None),
        "http-type-missing": ("an event without its type", "type", OMIT),
        "http-type-token": ("an event for a TOKEN authorizer", "type", "TOKEN"),
        "http-type-lower-case": ("the case of the type counts", "type", "request"),
        "http-route-key-missing": ("an event without a route key is not matched by its path", "routeKey", OMIT),
        "http-route-key-null": ("a route key of null names no route", "routeKey", None),
        "http-route-key-list": ("a route key in a list is not unwrapped", "routeKey", ["GET /orders"]),
        "http-context-missing": ("an event without its request context", "requestContext", OMIT),
        "http-context-null": ("a request context of null", "requestContext", None),
        "http-http-missing": ("a request context without http", "requestContext.http", OMIT),
        "http-method-missing": ("an event without a method", "requestContext.http.method", OMIT),
        "http-method-number": ("a method that is a number", "requestContext.http.method", 1),
        "http-path-missing": ("an event without rawPath", "rawPath", OMIT),
        "http-path-null": ("a rawPath of null is no path", "rawPath", None),
        "http-path-relative": ("a path that does not begin with a slash", "rawPath", "orders"),
        "http-path-empty": ("an empty path does not begin with a slash", "rawPath", ""),
        "http-path-url": ("a whole URL as request target is no path", "rawPath", "https://api.example.com/orders"),
        "http-parameters-list": ("path parameters in a list", "pathParameters", ["id"]),
        "http-parameter-number": ("a path parameter that is a number", "pathParameters", {"id": 5}),
        "http-headers-list": ("headers in a list of pairs", "headers", [["authorization", bearer()]]),
        "http-authorization-list": ("an authorization header in a list", "headers.authorization", [bearer()]),
        "http-authorization-null": ("an authorization header of null", "headers.authorization", None),
        "http-api-key-number": ("an API key that is a number", "headers.x-api-key", 5),
        "http-source-ip-number": ("a source IP that is a number", "requestContext.http.sourceIp", 3221225994),
        "http-authentication-text": ("authentication that is no object", "requestContext.authentication", "cert"),
        "http-certificate-text": (
            "a client certificate that is no object",
            "requestContext.authentication",
            {"clientCert": "x"},
        ),
        "http-pem-object": (
            "a PEM that is no text",
            "requestContext.authentication",
            {"clientCert": {"clientCertPem": {}}},
        ),
        "http-stage-number": ("a stage that is a number", "requestContext.stage", 1),
    }
    for name, (comment, place, value) in harmful.items():
        yield no(name, comment, _changed(good, place, value))


def _rest_events() -> Iterator[Case]:
    group, spec = "rest-events", {"aws": "REQUEST authorizer input", "decision": "1 event"}
    good = rest_event(authorization=bearer(), path="/orders/5", parameters={"id": "5"})
    ok = partial(allowed, route="GET /orders/{id}", group=group, spec=spec, view="rest")
    yield ok("rest-event", "a REST API's event with a good token is allowed", good)
    harmless: dict[str, tuple[str, str, Any]] = {
        "rest-single-headers": ("without lists of values the single headers are read", "multiValueHeaders", None),
        "rest-null-parameters": ("path parameters may be null", "pathParameters", None),
        "rest-no-identity": ("the identity may be missing", "requestContext.identity", OMIT),
        "rest-null-headers": ("with lists of values the single headers are not read", "headers", None),
        "rest-odd-single-headers": (
            "with lists of values the single headers are not looked at",
            "headers",
            {"Authorization": 5},
        ),
        "rest-no-context-stage": ("the stage comes from methodArn", "requestContext.stage", OMIT),
        "rest-odd-arn-end": (
            "what follows the stage in methodArn is the request's and is not read",
            "methodArn",
            "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/live/DELETE/*/${x}",
        ),
        "rest-other-partition": (
            "partitions have several names",
            "methodArn",
            "arn:aws-us-gov:execute-api:us-gov-west-1:111122223333:a1b2c3d4e5/live/GET/orders/5",
        ),
    }
    for name, (comment, place, value) in harmless.items():
        yield ok(name, comment, _changed(good, place, value))
    no = partial(
        denied, step="event", reason="malformed_request", neighbour="rest-event", group=group, spec=spec, view="rest"
    )
    arn = good["methodArn"]
    harmful: dict[str, tuple[str, str, Any]] = {
        "rest-version-1": ("an HTTP API's payload format 1.0 has a methodArn too", "version", "1.0"),
        "rest-version-null": ("a version of null is a member of that name", "version", None),
        "rest-type-token": ("an event for a TOKEN authorizer", "type", "TOKEN"),
        "rest-arn-missing": ("an event without methodArn", "methodArn", OMIT),
        "rest-arn-other-service": ("an ARN of another service", "methodArn", arn.replace("execute-api", "lambda")),
        "rest-arn-short-account": ("an account of 11 digits", "methodArn", arn.replace("111122223333", "11112222333")),
        "rest-arn-wildcard-stage": (
            "a stage of an asterisk would widen the policy",
            "methodArn",
            arn.replace("/live/", "/*/"),
        ),
        "rest-arn-wildcard-api": (
            "an API id of an asterisk would widen the policy",
            "methodArn",
            arn.replace("a1b2c3d4e5", "*"),
        ),
        "rest-arn-no-stage": ("an ARN that ends before its stage", "methodArn", arn.partition("/")[0]),
        "rest-arn-prefix": ("text before the ARN is not skipped", "methodArn", f" {arn}"),
        "rest-resource-missing": ("an event without its resource", "resource", OMIT),
        "rest-resource-null": ("a resource of null names no route", "resource", None),
        "rest-method-missing": ("an event without its method", "httpMethod", OMIT),
        "rest-path-missing": ("an event without its path", "path", OMIT),
        "rest-path-relative": ("a path that does not begin with a slash", "path", "orders/5"),
        "rest-context-missing": ("an event without its request context", "requestContext", OMIT),
        "rest-identity-list": ("an identity in a list", "requestContext.identity", []),
        "rest-source-ip-object": ("a source IP that is an object", "requestContext.identity.sourceIp", {}),
        "rest-pem-number": ("a PEM that is a number", "requestContext.identity.clientCert", {"clientCertPem": 1}),
        "rest-many-headers-list": ("lists of values that are one list", "multiValueHeaders", []),
        "rest-header-text": ("a text where a list of values belongs", "multiValueHeaders.Authorization", bearer()),
        "rest-header-null": ("a null where a list of values belongs", "multiValueHeaders.Authorization", None),
        "rest-header-number": ("a value that is a number", "multiValueHeaders.Authorization", [5]),
        "rest-parameters-text": ("path parameters that are text", "pathParameters", "id=5"),
    }
    for name, (comment, place, value) in harmful.items():
        yield no(name, comment, _changed(good, place, value))


def _gateways() -> Iterator[Case]:
    group, spec = "gateways", {"decision": "2 gateway"}
    yield denied(
        "gateway-unknown",
        "a gateway that the policy no longer has allows nobody",
        http_event(authorization=bearer()),
        "gateway",
        "unknown_gateway",
        neighbour="http-event",
        group=group,
        spec=spec,
        view="none",
    )
    yield denied(
        "gateway-unknown-rest",
        "a REST API of a gateway that the policy no longer has allows nobody",
        rest_event(authorization=bearer()),
        "gateway",
        "unknown_gateway",
        neighbour="rest-event",
        group=group,
        spec=spec,
        view="none",
    )
    yield denied(
        "gateway-unknown-and-unreadable",
        "an event is read before the gateway is looked for",
        {},
        "event",
        "malformed_request",
        neighbour="http-event",
        group=group,
        spec=spec,
        view="none",
    )
    yield denied(
        "rest-event-on-http",
        "a REST event on an HTTP API's gateway",
        rest_event(authorization=bearer()),
        "gateway",
        "malformed_request",
        neighbour="http-event",
        group=group,
        spec=spec,
    )
    yield denied(
        "http-event-on-rest",
        "an HTTP API's event on a REST API's gateway",
        http_event(authorization=bearer()),
        "gateway",
        "malformed_request",
        neighbour="rest-event",
        group=group,
        spec=spec,
        view="rest",
    )


def _routes() -> Iterator[Case]:
    group, spec = "routes", {"decision": "3 route"}
    ok = partial(allowed, group=group, spec=spec)
    yield ok(
        "route-any",
        "an HTTP API names a route for any method as ANY",
        http_event("ANY /any", authorization=bearer()),
        route="ANY /any",
    )
    yield ok(
        "route-any-on-rest",
        "a REST API names method and resource, and ANY is tried after the method",
        rest_event("GET /orders", authorization=bearer()),
        route="ANY /orders",
        view="rest",
    )
    yield ok(
        "route-key-decides",
        "the route key decides although the path reads like another route",
        http_event("GET /orders", authorization=bearer(), path="/orders/5"),
        route="GET /orders",
        path="differs",
    )
    yield denied(
        "route-key-decides-rest",
        "the resource decides although the path reads like an easier route",
        rest_event("DELETE /orders/{id}", authorization=bearer(), path="/orders"),
        "scope",
        "insufficient_scope",
        neighbour="route-any-on-rest",
        route="DELETE /orders/{id}",
        client="reader",
        path="differs",
        group=group,
        spec=spec,
        view="rest",
    )
    yield denied(
        "route-method-before-any",
        "a REST API's route for the method goes before ANY, which asks for less",
        rest_event("POST /orders", authorization=bearer()),
        "scope",
        "insufficient_scope",
        neighbour="route-any-on-rest",
        route="POST /orders",
        client="reader",
        group=group,
        spec=spec,
        view="rest",
    )
    no = partial(denied, step="route", reason="unknown_route", neighbour="route-any", group=group, spec=spec)
    for name, comment, key in (
        ("route-unknown", "a route key that the policy does not have", "GET /unknown"),
        ("route-method-of-any", "an HTTP API that declares ANY names ANY, never the method", "GET /any"),
        ("route-other-case", "the case of a route key counts", "GET /Orders"),
        ("route-lower-method", "the case of a method counts", "get /orders"),
        ("route-trailing-slash", "a trailing slash makes another route key", "GET /orders/"),
        ("route-other-parameter", "the name of a parameter belongs to the route key", "GET /orders/{order}"),
        ("route-two-spaces", "a route key has one space", "GET  /orders"),
        ("route-proto", "a route key named like an object's prototype is unknown", "__proto__"),
        ("route-constructor", "a route key named like an inherited property is unknown", "constructor"),
        ("route-empty", "an empty route key is unknown", ""),
    ):
        yield no(name, comment, http_event(authorization=bearer()) | {"routeKey": key})
    yield no(
        "route-unknown-rest",
        "neither the method nor ANY is declared for the resource",
        rest_event("GET /orders/{id}/unknown", authorization=bearer()),
        view="rest",
    )
    yield no(
        "route-rest-default",
        "a REST API has no default route",
        rest_event("GET $default", authorization=bearer(), path="/x"),
        view="rest",
    )
