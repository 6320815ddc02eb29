"""The path of a file says what it is."""

from __future__ import annotations

import pytest

from gatefleet.problems import Problem
from gatefleet.source.layout import Kind, Slot, printable, slot_of


@pytest.mark.parametrize(
    ("path", "kind", "team", "name"),
    [
        ("policies/environments/production.yaml", Kind.ENVIRONMENT, "", "production"),
        ("policies/issuers/workforce.yaml", Kind.ISSUER, "", "workforce"),
        ("policies/scopes/orders.yaml", Kind.SCOPES, "", "orders"),
        ("policies/clients/orders/Web_Shop.2.yaml", Kind.CLIENT, "orders", "Web_Shop.2"),
        ("policies/conventions.yaml", Kind.CONVENTIONS, "", "conventions"),
        ("policies/rollout.yaml", Kind.ROLLOUT, "", "rollout"),
        ("teams/orders/team.yaml", Kind.TEAM, "orders", "orders"),
        ("teams/orders/gateways/back-office.yaml", Kind.GATEWAY, "orders", "back-office"),
        ("teams/orders/tests/money.yaml", Kind.POLICY_TESTS, "orders", "money"),
    ],
)
def test_a_path_of_the_layout_has_its_kind_team_and_name(path: str, kind: Kind, team: str, name: str) -> None:
    assert slot_of(path) == Slot(kind, team, name)


@pytest.mark.parametrize(
    "path",
    ["policies/README.md", "teams/orders/notes.txt", "policies/environments/production.trust.json", "teams/.gitkeep"],
)
def test_a_file_that_is_no_yaml_is_left_alone(path: str) -> None:
    assert slot_of(path) is None


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("policies/client/orders/a.yaml", "policies/clients/orders/a.yaml"),
        ("policies/environment/production.yaml", "policies/environments/production.yaml"),
        ("teams/orders/gateway/orders.yaml", "teams/orders/gateways/orders.yaml"),
        ("teams/orders/gateways/orders.yml", "teams/orders/gateways/orders.yaml"),
        ("teams/orders/gateways/orders.YAML", "teams/orders/gateways/orders.yaml"),
        ("teams/orders/test/money.yaml", "teams/orders/tests/money.yaml"),
        ("policies/convention.yaml", "policies/conventions.yaml"),
        ("teams/orders/teams.yaml", "teams/orders/team.yaml"),
    ],
)
def test_a_near_miss_is_told_what_was_probably_meant(path: str, hint: str) -> None:
    problem = slot_of(path)
    assert isinstance(problem, Problem)
    assert problem.code == "GF044"
    assert problem.fix == f"did you mean `{hint}`?"


@pytest.mark.parametrize(
    "path", ["policies/clients/a.yaml", "teams/a.yaml", "teams/orders/gateways/eu/orders.yaml", "policies/x.yaml"]
)
def test_any_other_yaml_file_is_refused(path: str) -> None:
    problem = slot_of(path)
    assert isinstance(problem, Problem)
    assert problem.code == "GF044"


@pytest.mark.parametrize(
    "path",
    [
        "teams/Orders/team.yaml",
        "teams/orders-/team.yaml",
        "policies/issuers/work_force.yaml",
        "policies/issuers/.yaml",
        f"policies/issuers/{'a' * 64}.yaml",
        "policies/clients/orders/-a.yaml",
        "policies/clients/orders/a b.yaml",
        "policies/clients/orders/\u0430.yaml",
        "policies/clients/orders/a\n.yaml",
    ],
)
def test_a_file_or_folder_whose_name_cannot_be_one_is_refused(path: str) -> None:
    problem = slot_of(path)
    assert isinstance(problem, Problem)
    assert problem.code == "GF045"
    assert str(problem).isprintable()


def test_a_path_is_printed_without_what_would_move_the_cursor_or_be_no_text() -> None:
    assert printable("a\x1b[2K\udcff\u202eü") == "a\\u001b[2K\\udcff\\u202eü"
