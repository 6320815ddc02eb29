"""Two publishers at once, in processes of their own: each time both have planned against the same head."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.kafka import new_log
from tests.support.kafka_yard import a_kafka_yard
from tests.support.publisher_process import Ending, Job, Publishers
from tests.support.publishing import Yard, a_yard
from tests.support.states import a_scope

from gatefleet.local.kafka.access import BrokerAccess
from gatefleet.log.archive import EntryType

RACES = 50
LANES = 5


@pytest.fixture(scope="module")
def publishers() -> Iterator[Publishers]:
    with Publishers() as running:
        yield running


@pytest.mark.parametrize("archives", ["shared", "separate"])
def test_fifty_races_on_a_file_log_lose_no_merge_and_double_none(publishers: Publishers, tmp_path: Path, archives: str):
    yard = a_yard(tmp_path)
    endings = race(yard, publishers, RACES, archives)
    assert_raced(yard, endings, archives)


@pytest.mark.kafka
@pytest.mark.parametrize("archives", ["shared", "separate"])
def test_fifty_races_on_kafka_lose_no_merge_and_double_none(
    kafka: BrokerAccess, publishers: Publishers, tmp_path: Path, archives: str
):
    yards = [a_kafka_yard(tmp_path / str(lane), new_log(kafka), "PLAINTEXT") for lane in range(LANES)]
    with ThreadPoolExecutor(LANES) as threads:
        raced = list(threads.map(lambda yard: race(yard, publishers, RACES // LANES, archives), yards))
    for yard, endings in zip(yards, raced, strict=True):
        assert_raced(yard, endings, archives)


def race(yard: Yard, publishers: Publishers, races: int, archives: str) -> list[tuple[Ending, Ending]]:
    """Two commits, one of which contains the other, published at the same time; then the next two."""
    commits = yard.repository.commits([{f"scope/s{n}": a_scope() for n in range(1 + i)} for i in range(2 * races)])
    folders = [yard.archive_path, yard.folder / ("archive" if archives == "shared" else "another-archive")]
    endings = []
    for number in range(races):
        # Who has the later commit changes: neither position is a fixed winner's.
        pair = commits[2 * number : 2 * number + 2][:: 1 if number % 2 else -1]
        meet = yard.folder / "meet" / str(number)
        started = [
            publishers.start(a_job(yard, commit, archive, meet)) for commit, archive in zip(pair, folders, strict=True)
        ]
        first, second = (one.result() for one in started)
        endings.append((first, second))
        assert yard.history().commit == commits[2 * number + 1], endings[-1]
    return endings


def a_job(yard: Yard, commit: str, archive: Path, meet: Path) -> Job:
    topic = getattr(yard, "topic", None)
    job = Job(str(yard.folder), str(archive), commit, snapshot_every=7, meet=str(meet))
    if topic is None:
        return job
    return replace(job, broker=topic.broker.to_json(), topic=topic.topic)


def assert_raced(yard: Yard, endings: list[tuple[Ending, Ending]], archives: str) -> None:
    outcomes = Counter(ending.outcome for pair in endings for ending in pair)
    # One of two lost each race: it published after the other, or found that the other's commit contains its own.
    assert all(pair[0].lost_races + pair[1].lost_races >= 1 for pair in endings)
    assert outcomes["published"] + outcomes["GF510"] == 2 * len(endings)
    history = yard.history()
    assert [one.position.revision for one in history.revisions] == list(range(1, outcomes["published"] + 1))
    chain = [one.revision.commit for one in history.revisions]
    assert len(set(chain)) == len(chain)
    assert (history.refusals, history.faults) == ((), ())
    # No merge is lost: every pair's later commit is there, and with it what the earlier one asked for.
    assert history.state == yard.repository.asked(chain[-1]).digest
    assert len(history.entities) == 2 * len(endings)
    for one in [yard, yard.another_archive()] if archives == "separate" else [yard]:
        one.recover()
        entries = zip(one.archive.names(), one.entries(), strict=True)
        revisions = [entry for name, entry in entries if name.type is EntryType.REVISION]
        assert revisions == [accepted.envelope for accepted in history.revisions]
        assert set(one.set_aside_digests()).isdisjoint(accepted.position.digest for accepted in history.revisions)
    assert archives == "separate" or yard.set_aside() == []
