"""Scenarios are read as strictly as policy: what cannot be played is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from gatefleet.local.scenario import Commit, Do, Expect, find_scenario, read_scenario, scenario_names
from gatefleet.problems import GatefleetError

GOOD = """\
kind: Scenario
title: Nobody is let in by a forged revision
calls:
  order:
    client: web-shop
    gateway: orders/orders
    route: GET /orders
always:
  order: [allowed, insufficient_scope]
steps:
  - say: A stranger writes.
    append: forged
  - say: A merge.
    commit:
      file: policies/scopes/orders.yaml
      replace: a
      by: b
  - say: Denied.
    expect:
      calls: [order]
      answer: insufficient_scope
      within: 0
"""
NAMES = (
    "blue-green clock-jump dead-socket forged freeze key-rotation lag outage poisoned recreated-topic replayed restart"
)


def refused(text: str) -> list[str]:
    with pytest.raises(GatefleetError) as caught:
        read_scenario("a", "a.yaml", text.encode())
    return [str(one) for one in caught.value.problems]


def test_the_scenarios_that_come_along_are_well_formed_and_each_asks_all_the_time() -> None:
    assert scenario_names() == tuple(NAMES.split())
    for name in scenario_names():
        assert find_scenario(name).always


def test_steps_are_read_in_order_with_their_lines() -> None:
    steps = read_scenario("a", "a.yaml", GOOD.encode()).steps
    assert [step.line for step in steps] == [11, 13, 18]
    assert [step.deed for step in steps] == [
        Do("append", "forged"),
        Commit("policies/scopes/orders.yaml", "a", "b"),
        Expect(("order",), "insufficient_scope", None, 0),
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("append: forged", "append: faked", "a.yaml:12:5: GF024"),
        ("append: forged", "apend: forged", "a.yaml:12:5: GF020"),
        ("append: forged", "append: forged\n    freeze: 3", "a.yaml:11:5: GF629 the step does append and freeze"),
        ("    append: forged\n", "", "a.yaml:11:5: GF629 the step does nothing"),
        ("calls: [order]", "calls: [odrer]", "a.yaml:20:15: GF629 there is no call `odrer`; did you mean `order`?"),
        ("  order: [", "  other: [", "a.yaml:9:3: GF629 there is no call `other`"),
        ("[allowed,", "[alowed,", "a.yaml:9:11: GF629 `alowed` is no answer of a decision; did you mean `allowed`?"),
        ("/orders\nalways", "/orders\n    key: second\nalways", "a.yaml:8:5: GF629 no step makes the key `second`"),
        ("within: 0", "within: -1", "a.yaml:22:7: GF025"),
        ("within: 0", "within: soon", "a.yaml:22:7: GF022"),
        ("title: Nobody", "title: &a Nobody", "a.yaml:2:8: GF006"),
    ],
)
def test_what_cannot_be_played_is_refused_with_its_line(old: str, new: str, said: str) -> None:
    assert GOOD.count(old) == 1
    found = refused(GOOD.replace(old, new))
    assert len(found) == 1
    assert found[0].startswith(said)


def test_an_unknown_name_says_which_ones_there_are(tmp_path: Path) -> None:
    with pytest.raises(GatefleetError, match="GF628 is no scenario; did you mean `outage`"):
        find_scenario("outrage")
    with pytest.raises(GatefleetError, match="GF628 is no scenario; known are blue-green, "):
        find_scenario("../../../etc/passwd")
    with pytest.raises(GatefleetError, match="GF628 cannot be read: No such file"):
        find_scenario(str(tmp_path / "mine.yaml"))


def test_a_file_of_ones_own_is_named_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD)
    assert find_scenario(str(tmp_path / "mine.yaml")).title == yaml.safe_load(GOOD)["title"]
