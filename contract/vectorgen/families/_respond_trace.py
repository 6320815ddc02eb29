"""The trace id in the log line: only of a valid `traceparent`, and never of any weight."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._events import http_event, rest_event
from contract.vectorgen.families._respond_cases import (
    READER,
    allow_log,
    arn,
    case,
    context_of,
    deny_log,
    policy,
)
from contract.vectorgen.families._tokens import bearer

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
ALLOWED = {"response": {"isAuthorized": True, "context": context_of(**READER)}}


def cases() -> Iterator[Case]:
    """HTTP APIs, forms that are left out, then REST APIs."""
    yield from _http()
    yield from _invalid()
    yield from _rest()


def _make(name: str, comment: str, event: Any, said: dict[str, Any], log: dict[str, Any], **options: Any) -> Case:
    spec = {"w3c-trace": "3.2.2", "decision": "The log line"}
    return case(name, comment, event, said, log, group="trace", spec=spec, **options)


def _http() -> Iterator[Case]:
    def event(headers: dict[str, Any], route: str = "GET /orders", authorization: str | None = bearer()) -> Any:
        return http_event(route, authorization=authorization, headers=headers)

    traced = allow_log("GET /orders", trace_id=TRACE)
    yield _make(
        "trace-http",
        "the trace of an allowed request is in its line",
        event({"traceparent": TRACEPARENT}),
        ALLOWED,
        traced,
    )
    yield _make(
        "trace-name-in-any-case",
        "names of headers have no case",
        event({"TraceParent": TRACEPARENT}),
        ALLOWED,
        traced,
    )
    yield _make(
        "trace-not-sampled",
        "flags say how a trace is kept and nothing about its validity",
        event({"traceparent": f"00-{TRACE}-{PARENT}-fe"}),
        ALLOWED,
        traced,
    )
    yield _make(
        "trace-state-is-not-read",
        "what vendors add to a trace is not written down",
        event({"traceparent": TRACEPARENT, "tracestate": "vendor=secret", "x-amzn-trace-id": "Root=1-5f84c7a1"}),
        ALLOWED,
        traced,
    )
    make = partial(_make, neighbour="trace-http")
    no = {"isAuthorized": False}
    yield make(
        "trace-http-denied",
        "a denied request has its trace too, which is where one looks for it",
        event({"traceparent": TRACEPARENT}, authorization=None),
        {"response": {**no, "context": context_of(reason="missing_credential")}},
        deny_log("credential", "missing_credential", route="GET /orders", trace_id=TRACE),
    )
    yield make(
        "trace-http-unknown-route",
        "the trace is known before the route is",
        event({"traceparent": TRACEPARENT}, route="GET /nowhere"),
        {"response": {**no, "context": context_of(reason="unknown_route")}},
        deny_log("route", "unknown_route", trace_id=TRACE),
    )
    yield make(
        "trace-http-no-gateway",
        "the trace is known from step 2 on",
        event({"traceparent": TRACEPARENT}),
        {"response": {**no, "context": context_of(reason="unknown_gateway")}},
        deny_log("gateway", "unknown_gateway", trace_id=TRACE),
        view="none",
    )
    yield make(
        "trace-unreadable-event",
        "an event that cannot be read has no trace",
        {**event({"traceparent": TRACEPARENT}), "routeKey": 5},
        {"response": {**no, "context": context_of(reason="malformed_request")}},
        deny_log("event", "malformed_request"),
    )


def _invalid() -> Iterator[Case]:
    # Each is allowed as without the header: nothing that is written into it weighs anything.
    bad: dict[str, tuple[str, Any]] = {
        "version-01": ("another version may have another form", f"01-{TRACE}-{PARENT}-01"),
        "version-ff": ("version ff is forbidden", f"ff-{TRACE}-{PARENT}-01"),
        "longer": ("version 00 has four fields and no fifth", f"{TRACEPARENT}-00"),
        "trailing-hyphen": ("version 00 ends with its flags", f"{TRACEPARENT}-"),
        "upper-case": ("ids are written in lower case", f"00-{TRACE.upper()}-{PARENT}-01"),
        "trace-of-zeros": ("a trace id of zeros is none", f"00-{'0' * 32}-{PARENT}-01"),
        "parent-of-zeros": ("a parent id of zeros makes the whole header invalid", f"00-{TRACE}-{'0' * 16}-01"),
        "short-trace": ("a trace id has 32 digits", f"00-{TRACE[1:]}-{PARENT}-01"),
        "long-parent": ("a parent id has 16 digits", f"00-{TRACE}-{PARENT}0-01"),
        "not-hex": ("ids are hexadecimal", f"00-{TRACE[:-1]}g-{PARENT}-01"),
        "flags-not-hex": ("flags are two hexadecimal digits", f"00-{TRACE}-{PARENT}-0g"),
        "flags-short": ("flags are two digits and not one", f"00-{TRACE}-{PARENT}-1"),
        "underscores": ("fields are separated by hyphens", TRACEPARENT.replace("-", "_")),
        "space-before": ("white space is no part of it", f" {TRACEPARENT}"),
        "line-feed-after": ("a line feed at the end is one more character", f"{TRACEPARENT}\n"),
        "control-character": (
            "what a terminal would obey never reaches the log",
            f"00-{TRACE[:-5]}\u001b[31m-{PARENT}-01",
        ),
        "digits-of-another-script": ("digits are ASCII", f"00-{TRACE[:-1]}\u0661-{PARENT}-01"),
        "list-in-one-line": ("several values joined by a comma are several", f"{TRACEPARENT},{TRACEPARENT}"),
        "empty": ("an empty header is no trace", ""),
        "number": ("a header that is no string is left out and denies nothing", 5),
        "null": ("a header that is null is left out and denies nothing", None),
        "list": ("a list where a string belongs is left out and denies nothing", [TRACEPARENT]),
        "very-long": ("a long header is left out as a whole", TRACEPARENT + "0" * 8000),
    }
    for name, (comment, value) in bad.items():
        yield _make(
            f"trace-left-out-{name}",
            f"{comment}, so the line has no trace",
            http_event(authorization=bearer(), headers={"traceparent": value}),
            ALLOWED,
            allow_log("GET /orders"),
        )
    yield _make(
        "trace-left-out-two-spellings",
        "two headers of this name are two values, and none of them is taken",
        http_event(authorization=bearer(), headers={"traceparent": TRACEPARENT, "Traceparent": TRACEPARENT}),
        ALLOWED,
        allow_log("GET /orders"),
    )
    yield _make(
        "trace-left-out-second-spelling-of-another-type",
        "two headers of this name are two values also where one of them is no string",
        http_event(authorization=bearer(), headers={"traceparent": TRACEPARENT, "TRACEPARENT": 5}),
        ALLOWED,
        allow_log("GET /orders"),
    )
    yield _make(
        "trace-left-out-another-letter",
        "a name with a letter of another script is another name",
        http_event(authorization=bearer(), headers={"tr\u0430ceparent": TRACEPARENT}),
        ALLOWED,
        allow_log("GET /orders"),
    )


def _rest() -> Iterator[Case]:
    item = "GET /orders/{id}"
    said = policy("Allow", "reader", arn("GET/orders/*"), context_of(**READER))
    make = partial(_make, view="rest")

    def event(values: Any, **members: Any) -> Any:
        made = rest_event(authorization=bearer(), path="/orders/5")
        many = {**made["multiValueHeaders"], **values}
        return {**made, "multiValueHeaders": many, **members}

    traced = allow_log(item, trace_id=TRACE)
    yield make("trace-rest", "a REST API's trace is in its line", event({"Traceparent": [TRACEPARENT]}), said, traced)
    unauthorized = {**event({"traceparent": [TRACEPARENT]})}
    unauthorized["multiValueHeaders"] = {"traceparent": [TRACEPARENT]}
    yield make(
        "trace-rest-unauthorized",
        "the line of a request that is answered by an error has its trace",
        unauthorized,
        {"error": "Unauthorized"},
        deny_log("credential", "missing_credential", route=item, trace_id=TRACE),
        neighbour="trace-rest",
    )
    without_many = rest_event(authorization=bearer(), path="/orders/5", headers={"traceparent": [TRACEPARENT]})
    yield make(
        "trace-rest-single-valued",
        "without headers of many values those of one value count",
        {**without_many, "multiValueHeaders": None},
        said,
        traced,
    )
    untraced = allow_log(item)
    for name, comment, values in (
        ("two-values", "two values of one header are several", [TRACEPARENT, TRACEPARENT]),
        ("no-values", "a header without a value is no trace", []),
        ("text", "a text where a list belongs is left out and denies nothing", TRACEPARENT),
        ("number", "a list of something else is left out and denies nothing", [5]),
        ("null", "null where a list belongs is left out and denies nothing", None),
    ):
        yield make(
            f"trace-rest-left-out-{name}",
            f"{comment}, so the line has no trace",
            event({"traceparent": values}),
            said,
            untraced,
        )
    yield make(
        "trace-rest-left-out-two-spellings",
        "two names that are one header are two values, also where one of them is empty",
        event({"traceparent": [TRACEPARENT], "TRACEPARENT": []}),
        said,
        untraced,
    )
    yield make(
        "trace-rest-headers-beside-many",
        "where there are headers of many values the others are not looked at",
        event({}, headers={"traceparent": TRACEPARENT}),
        said,
        untraced,
    )
