"""Publishing to real Apache Kafka, when all is well and when somebody did something to the topic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.kafka import KafkaLog
from tests.support.kafka_yard import KafkaYard, a_kafka_yard
from tests.support.publishing import a_yard
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.decide.view import Holdings
from gatefleet.local.kafka.access import AUTHORIZER
from gatefleet.log.follow import Follower
from gatefleet.log.parts import MAX_PART
from gatefleet.log.payloads import Floor
from gatefleet.problems import GatefleetError
from gatefleet.publish import NothingToDo, Published

pytestmark = pytest.mark.kafka

GATEWAY = "orders/orders"
POLICY = {
    "scope/orders:read": a_scope(),
    "client/web": a_client("orders:read"),
    f"gateway/{GATEWAY}": a_gateway(**{"GET /orders": "orders:read"}),
}
REVOKED = POLICY | {"scope/orders:read": a_scope(active=False)}


@pytest.fixture
def yard(tmp_path: Path, kafka_log: KafkaLog) -> KafkaYard:
    return a_kafka_yard(tmp_path, kafka_log)


def fill(yard: KafkaYard, count: int = 5) -> list[str]:
    """Publish revisions, with a snapshot after every second one."""
    commits = yard.repository.commits([POLICY | {f"scope/s{number}": a_scope()} for number in range(count)])
    for commit in commits:
        yard.publish(commit, snapshot_every=2)
    return commits


def a_follower(yard: KafkaYard) -> Follower:
    """An authorizer with a floor at the head."""
    history = yard.history()
    assert history.position is not None
    assert history.commit is not None
    holdings = Holdings.build(GATEWAY, history.entities)
    floor = Floor(
        environment=yard.trust.environment,
        log=yard.trust.log,
        epoch=history.position.epoch,
        revision=history.position.revision,
        payload=history.position.digest,
        commit=history.commit,
        issued_at=0,
        requires=(),
        trust=yard.trust.version,
        gateway=GATEWAY,
        view=holdings.digest,
        entities=holdings.values,
    )
    return Follower(floor, yard.trust, yard.topic.new_reader(AUTHORIZER))


def follows(follower: Follower) -> bool:
    return follower.read(lambda: 0.0, 30)


def test_a_second_run_has_no_changes_and_appends_nothing(yard: KafkaYard):
    commit = yard.repository.commit(POLICY)
    assert isinstance(yard.publish(commit), Published)
    before = yard.everything()
    again = yard.publish(commit)
    assert isinstance(again, NothingToDo)
    assert again.plan.changes == ()
    assert yard.everything() == before
    assert before[0] == list(before[1].values())


def test_an_older_commit_is_refused_and_a_revert_rolls_back(yard: KafkaYard):
    first, second = yard.repository.commit(POLICY), yard.repository.commit(REVOKED)
    yard.publish(first)
    follower = a_follower(yard)
    yard.publish(second)
    assert follows(follower)
    assert follower.view.digest == _view_digest(yard)
    with pytest.raises(GatefleetError, match=r"GF510 .*git revert"):
        yard.publish(first)
    yard.publish(yard.repository.revert(second))
    assert yard.history().state == yard.repository.asked(first).digest
    assert follows(follower)
    assert follower.view.digest == _view_digest(yard)
    assert follower.view.position == yard.history().position


def test_a_recreated_topic_is_restored_byte_for_byte_and_followers_go_on(yard: KafkaYard):
    *_, head = fill(yard)
    before, follower = yard.lines(), a_follower(yard)
    yard.topic.recreate()
    assert not follows(follower)
    assert isinstance(yard.publish(head), NothingToDo)
    assert yard.lines() == before
    assert follows(follower)
    yard.publish(yard.repository.commit(REVOKED))
    assert follows(follower)
    assert follower.view.position == yard.history().position
    assert not follower.refusals


@pytest.mark.parametrize("offset", [1, 4, -1])
def test_a_truncated_topic_is_healed_and_followers_go_on(yard: KafkaYard, offset: int):
    fill(yard)
    before, follower = yard.lines(), a_follower(yard)
    yard.topic.drop_before(offset)
    published = yard.publish(yard.repository.commit(REVOKED), snapshot_every=0)
    assert isinstance(published, Published)
    assert [one.envelope for one in yard.history().revisions[:-1]] == [
        line for line in before if b"revision.v1" in line
    ]
    assert follows(follower)
    assert follower.view.position == published.position


def test_a_topic_restored_from_an_older_copy_is_completed(yard: KafkaYard):
    *_, head = fill(yard)
    before = yard.lines()
    yard.topic.recreate()
    yard.append(*before[:3])
    assert isinstance(yard.publish(head), NothingToDo)
    assert yard.lines() == before


def test_a_fresh_runner_fills_its_archive_from_the_topic(yard: KafkaYard):
    *_, head = fill(yard)
    fresh = yard.another_archive()
    assert isinstance(fresh.publish(head), NothingToDo)
    assert fresh.entries() == yard.entries() == yard.lines()


def test_a_truncated_topic_is_not_begun_anew_by_a_runner_without_an_archive(yard: KafkaYard):
    *_, head = fill(yard)
    yard.topic.drop_before(-1)
    with pytest.raises(GatefleetError, match="GF526"):
        yard.another_archive().publish(head)
    assert yard.lines() == []


def test_another_log_s_topic_is_not_written(yard: KafkaYard, tmp_path: Path):
    other = a_yard(tmp_path / "other")
    other.publish(other.repository.commit({}))
    yard.append(*other.lines())
    with pytest.raises(GatefleetError, match="GF525"):
        yard.publish(yard.repository.commit(POLICY))
    assert yard.everything() == (other.lines(), {})


def test_a_revision_in_parts_is_published_whole(yard: KafkaYard):
    large = {f"client/c{number}": a_client(*(f"{n:0120}" for n in range(3000))) for number in range(4)}
    commit = yard.repository.commit(POLICY | large)
    yard.publish(commit)
    assert len(yard.lines()[0]) > 2 * MAX_PART
    assert yard.history().entities == yard.repository.asked(commit).entities
    assert yard.history().next_offset > 2


def test_a_topic_that_may_not_be_written_is_said_so_and_the_revision_waits_in_the_archive(yard: KafkaYard):
    commit = yard.repository.commit(POLICY)
    reading = replace(yard, writer=yard.topic.new_writer(AUTHORIZER))
    with pytest.raises(GatefleetError) as caught:
        reading.publish(commit)
    assert {problem.code for problem in caught.value.problems} == {"GF452", "GF521"}
    assert yard.lines() == []
    assert isinstance(yard.publish(commit), NothingToDo)
    assert yard.lines() == yard.entries()


def test_a_missing_topic_is_said_so_and_nothing_is_archived(yard: KafkaYard):
    yard.topic.delete()
    with pytest.raises(GatefleetError, match="GF451"):
        yard.publish(yard.repository.commit(POLICY))
    assert yard.archived() == {}


def _view_digest(yard: KafkaYard) -> str:
    """What anyone computes from the policy that a commit asks for."""
    commit = yard.history().commit
    assert commit is not None
    return Holdings.build(GATEWAY, yard.repository.asked(commit).entities).digest
