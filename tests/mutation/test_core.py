"""Changes of the core, made one by one, are noticed by the vectors or by a build's own tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.mutation import rust, typescript
from tests.mutation.mutants import Outcome, explained, rows
from tests.mutation.workspace import workspace

LEAST = 0.95


@pytest.mark.soak
@pytest.mark.parametrize("run", [rust.run, typescript.run], ids=["rust", "typescript"])
def test_a_change_of_the_core_is_noticed_or_listed_with_the_reason_why_it_changes_nothing(
    run: Callable[[Path], Outcome], tmp_path: Path
) -> None:
    outcome = run(workspace(tmp_path))
    print(f"{outcome.mutants} mutants, {len(outcome.survivors)} survivors: {outcome.score:.1%} noticed")
    unexplained = set(outcome.survivors) - explained().keys()
    assert not unexplained, f"add a vector or test for these, or a reason:\n{rows(unexplained)}"
    assert outcome.score >= LEAST
