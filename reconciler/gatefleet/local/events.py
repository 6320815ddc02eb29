"""Makes the events that API Gateway hands to an authorizer, as AWS documents them.

HTTP APIs: payload format 2.0 ("Control access to HTTP APIs with AWS Lambda authorizers"); paths come decoded.
REST APIs: `REQUEST` authorizers ("Input to an API Gateway Lambda authorizer"); paths come as they were sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from gatefleet.local.routes import RouteMatch

ACCOUNT = "000000000000"
REGION = "local-1"
STAGE = "$default"
REST_STAGE = "live"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as it came over the wire: `path` undecoded, header names in lower case, in order."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    source_ip: str
    request_id: str
    time: int  # UTC seconds


def http_event(
    api_id: str, request: HttpRequest, match: RouteMatch, identity_source: str | None = None
) -> dict[str, Any]:
    """An HTTP API's authorizer event, payload format 2.0: repeated headers and parameters are joined by commas.

    `identity_source` is the header that the authorizer is configured with, if any; then the request has it.
    """
    headers = {name: ",".join(values) for name, values in _grouped(request.headers).items()}
    query = {name: ",".join(values) for name, values in _grouped(parse_qsl(request.query, True)).items()}
    path = unquote(request.path)
    event: dict[str, Any] = {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api_id}/{STAGE}/{request.method}{path}",
        "identitySource": None if identity_source is None else [headers[identity_source]],
        "routeKey": match.key,
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": api_id,
            "domainName": headers.get("host", "localhost"),
            "domainPrefix": api_id,
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request.request_id,
            "routeKey": match.key,
            "stage": STAGE,
            "time": _common_log_time(request.time),
            "timeEpoch": request.time * 1000,
        },
    }
    if "cookie" in headers:
        event["cookies"] = headers.pop("cookie").split("; ")
    if query:
        event["queryStringParameters"] = query
    if match.parameters:
        event["pathParameters"] = {name: unquote(value) for name, value in match.parameters.items()}
    return event


def rest_event(api_id: str, request: HttpRequest, match: RouteMatch) -> dict[str, Any]:
    """A REST API's `REQUEST` authorizer event: single values and lists of values side by side."""
    headers = _grouped(request.headers)
    query = _grouped(parse_qsl(request.query, True))
    return {
        "type": "REQUEST",
        "methodArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api_id}/{REST_STAGE}/{request.method}{request.path}",
        "resource": match.template,
        "path": request.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()},
        "multiValueQueryStringParameters": query,
        "pathParameters": dict(match.parameters),
        "stageVariables": {},
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": api_id,
            "httpMethod": request.method,
            "identity": {
                "sourceIp": request.source_ip,
                "userAgent": (headers.get("user-agent") or [""])[-1],
            },
            "path": f"/{REST_STAGE}{request.path}",
            "protocol": "HTTP/1.1",
            "requestId": request.request_id,
            "requestTime": _common_log_time(request.time),
            "requestTimeEpoch": request.time * 1000,
            "resourcePath": match.template,
            "stage": REST_STAGE,
        },
    }


def _grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _common_log_time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
