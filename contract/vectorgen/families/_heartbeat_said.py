"""The bytes of a heartbeat and of its line of metrics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from contract.vectorgen.cases import Case
from contract.vectorgen.families._heartbeat_cases import (
    ALLOWED,
    FLOOR,
    IDENTITY,
    READ,
    START,
    UNSENT,
    ask,
    case,
    denied,
    refused,
)

# Written out once, so that the other cases' texts are not right by their own helper alone.
VALUE = (
    '{"environment":"production","gateway":"orders/orders","instance":"0f1e2d3c4b5a69788796a5b4c3d2e1f0","variant":"rust",'
    '"version":"1.0.0","issued_at":1793534460,"since":1793534400,"cold_start":true,"epoch":1,"revision":42,'
    f'"payload":"{"42" * 32}","view":"{"a0" * 32}","mode":"holding","freshness":"stale","age":61,'
    '"floor":{"epoch":1,"revision":40,"age":86460},"decisions":{"allow":2,"deny":{"expired":1,"insufficient_scope":2},'
    '"not_fresh":3,"path_differs":1},"reads":{"succeeded":1,"failed":2},"refusals":{"bad_signature":3,"unsupported":1},'
    '"unsent":0}'
)
METRICS = (
    '{"_aws":{"Timestamp":1793534460123,"CloudWatchMetrics":[{"Namespace":"gatefleet",'
    '"Dimensions":[["service","environment"]],"Metrics":['
    '{"Name":"Allowed","Unit":"Count"},{"Name":"Denied","Unit":"Count"},{"Name":"NotFresh","Unit":"Count"},'
    '{"Name":"PathDiffers","Unit":"Count"},{"Name":"ReadFailures","Unit":"Count"},'
    '{"Name":"RefusedRecords","Unit":"Count"},{"Name":"HeartbeatsUnsent","Unit":"Count"},'
    '{"Name":"ColdStart","Unit":"Count"},{"Name":"ViewAge","Unit":"Seconds"},{"Name":"FloorAge","Unit":"Seconds"}]}]},'
    '"service":"orders/orders","environment":"production","Allowed":2,"Denied":3,"NotFresh":3,"PathDiffers":1,'
    '"ReadFailures":2,"RefusedRecords":4,"HeartbeatsUnsent":0,"ColdStart":1,"ViewAge":61,"FloorAge":86460,'
    f'"heartbeat":{VALUE}}}'
)


def cases() -> Iterator[Case]:
    """Every member, then the standings that it can tell."""
    yield _written_out()
    yield from _members()
    yield from _standings()


def _written_out() -> Case:
    stale = {"state": "stale", "age": 61, "read_failed": True}
    differs = {"decision": {"effect": "allow", "freshness": "stale", "path": "differs"}}
    events = [
        READ,
        ALLOWED,
        refused(unsupported=1, bad_signature=1),
        differs,
        refused(bad_signature=2),
        denied("insufficient_scope"),
        denied("expired", "stale"),
        denied("insufficient_scope", "stale"),
        ask(60_123, freshness=stale),
    ]
    made = case(
        "heartbeat-written-out",
        "every member has its place, counts are sorted by reason, and the line of metrics ends with the same bytes",
        events,
        [None],
        clause="The heartbeat",
        group="said",
    )
    record = {
        "topic": "gatefleet.production.heartbeat.orders",
        "key": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "timestamp": START + 60_123,
        "value": VALUE,
        "metrics": METRICS,
    }
    return replace(made, expect={"heartbeats": [record]})


def _members() -> Iterator[Case]:
    make = partial(case, clause="The heartbeat", group="said")
    yield make(
        "heartbeat-of-one-decision",
        "the first decision is followed by a heartbeat that says so, with the read of init",
        [READ, ALLOWED, ask(5)],
        [{"first": True, "allow": 1, "reads": (1, 0)}],
    )
    yield make(
        "heartbeat-counts-begin-anew",
        "what was told in one heartbeat is not counted in the next one, which begins where that one ended",
        [
            READ,
            ALLOWED,
            denied("expired"),
            refused(malformed=1),
            ask(900),
            ALLOWED,
            ask(61_000),
        ],
        [
            {"first": True, "allow": 1, "deny": {"expired": 1}, "reads": (1, 1), "refusals": {"malformed": 1}},
            {"since": START + 900, "allow": 1},
        ],
    )
    yield make(
        "heartbeat-counts-what-was-not-told-yet",
        "an asking at which no heartbeat is due takes nothing from the counts of the next one",
        [ALLOWED, ask(0), ALLOWED, ask(1_000), denied("expired"), ask(60_000)],
        [{"first": True, "allow": 1}, None, {"allow": 1, "deny": {"expired": 1}}],
    )
    yield make(
        "heartbeat-seconds-are-rounded-down",
        "times are whole seconds, rounded down each by itself",
        [ALLOWED, ask(1_999)],
        [{"first": True, "since": START + 999, "allow": 1}],
        started=START + 999,
    )
    yield make(
        "heartbeat-path-differs-on-a-denial",
        "a path that differs from its template is counted also where the request is denied later",
        [{"decision": {"effect": "deny", "reason": "expired", "freshness": "fresh", "path": "differs"}}, ask(0)],
        [{"first": True, "deny": {"expired": 1}, "differs": 1}],
    )
    yield make(
        "heartbeat-floor-and-stale-are-not-fresh",
        "decisions on the floor and on a stale view are both counted as not fresh",
        [denied("stale_policy", "floor"), denied("stale_policy", "stale"), denied("stale_policy"), ask(0)],
        [{"first": True, "deny": {"stale_policy": 3}, "not_fresh": 2}],
    )
    other = {
        **IDENTITY,
        "environment": "eu-staging",
        "gateway": "order-desk/returns-2",
        "variant": "node",
        "version": "2.10.0-rc.1",
    }
    yield make(
        "heartbeat-topic-of-the-team",
        "the topic names environment and team, never the gateway, so that a team writes its own heartbeats alone",
        [ALLOWED, ask(0)],
        [{"first": True, "allow": 1}],
        identity=other,
    )
    future = {**IDENTITY, "floor": {**FLOOR, "issued_at": START // 1000 + 30}}
    yield make(
        "heartbeat-floor-of-the-future",
        "a clock that is behind the floor's makes its age zero, not negative",
        [ALLOWED, ask(0)],
        [{"first": True, "allow": 1, "floor_age": 0}],
        identity=future,
    )
    yield make(
        "heartbeat-all-unsent-in-a-row",
        "heartbeats that got lost are counted in a row, also over several heartbeats",
        [ALLOWED, ask(0), UNSENT, ask(60_000), UNSENT, ask(120_000), UNSENT, ask(180_000)],
        [
            {"first": True, "allow": 1},
            {"unsent": 1},
            {"since": START + 60_000, "unsent": 2},
            {"since": START + 120_000, "unsent": 3},
        ],
    )


def _standings() -> Iterator[Case]:
    make = partial(case, clause="The heartbeat", group="standings")
    on_floor = {"state": "floor", "read_failed": False}
    yield make(
        "heartbeat-following-on-a-stale-view",
        "a view that is stale by the clock alone is followed: the latest read did not fail",
        [READ, ALLOWED, ask(4_000, freshness={"state": "stale", "age": 4, "read_failed": False})],
        [{"first": True, "allow": 1, "reads": (1, 0)}],
    )
    yield make(
        "heartbeat-holding-while-fresh",
        "a failed read makes an instance holding although its view is still fresh",
        [ALLOWED, ask(0, freshness={"state": "fresh", "age": 2, "read_failed": True})],
        [{"first": True, "allow": 1, "mode": "holding"}],
    )
    yield make(
        "heartbeat-holding-the-floor",
        "where nothing was read yet there is no age, and the age of the view is that of the floor",
        [
            {"read": "failed", "refused": {}},
            {"decision": {"effect": "allow", "freshness": "floor", "path": "fits"}},
            ask(0, 40, freshness=on_floor | {"read_failed": True}),
        ],
        [{"first": True, "allow": 1, "mode": "holding", "not_fresh": 1, "reads": (0, 1)}],
    )
    yield make(
        "heartbeat-on-the-floor-before-a-read-failed",
        "an instance on its floor follows as long as no read has failed",
        [ALLOWED, ask(0, 40, freshness=on_floor)],
        [{"first": True, "allow": 1}],
    )
    yield make(
        "heartbeat-floor-only",
        "a gateway that follows no log is neither following nor holding",
        [ALLOWED, ask(0, 40, freshness=on_floor | {"read_failed": True}, follows=False)],
        [{"first": True, "allow": 1, "mode": "floor_only"}],
    )
    yield make(
        "heartbeat-age-that-nobody-knows",
        "a clock that was set back before the last read makes the age unknown, which is not zero",
        [READ, ALLOWED, ask(0, freshness={"state": "stale", "read_failed": False})],
        [{"first": True, "allow": 1, "reads": (1, 0)}],
    )
    yield make(
        "heartbeat-age-of-zero",
        "an age of zero is a number and no missing one",
        [READ, ALLOWED, ask(0, freshness={"state": "fresh", "age": 0, "read_failed": False})],
        [{"first": True, "allow": 1, "reads": (1, 0)}],
    )
