"""Fixtures on real Apache Kafka.

* `kafka`: the one broker of this run, shared by all workers; leave it running, as others use it.
* `kafka_topic`: a fresh policy topic on it, with the access rules of an environment of its own.
* `own_broker`: a broker of one test module, to stop, kill, pause and restart.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka.admin import NewTopic

from gatefleet.local.broker import Broker
from gatefleet.local.kafka.access import BrokerAccess

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class KafkaTopic:
    """An empty policy topic, whose environment no other test uses."""

    broker: BrokerAccess
    environment: str
    name: str


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[BrokerAccess]:
    """The broker that all tests of this run share; `BrokerAccess.settings(principal)` is the way in."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "kafka"
    folder.mkdir(exist_ok=True)
    with _shared_broker(folder) as access:
        yield access


@pytest.fixture
def kafka_topic(kafka: BrokerAccess) -> KafkaTopic:
    """A fresh policy topic on the shared broker."""
    return new_topic(kafka)


@pytest.fixture(scope="module")
def own_broker() -> Iterator[Broker]:
    """A broker that only this module's tests use."""
    with Broker() as broker:
        yield broker


def new_environment() -> str:
    """The name of an environment that nobody has used yet."""
    return f"t{uuid.uuid4().hex[:12]}"


def new_topic(broker: BrokerAccess) -> KafkaTopic:
    """Make a policy topic and its access rules for a new environment."""
    environment = new_environment()
    topic = KafkaTopic(broker, environment, f"gatefleet.{environment}.policy.v1")
    broker.grant(environment)
    create(topic)
    return topic


def create(topic: KafkaTopic) -> None:
    """Create the topic as the design wants it, as an administrator would."""
    config = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
    admin = topic.broker.admin()
    for created in admin.create_topics([NewTopic(topic.name, 1, 1, config=config)]).values():
        created.result()


def delete(topic: KafkaTopic) -> None:
    """Delete the topic with all it holds."""
    admin = topic.broker.admin()
    for deleted in admin.delete_topics([topic.name]).values():
        deleted.result()


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
