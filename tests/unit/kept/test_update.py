"""What is told by kept results is what the whole path tells, edit by edit; where it cannot be, nothing is told."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from tests.support.policies import model_of
from tests.support.policy_edits import Files, beginning, commit_all, edit, text_of

from gatefleet.checks import check
from gatefleet.kept import Outcome, load_results, outcome_of, save_results, updated
from gatefleet.model import Model, parse_model
from gatefleet.plan import changes
from gatefleet.problems import Problem, Severity, in_order
from gatefleet.source import read_commit
from gatefleet.source.layout import slot_of

NOW = 1795518000  # 2026-11-24, before the ends that edits write and after those that have passed


def versions(randomness: random.Random, number: int) -> list[Files]:
    """Versions that follow each other as on a branch: most go on from one that is sound, some from a broken one."""
    made, sound = [beginning()], [beginning()]
    while len(made) < number:
        base = randomness.choice((sound[-1], sound[-1], sound[0], sound[0], randomness.choice(made)))
        made.append(edit(base, randomness))
        if is_sound(made[-1]):
            sound.append(made[-1])
    return made


def is_sound(files: Files) -> bool:
    slots = {path: slot_of(path) for path in files}
    if any(isinstance(slot, Problem) for slot in slots.values()) or any("link" in path for path in files):
        return False
    model, problems = model_of({path: text_of(files[path]) for path, slot in slots.items() if slot})
    return not any(one.severity is Severity.ERROR for one in (*problems, *check(model, NOW)))


def whole(repo: Path, commit: str, now: int) -> tuple[Model, Outcome]:
    sources = read_commit(repo, commit)
    model, problems = parse_model(sources)
    found = in_order([*sources.problems, *problems, *check(model, now)])
    files = sources.unread.union(document.path for document in sources.documents)
    return model, outcome_of(sources.commit, model, found, tuple(sorted(files)))


def assert_same(told: Outcome, real: Outcome) -> None:
    assert told.problems == real.problems
    assert told.files == real.files
    assert told.numbers == real.numbers
    assert told.environments == real.environments
    for name in real.environments if not real.errors else ():
        state, wanted = told.state(name), real.state(name)
        assert list(state.entities.items()) == list(wanted.entities.items())
        assert state.digest == wanted.digest
        assert changes(state.entities, wanted.entities) == ()


@pytest.mark.parametrize("seed", range(6))
def test_every_random_edit_comes_to_the_same_as_read_whole(tmp_path: Path, seed: int) -> None:
    randomness = random.Random(seed)
    commits = commit_all(tmp_path / "repo", versions(randomness, 80))
    file = tmp_path / "results.txt"
    seen: Counter[str] = Counter()
    for index, commit in enumerate(commits):
        now = NOW + 86_400 * randomness.choice((0, 0, 0, 0, 0, 0, 0, -1, 8))  # eight days later, some grants have ended
        model, real = whole(tmp_path / "repo", commit, now)
        kept = load_results(file)
        told = None if kept is None else updated(tmp_path / "repo", commit, kept, now)
        if told is not None:
            assert_same(told, real)
        seen[f"{'told' if told else 'left'}, {'errors' if real.errors else 'no errors'}"] += 1
        if told is None or index % 5 == 0:
            save_results(file, model, real, now)
    assert seen["told, errors"] == 0
    assert seen["told, no errors"] >= 10, seen
    assert seen["left, errors"] >= 15, seen
