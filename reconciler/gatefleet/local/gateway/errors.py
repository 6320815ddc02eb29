"""The answers that API Gateway makes itself.

HTTP APIs have fixed bodies. REST APIs have gateway responses ("Gateway response types"), which gatefleet's Terraform
sets to problem details (RFC 9457) under the conventions' type base, with CORS headers and, on 401, a challenge (RFC
6750 section 3). A failed authentication never says why: nothing of the authorizer's context reaches a 401.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gatefleet.contract.entities import ApiKind
from gatefleet.contract.reasons import Reason
from gatefleet.local.gateway.messages import Response, json_response


class ErrorType(StrEnum):
    """Why API Gateway answers itself, by the names of REST APIs' gateway responses."""

    ACCESS_DENIED = "ACCESS_DENIED"
    AUTHORIZER_CONFIGURATION_ERROR = "AUTHORIZER_CONFIGURATION_ERROR"
    AUTHORIZER_FAILURE = "AUTHORIZER_FAILURE"
    INTEGRATION_FAILURE = "INTEGRATION_FAILURE"
    INTEGRATION_TIMEOUT = "INTEGRATION_TIMEOUT"
    MISSING_AUTHENTICATION_TOKEN = "MISSING_AUTHENTICATION_TOKEN"
    REQUEST_TOO_LARGE = "REQUEST_TOO_LARGE"
    THROTTLED = "THROTTLED"
    UNAUTHORIZED = "UNAUTHORIZED"
    # Not among the gateway responses: these cannot be changed.
    NO_STAGE = "NO_STAGE"
    URI_TOO_LONG = "URI_TOO_LONG"


@dataclass(frozen=True, slots=True)
class _Shape:
    """An error on an HTTP API; on a REST API; its name in `x-amzn-errortype`, and its problem type there, if any."""

    http: tuple[int, str]
    rest: int
    name: str
    problem: str | None


_SHAPES = {
    ErrorType.ACCESS_DENIED: _Shape((403, "Forbidden"), 403, "AccessDeniedException", "forbidden"),
    ErrorType.AUTHORIZER_CONFIGURATION_ERROR: _Shape(
        (500, "Internal Server Error"), 500, "AuthorizerConfigurationException", "internal"
    ),
    ErrorType.AUTHORIZER_FAILURE: _Shape((500, "Internal Server Error"), 500, "AuthorizerFailureException", "internal"),
    ErrorType.INTEGRATION_FAILURE: _Shape((503, "Service Unavailable"), 504, "InternalServerErrorException", "backend"),
    ErrorType.INTEGRATION_TIMEOUT: _Shape((503, "Service Unavailable"), 504, "InternalServerErrorException", "backend"),
    ErrorType.MISSING_AUTHENTICATION_TOKEN: _Shape(
        (404, "Not Found"), 403, "MissingAuthenticationTokenException", Reason.UNKNOWN_ROUTE
    ),
    ErrorType.REQUEST_TOO_LARGE: _Shape((413, "Request Entity Too Large"), 413, "RequestTooLargeException", None),
    ErrorType.THROTTLED: _Shape((429, "Too Many Requests"), 429, "TooManyRequestsException", "throttled"),
    ErrorType.UNAUTHORIZED: _Shape((401, "Unauthorized"), 401, "UnauthorizedException", "authentication"),
    ErrorType.NO_STAGE: _Shape((404, "Not Found"), 403, "ForbiddenException", None),
    ErrorType.URI_TOO_LONG: _Shape((414, "Request URI too long"), 414, "RequestUriTooLongException", None),
}

_TITLES = {
    401: "Unauthorized",
    403: "Forbidden",
    413: "Request Entity Too Large",
    414: "Request URI too long",
    429: "Too Many Requests",
    500: "Internal Server Error",
    504: "Gateway Timeout",
}


def gateway_error(error: ErrorType, api: ApiKind, type_base: str, context: Mapping[str, str] | None = None) -> Response:
    """The answer to an error, without CORS headers. `context` is the authorizer's, whose `reason` a 403 names."""
    shape = _SHAPES[error]
    if api is ApiKind.HTTP:
        status, message = shape.http
        return json_response(status, {"message": message})
    name = ("x-amzn-errortype", shape.name)
    if shape.problem is None:
        return json_response(shape.rest, {"message": _TITLES[shape.rest]}).adding(name)
    problem = (context or {}).get("reason", shape.problem) if error is ErrorType.ACCESS_DENIED else shape.problem
    body = {"type": f"{type_base}{problem}", "title": _TITLES[shape.rest], "status": shape.rest}
    response = json_response(shape.rest, body, "application/problem+json").adding(name)
    return response.adding(("www-authenticate", "Bearer")) if error is ErrorType.UNAUTHORIZED else response
