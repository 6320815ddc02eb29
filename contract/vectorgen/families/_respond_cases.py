"""How the cases of `respond` are written."""

from __future__ import annotations

from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._events import MINT
from contract.vectorgen.families._tokens import NOW, OMIT

DECISION_ID = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
FRESH = {"state": "fresh", "age": 1, "read_failed": False}
FLOOR = {"state": "floor", "read_failed": True}


def case(
    name: str, comment: str, event: Any, said: dict[str, Any], log: dict[str, Any], *, group: str, **options: Any
) -> Case:
    freshness = options.get("freshness", FRESH)
    given = {
        "view": options.get("view", "http"),
        "event": event,
        "now": NOW,
        "freshness": freshness,
        "decision_id": DECISION_ID,
        "latency_ms": 3,
    }
    about = {"gateway": "orders/orders", "revision": "1/42", "freshness": freshness["state"]}
    if "age" in freshness:
        about["age"] = freshness["age"]
    known = {"time": "2026-11-01T12:00:00Z", "latency_ms": 3, "decision_id": DECISION_ID}
    spec = options.get("spec", {"decision": "The response"})
    expect = {**said, "log": {**known, **about, **log}}
    return Case(name, comment, given, expect, spec, options.get("neighbour"), group)


def context_of(freshness: str = "fresh", **members: str) -> dict[str, str]:
    return {"decision_id": DECISION_ID, "revision": "1/42", "freshness": freshness, **members}


READER = {"client_id": "reader", "subject": "user-1", "scopes": "orders:read"}


def allow_log(route: str, **members: Any) -> dict[str, Any]:
    good = {"decision": "allow", "route": route, "credential": "jwt", "client_id": "reader", "when_stale": "check"}
    return {name: value for name, value in {**good, **members}.items() if value is not OMIT}


def deny_log(step: str, reason: str, **members: Any) -> dict[str, Any]:
    return {"decision": "deny", "step": step, "reason": reason, **members}


def arn(rest: str, **mint: str) -> str:
    at = {**MINT, **mint}
    return f"arn:{at['partition']}:execute-api:{at['region']}:{at['account']}:{at['api']}/{at['stage']}/{rest}"


def policy(effect: str, principal: str, resource: str, context: dict[str, str]) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {
        "response": {
            "principalId": principal,
            "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            "context": context,
        }
    }
