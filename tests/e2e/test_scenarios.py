"""Every scenario on real authorizers of both builds and a real Apache Kafka: nobody is let in wrongly, no request lost.

They share one fleet, which each leaves as it was. What a build said is held against what was published.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.adapters import ROOT

from gatefleet.local import clock
from gatefleet.local.development import commit, set_author
from gatefleet.local.playing import Theatre, Verdict
from gatefleet.local.scenario import find_scenario, read_scenario, scenario_names

pytestmark = pytest.mark.kafka
SCENARIOS = [
    pytest.param(name, marks=[pytest.mark.soak] if find_scenario(name).soak else []) for name in scenario_names()
]


STUCK = """\
kind: Scenario
title: A view that never grows old hides a revocation
calls:
  order: {client: web-shop, gateway: orders/orders, route: "GET /orders/{order_id}"}
  note: {client: web-shop, gateway: orders/back-office, route: "GET /orders/{order_id}/notes"}
always:
  order: [allowed]
  note: [allowed]
steps:
  - say: The clock stands still.
    clock: 0
  - say: Orders can no longer be read.
    commit:
      file: policies/scopes/orders.yaml
      replace: "  orders:read:\\n"
      by: "  orders:read:\\n    state: revoked\\n"
  - say: Nobody asks for longer than a view may go unread.
    freeze: 5
  - say: Everybody is let in, which is wrong.
    expect: {calls: [order, note], answer: allowed, freshness: fresh, within: 0}
"""


@contextmanager
def a_theatre(folder: Path) -> Iterator[Theatre]:
    repository = folder / "repository"
    for name in ("policies", "teams"):
        shutil.copytree(ROOT / name, repository / name)
    subprocess.run(["git", "init", "--quiet"], cwd=repository, check=True)
    set_author(repository)
    commit(repository, "The example company")
    said: list[str] = []
    theatre = Theatre(repository, said.append, folder / "cache")
    try:
        theatre.open()
        yield theatre
    finally:
        theatre.close()


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    with a_theatre(tmp_path_factory.mktemp("theatre")) as theatre:
        yield theatre


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_scenario_goes_as_it_says_and_nobody_is_let_in_wrongly(theatre: Theatre, name: str) -> None:
    *_, verdict = theatre.play(find_scenario(name))
    assert isinstance(verdict, Verdict)
    assert verdict.wrong_allows == ()
    assert verdict.unexpected == ()
    assert len(verdict.answers) > verdict.allowed > 0  # somebody was let in, somebody was not


@pytest.mark.soak
def test_an_authorizer_whose_clock_stands_still_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = tmp_path / "stuck.c"
    ahead = "now->tv_sec += ahead();"
    text = clock.SOURCE.read_text()
    assert text.count(ahead) == 1
    stuck.write_text(text.replace(ahead, "{ static long at; if (!at) at = now->tv_sec; now->tv_sec = at; }"))
    monkeypatch.setattr(clock, "SOURCE", stuck)
    with a_theatre(tmp_path) as theatre:
        *_, verdict = theatre.play(read_scenario("stuck", "stuck.yaml", STUCK.encode()))
    assert isinstance(verdict, Verdict)
    caught = {why.split(" ")[0] for why in verdict.wrong_allows}
    assert caught == {"order", "note"}  # one in Rust, one in TypeScript
