"""Every build gives the answer that the reference gives, to cases that nobody wrote down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

import pytest
from tests.differential.builds import AdapterBuild, ReferenceBuild
from tests.differential.cases import Case, generated
from tests.differential.shrinking import as_vector, shrunk
from tests.support.builds import BIN, NODE_BUILD, rust_executable

BATCHES = 50  # a process of a build lives for so many policies
MOST_SHOWN = 3


@pytest.fixture(scope="module", params=["typescript", "rust"])
def build(request: pytest.FixtureRequest) -> AdapterBuild:
    """One build behind its adapter."""
    if request.param == "typescript":
        return AdapterBuild([BIN / "node", NODE_BUILD / "src" / "conformance.ts"])
    return AdapterBuild([rust_executable("conformance")])


def test_a_build_answers_as_the_reference_does(build: AdapterBuild, request: pytest.FixtureRequest) -> None:
    seed, count = (int(request.config.getoption(f"--differential-{name}")) for name in ("seed", "cases"))
    reference = ReferenceBuild()

    def differ(cases: Sequence[Case]) -> list[bool]:
        expected = reference.answers(cases)
        return [one != other for one, other in zip(expected, build.answers(cases), strict=True)]

    reports: list[str] = []
    for cases in _lots(generated(seed, count)):
        different = [case for case, differs in zip(cases, differ(cases), strict=True) if differs]
        for case in different[:MOST_SHOWN]:
            small = shrunk(case, differ)
            said = build.answers([small])[0]
            vector = as_vector(small, reference.answers([small])[0], seed)
            reports.append(f"{vector}\nanswered {said}\n{build.stderr}")
        if different:
            break
    assert not reports, "\n\n".join(reports)


def test_the_cases_reach_allow_and_nearly_every_step(request: pytest.FixtureRequest) -> None:
    seed = int(request.config.getoption("--differential-seed"))
    cases = [case for batch in generated(seed, 8000) for case in batch]
    answers = ReferenceBuild().answers(cases)
    asked = [(case.family, answer) for case, answer in zip(cases, answers, strict=True)]
    steps = Counter(answer.get("step", "allow") for family, answer in asked if family == "decide")
    assert len(steps) >= 24, steps
    assert steps["allow"] >= 0.04 * steps.total(), steps
    outcomes = Counter(
        outcome for family, answer in asked if family == "chain" for outcome in answer.get("outcomes", ())
    )
    assert {"accepted", "ignored", "broken_chain", "bad_signature", "malformed", "unsupported"} <= outcomes.keys()


def test_the_same_seed_makes_the_same_policies_and_events_but_for_random_salts() -> None:
    first, second = (next(iter(generated(7, 40))) for _ in range(2))
    assert [(case.family, case.fixtures, case.given.keys()) for case in first] == [
        (case.family, case.fixtures, case.given.keys()) for case in second
    ]


def _lots(batches: Iterator[list[Case]]) -> Iterator[list[Case]]:
    while lot := list(islice(batches, BATCHES)):
        yield [case for batch in lot for case in batch]
