"""A publisher killed with SIGKILL, at every step and in between, leaves what the next run completes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.publisher_process import CALL, STEP, TORN, Job, Publishers
from tests.support.publishing import NOW, Yard, a_yard
from tests.support.states import a_scope

from gatefleet.log.archive import EntryName, EntryType
from gatefleet.log.envelope import seal
from gatefleet.log.history import History
from gatefleet.log.payloads import Revision
from gatefleet.log.restore import compare_with_archive

BEFORE = 4
LONGEST = 80


@pytest.fixture(scope="module")
def publishers() -> Iterator[Publishers]:
    with Publishers() as running:
        yield running


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    """A log of a few revisions; `commits` has many more to publish."""
    return a_yard(tmp_path)


@pytest.fixture
def commits(yard: Yard) -> list[str]:
    made = yard.repository.commits([{f"scope/s{n}": a_scope(), "scope/s": a_scope()} for n in range(BEFORE + LONGEST)])
    for commit in made[:BEFORE]:
        yard.publish(commit, snapshot_every=2)
    return made[BEFORE:]


def nothing(yard: Yard) -> None:
    """The usual: log and archive agree."""


def log_recreated(yard: Yard) -> None:
    yard.log_path.unlink()


def log_behind(yard: Yard) -> None:
    yard.rewrite(yard.lines()[:-2])


def archive_behind(yard: Yard) -> None:
    for name in yard.archive.names()[-2:]:
        (yard.archive_path / str(name)).unlink()


def race_lost(yard: Yard) -> None:
    """Another publisher, with an archive of its own, took the number of this archive's newest revision."""
    last = yard.history().revisions[-1]
    number = last.position.revision
    lost = Revision(
        environment=yard.trust.environment,
        log=yard.trust.log,
        epoch=1,
        revision=number,
        parent=last.revision.parent,
        commit="f" * 40,
        issued_at=NOW,
        requires=(),
        changes=(),
        state=last.revision.state,
        widens=0,
        narrows=0,
    )
    for kind in EntryType:
        (yard.archive_path / str(EntryName(1, number, kind))).unlink(missing_ok=True)
    yard.archive.put(
        EntryName(1, number, EntryType.REVISION), seal(Revision.payload_type, lost.to_bytes(), yard.signers)
    )


SITUATIONS = [nothing, log_recreated, log_behind, archive_behind, race_lost]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("kind", [STEP, CALL, TORN])
def test_a_publisher_killed_anywhere_leaves_nothing_torn_and_the_next_run_completes_it(
    publishers: Publishers, yard: Yard, commits: list[str], situation: Callable[[Yard], None], kind: str
):
    kills = 0
    published = [one.revision.commit for one in yard.history().revisions]
    for commit in commits:
        situation(yard)
        ending = publishers.run(
            Job(str(yard.folder), str(yard.archive_path), commit, die=(kind, kills), snapshot_every=1)
        )
        if ending.killed:
            assert_nothing_torn(yard, published, commit)
            yard.publish(commit, snapshot_every=1)
            kills += 1
        else:
            assert ending.outcome == "published"
        published.append(commit)
        assert_whole(yard, published)
        if not ending.killed:
            break
    # A run that nothing interrupts tells 11 steps, makes 8 calls that last, and appends a revision and a snapshot.
    assert {STEP: 11, CALL: 8, TORN: 2}[kind] <= kills < len(commits)


def assert_nothing_torn(yard: Yard, published: list[str], commit: str) -> None:
    """What the killed publisher left: a beginning of the chain, of which nothing is refused and nothing there twice."""
    history = yard.history()
    chain = [one.revision.commit for one in history.revisions]
    assert chain == [*published, commit][: len(chain)]
    assert (history.refusals, history.faults, history.ignored) == ((), (), 0)


def assert_whole(yard: Yard, published: list[str]) -> None:
    """Every commit once, in order; log and archive hold the same."""
    history = yard.history()
    assert [one.revision.commit for one in history.revisions] == published
    assert history.state == yard.repository.asked(published[-1]).digest
    assert (history.refusals, history.faults, history.ignored) == ((), (), 0)
    assert_agree(yard, history)


def assert_agree(yard: Yard, history: History) -> None:
    missing = compare_with_archive(yard.archive, history, yard.trust)
    assert (missing.on_log, missing.in_archive) == ((), ())
