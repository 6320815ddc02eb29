"""The one line that may be written about a decision: members from an allow-list, in a fixed order.

Never a token, path, query, address, `sub` or header, the id of a valid trace aside (docs/reference/decision.md, "The
log line").
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from gatefleet.decide.outcome import Decision, Deny

FIELDS = (
    "time",
    "gateway",
    "decision",
    "reason",
    "step",
    "route",
    "path",
    "credential",
    "client_id",
    "when_stale",
    "revision",
    "freshness",
    "age",
    "latency_ms",
    "decision_id",
    "trace_id",
)


def log_line(decision: Decision, decision_id: str, *, now: int, latency_ms: int) -> str:
    """One line of JSON without a line break; what is not known is left out."""
    denied = decision.outcome if isinstance(decision.outcome, Deny) else None
    members = {
        "time": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "gateway": decision.gateway,
        "decision": "deny" if denied else "allow",
        "reason": denied.reason.value if denied else None,
        "step": denied.step.value if denied else None,
        "route": decision.route,
        "path": "differs" if decision.path_fits is False else None,
        "credential": decision.credential,
        "client_id": decision.client_id,
        "when_stale": decision.when_stale,
        "revision": str(decision.position),
        "freshness": decision.freshness.state,
        "age": decision.freshness.age,
        "latency_ms": latency_ms,
        "decision_id": decision_id,
        "trace_id": decision.trace_id,
    }
    return json.dumps({name: members[name] for name in FIELDS if members[name] is not None}, separators=(",", ":"))
