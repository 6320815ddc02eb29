from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.publishing import Steps, Yard, a_yard
from tests.support.states import a_scope

from gatefleet.log.archive import EntryName, FolderArchive
from gatefleet.problems import failure
from gatefleet.publish import NothingToDo, Published, Step


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return a_yard(tmp_path)


def commits(yard: Yard, count: int) -> list[str]:
    return yard.repository.commits([{f"scope/s{number}": a_scope()} for number in range(count)])


def snapshots(yard: Yard) -> list[int]:
    return [one.position.revision for one in yard.history().snapshots]


def test_every_so_many_revisions_a_snapshot_follows_on_log_and_archive(yard: Yard):
    for commit in commits(yard, 7):
        yard.publish(commit, snapshot_every=3)
    history = yard.history()
    assert snapshots(yard) == [3, 6]
    assert history.faults == history.refusals == ()
    assert yard.entries() == yard.lines()


def test_without_snapshots_there_are_none(yard: Yard):
    for commit in commits(yard, 3):
        yard.publish(commit, snapshot_every=0)
    assert snapshots(yard) == []


def test_a_snapshot_that_a_publisher_died_before_is_made_by_the_next_one(yard: Yard):
    first, second, third = commits(yard, 3)
    yard.publish(first, snapshot_every=0)
    yard.publish(second, snapshot_every=0)
    assert isinstance(yard.publish(second, snapshot_every=2), NothingToDo)
    assert snapshots(yard) == [2]
    yard.publish(third, snapshot_every=2)
    assert snapshots(yard) == [2]


def test_a_snapshot_that_another_publisher_archived_first_is_the_one_that_is_appended(yard: Yard):
    (commit,) = commits(yard, 1)
    yard.publish(commit, snapshot_every=0)
    steps = Steps()
    steps.at[Step.READ] = lambda: steps.at.clear() or yard.another().publish(commit, snapshot_every=1)
    yard.publish(commit, snapshot_every=1, watch=steps, clock=lambda: 1)
    assert set(snapshots(yard)) == {1}
    assert set(yard.entries()) == set(yard.lines())


def test_a_snapshot_too_large_to_publish_is_left_out_and_said_so(yard: Yard, monkeypatch: pytest.MonkeyPatch):
    for number in (3, 6):
        yard.publish(yard.repository.commit({f"scope/s{n}": a_scope() for n in range(number)}))
    monkeypatch.setattr("gatefleet.publish.sealing.MAX_PUBLISHED", max(map(len, yard.lines())) + 100)
    commit = yard.repository.commit({f"scope/s{n}": a_scope() for n in range(7)})
    steps = Steps()
    assert isinstance(yard.publish(commit, snapshot_every=1, watch=steps), Published)
    assert steps.seen[-1] is Step.NO_SNAPSHOT
    assert snapshots(yard) == []


def test_a_snapshot_that_cannot_be_written_does_not_fail_the_publication(yard: Yard):
    class Full(FolderArchive):
        def put(self, name: EntryName, envelope: bytes) -> bool:
            if name.type == "snapshot":
                raise failure("GF420", self.place, "no space left")
            return super().put(name, envelope)

    (commit,) = commits(yard, 1)
    steps = Steps()
    full = replace(yard, archive=Full(yard.archive_path))
    assert isinstance(full.publish(commit, snapshot_every=1, watch=steps), Published)
    assert steps.seen[-1] is Step.NO_SNAPSHOT
    assert "no space left" in steps.told[-1]
