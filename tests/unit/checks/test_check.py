"""Every rule: what breaks it is found at its place with its code, what is nearest to that and right is not."""

from __future__ import annotations

import calendar
import random
from pathlib import Path

import pytest
from tests.support.breach import Breach
from tests.support.breaches.every import BREACHES
from tests.support.malformed import CASES, Malformed
from tests.support.policies import (
    CONVENTIONS,
    ORDERS,
    ORDERS_TEAM,
    POLICIES,
    SCOPES,
    SHOP,
    STAGING,
    WORKFORCE,
    edit,
    edited,
    model_of,
    no_file,
)

from gatefleet.checks import RULES, check
from gatefleet.model import parse_model
from gatefleet.problems import Severity
from gatefleet.source import read_worktree

REPOSITORY = Path(__file__).parents[3]
NOW = calendar.timegm((2026, 11, 24, 12, 0, 0))


@pytest.mark.parametrize("breach", BREACHES, ids=str)
def test_a_breach_is_found_at_its_place(breach: Breach) -> None:
    files, places = edited(*breach.edits)
    model, unread = model_of(files)
    problems = check(model, NOW)
    assert not unread
    assert {problem.place for problem in problems if problem.code == breach.code} == set(places)
    assert {problem.code for problem in problems} - {breach.code} == breach.also


@pytest.mark.parametrize("breach", BREACHES, ids=str)
def test_its_neighbour_keeps_the_rule(breach: Breach) -> None:
    files, _ = edited(*breach.passes)
    model, unread = model_of(files)
    assert not unread
    assert breach.code not in {problem.code for problem in check(model, NOW)}


def test_the_small_repository_breaks_no_rule() -> None:
    model, unread = model_of(POLICIES)
    assert (unread, check(model, NOW)) == ((), ())


def test_the_example_company_breaks_no_rule() -> None:
    sources = read_worktree(REPOSITORY)
    model, problems = parse_model(sources)
    assert (sources.problems, problems, check(model, NOW)) == ((), (), ())


def test_the_order_of_files_changes_nothing() -> None:
    edits = [one for breach in BREACHES if breach.code in ("GF302", "GF307", "GF321") for one in breach.edits[:1]]
    files, _ = edited(*{one.path: one for one in edits}.values())
    expected = check(model_of(files)[0], NOW)
    assert expected
    shuffled = list(files.items())
    for seed in range(20):
        random.Random(seed).shuffle(shuffled)
        assert check(model_of(dict(shuffled))[0], NOW) == expected


def test_what_depends_on_the_clock_only_warns() -> None:
    model, _ = model_of(POLICIES)
    today, some_day = check(model, NOW), check(model, NOW + 10 * 366 * 86400)
    assert today == ()
    assert {problem.code for problem in some_day} == {"GF303", "GF323", "GF324"}
    assert {problem.severity for problem in some_day} == {Severity.WARNING}


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (SCOPES, "risk: high", "risk: huge"),
        (WORKFORCE, "alg: ES256", "alg: HS256"),
        (SHOP, "issuer: workforce", "issuer: [workforce]"),
        (ORDERS, "api: http", "api: soap"),
        (STAGING, "order: 1", "order: first"),
        (ORDERS_TEAM, "cost_centre", "cost_center"),
    ],
)
def test_what_an_unread_file_would_declare_is_not_called_unknown(path: str, old: str, new: str) -> None:
    files = {**POLICIES, path: POLICIES[path].replace(old, new)}
    model, unread = model_of(files)
    assert {problem.place.path for problem in unread} == {path}
    assert check(model, NOW) == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_model_of_malformed_files_is_checked_all_the_same(case: Malformed) -> None:
    text = case.content.decode("utf-8", "replace")
    model, _ = model_of({**POLICIES, case.path: text})
    check(model, NOW)


def test_missing_conventions_are_said_once_and_not_by_every_check() -> None:
    files, _ = edited(no_file(CONVENTIONS))
    model, problems = model_of(files)
    assert [problem.code for problem in problems] == ["GF046"]
    assert check(model, NOW) == ()


def test_a_misspelled_name_gets_the_nearest_one_and_a_new_one_its_file() -> None:
    files, _ = edited(
        edit(SHOP, "orders:read: {}", "orders:reed: {}"),
        edit(ORDERS, "[[orders:read]", "[[warehouse]"),
    )
    fixes = [problem.fix for problem in check(model_of(files)[0], NOW) if problem.code == "GF104"]
    assert fixes == ["did you mean `orders:read`?", "declare it in policies/scopes/"]


def test_a_problem_carries_the_reason_and_the_severity_of_its_rule() -> None:
    files, _ = edited(edit(SHOP, "issuer: workforce", "issuer: nobody"))
    problem = next(one for one in check(model_of(files)[0], NOW) if one.code == "GF102")
    assert (problem.why, problem.severity) == (RULES["GF102"].why, RULES["GF102"].severity)
