from __future__ import annotations

from typing import Any

import pytest
from contract.vectorgen.families._events import http_event, rest_event
from contract.vectorgen.families._tokens import bearer

from gatefleet.decide.event import UnreadableEvent, read_event


@pytest.mark.parametrize("half", ["\ud800", "\udbff", "\udc00", "\udfff"])
@pytest.mark.parametrize("place", ["rawPath", "routeKey"])
def test_a_lone_surrogate_in_a_string_that_is_read_makes_the_event_unreadable(place: str, half: str) -> None:
    event = http_event(authorization=bearer())
    read_event(event)
    with pytest.raises(UnreadableEvent):
        read_event({**event, place: event[place] + half})


def test_a_lone_surrogate_elsewhere_is_not_looked_at() -> None:
    event = http_event(authorization=bearer())
    assert read_event({**event, "rawQueryString": "\ud800"}) == read_event(event)


def test_a_request_does_not_show_what_it_carries() -> None:
    event = http_event(authorization="Bearer s3cr3t", headers={"x-api-key": "k.s3cr3t"}, pem="s3cr3t")
    assert "s3cr3t" not in repr(read_event(event))


@pytest.mark.parametrize("event", [http_event(authorization=bearer()), rest_event(authorization=bearer())])
def test_each_member_that_is_read_may_be_of_no_other_type(event: dict[str, Any]) -> None:
    """Whatever stands in a place, the answer is a request or `UnreadableEvent`."""
    for value in (None, True, 0, 1.5, "x", [], ["x"], {}, {"x": None}):
        for changed in _with_each_place(event, value):
            try:
                read_event(changed)
            except UnreadableEvent:
                continue


def _with_each_place(value: Any, other: Any) -> list[Any]:
    found = [other]
    if isinstance(value, dict):
        found += [{**value, key: inner} for key in value for inner in _with_each_place(value[key], other)]
        found += [{name: value[name] for name in value if name != key} for key in value]
    if isinstance(value, list):
        found += [
            [*value[:i], inner, *value[i + 1 :]]
            for i in range(len(value))
            for inner in _with_each_place(value[i], other)
        ]
    return found
