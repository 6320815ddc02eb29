"""The policy topic itself: created as docs/reference/log.md wants it, or found to be so, or refused.

A topic that expires, compacts or loses acknowledged records loses policy without a word, so nothing is written to one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from typing import TypeVar

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
    TopicDescription,
)

from gatefleet.log.kafka_client import any_configuration, librdkafka_log
from gatefleet.log.kafka_errors import (
    MISSING,
    TOPIC_RIGHTS,
    KafkaRefusedError,
    is_refusal,
    kafka_failure,
    problem,
    refused,
    set_topic,
    told_instead,
)
from gatefleet.log.kafka_settings import KafkaSettings
from gatefleet.problems import Problem

T = TypeVar("T")

TOPIC_SECONDS = 30.0

_SLICE = 0.1

# What the topic is created with, on top of the cluster's defaults.
_EVERYWHERE = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
_IN_PRODUCTION = {"min.insync.replicas": "2", "unclean.leader.election.enable": "false"}
_REPLICAS_IN_PRODUCTION = 3
# librdkafka fills batches up to this size, and a part of 768 KiB fits.
_LEAST_RECORD_LIMIT = 1_000_000
_CREATE_REFUSALS = frozenset(
    {
        KafkaError.INVALID_REPLICATION_FACTOR,
        KafkaError.INVALID_CONFIG,
        KafkaError.INVALID_REQUEST,
        KafkaError.POLICY_VIOLATION,
        KafkaError.TOPIC_EXCEPTION,
    }
)


def ensure_topic(settings: KafkaSettings, topic: str, *, production: bool, timeout: float = TOPIC_SECONDS) -> None:
    """Create the policy topic if there is none, and verify it. `production` asks for three replicas, two in sync.

    Raises `KafkaRefusedError`: GF454 for each difference with the command that mends it, GF452 and GF453 when this
    client may not ask or create, GF456 when the cluster refuses such a topic. Raises `LogUnavailableError` when there
    is no answer in `timeout` seconds.
    """
    cluster = _Cluster(settings, topic, time.monotonic() + timeout)
    found = cluster.describe()
    if found is None:
        cluster.create(production)
        while found is None:
            found = cluster.describe()
    problems = tuple(_differences(settings, topic, found, cluster.configuration(), production))
    if problems:
        raise KafkaRefusedError(*problems)


class _Cluster:
    """Questions and orders to the cluster about one topic."""

    def __init__(self, settings: KafkaSettings, topic: str, deadline: float) -> None:
        self._settings = settings
        self._topic = topic
        self._deadline = deadline
        self._fault: KafkaError | None = None
        configuration = any_configuration(settings) | {"error_cb": self._note}
        try:
            self._admin = AdminClient(configuration, logger=librdkafka_log)  # type: ignore[arg-type]
        except KafkaException as raised:
            raise self._failure(raised.args[0], "connecting") from None

    def describe(self) -> TopicDescription | None:
        """The topic's partitions and their replicas; None: there is no such topic."""
        topics = TopicCollection([self._topic])
        try:
            asked = self._admin.describe_topics(topics, request_timeout=self._left())
            found: TopicDescription = self._answer(asked[self._topic])
        except KafkaException as raised:
            if raised.args[0].code() in MISSING:
                return None
            raise self._failure(raised.args[0], "describing it") from None
        return found

    def configuration(self) -> Mapping[str, str]:
        """The topic's configuration, defaults included."""
        resource = ConfigResource(ResourceType.TOPIC, self._topic)
        try:
            asked = self._admin.describe_configs([resource], request_timeout=self._left())
            return {name: entry.value for name, entry in self._answer(asked[resource]).items()}
        except KafkaException as raised:
            raise self._failure(raised.args[0], "describing its configuration") from None

    def create(self, production: bool) -> None:
        """Create the topic; that somebody else was first is as good."""
        config = _EVERYWHERE | (_IN_PRODUCTION if production else {})
        new = NewTopic(self._topic, 1, _REPLICAS_IN_PRODUCTION if production else -1, config=config)
        try:
            self._answer(self._admin.create_topics([new], request_timeout=self._left())[self._topic])
        except KafkaException as raised:
            error: KafkaError = raised.args[0]
            if error.code() in _CREATE_REFUSALS:
                what = f"the cluster refuses to create it: {' '.join(error.str().split())}"
                fix = "production needs three brokers; any other environment: see `default.replication.factor`"
                raise refused("GF456", self._settings, self._topic, what, fix) from None
            if error.code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise self._failure(error, "creating it") from None

    def _answer(self, asked: Future[T]) -> T:
        # librdkafka goes on asking with a password that was refused; `_note` hears of it by `poll` alone.
        while not wait([asked], _SLICE).done:
            self._admin.poll(0)
            if is_refusal(self._fault):
                raise KafkaException(self._fault)
        self._admin.poll(0)
        return asked.result()

    def _left(self) -> float:
        return max(0.001, self._deadline - time.monotonic())

    def _failure(self, error: KafkaError, doing: str) -> Exception:
        return kafka_failure(told_instead(error, self._fault), self._settings, self._topic, doing, TOPIC_RIGHTS)

    def _note(self, error: KafkaError) -> None:
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._fault = error


def _differences(
    settings: KafkaSettings, topic: str, found: TopicDescription, config: Mapping[str, str], production: bool
) -> Iterator[Problem]:
    """Everything about a topic that is not as the log needs it."""
    if len(found.partitions) != 1:
        what = f"it has {len(found.partitions)} partitions, and one order of revisions needs exactly one"
        fix = (
            f"kafka-topics.sh --bootstrap-server {settings.servers} --delete --topic {topic}; "
            "then `gatefleet publish` creates it and brings the log back from the archive"
        )
        yield problem("GF454", settings, topic, what, fix)
    replicas = min((len(partition.replicas) for partition in found.partitions), default=0)
    if production and replicas < _REPLICAS_IN_PRODUCTION:
        what = f"it has {replicas} of {_REPLICAS_IN_PRODUCTION} replicas"
        wanted = f'{{"topic": "{topic}", "partition": 0, "replicas": [three broker ids]}}'
        fix = (
            f"kafka-reassign-partitions.sh --bootstrap-server {settings.servers} --execute --reassignment-json-file "
            f'FILE, where FILE has {{"version": 1, "partitions": [{wanted}]}}'
        )
        yield problem("GF454", settings, topic, what, fix)
    for name, (wanted, fits) in (_RULES | (_PRODUCTION_RULES if production else {})).items():
        if not fits(config.get(name, "")):
            what = f"its {name} is {config.get(name, 'not set')}, and must be {wanted}"
            yield problem("GF454", settings, topic, what, set_topic(settings, topic, f"{name}={wanted}"))


def _is(wanted: str) -> tuple[str, Callable[[str], bool]]:
    return wanted, lambda value: value == wanted


def _at_least(least: int, wanted: str) -> tuple[str, Callable[[str], bool]]:
    return wanted, lambda value: value.isdecimal() and int(value) >= least


_RULES = {
    **{name: _is(value) for name, value in _EVERYWHERE.items()},
    "max.message.bytes": _at_least(_LEAST_RECORD_LIMIT, "1048588"),
    # Followers read records as the writer made them and have no decompressor.
    "compression.type": ("producer", lambda value: value in {"producer", "uncompressed"}),
}
_PRODUCTION_RULES = {
    "min.insync.replicas": _at_least(2, "2"),
    "unclean.leader.election.enable": _is("false"),
}
