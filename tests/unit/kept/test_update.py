"""What is told by kept results is what the whole path tells, edit by edit; where it cannot be, nothing is told."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.breach import Breach
from tests.support.breaches.every import BREACHES
from tests.support.policies import ORDERS, ORDERS_TEAM, POLICIES, SCOPES, SHOP, Edit, edited, model_of, no_file
from tests.support.policies import edit as edit_of
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


def test_every_breach_of_every_rule_is_seen_when_the_last_of_its_files_changes(tmp_path: Path) -> None:
    steps = [step for breach in BREACHES for step in steps_to(breach)]
    commits = commit_all(tmp_path / "repo", [files for step in steps for files in step])
    told = 0
    for before, after in zip(commits[::2], commits[1::2], strict=True):
        model, sound = whole(tmp_path / "repo", before, NOW)
        if sound.errors:
            continue
        save_results(tmp_path / "results.txt", model, sound, NOW)
        kept = load_results(tmp_path / "results.txt")
        assert kept is not None
        outcome = updated(tmp_path / "repo", after, kept, NOW)
        if outcome is not None:
            told += 1
            assert_same(outcome, whole(tmp_path / "repo", after, NOW)[1])
    assert told < len(steps) / 10, "a breach is a problem, so nothing is told"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (no_file(SHOP), "GF105"),
        (no_file(ORDERS), "GF106"),
        (no_file(SCOPES), "GF104"),
        (no_file(ORDERS_TEAM), "GF103"),
        (edit_of(ORDERS, "https://staging.example.com/orders", "https://api.example.com/payments"), "GF228"),
        (edit_of(ORDERS, "GET /orders:", "GET /all-orders:"), "GF108"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.path,
)
def test_a_problem_that_stands_in_a_file_that_did_not_change_is_seen(tmp_path: Path, change: Edit, code: str) -> None:
    repo, file = tmp_path / "repo", tmp_path / "results.txt"
    before, after = commit_all(repo, [dict(POLICIES), dict(edited(change)[0])])
    save_results(file, *whole(repo, before, NOW), NOW)
    kept = load_results(file)
    assert kept is not None
    assert code in {problem.code for problem in whole(repo, after, NOW)[1].problems}
    assert updated(repo, after, kept, NOW) is None


def steps_to(breach: Breach) -> Iterator[tuple[Files, Files]]:
    """For each file that the breach edits: the repository with all other edits, and with this one as well."""
    done, _ = edited(*breach.edits)
    for path in {one.path for one in breach.edits}:
        before, _ = edited(*(one for one in breach.edits if one.path != path))
        yield dict(before), dict(done)
