"""What the fixtures cannot say of policies: nothing that an authorizer returns breaks their reader."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gatefleet.contract.entities import ApiKind
from gatefleet.local.gateway.answers import NoAnswer, PolicyAnswer, SimpleAnswer, judge, read_answer
from gatefleet.local.gateway.iam import Policy, Statement, read_policy
from gatefleet.local.runtime_api import Answer

ARN = "arn:aws:execute-api:eu-west-1:111122223333:abc123/live/GET/orders/5"

_TEXTS = st.sampled_from(["Allow", "Deny", "execute-api:Invoke", "execute-api:*", "*", ARN, "arn:*", "", "x:y"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | _TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Version", "Statement", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"]
                + ["principalId", "policyDocument", "context", "isAuthorized"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(_JSON, st.sampled_from(ApiKind))
def test_whatever_an_authorizer_returns_is_an_answer_or_a_reason_why_it_is_none(value: Any, api: ApiKind) -> None:
    read = read_answer(Answer("r", json.dumps(value).encode(), 0.0), api)
    assert isinstance(read, SimpleAnswer | PolicyAnswer | NoAnswer)
    if not isinstance(read, NoAnswer):
        judge(read, ARN)


@given(st.lists(st.builds(Statement, st.booleans(), st.just(("*",)), st.sampled_from([(ARN,), ("*",), ("arn:no",)]))))
def test_a_deny_that_matches_can_only_take_away(statements: list[Statement]) -> None:
    denying = Policy((*statements, Statement(False, ("execute-api:Invoke",), (ARN,))))
    assert denying.effect(ARN) != "allow"


def test_a_deep_answer_is_no_answer() -> None:
    deep = b'{"isAuthorized":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert isinstance(read_answer(Answer("r", deep, 0.0), ApiKind.HTTP), NoAnswer)


def test_text_of_a_policy_is_never_a_pattern_of_its_own() -> None:
    document = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:execute-api:.+:[0-9]+:x/(a|b)"}}
    assert read_policy(document).effect("arn:aws:execute-api:eu:1:x/a") == "implicit_deny"
    assert read_policy(document).effect("arn:aws:execute-api:.+:[0-9]+:x/(a|b)") == "allow"
