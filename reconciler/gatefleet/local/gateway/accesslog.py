"""API Gateway's line of each request ("Customizing HTTP API access logs"): the conventions' fields, as JSON.

A variable without a value is written `-`, as API Gateway does. Nothing of path, query, token or headers is among them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gatefleet.local.events import HttpRequest

NONE = "-"


@dataclass(slots=True)
class Passage:
    """What became of one request, as it is found out; `context` is the authorizer's."""

    request: HttpRequest
    gateway: str
    variant: str
    route: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    decision: str | None = None  # allow, deny, or none where no authorizer was asked
    status: int = 0
    latency_ms: int = 0
    error: str | None = None  # for whoever runs it; never sent to the caller


def access_line(fields: tuple[str, ...], passage: Passage) -> str:
    """One line of JSON, its members in the order of `fields`."""
    context = passage.context
    known: dict[str, str | int | None] = {
        "time": datetime.fromtimestamp(passage.request.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "request_id": passage.request.request_id,
        "gateway": passage.gateway,
        "route": passage.route,
        "decision": passage.decision,
        "variant": passage.variant,
        "status": passage.status,
        "latency_ms": passage.latency_ms,
        "source_ip": passage.request.source_ip,
        "trace_id": next(iter(passage.request.values("x-amzn-trace-id")), None),
    }
    members = {name: known.get(name) or context.get(name) or NONE for name in fields}
    if "latency_ms" in members:
        members["latency_ms"] = passage.latency_ms
    return json.dumps(members, separators=(",", ":"))
