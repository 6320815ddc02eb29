"""The reference authorizer gives every vector of its families the one right answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.reference import Reference
from tests.support.vectors import fixtures, name_of, vectors

from gatefleet.contract.reasons import Reason
from gatefleet.decide import Step

FAMILIES = ("view", "token", "decide", "respond")
WITH_FIXTURES = ("token", "decide", "respond")
ALL = [pytest.param(family, vector, id=name_of(vector)) for family in FAMILIES for vector in vectors(family)]


@pytest.fixture(scope="module")
def reference() -> Reference:
    reference = Reference()
    for family in WITH_FIXTURES:
        reference.ready(family, fixtures(family))
    return reference


@pytest.mark.parametrize(("family", "vector"), ALL)
def test_the_reference_gives_the_one_right_answer(family: str, vector: dict[str, Any], reference: Reference) -> None:
    assert reference.answer(family, vector["given"]) == vector["expect"], vector["comment"]


def test_every_reason_and_every_step_that_denies_has_a_vector() -> None:
    denials = [vector["expect"] for vector in vectors("decide") if vector["expect"]["effect"] == "deny"]
    assert {denial["reason"] for denial in denials} == set(Reason)
    assert {denial["step"] for denial in denials} == set(Step)


def test_every_reason_is_answered_on_a_rest_api_by_its_status() -> None:
    said = {vector["expect"]["log"].get("reason"): vector["expect"] for vector in vectors("respond")}
    errors = {reason for reason, expect in said.items() if "error" in expect}
    assert errors == {reason for reason in Reason if reason.status == 401}


def test_the_adapter_speaks_the_protocol() -> None:
    case = vectors("decide")[0]
    asked = [
        {"family": "decide", "fixtures": fixtures("decide")},
        {"family": "decide", "id": case["id"], "given": case["given"]},
        {"family": "unheard-of", "id": "x-0001", "given": {}},
    ]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.support.reference"],
        input="".join(json.dumps(line) + "\n" for line in asked),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert [json.loads(line) for line in ran.stdout.splitlines()] == [
        {"ready": "decide"},
        {"id": case["id"], "answer": case["expect"]},
        {"id": "x-0001", "unsupported": "no family unheard-of"},
    ]
