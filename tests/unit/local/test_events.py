"""The two forms in which API Gateway calls an authorizer, as its developer guide shows them."""

from __future__ import annotations

from typing import Any

from gatefleet.contract.entities import ApiKind
from gatefleet.decide.event import read_event
from gatefleet.local.events import HttpRequest, http_event, rest_event
from gatefleet.local.routes import RouteMatch

TIME = 1_798_761_600  # 2027-01-01T00:00:00Z


def a_request(
    path: str = "/orders/5", *, method: str = "GET", query: str = "", headers: tuple[tuple[str, str], ...] = ()
) -> HttpRequest:
    return HttpRequest(method, path, query, headers, "192.0.2.7", "request-1", TIME)


ORDER = RouteMatch("GET /orders/{order_id}", {"order_id": "5"})


def test_an_http_api_event_has_the_members_of_payload_format_2() -> None:
    headers = (("host", "localhost:8701"), ("user-agent", "curl"), ("authorization", "Bearer t"))
    event = http_event("orders-orders", a_request(query="a=1&a=2&b=", headers=headers), ORDER, identity=["Bearer t"])
    assert event == {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": "arn:aws:execute-api:local-1:000000000000:orders-orders/$default/GET/orders/5",
        "identitySource": ["Bearer t"],
        "routeKey": "GET /orders/{order_id}",
        "rawPath": "/orders/5",
        "rawQueryString": "a=1&a=2&b=",
        "headers": dict(headers),
        "queryStringParameters": {"a": "1,2", "b": ""},
        "pathParameters": {"order_id": "5"},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "orders-orders",
            "domainName": "localhost:8701",
            "domainPrefix": "orders-orders",
            "http": {
                "method": "GET",
                "path": "/orders/5",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "curl",
            },
            "requestId": "request-1",
            "routeKey": "GET /orders/{order_id}",
            "stage": "$default",
            "time": "01/Jan/2027:00:00:00 +0000",
            "timeEpoch": TIME * 1000,
        },
    }


def test_an_http_api_joins_repeated_headers_by_commas_and_takes_cookies_out() -> None:
    headers = (("authorization", "Bearer a"), ("cookie", "one=1; two=2"), ("authorization", "Bearer b"))
    event = http_event("a", a_request(headers=headers), ORDER)
    assert event["headers"] == {"authorization": "Bearer a,Bearer b"}
    assert event["cookies"] == ["one=1", "two=2"]
    assert event["identitySource"] is None


def test_an_http_api_shows_the_path_decoded_and_a_rest_api_as_it_was_sent() -> None:
    request, match = a_request("/orders/a%2Fb%20c"), RouteMatch("GET /orders/{order_id}", {"order_id": "a%2Fb%20c"})
    http, rest = http_event("a", request, match), rest_event("a", request, match)
    assert (http["rawPath"], http["pathParameters"]) == ("/orders/a/b c", {"order_id": "a/b c"})
    assert (rest["path"], rest["pathParameters"]) == ("/orders/a%2Fb%20c", {"order_id": "a%2Fb%20c"})


def test_a_rest_api_event_has_the_members_of_a_request_authorizer() -> None:
    headers = (("host", "localhost"), ("authorization", "Bearer a"), ("authorization", "Bearer b"))
    event = rest_event("orders-back-office", a_request(query="a=1&a=2", headers=headers), ORDER)
    assert event == {
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:local-1:000000000000:orders-back-office/live/GET/orders/5",
        "resource": "/orders/{order_id}",
        "path": "/orders/5",
        "httpMethod": "GET",
        "headers": {"host": "localhost", "authorization": "Bearer b"},
        "multiValueHeaders": {"host": ["localhost"], "authorization": ["Bearer a", "Bearer b"]},
        "queryStringParameters": {"a": "2"},
        "multiValueQueryStringParameters": {"a": ["1", "2"]},
        "pathParameters": {"order_id": "5"},
        "stageVariables": {},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "orders-back-office",
            "httpMethod": "GET",
            "identity": {"sourceIp": "192.0.2.7", "userAgent": ""},
            "path": "/live/orders/5",
            "protocol": "HTTP/1.1",
            "requestId": "request-1",
            "requestTime": "01/Jan/2027:00:00:00 +0000",
            "requestTimeEpoch": TIME * 1000,
            "resourcePath": "/orders/{order_id}",
            "stage": "live",
        },
    }


def test_without_mutual_tls_there_is_no_client_certificate_in_either_event() -> None:
    event: dict[str, Any]
    for event in (http_event("a", a_request(), ORDER), rest_event("a", a_request(), ORDER)):
        assert read_event(event).certificate_pem is None
        assert "clientCert" not in str(event)


def test_the_authorizer_reads_route_method_headers_and_source_from_both_events() -> None:
    request = a_request(headers=(("authorization", "Bearer t"), ("x-api-key", "k.s")))
    http, rest = read_event(http_event("a", request, ORDER)), read_event(rest_event("a", request, ORDER))
    assert (http.api, rest.api) == (ApiKind.HTTP, ApiKind.REST)
    assert http.route_keys[0] == rest.route_keys[0] == "GET /orders/{order_id}"
    for read in (http, rest):
        assert (read.method, read.path, read.source_ip) == ("GET", "/orders/5", "192.0.2.7")
        assert (read.authorization, read.api_key) == (("Bearer t",), ("k.s",))
