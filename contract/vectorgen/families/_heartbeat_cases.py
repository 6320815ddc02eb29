"""How the cases of `heartbeat` are written: what an instance notes, when it is asked, and what it says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from contract.vectorgen.cases import Case

START = 1793534400000
FLOOR = {"epoch": 1, "revision": 40, "issued_at": 1793448000}  # a day before the start
IDENTITY = {
    "environment": "production",
    "gateway": "orders/orders",
    "instance": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "variant": "rust",
    "version": "1.0.0",
    "floor": FLOOR,
}
POSITION = {"epoch": 1, "revision": 42, "digest": "42" * 32}
VIEW = "a0" * 32
FRESH = {"state": "fresh", "age": 1, "read_failed": False}
ALLOWED = {"decision": {"effect": "allow", "freshness": "fresh", "path": "fits"}}
SENT, UNSENT = {"delivery": "sent"}, {"delivery": "unsent"}
READ = {"read": "succeeded", "refused": {}}

Event = dict[str, Any]


def denied(reason: str, freshness: str = "fresh") -> Event:
    return {"decision": {"effect": "deny", "reason": reason, "freshness": freshness}}


def refused(**reasons: int) -> Event:
    return {"read": "failed", "refused": reasons}


def ask(after: int, revision: int = 42, **standing: Any) -> Event:
    """Asked so many milliseconds after the start, standing at a revision."""
    position = {**POSITION, "revision": revision, "digest": f"{revision:02}" * 32}
    good = {"now": START + after, "position": position, "view": VIEW, "freshness": FRESH, "follows": True}
    return {"ask": good | standing}


def case(
    name: str,
    comment: str,
    events: Sequence[Event],
    said: Sequence[Mapping[str, Any] | None],
    *,
    clause: str,
    group: str,
    identity: Mapping[str, Any] = IDENTITY,
    started: int = START,
) -> Case:
    """A case; `said` is what comes of each asking: None, or the members that `heartbeat` needs besides the asking's."""
    asked = [event["ask"] for event in events if "ask" in event]
    expect = [
        None if one is None else heartbeat(asking, identity, **one) for asking, one in zip(asked, said, strict=True)
    ]
    given = {"identity": identity, "started": started, "events": list(events)}
    return Case(name, comment, given, {"heartbeats": expect}, {"heartbeat": clause}, None, group)


def heartbeat(
    asking: Mapping[str, Any],
    identity: Mapping[str, Any] = IDENTITY,
    *,
    since: int = START,
    first: bool = False,
    mode: str = "following",
    floor_age: int | None = None,
    allow: int = 0,
    deny: Mapping[str, int] | None = None,
    not_fresh: int = 0,
    differs: int = 0,
    reads: tuple[int, int] = (0, 0),
    refusals: Mapping[str, int] | None = None,
    unsent: int = 0,
) -> dict[str, Any]:
    """The record and the line of metrics that are right; `since` in milliseconds, `reads` succeeded and failed."""
    now, position, freshness = asking["now"], asking["position"], asking["freshness"]
    floor = identity["floor"]
    age = freshness.get("age")
    floor_age = now // 1000 - floor["issued_at"] if floor_age is None else floor_age
    value = compact(
        {
            **{name: identity[name] for name in ("environment", "gateway", "instance", "variant", "version")},
            "issued_at": now // 1000,
            "since": since // 1000,
            "cold_start": first,
            "epoch": position["epoch"],
            "revision": position["revision"],
            "payload": position["digest"],
            "view": asking["view"],
            "mode": mode,
            "freshness": freshness["state"],
            "age": age,
            "floor": {"epoch": floor["epoch"], "revision": floor["revision"], "age": floor_age},
            "decisions": {"allow": allow, "deny": deny or {}, "not_fresh": not_fresh, "path_differs": differs},
            "reads": {"succeeded": reads[0], "failed": reads[1]},
            "refusals": refusals or {},
            "unsent": unsent,
        }
    )
    metrics = {
        "Allowed": allow,
        "Denied": sum((deny or {}).values()),
        "NotFresh": not_fresh,
        "PathDiffers": differs,
        "ReadFailures": reads[1],
        "RefusedRecords": sum((refusals or {}).values()),
        "HeartbeatsUnsent": unsent,
        "ColdStart": 1 if first else 0,
        "ViewAge": floor_age if age is None else age,
        "FloorAge": floor_age,
    }
    units = [{"Name": name, "Unit": "Seconds" if name in ("ViewAge", "FloorAge") else "Count"} for name in metrics]
    directive = {"Namespace": "gatefleet", "Dimensions": [["service", "environment"]], "Metrics": units}
    about = {"service": identity["gateway"], "environment": identity["environment"]}
    line = compact({"_aws": {"Timestamp": now, "CloudWatchMetrics": [directive]}, **about, **metrics})
    team = identity["gateway"].partition("/")[0]
    return {
        "topic": f"gatefleet.{identity['environment']}.heartbeat.{team}",
        "key": identity["instance"],
        "timestamp": now,
        "value": value,
        "metrics": f'{line[:-1]},"heartbeat":{value}}}',
    }


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
