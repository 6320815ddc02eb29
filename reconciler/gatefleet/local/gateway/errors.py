"""The answers that API Gateway makes itself.

HTTP APIs have fixed bodies. REST APIs have gateway responses ("Gateway response types"), which gatefleet's Terraform
(`terraform/modules/gateway/rest.tf`) sets to problem details (RFC 9457) under the conventions' type base, with CORS
headers and, on 401, a challenge (RFC 6750 section 3). A failed authentication never says why: nothing of the
authorizer's context reaches a 401.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gatefleet.contract.entities import ApiKind
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
    """An error: status and fixed message of an HTTP API; what a REST API calls it in `x-amzn-errortype`; its status
    and title there; its problem type, None where AWS lets nobody set the body."""

    http: tuple[int, str]
    name: str
    rest: tuple[int, str]
    problem: str | None


_FAILED = (500, "Internal Server Error")
_SHAPES = {
    ErrorType.ACCESS_DENIED: _Shape((403, "Forbidden"), "AccessDeniedException", (403, "Forbidden"), "access-denied"),
    ErrorType.AUTHORIZER_CONFIGURATION_ERROR: _Shape(
        _FAILED, "AuthorizerConfigurationException", _FAILED, "authorizer-error"
    ),
    ErrorType.AUTHORIZER_FAILURE: _Shape(_FAILED, "AuthorizerFailureException", _FAILED, "authorizer-error"),
    ErrorType.INTEGRATION_FAILURE: _Shape(
        (503, "Service Unavailable"), "InternalServerErrorException", (504, "Gateway Timeout"), "backend-failed"
    ),
    ErrorType.INTEGRATION_TIMEOUT: _Shape(
        (503, "Service Unavailable"), "InternalServerErrorException", (504, "Gateway Timeout"), "backend-timed-out"
    ),
    ErrorType.MISSING_AUTHENTICATION_TOKEN: _Shape(
        (404, "Not Found"), "MissingAuthenticationTokenException", (404, "Not Found"), "not-found"
    ),
    # "Amazon API Gateway important notes": this one's gateway response cannot be customized.
    ErrorType.REQUEST_TOO_LARGE: _Shape(
        (413, "Request Entity Too Large"), "RequestTooLargeException", (413, "Request Too Long"), None
    ),
    ErrorType.THROTTLED: _Shape(
        (429, "Too Many Requests"), "TooManyRequestsException", (429, "Too Many Requests"), "throttled"
    ),
    ErrorType.UNAUTHORIZED: _Shape(
        (401, "Unauthorized"), "UnauthorizedException", (401, "Unauthorized"), "unauthorized"
    ),
    ErrorType.NO_STAGE: _Shape((404, "Not Found"), "ForbiddenException", (403, "Forbidden"), None),
    ErrorType.URI_TOO_LONG: _Shape(
        (414, "Request URI too long"), "RequestUriTooLongException", (414, "Request URI too long"), None
    ),
}


def gateway_error(
    error: ErrorType, api: ApiKind, type_base: str, request_id: str, context: Mapping[str, str] | None = None
) -> Response:
    """The answer to an error, without CORS headers. `context` is the authorizer's, whose `reason` a REST 403 says."""
    shape = _SHAPES[error]
    if api is ApiKind.HTTP:
        status, message = shape.http
        return json_response(status, {"message": message})
    status, title = shape.rest
    name = ("x-amzn-errortype", shape.name)
    if shape.problem is None:
        return json_response(status, {"message": title}).adding(name)
    problem: dict[str, str | int] = {
        "type": f"{type_base}{shape.problem}",
        "title": title,
        "status": status,
        "instance": f"urn:uuid:{request_id}",
    }
    if error is ErrorType.ACCESS_DENIED:
        problem["reason"] = (context or {}).get("reason", "")
    response = json_response(status, problem, "application/problem+json").adding(name)
    return response.adding(("www-authenticate", "Bearer")) if error is ErrorType.UNAUTHORIZED else response
