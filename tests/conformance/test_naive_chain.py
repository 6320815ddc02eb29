"""The naive second follower answers the chain vectors too: it is right before it judges anything."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tests.conformance.test_chain import value_of
from tests.support.naive_chain import State, take
from tests.support.vectors import fixtures, name_of, vectors

PLAIN = [
    vector
    for vector in vectors("chain", "order", "envelope", "signatures", "payload")
    if not any("pieces" in record for record in vector["given"]["records"])
]


@pytest.mark.parametrize("vector", PLAIN, ids=name_of)
def test_the_naive_follower_answers_as_the_vector_says(vector: dict[str, Any]) -> None:
    given = vector["given"]
    document = json.loads(base64.b64decode(fixtures("chain")["trusts"][given["trust"]]))
    trust = json.loads(base64.b64decode(document["payload"]))
    held = given["held"]
    state = State((held["epoch"], held["revision"], held["digest"])) if held else State()
    outcomes = []
    for record in given["records"]:
        outcome, state = take(state, value_of(record), trust)
        outcomes.append(outcome)
    epoch, revision, digest = state.held
    assert {
        "outcomes": outcomes,
        "position": {"epoch": epoch, "revision": revision, "digest": digest} if revision else None,
        "refused_through": state.refused and {"epoch": state.refused[0], "revision": state.refused[1]},
    } == vector["expect"]
