"""What API Gateway is told, and the one line that is written down about a decision (docs/reference/decision.md).

`given`: as in `decide`, with `decision_id` and `latency_ms`. `expect`: `response` or `error`, and `log`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families import _respond_http, _respond_rest, _respond_trace
from contract.vectorgen.families._policy import views


def accepts(expect: Mapping[str, Any]) -> bool:
    """Whether the request may pass."""
    return expect["log"]["decision"] == "allow"


def fixtures() -> dict[str, Any]:
    """The same policy for an HTTP API and a REST API, and once without the gateway."""
    return {"views": views()}


def cases() -> Iterator[Case]:
    """HTTP APIs with the log lines, REST APIs, then traces in the log lines of both."""
    yield from _respond_http.cases()
    yield from _respond_rest.cases()
    yield from _respond_trace.cases()
