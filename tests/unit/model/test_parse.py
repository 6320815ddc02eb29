"""Documents become a model; what no schema can say is told, and the rest is still there for the checks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.mutated_sources import EXAMPLES, mutated
from tests.support.sources import CONVENTIONS, SMALL, document, sources

from gatefleet.contract.schema_files import schema
from gatefleet.model import Model, parse_model
from gatefleet.problems import Place, Problem
from gatefleet.source import Document, Kind, Sources, read_worktree
from gatefleet.source.layout import CONVENTIONS_PATH, Slot, slot_of
from gatefleet.source.schema import validator_for

ROOT = Path(__file__).parents[3]
CLIENT = "policies/clients/orders/web-shop.yaml"
GATEWAY = "teams/orders/gateways/orders.yaml"
PATHS = {
    Kind.ENVIRONMENT: "policies/environments/production.yaml",
    Kind.ISSUER: "policies/issuers/workforce.yaml",
    Kind.SCOPES: "policies/scopes/orders.yaml",
    Kind.CLIENT: CLIENT,
    Kind.CONVENTIONS: "policies/conventions.yaml",
    Kind.ROLLOUT: "policies/rollout.yaml",
    Kind.TEAM: "teams/orders/team.yaml",
    Kind.GATEWAY: GATEWAY,
    Kind.POLICY_TESTS: "teams/orders/tests/orders.yaml",
}


def parsed(files: dict[str, str]) -> tuple[Model, list[str]]:
    """The model of some files beside the conventions, and its problems as `code path:line:column`."""
    model, problems = parse_model(sources(SMALL | files))
    return model, [f"{one.code} {one.place}" for one in problems]


def test_the_example_parses_without_problems_into_a_model_that_names_every_file() -> None:
    read = read_worktree(ROOT)
    model, problems = parse_model(read)
    assert problems == ()
    assert model.rollout is not None
    parts: list[Any] = [
        *model.environments.values(),
        *model.issuers.values(),
        *model.scopes.values(),
        *model.clients.values(),
        *model.teams.values(),
        *model.gateways.values(),
        *model.tests,
        model.conventions,
        model.rollout,
    ]
    assert {one.path for one in read.documents} == {part.document.path for part in parts}
    assert model.unread == frozenset()


@pytest.mark.parametrize(
    ("kind", "index"), [(kind, index) for kind in Kind for index in range(len(schema(kind.schema)["examples"]))]
)
def test_every_example_of_every_schema_parses_without_problems(kind: Kind, index: int) -> None:
    example: dict[str, Any] = schema(kind.schema)["examples"][index]
    _, problems = parsed({PATHS[kind]: json.dumps(example)})
    assert problems == []


@settings(max_examples=500)
@given(st.data())
def test_whatever_its_schema_lets_through_becomes_a_model_or_problems_with_a_place(
    data: st.DataObject,
) -> None:
    kind, example = data.draw(st.sampled_from(EXAMPLES))
    changed = mutated(data, example)
    if not validator_for(kind).is_valid(changed):
        return
    path = PATHS[kind]
    slot = slot_of(path)
    assert isinstance(slot, Slot)
    content = json.dumps(changed, ensure_ascii=False).encode()
    one = Document(path, kind, slot.team, slot.name, changed, content)
    _, problems = parse_model(Sources(None, (one, document(CONVENTIONS_PATH, CONVENTIONS)), (), frozenset()))
    for problem in problems:
        assert re.fullmatch(r"GF0(30|3[3-8]|49)", problem.code)
        assert problem.place.line == 1
        assert str(problem).isprintable()


def test_missing_conventions_are_a_problem_and_a_stand_in_forbids_nothing() -> None:
    model, problems = parse_model(Sources(None, (), (), frozenset()))
    assert [(one.code, one.place.path) for one in problems] == [("GF046", "policies/conventions.yaml")]
    limits = schema("conventions")["properties"]
    assert model.conventions.result_ttl_limit == limits["result_ttl_limit"]["maximum"]
    assert model.conventions.max_staleness == limits["max_staleness"]["maximum"]
    assert model.conventions.deny_after == limits["deny_after"]["maximum"]


def test_conventions_that_could_not_be_read_are_not_called_missing() -> None:
    broken = Problem("GF004", Place("policies/conventions.yaml", 1, 1), "not YAML")
    model, problems = parse_model(Sources(None, (), (broken,), frozenset({"policies/conventions.yaml"})))
    assert problems == ()
    assert model.unread == {"policies/conventions.yaml"}


def test_a_client_id_belongs_to_one_team() -> None:
    text = "kind: Client\ndescription: Another.\n"
    model, problems = parsed({"policies/clients/payments/web-shop.yaml": text})
    assert problems == ["GF049 policies/clients/payments/web-shop.yaml:1:1"]
    assert model.clients["web-shop"].team == "orders"


def test_a_scope_belongs_to_one_domain() -> None:
    text = "kind: Scopes\nscopes:\n  a: {description: A., owner: orders, risk: low}\n"
    model, problems = parsed({"policies/scopes/a.yaml": text, "policies/scopes/b.yaml": text})
    assert problems == ["GF049 policies/scopes/b.yaml:3:3"]
    assert model.scopes["a"].document.path == "policies/scopes/a.yaml"


def test_all_problems_of_a_model_come_at_once_and_in_order() -> None:
    _, problems = parsed(
        {
            CLIENT: "kind: Client\ndescription: a\ntokens_not_before: 2026-02-30T00:00:00Z\ndenied:\n"
            "- {until: 2027-04-31T00:00:00Z}\naddresses: ['2001:db8:0::/48']\n",
            "policies/rollout.yaml": "kind: Rollout\nmodule: 1.0.0\nauthorizer: 1.0.0\nwaves:\n"
            "- {name: a, soak: 1}\n- {name: b, soak: 1, share: 5, gateways: [a/b]}\n",
        }
    )
    assert problems == [
        f"GF033 {CLIENT}:3:1",
        f"GF035 {CLIENT}:5:3",
        f"GF033 {CLIENT}:5:4",
        f"GF034 {CLIENT}:6:13",
        "GF038 policies/rollout.yaml:5:3",
        "GF038 policies/rollout.yaml:6:32",
    ]


def test_a_document_that_cannot_be_read_leaves_the_others_to_be_parsed() -> None:
    read = Sources(None, (document("policies/conventions.yaml", CONVENTIONS),), (), frozenset({CLIENT}))
    model, problems = parse_model(read)
    assert problems == ()
    assert model.clients == {}
    assert model.unread == {CLIENT}
