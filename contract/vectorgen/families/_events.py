"""Events as API Gateway sends them to a Lambda authorizer, in both forms."""

from __future__ import annotations

from typing import Any

MINT = {"partition": "aws", "region": "eu-west-1", "account": "111122223333", "api": "a1b2c3d4e5", "stage": "live"}


def http_event(route: str = "GET /orders", *, authorization: str | None = None, **members: Any) -> dict[str, Any]:
    """An HTTP API's event (payload format 2.0); members `path`, `method`, `headers`, `ip`, `pem`, `parameters`."""
    method, _, template = route.partition(" ")
    path = members.get("path", template or "/")
    method = members.get("method", "GET" if method in ("ANY", "$default") else method)
    headers = {"host": "orders.api.example.com", **members.get("headers", {})}
    if authorization is not None:
        headers["authorization"] = authorization
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": members.get("ip", "192.0.2.10")}
    context = {"apiId": MINT["api"], "authentication": None, "http": http, "requestId": "KxLmN", "stage": "$default"}
    if "pem" in members:
        context["authentication"] = {"clientCert": {"clientCertPem": members["pem"]}}
    event = {
        "version": "2.0",
        "type": "REQUEST",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": context,
    }
    if "parameters" in members:
        event["pathParameters"] = members["parameters"]
    return event


def rest_event(route: str = "GET /orders/{id}", *, authorization: str | None = None, **members: Any) -> dict[str, Any]:
    """A REST API's `REQUEST` event for method and resource. As `http_event`; `headers` maps to lists of values."""
    method, _, resource = route.partition(" ")
    path = members.get("path", resource)
    headers: dict[str, list[str]] = {"Host": ["orders.api.example.com"], **members.get("headers", {})}
    if authorization is not None:
        headers["Authorization"] = [authorization]
    mint = {**MINT, **members.get("mint", {})}
    identity: dict[str, Any] = {"clientCert": None, "sourceIp": members.get("ip", "192.0.2.10")}
    if "pem" in members:
        identity["clientCert"] = {"clientCertPem": members["pem"]}
    return {
        "type": "REQUEST",
        "methodArn": f"arn:{mint['partition']}:execute-api:{mint['region']}:{mint['account']}:{mint['api']}/"
        f"{mint['stage']}/{method}{path}",
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in headers.items() if values},
        "multiValueHeaders": headers,
        "queryStringParameters": {},
        "pathParameters": members.get("parameters"),
        "requestContext": {"apiId": mint["api"], "identity": identity, "requestId": "KxLmN", "stage": mint["stage"]},
    }
