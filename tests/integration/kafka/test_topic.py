"""The policy topic is made as the design wants it, or is so already, or is refused difference by difference."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.envelopes import an_envelope
from tests.support.kafka import KafkaLog, missing_log

from gatefleet.local.kafka.access import AUTHORIZER, BrokerAccess
from gatefleet.log.kafka_errors import KafkaRefusedError
from gatefleet.log.kafka_topic import ensure_topic

pytestmark = pytest.mark.kafka


@pytest.fixture
def no_log(kafka: BrokerAccess) -> Iterator[KafkaLog]:
    """A topic that may be made and is not."""
    log = missing_log(kafka)
    yield log
    log.close()


def test_a_missing_topic_is_made_and_the_next_run_finds_it_right(no_log: KafkaLog) -> None:
    ensure_topic(no_log.settings(), no_log.topic, production=False)
    ensure_topic(no_log.settings(), no_log.topic, production=False)

    no_log.writer.append([an_envelope(1)])
    assert len(no_log.reader.read(0, 10).records) == 1


def test_a_topic_as_the_design_wants_it_is_left_as_it_is(kafka_log: KafkaLog) -> None:
    kafka_log.writer.append([an_envelope(1)])
    ensure_topic(kafka_log.settings(), kafka_log.topic, production=False)
    assert len(kafka_log.reader.read(0, 10).records) == 1


@pytest.mark.parametrize(
    ("config", "said", "command"),
    [
        ({"cleanup_policy": "compact"}, "its cleanup.policy is compact, and must be delete", "cleanup.policy=delete"),
        ({"cleanup_policy": "compact,delete"}, "cleanup.policy is compact,delete", "cleanup.policy=delete"),
        ({"retention_ms": "604800000"}, "its retention.ms is 604800000, and must be -1", "retention.ms=-1"),
        ({"retention_bytes": "1000000"}, "its retention.bytes is 1000000, and must be -1", "retention.bytes=-1"),
        ({"max_message_bytes": "500000"}, "max.message.bytes is 500000", "max.message.bytes=1048588"),
        ({"compression_type": "zstd"}, "its compression.type is zstd", "compression.type=producer"),
    ],
)
def test_a_topic_that_is_otherwise_is_refused_with_the_command_that_mends_it(
    no_log: KafkaLog, config: dict[str, str], said: str, command: str
) -> None:
    no_log.create(**config)
    with pytest.raises(KafkaRefusedError) as refused:
        ensure_topic(no_log.settings(), no_log.topic, production=False)
    (problem,) = refused.value.problems
    assert problem.code == "GF454"
    assert said in problem.what
    assert problem.fix.startswith("kafka-configs.sh --bootstrap-server 127.0.0.1:")
    assert problem.fix.endswith(f"--entity-name {no_log.topic} --add-config {command}")


def test_every_difference_is_named_at_once(no_log: KafkaLog) -> None:
    no_log.create(partitions=3, retention_ms="1000", cleanup_policy="compact")
    with pytest.raises(KafkaRefusedError) as refused:
        ensure_topic(no_log.settings(), no_log.topic, production=False)
    assert [problem.what for problem in refused.value.problems] == [
        "it has 3 partitions, and one order of revisions needs exactly one",
        "its cleanup.policy is compact, and must be delete",
        "its retention.ms is 1000, and must be -1",
    ]


def test_production_asks_for_three_replicas_two_in_sync_and_no_unclean_leader(no_log: KafkaLog) -> None:
    no_log.create(unclean_leader_election_enable="true")
    with pytest.raises(KafkaRefusedError) as refused:
        ensure_topic(no_log.settings(), no_log.topic, production=True)
    assert [problem.what for problem in refused.value.problems] == [
        "it has 1 of 3 replicas",
        "its min.insync.replicas is 1, and must be 2",
        "its unclean.leader.election.enable is true, and must be false",
    ]
    assert "kafka-reassign-partitions" in refused.value.problems[0].fix


def test_a_cluster_too_small_for_production_is_told_so_and_nothing_is_made(no_log: KafkaLog) -> None:
    with pytest.raises(KafkaRefusedError, match=r"GF456 the cluster refuses to create it.*production needs three"):
        ensure_topic(no_log.settings(), no_log.topic, production=True)
    assert no_log.topic not in no_log.broker.admin().list_topics().topics


def test_who_may_not_create_is_told_what_to_grant(kafka_log: KafkaLog) -> None:
    kafka_log.delete()
    with pytest.raises(KafkaRefusedError, match=r"GF452 creating it is refused to user `authorizer`.*Create"):
        ensure_topic(kafka_log.settings(AUTHORIZER), kafka_log.topic, production=False)
