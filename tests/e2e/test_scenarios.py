"""Every scenario on real authorizers of both builds and a real Apache Kafka: nobody is let in wrongly, no request lost.

They share one fleet, which each leaves as it was. What a build said is held against what was published.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import pytest
from tests.support.adapters import ROOT

from gatefleet.local.development import commit, set_author
from gatefleet.local.playing import Theatre, Verdict
from gatefleet.local.scenario import find_scenario, scenario_names

pytestmark = pytest.mark.kafka
SCENARIOS = [
    pytest.param(name, marks=[pytest.mark.soak] if find_scenario(name).soak else []) for name in scenario_names()
]


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    said: list[str] = []
    repository = tmp_path_factory.mktemp("repository")
    for name in ("policies", "teams"):
        shutil.copytree(ROOT / name, repository / name)
    subprocess.run(["git", "init", "--quiet"], cwd=repository, check=True)
    set_author(repository)
    commit(repository, "The example company")
    theatre = Theatre(repository, said.append, tmp_path_factory.mktemp("cache"))
    try:
        theatre.open()
        yield theatre
    finally:
        theatre.close()


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_scenario_goes_as_it_says_and_nobody_is_let_in_wrongly(theatre: Theatre, name: str) -> None:
    *_, verdict = theatre.play(find_scenario(name))
    assert isinstance(verdict, Verdict)
    assert verdict.wrong_allows == ()
    assert verdict.unexpected == ()
    assert len(verdict.answers) > verdict.allowed > 0  # somebody was let in, somebody was not
