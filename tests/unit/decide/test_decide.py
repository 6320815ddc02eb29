from __future__ import annotations

from typing import Any

from contract.vectorgen.families._events import http_event, rest_event
from contract.vectorgen.families._policy import views
from contract.vectorgen.families._tokens import (
    NOW,
    bearer,
    secret,
    token,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.reference import view_of

from gatefleet.decide import Allow, Decision, Deny, Freshness, FreshnessState, decide

FRESH = Freshness(FreshnessState.FRESH, 0)
VIEWS = {name: view_of(fixture) for name, fixture in views().items()}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
GOOD_EVENTS = [
    http_event(),
    http_event("ANY /files/{proxy+}", path="/files/a", parameters={"proxy": "a"}),
    http_event("GET /mixed", authorization="Bearer x", headers={"x-api-key": "a.b"}, pem="x"),
    rest_event(path="/orders/5", parameters={"id": "5"}),
    rest_event("GET /terminal", headers={"x-api-key": ["a.b"]}),
]


# --- totality ---------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=400)
@given(JSON, st.sampled_from(sorted(VIEWS)))
def test_no_json_value_raises_or_passes(event: Any, view: str) -> None:
    assert not decide(event, VIEWS[view], FRESH, NOW).allowed


@settings(deadline=None, max_examples=1500)
@given(st.data(), st.sampled_from(GOOD_EVENTS), JSON, st.sampled_from(sorted(VIEWS)))
def test_no_event_with_a_place_changed_raises_or_passes_without_a_credential(
    data: st.DataObject, event: dict[str, Any], value: Any, view: str
) -> None:
    changed = _changed_somewhere(data, event, value)
    decision = decide(changed, VIEWS[view], FRESH, NOW)
    # A place can be the route key, and a public route needs nothing.
    assert not decision.allowed or decision.route in ("GET /health", "GET /files/status")


def _changed_somewhere(data: st.DataObject, value: Any, other: Any) -> Any:
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: _changed_somewhere(data, value[key], other)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        return [_changed_somewhere(data, value[0], other), *value[1:]]
    return other


@settings(deadline=None, max_examples=600)
@given(st.text(max_size=40) | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
def test_no_random_credential_raises_or_passes(text: str) -> None:
    for event in (
        http_event("GET /mixed", authorization=text),
        http_event("GET /mixed", authorization=f"Bearer {text}"),
        http_event("GET /mixed", headers={"x-api-key": text}),
        http_event("GET /mixed", pem=text),
        http_event("GET /mixed", pem=f"-----BEGIN CERTIFICATE-----{text}-----END CERTIFICATE-----"),
    ):
        assert not decide(event, VIEWS["http"], FRESH, NOW).allowed


@settings(deadline=None, max_examples=600)
@given(st.text(max_size=12), st.integers(-(10**20), 10**20) | st.just(NOW))
def test_whatever_path_and_clock_a_decision_is_made(path: str, now: int) -> None:
    for route in ("ANY /files/{proxy+}", "$default", "GET /orders/{id}"):
        event = http_event(route, authorization=bearer(), path=f"/{path}", parameters={"proxy": path})
        decision = decide(event, VIEWS["http"], FRESH, now)
        assert isinstance(decision.outcome, Allow | Deny)
        assert now == NOW or not NOW - 91 <= now <= NOW + 570 or isinstance(decision, Decision)
        if not NOW - 90 <= now < NOW + 570:
            assert not decision.allowed


def test_the_same_input_gives_the_same_decision() -> None:
    event = http_event(authorization=bearer())
    assert decide(event, VIEWS["http"], FRESH, NOW) == decide(event, VIEWS["http"], FRESH, NOW)


def test_a_decision_carries_nothing_that_was_presented() -> None:
    for event in (
        http_event("GET /mixed", authorization=bearer(), path="/mixed"),
        http_event("GET /mixed", headers={"x-api-key": secret("nightly")}),
    ):
        shown = repr(decide(event, VIEWS["http"], FRESH, NOW))
        assert token().split(".")[2] not in shown
        assert secret("nightly").split(".")[1] not in shown
