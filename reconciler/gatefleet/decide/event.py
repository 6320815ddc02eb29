"""Step 1, `event`: the two forms in which API Gateway calls a Lambda authorizer, read into one `Request`.

AWS documents them under "Control access to HTTP APIs with Lambda authorizers" (payload format 2.0) and "Input to an API
Gateway Lambda authorizer" (`REQUEST`). Only the members that a step needs are read; of another type than documented,
they make the whole event unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gatefleet.contract.entities import ApiKind
from gatefleet.decide.trace import trace_id

AUTHORIZATION = "authorization"
API_KEY = "x-api-key"

_METHOD_ARN = re.compile(
    r"arn:([a-z0-9-]{1,64}):execute-api:([a-z0-9-]{1,64}):([0-9]{12}):([A-Za-z0-9-]{1,128})/([A-Za-z0-9_$-]{1,128})/"
)


class UnreadableEvent(ValueError):
    """The event is of no form this authorizer knows."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The deployed API that called, as `methodArn` names it; nothing in it is the request's."""

    partition: str
    region: str
    account: str
    api_id: str
    stage: str


@dataclass(frozen=True, slots=True)
class Request:
    """What the steps need of an event. `route_keys`: the first that the gateway declares is the route."""

    api: ApiKind
    route_keys: tuple[str, ...]
    method: str
    path: str
    stage: str | None
    endpoint: Endpoint | None
    path_parameters: Mapping[str, str] = field(repr=False)
    authorization: tuple[str, ...] = field(repr=False)
    api_key: tuple[str, ...] = field(repr=False)
    certificate_pem: str | None = field(repr=False)
    source_ip: str | None
    trace_id: str | None


def read_event(event: object) -> Request:
    """Read an event, already parsed from JSON. Raises `UnreadableEvent`."""
    members = _object(event)
    if _text(members.get("type")) != "REQUEST":
        raise UnreadableEvent("type")
    match api_of(event):
        case ApiKind.HTTP:
            return _http_request(members)
        case ApiKind.REST:
            if "version" in members:
                raise UnreadableEvent("version")
            return _rest_request(members)


def api_of(event: object) -> ApiKind:
    """The form that an event claims; of one that is neither, the form in which it is denied."""
    version = event.get("version") if isinstance(event, dict) else None
    return ApiKind.HTTP if version == "2.0" else ApiKind.REST


def _http_request(members: Mapping[str, Any]) -> Request:
    context = _object(members.get("requestContext"))
    http = _object(context.get("http"))
    headers = _single_valued(members.get("headers"))
    return Request(
        api=ApiKind.HTTP,
        route_keys=(_text(members.get("routeKey")),),
        method=_text(http.get("method")),
        path=_path(members.get("rawPath")),
        stage=_optional_text(context.get("stage")),
        endpoint=None,
        path_parameters=_path_parameters(members),
        authorization=headers[AUTHORIZATION],
        api_key=headers[API_KEY],
        certificate_pem=_optional_text(_within(context, "authentication", "clientCert", "clientCertPem")),
        source_ip=_optional_text(http.get("sourceIp")),
        trace_id=trace_id(_optional_object(members.get("headers")), many_valued=False),
    )


def _rest_request(members: Mapping[str, Any]) -> Request:
    context = _object(members.get("requestContext"))
    method, resource = _text(members.get("httpMethod")), _text(members.get("resource"))
    endpoint = _endpoint(_text(members.get("methodArn")))
    many = members.get("multiValueHeaders")
    headers = _single_valued(members.get("headers")) if many is None else _many_valued(many)
    return Request(
        api=ApiKind.REST,
        route_keys=(f"{method} {resource}", f"ANY {resource}"),
        method=method,
        path=_path(members.get("path")),
        stage=endpoint.stage,
        endpoint=endpoint,
        path_parameters=_path_parameters(members),
        authorization=headers[AUTHORIZATION],
        api_key=headers[API_KEY],
        certificate_pem=_optional_text(_within(context, "identity", "clientCert", "clientCertPem")),
        source_ip=_optional_text(_within(context, "identity", "sourceIp")),
        trace_id=trace_id(
            _optional_object(members.get("headers") if many is None else many), many_valued=many is not None
        ),
    )


def _single_valued(value: object) -> dict[str, tuple[str, ...]]:
    headers = _optional_object(value)
    return {
        name: tuple(_text(value) for spelling, value in headers.items() if _ascii_lower(spelling) == name)
        for name in (AUTHORIZATION, API_KEY)
    }


def _many_valued(value: object) -> dict[str, tuple[str, ...]]:
    headers = _object(value)
    return {
        name: tuple(
            _text(value)
            for spelling, values in headers.items()
            if _ascii_lower(spelling) == name
            for value in _list(values)
        )
        for name in (AUTHORIZATION, API_KEY)
    }


def _path_parameters(members: Mapping[str, Any]) -> Mapping[str, str]:
    return {name: _text(value) for name, value in _optional_object(members.get("pathParameters")).items()}


def _endpoint(method_arn: str) -> Endpoint:
    match = _METHOD_ARN.match(method_arn)
    if match is None:
        raise UnreadableEvent("methodArn")
    return Endpoint(*match.groups())


def _path(value: object) -> str:
    path = _text(value)
    if not path.startswith("/"):
        raise UnreadableEvent("path")
    return path


def _within(value: object, *names: str) -> object:
    """The member at the end of `names`; None when it, or an object on the way, is absent or null."""
    for name in names:
        value = _optional_object(value).get(name)
    return value


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UnreadableEvent("not an object")
    return value


def _optional_object(value: object) -> Mapping[str, Any]:
    return {} if value is None else _object(value)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise UnreadableEvent("not a list")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise UnreadableEvent("not a string")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise UnreadableEvent("lone surrogate")
    return value


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _ascii_lower(text: str) -> str:
    return text.lower() if text.isascii() else text
