"""A publisher on real Kafka killed with SIGKILL a hundred times: at every step and write to disk, and at any moment."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.kafka import new_log
from tests.support.kafka_yard import KafkaYard, a_kafka_yard
from tests.support.publisher_process import CALL, SECONDS, STEP, TORN, Job, Publishers
from tests.support.states import a_client, a_scope

from gatefleet.local.kafka.access import BrokerAccess
from gatefleet.log.restore import compare_with_archive

pytestmark = pytest.mark.kafka

KILLS = 100
LANES = 5
# Every step of a publication with a snapshot, every call that makes something last; the rest at any moment.
EVERYWHERE = [(STEP, float(n)) for n in range(11)] + [(CALL, float(n)) for n in range(6)]


@pytest.fixture(scope="module")
def publishers() -> Iterator[Publishers]:
    with Publishers() as running:
        yield running


def test_a_publisher_killed_a_hundred_times_leaves_nothing_torn_lost_or_doubled(
    kafka: BrokerAccess, publishers: Publishers, tmp_path: Path
):
    lanes = [a_lane(kafka, tmp_path / str(number)) for number in range(LANES)]
    with ThreadPoolExecutor(LANES) as threads:
        kills = threads.map(lambda number: killed_in(lanes[number], publishers, number), range(LANES))
        assert sum(kills) >= KILLS


def a_lane(kafka: BrokerAccess, folder: Path) -> KafkaYard:
    return a_kafka_yard(folder, new_log(kafka), "PLAINTEXT")


def killed_in(yard: KafkaYard, publishers: Publishers, lane: int) -> int:
    """Publish one commit after the other, each time killed and then completed by a run of our own."""
    chance = random.Random(lane)
    deaths = EVERYWHERE[lane::LANES]
    commits = yard.repository.commits([{f"scope/s{n}": a_scope(), "scope/s": a_scope()} for n in range(KILLS)])
    published: list[str] = []
    kills, longest = 0, 1.0
    for commit in commits:
        die = deaths.pop() if deaths else (SECONDS, chance.uniform(0, longest))
        ending = publishers.run(a_job(yard, commit, die))
        assert ending.killed or (die[0] == SECONDS and ending.outcome == "published"), ending
        kills += ending.killed
        # How long a publication takes here shows when one ends before its moment.
        longest = longest * 1.05 if ending.killed else die[1]
        assert_nothing_torn(yard, published, commit)
        yard.publish(commit, snapshot_every=1)
        published.append(commit)
        assert_whole(yard, published)
        if kills >= KILLS // LANES:
            break
    return kills


@pytest.mark.parametrize("parts", [1, 2])
def test_a_publisher_killed_between_two_parts_leaves_a_revision_that_the_next_run_appends_whole(
    kafka: BrokerAccess, publishers: Publishers, tmp_path: Path, parts: int
):
    yard = a_lane(kafka, tmp_path)
    small = yard.repository.commit({"scope/s": a_scope()})
    yard.publish(small)
    large = yard.repository.commit({f"client/c{n}": a_client(*(f"{m:0120}" for m in range(3000))) for n in range(4)})
    assert publishers.run(a_job(yard, large, (TORN, parts))).killed
    assert_nothing_torn(yard, [small], large)
    assert len(yard.history().parts.held) == 1
    last = yard.repository.commit({"scope/s": a_scope()})
    yard.publish(last)
    assert_whole(yard, [small, large, last])


def a_job(yard: KafkaYard, commit: str, die: tuple[str, float]) -> Job:
    return Job(
        folder=str(yard.folder),
        archive=str(yard.archive_path),
        commit=commit,
        broker=yard.topic.broker.to_json(),
        topic=yard.topic.topic,
        snapshot_every=1,
        die=die,
    )


def assert_nothing_torn(yard: KafkaYard, published: list[str], commit: str) -> None:
    """What the killed publisher left: the chain so far, with or without its revision; the archive is never behind."""
    history = yard.history()
    chain = [one.revision.commit for one in history.revisions]
    assert chain in (published, [*published, commit])
    assert (history.refusals, history.faults) == ((), ())
    missing = compare_with_archive(yard.archive, history, yard.trust)
    assert missing.in_archive == ()
    assert len(missing.on_log) <= 1


def assert_whole(yard: KafkaYard, published: list[str]) -> None:
    """Every commit is there once, in order, and log and archive hold the same."""
    history = yard.history()
    assert [one.revision.commit for one in history.revisions] == published
    assert history.state == yard.repository.asked(published[-1]).digest
    assert (history.refusals, history.faults) == ((), ())
    missing = compare_with_archive(yard.archive, history, yard.trust)
    assert (missing.on_log, missing.in_archive) == ((), ())
