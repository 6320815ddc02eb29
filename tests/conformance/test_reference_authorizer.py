"""The reference authorizer gives every vector of its families the one right answer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.support.reference import Reference
from tests.support.vectors import fixtures, name_of, vectors

from gatefleet.contract.reasons import Reason
from gatefleet.decide import Step

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "contract" / "schemas"
FAMILIES = ("view", "token", "decide", "respond", "heartbeat")
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
        cwd=ROOT,
    )
    assert [json.loads(line) for line in ran.stdout.splitlines()] == [
        {"ready": "decide"},
        {"id": case["id"], "answer": case["expect"]},
        {"id": "x-0001", "unsupported": "no family unheard-of"},
    ]


@pytest.mark.parametrize(
    ("schema", "family", "member"), [("decision", "decide", None), ("decision-log", "respond", "log")]
)
def test_what_vectors_expect_has_its_schema(schema: str, family: str, member: str | None) -> None:
    described = json.loads((SCHEMAS / f"{schema}.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema_rs.validator_for(described)
    for vector in vectors(family):
        expected = vector["expect"][member] if member else vector["expect"]
        assert [error.message for error in validator.iter_errors(expected)] == [], vector["id"]
        assert not validator.is_valid({**expected, "sub": "user-1"})


@pytest.mark.parametrize("schema", ["decision", "decision-log"])
def test_steps_and_reasons_are_spelled_once(schema: str) -> None:
    described = json.loads((SCHEMAS / f"{schema}.schema.json").read_text(encoding="utf-8"))["definitions"]
    assert described["step"]["enum"] == list(Step)
    assert described["reason"]["enum"] == list(Reason)


def test_the_page_lists_steps_and_their_reasons_as_the_code_has_them() -> None:
    page = (ROOT / "docs" / "reference" / "decision.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| (\d+) \| `(\w+)` \| (.+) \|$", page, re.MULTILINE)
    assert [(int(number), name) for number, name, _ in table] == [(step.number, step) for step in Step]
    denials = {(one["step"], one["reason"]) for vector in vectors("decide") if "step" in (one := vector["expect"])}
    assert {(name, reason) for _, name, reasons in table for reason in re.findall(r"`(\w+)`", reasons)} == denials
