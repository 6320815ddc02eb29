"""API Gateway's line of each request ("Customizing HTTP API access logs"): the conventions' fields, as JSON.

As `terraform/modules/gateway/observability.tf` writes the format: gateway and status are always there, only the time
(milliseconds) and the status are numbers, and a variable without a value is `-`. Nothing of path, query, token, subject
or headers is among them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from gatefleet.contract.entities import ApiKind
from gatefleet.local.events import HttpRequest
from gatefleet.local.gateway.api import Api

NONE = "-"
_ALWAYS = ("gateway", "status")
_FROM_CONTEXT = ("client_id", "decision_id", "reason", "revision", "freshness")


@dataclass(slots=True)
class Passage:
    """What became of one request, as it is found out; `context` is the authorizer's, times are milliseconds."""

    request: HttpRequest
    route: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    status: int = 0
    error: str | None = None
    latency_ms: int | None = None
    backend_ms: int | None = None
    authorizer_ms: int | None = None
    response_length: int | None = None
    why: str = ""  # of an error: for the one who runs the gateway, never in the line or for the caller


def access_line(api: Api, passage: Passage) -> str:
    """One line of JSON, its members in the order of the API's `log_fields`."""
    request, context = passage.request, passage.context
    route = passage.route
    if api.kind is ApiKind.REST:
        route = f"{request.method} {route.partition(' ')[2] if route else NONE}"
    known: dict[str, str | int | None] = {
        "time": request.time * 1000,
        "request_id": request.request_id,
        "gateway": api.gateway,
        "environment": api.environment,
        "route": route,
        "status": passage.status,
        "latency_ms": _text(passage.latency_ms),
        "backend_ms": _text(passage.backend_ms),
        "authorizer_ms": _text(passage.authorizer_ms),
        "error": passage.error,
        "source_ip": request.source_ip,
        "protocol": "HTTP/1.1",
        "response_length": _text(passage.response_length),
        "trace_id": None if api.kind is ApiKind.REST else request.request_id,
        **{name: context.get(name) for name in _FROM_CONTEXT},
    }
    members = {name: known.get(name) for name in dict.fromkeys((*api.log_fields, *_ALWAYS))}
    line = {name: NONE if value is None else value for name, value in members.items()}
    return json.dumps(line, separators=(",", ":"))


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)
