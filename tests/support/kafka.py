"""Fixtures on real Apache Kafka (mark their tests `kafka`).

* `kafka`: the one broker of this run, shared by all workers; leave it running, as others use it.
* `kafka_log`: a fresh policy topic on it, with access rules of its own, a reader and a writer.
* `own_broker`: a broker of one test module, to stop, kill, pause and restart; `new_log(own_broker.access)` on it.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec  # type: ignore[attr-defined]

from gatefleet.local.broker import Broker
from gatefleet.local.kafka.access import AUTHORIZER, RECONCILER, BrokerAccess
from gatefleet.log.kafka import KafkaReader, KafkaWriter
from gatefleet.log.kafka_settings import KafkaSettings

ROOT = Path(__file__).parents[2]
POLICY_TOPIC = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}


@dataclass(frozen=True)
class KafkaLog:
    """A policy topic that no other test uses. `reader` (an authorizer's) and `writer` connect when first used."""

    broker: BrokerAccess
    environment: str
    topic: str

    @cached_property
    def reader(self) -> KafkaReader:
        return self.new_reader()

    @cached_property
    def writer(self) -> KafkaWriter:
        return self.new_writer()

    def settings(self, principal: str = RECONCILER, listener: str = "SASL_SSL") -> KafkaSettings:
        return self.broker.settings(principal, listener)

    def new_reader(self, principal: str = AUTHORIZER, listener: str = "SASL_SSL") -> KafkaReader:
        return KafkaReader(self.settings(principal, listener), self.topic)

    def new_writer(self, principal: str = RECONCILER, listener: str = "SASL_SSL", timeout: float = 30.0) -> KafkaWriter:
        return KafkaWriter(self.settings(principal, listener), self.topic, timeout)

    def create(self, partitions: int = 1, **config: str) -> None:
        """Make the topic as the design wants it, or with another configuration (`retention_ms="1000"`)."""
        wanted = POLICY_TOPIC | {name.replace("_", "."): value for name, value in config.items()}
        admin = self.broker.admin()
        admin.create_topics([NewTopic(self.topic, partitions, 1, config=wanted)])[self.topic].result()
        while not _is_led(admin, self.topic):  # for a moment whoever is named as its leader says that it is none
            pass

    def delete(self) -> None:
        """Delete the topic with all it holds."""
        admin = self.broker.admin()
        admin.delete_topics([self.topic])[self.topic].result()

    def recreate(self) -> None:
        """Delete the topic and make it again, empty."""
        self.delete()
        self.create()

    def drop_before(self, offset: int) -> None:
        """Delete the records before `offset` (-1: all of them), as expiry would."""
        admin = self.broker.admin()
        place = TopicPartition(self.topic, 0, offset)
        next(iter(admin.delete_records([place]).values())).result()

    def close(self) -> None:
        """Close what was used."""
        for client in ("reader", "writer"):
            if client in self.__dict__:
                getattr(self, client).close()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerAccess]:
    """The broker that all tests of this run share; `kafka.settings(principal)` is the way in."""
    base = tmp_path_factory.getbasetemp()
    # With xdist each worker has a folder of its own in that of the run.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "kafka"
    folder.mkdir(exist_ok=True)
    with _shared_broker(folder) as access:
        yield access


@pytest.fixture
def kafka_log(kafka: BrokerAccess) -> Iterator[KafkaLog]:
    """An empty policy topic on the shared broker."""
    log = new_log(kafka)
    yield log
    log.close()


@pytest.fixture(scope="module")
def own_broker() -> Iterator[Broker]:
    """A broker that only this module's tests use."""
    with Broker() as broker:
        yield broker


def new_log(broker: BrokerAccess, environment: str = "") -> KafkaLog:
    """Make an empty policy topic, by default of an environment that nobody has used yet, and its access rules."""
    log = missing_log(broker, environment)
    log.create()
    return log


def missing_log(broker: BrokerAccess, environment: str = "") -> KafkaLog:
    """Access rules for a policy topic that is still to be made."""
    unique = f"t{uuid.uuid4().hex[:12]}"
    log = KafkaLog(broker, environment or unique, f"gatefleet.{environment or unique}.policy.{unique}")
    broker.grant(log.environment, log.topic)
    return log


def _is_led(admin: AdminClient, topic: str) -> bool:
    place = TopicPartition(topic, 0)
    try:
        admin.list_offsets({place: OffsetSpec.latest()})[place].result()  # type: ignore[no-untyped-call]
    except KafkaException:
        return False
    return True


@contextmanager
def _shared_broker(folder: Path) -> Iterator[BrokerAccess]:
    with (folder / "users").open("a") as users, (folder / "start").open("a") as start:
        fcntl.flock(start, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        if not (folder / "access.json").exists():
            _start_host(folder)
        fcntl.flock(start, fcntl.LOCK_UN)
        yield BrokerAccess.from_json((folder / "access.json").read_text())


def _start_host(folder: Path) -> None:
    host = subprocess.Popen(
        [sys.executable, "-m", "tests.support.kafka_host", str(folder)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert host.stdout is not None
    # Ends with the host's word or with its end; how long that takes is the machine's affair.
    said = host.stdout.readline().strip()
    if said != "ready":
        pytest.fail(f"no Kafka for this run: {said or 'its host ended'}{host.stdout.read()}", pytrace=False)
