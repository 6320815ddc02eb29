"""Publishing one changed client on loopback Kafka, beyond process start and first fetch, beside a raw client.

A publication here plans, signs, archives (fsync), appends with `acks=all` and reads back until its revision is on the
accepted chain. The raw client appends a record of the same size and consumes it again.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.measure import milliseconds, percentile

from gatefleet.contract.entities import Client, Scope, WhenStale
from gatefleet.contract.entity_values import entity_json
from gatefleet.desired import State
from gatefleet.desired.canonical import canonical_text
from gatefleet.local.broker import Broker
from gatefleet.log.archive import FolderArchive
from gatefleet.log.kafka import KafkaReader, KafkaWriter
from gatefleet.log.kafka_topic import ensure_topic
from gatefleet.log.keys import new_key
from gatefleet.log.trust import Role, make_trust
from gatefleet.publish import PolicyLog, Step, publish

ENVIRONMENT = "bench"
ROUNDS = 200
CLIENTS = 200


def run() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name, Broker() as broker:
        broker.access.grant(ENVIRONMENT)
        settings = broker.access.settings("reconciler")
        published, size = _publish(Path(name), settings)
        raw = _raw(settings, size)
    yield f"{ROUNDS} publications of one changed client of {CLIENTS}, TLS and SCRAM, envelopes of {size} bytes"
    yield f"raw append and consume   p50 {milliseconds(statistics.median(raw)):>8}   p99 {_p99(raw):>8}"
    ratio = statistics.median(published) / statistics.median(raw)
    yield f"publish and read back    p50 {milliseconds(statistics.median(published)):>8}   p99 {_p99(published):>8}" + (
        f"   {ratio:.1f} x raw (p50)"
    )


def _p99(samples: list[float]) -> str:
    return milliseconds(percentile(samples, 0.99))


class _OneLine:
    """Every commit follows every other: git's part is measured elsewhere."""

    def is_ancestor(self, older: str, newer: str) -> bool:
        return True


def _state(changed: int) -> State:
    grants: dict[str, int | None] = {"orders:read": None}
    clients = {f"client/client-{number:03}": Client(True, None, grants) for number in range(CLIENTS)}
    clients["client/client-000"] = Client(True, None, {"orders:read": 1_800_000_000 + changed})
    entities = {**clients, "scope/orders:read": Scope(True, WhenStale.CHECK)}
    return State({key: canonical_text(entity_json(entities[key])) for key in sorted(entities)})  # type: ignore[arg-type]


def _publish(folder: Path, settings: Any) -> tuple[list[float], int]:
    topic = f"gatefleet.{ENVIRONMENT}.policy.v1"
    ensure_topic(settings, topic, production=False)
    root, signer = new_key(folder / "root.pem"), new_key(folder / "publish.pem")
    trust = make_trust(
        environment=ENVIRONMENT,
        log="bench-0001",
        version=1,
        issued_at=1,
        roles={Role.ROOT: ([root], 1), Role.PUBLISH: ([signer], 1)},
        blast_limit={"issuer": 1000, "scope": 1000, "client": 1000, "gateway": 1000},
    )
    reader, writer = KafkaReader(settings, topic), KafkaWriter(settings, topic)
    log = PolicyLog(reader, writer, FolderArchive(folder / "archive"), trust)
    samples = []
    for number in range(ROUNDS + 1):
        begun = [0.0]

        def watch(step: Step, _what: str, begun: list[float] = begun) -> None:
            if step is Step.READ and not begun[0]:
                begun[0] = time.perf_counter()  # the first fetch is over

        commit = f"{number + 1:040x}"
        publish(
            _state(number),
            commit,
            log,
            signers=[signer],
            ancestry=_OneLine(),
            clock=lambda: int(time.time()),
            snapshot_every=0,
            watch=watch,
        )
        samples.append(time.perf_counter() - begun[0])
    reader.close()
    writer.close()
    newest = max((folder / "archive" / "1").iterdir(), key=lambda path: int(path.name.split(".")[0]))
    return samples[1:], newest.stat().st_size


def _raw(settings: Any, size: int) -> list[float]:
    from confluent_kafka import Consumer, Producer, TopicPartition  # noqa: PLC0415

    topic = f"gatefleet.{ENVIRONMENT}.policy.v1"
    configuration = settings.client_configuration()
    producer = Producer({**configuration, "acks": "all", "enable.idempotence": True, "linger.ms": 0})
    consumer = Consumer({**configuration, "group.id": "raw", "enable.auto.commit": False})
    _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=30)
    consumer.assign([TopicPartition(topic, 0, end)])
    samples = []
    for number in range(ROUNDS + 20):
        begun = time.perf_counter()
        producer.produce(topic, bytes(size), partition=0)
        producer.flush(30)
        while consumer.poll(30) is None:
            pass
        if number >= 20:
            samples.append(time.perf_counter() - begun)
    consumer.close()
    return samples
