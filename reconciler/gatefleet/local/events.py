"""Makes the events that API Gateway hands to an authorizer, as AWS documents them.

HTTP APIs: payload format 2.0 ("Working with AWS Lambda authorizers for HTTP APIs"); header names in lower case, several
values joined by commas, paths and parameters decoded. REST APIs: `REQUEST` authorizers ("Input to an Amazon API Gateway
Lambda authorizer"); header names as the client wrote them, the last value beside all of them, paths as they were sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from gatefleet.local.routes import Located, RouteMatch

ACCOUNT = "000000000000"
REGION = "local-1"
STAGE = "$default"
REST_STAGE = "live"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as it came over the wire: `path` undecoded, headers in their order and spelling."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    source_ip: str
    request_id: str
    time: int  # UTC seconds

    def values(self, header: str) -> list[str]:
        """The values of a header, whatever the case of its name; `header` in lower case."""
        return [value for name, value in self.headers if name.lower() == header]


def http_event(
    api_id: str,
    request: HttpRequest,
    match: RouteMatch,
    *,
    identity: Sequence[str] | None = None,
    stage: str = STAGE,
    located: Located | None = None,
) -> dict[str, Any]:
    """An HTTP API's authorizer event, payload format 2.0.

    `identity`: the values of the authorizer's identity sources, None where it has none. `located`: where the request
    led, when its path is not that within the stage.
    """
    located = located or Located(request.path, request.path, request.path)
    headers = {name: ",".join(values) for name, values in _grouped(request.headers, lower=True).items()}
    query = {name: ",".join(values) for name, values in _grouped(parse_qsl(request.query, True)).items()}
    path = unquote(located.shown)
    event: dict[str, Any] = {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": method_arn(api_id, request.method, unquote(located.path), stage),
        "identitySource": None if identity is None else list(identity),
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
            "stage": stage,
            "time": common_log_time(request.time),
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


def rest_event(
    api_id: str, request: HttpRequest, match: RouteMatch, *, stage: str = REST_STAGE, located: Located | None = None
) -> dict[str, Any]:
    """A REST API's `REQUEST` authorizer event: single values and lists of values side by side."""
    located = located or Located(request.path, request.path, f"/{stage}{request.path}")
    headers = _grouped(request.headers)
    query = _grouped(parse_qsl(request.query, True))
    return {
        "type": "REQUEST",
        "methodArn": method_arn(api_id, request.method, located.path, stage),
        "resource": match.template,
        "path": located.shown,
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
                "userAgent": (request.values("user-agent") or [""])[-1],
            },
            "path": located.context,
            "protocol": "HTTP/1.1",
            "requestId": request.request_id,
            "requestTime": common_log_time(request.time),
            "requestTimeEpoch": request.time * 1000,
            "resourcePath": match.template,
            "stage": stage,
        },
    }


def method_arn(api_id: str, method: str, path: str, stage: str) -> str:
    """The ARN that an authorizer's policy must match: of a method and the path within its stage."""
    return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api_id}/{stage}/{method}{path}"


def common_log_time(seconds: int) -> str:
    """UTC in the common log format: `01/Jan/2027:00:00:00 +0000`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")


def _grouped(pairs: Sequence[tuple[str, str]], *, lower: bool = False) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name.lower() if lower else name, []).append(value)
    return grouped
