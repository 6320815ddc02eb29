"""Kept results make `validate` and `plan` quick. Nothing that signs takes a word from them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tests.support.command import Company, Ran

from gatefleet.kept import results
from gatefleet.source.own_file import head_of

LIE = "This is from the file."


@pytest.fixture
def lying(company: Company, tmp_path: Path) -> Company:
    """A company whose kept results say two things that are not so, and a commit after them."""
    first = company.run("validate", "--commit", "HEAD", XDG_CACHE_HOME=str(tmp_path))
    assert first.code == 0, first.err
    (file,) = (tmp_path / "gatefleet").glob("results-*.txt")
    head, _, rest = file.read_bytes().split(b"\n", 1)[1].partition(b"\n\n")
    members = json.loads(head)
    members["problems"] = [["GF324", "teams/README.md", 1, 1, LIE, "", ""]]
    assert b'"state":"active"' in rest
    body = json.dumps(members).encode() + b"\n\n" + rest.replace(b'"state":"active"', b'"state":"suspended"')
    file.write_bytes(head_of(body, results._version()) + body)
    company.commit("teams/orders/team.yaml", "description: ", "description: Known as ")
    return company


@pytest.fixture
def run(lying: Company, tmp_path: Path) -> Callable[..., Ran]:
    return partial(lying.run, XDG_CACHE_HOME=str(tmp_path))


def test_validate_and_plan_of_a_commit_go_on_from_them(lying: Company, run: Callable[..., Ran]) -> None:
    assert LIE in run("validate", "--commit", "HEAD").err
    planned = run("plan", *lying.log)
    assert LIE in planned.err
    assert "state: active -> suspended" in planned.out


def test_what_is_published_verified_and_rendered_does_not(lying: Company, run: Callable[..., Ran]) -> None:
    published = run("publish", *lying.log, *lying.key, *lying.archive, "-o", "json")
    assert published.code == 0, published.err
    assert published.json["changes"] == []
    verified = run("log", "verify", *lying.log, "--commit", "HEAD")
    rendered = run("render", "--floors", *lying.log, *lying.key, "--out", "../fleet")
    asked = run("can", "web-shop", "GET /orders", "--gateway", "orders/orders", "-e", "development")
    for ran in (published, verified, rendered, asked):
        assert ran.code in (0, 3), ran.err
        assert LIE not in ran.err + ran.out
    assert verified.code == rendered.code == 0


def test_the_work_tree_is_read_whole(lying: Company, run: Callable[..., Ran]) -> None:
    assert LIE not in run("validate").err
