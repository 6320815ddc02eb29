from __future__ import annotations

import json
import re
from typing import Any

import pytest
from contract.vectorgen.families._events import http_event, rest_event
from contract.vectorgen.families._policy import REST_ROUTES, views
from contract.vectorgen.families._tokens import NOW, bearer
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.reference import view_of
from tests.support.vectors import fixtures, vectors

from gatefleet.contract.reasons import Reason
from gatefleet.decide import (
    UNAUTHORIZED,
    Decision,
    Deny,
    Freshness,
    FreshnessState,
    Step,
    decide,
    log_line,
    respond,
)
from gatefleet.decide.event import Endpoint
from gatefleet.decide.logline import FIELDS
from gatefleet.decide.respond import resource

DECISION_ID = "0" * 32
FRESH = Freshness(FreshnessState.FRESH, 0)
VIEWS = {name: view_of(fixture) for name, fixture in views().items()}
ENDPOINT = Endpoint("aws", "eu-west-1", "111122223333", "a1b2c3", "live")
MARK = "zzmarkzz"


def _denied(reason: Reason, view: str) -> Decision:
    event = rest_event(path="/orders/5") if view == "rest" else http_event()
    decision = decide(event, VIEWS[view], FRESH, NOW)
    return Decision(
        Deny(Step.EVENT, reason),
        decision.gateway,
        decision.position,
        FRESH,
        decision.api,
        decision.endpoint,
    )


@pytest.mark.parametrize("reason", list(Reason))
def test_each_reason_is_401_or_403_on_a_rest_api_and_false_on_an_http_api(reason: Reason) -> None:
    rest = respond(_denied(reason, "rest"), DECISION_ID)
    if reason.status == 401:
        assert rest is UNAUTHORIZED
    else:
        assert isinstance(rest, dict)
        assert rest["policyDocument"]["Statement"][0]["Effect"] == "Deny"
        assert rest["context"]["reason"] == reason
    http = respond(_denied(reason, "http"), DECISION_ID)
    assert isinstance(http, dict)
    assert http["isAuthorized"] is False
    assert http["context"]["reason"] == reason


@settings(deadline=None, max_examples=500)
@given(st.sampled_from(sorted(REST_ROUTES)), st.text(max_size=10), st.text(max_size=10))
def test_nothing_of_the_request_reaches_the_resource(key: str, before: str, after: str) -> None:
    method, _, template = key.partition(" ")
    piece = before + MARK + after
    event = rest_event(
        f"{'GET' if method == 'ANY' else method} {template}",
        authorization=bearer(),
        path=f"/{piece}",
        parameters={"id": piece},
        headers={"Host": [piece], "X-Http-Method-Override": [piece], "User-Agent": [piece]},
    )
    decision = decide(event, VIEWS["rest"], FRESH, NOW)
    said = respond(decision, DECISION_ID)
    assert MARK not in json.dumps(said if isinstance(said, dict) else "")
    assert MARK not in log_line(decision, DECISION_ID, now=NOW, latency_ms=1)


@given(st.from_regex(r"(GET|ANY) /[\x21-\x7e]{0,30}", fullmatch=True))
def test_a_resource_matches_the_template_and_holds_no_policy_variable(key: str) -> None:
    named = resource(ENDPOINT, key)
    assert re.fullmatch(
        r"arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/live/(\*|GET)/[A-Za-z0-9._~:@,+/?*-]*", named
    )
    pattern = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in named)
    concrete = named.split("/live/")[0] + "/live/GET" + key.partition(" ")[2]
    assert re.fullmatch(pattern, concrete)


def test_a_log_line_has_only_listed_fields_in_their_order() -> None:
    for vector in vectors("respond"):
        given_ = vector["given"]
        view = view_of(fixtures("respond")["views"][given_["view"]])
        line = log_line(decide(given_["event"], view, FRESH, NOW), DECISION_ID, now=NOW, latency_ms=7)
        names = list(json.loads(line))
        assert names == [name for name in FIELDS if name in names]
        assert "\n" not in line


def test_every_member_of_a_context_is_a_string() -> None:
    """API Gateway refuses a REST API's context with anything nested, and shows numbers and booleans as text."""
    for vector in vectors("respond"):
        context: dict[str, Any] = vector["expect"].get("response", {}).get("context", {})
        assert all(isinstance(value, str) for value in context.values())
