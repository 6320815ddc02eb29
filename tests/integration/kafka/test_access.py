"""TLS, SCRAM, client certificates and access rules: who may do what, and what the refused are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from confluent_kafka import Producer
from tests.support.envelopes import an_envelope
from tests.support.kafka import KafkaLog

from gatefleet.local.kafka.access import AUTHORIZER, RECONCILER, STRANGER
from gatefleet.log.kafka import KafkaReader, KafkaWriter
from gatefleet.log.kafka_errors import KafkaRefusedError
from gatefleet.log.kafka_settings import KafkaSettings
from gatefleet.log.kafka_topic import ensure_topic

pytestmark = pytest.mark.kafka

LISTENERS = ["SASL_SSL", "SSL"]


@pytest.mark.parametrize("listener", ["PLAINTEXT", *LISTENERS])
def test_the_reconciler_writes_and_reads(kafka_log: KafkaLog, listener: str) -> None:
    writer = kafka_log.new_writer(RECONCILER, listener)
    writer.append([an_envelope(1)])
    assert len(kafka_log.new_reader(RECONCILER, listener).read(0, 10).records) == 1


@pytest.mark.parametrize("listener", LISTENERS)
def test_an_authorizer_reads_and_cannot_write(kafka_log: KafkaLog, listener: str) -> None:
    kafka_log.writer.append([an_envelope(1)])
    writer = kafka_log.new_writer(AUTHORIZER, listener)

    with pytest.raises(KafkaRefusedError, match=r"GF452 writing is refused to .*authorizer.*--operation Write"):
        writer.append([an_envelope(2)])

    records = kafka_log.new_reader(AUTHORIZER, listener).read(0, 10).records
    assert [record.value for record in records] == [an_envelope(1)]


@pytest.mark.parametrize("listener", LISTENERS)
def test_a_stranger_can_neither_read_nor_write_nor_ask(kafka_log: KafkaLog, listener: str) -> None:
    settings = kafka_log.settings(STRANGER, listener)
    for refused in _everything(settings, kafka_log.topic):
        with pytest.raises(KafkaRefusedError, match=r"GF452 .* refused to .*stranger"):
            refused()
    assert kafka_log.reader.read(0, 10).next_offset == 0


def test_an_authorizer_writes_heartbeats_of_its_environment_and_no_other_topic(kafka_log: KafkaLog) -> None:
    environment = kafka_log.environment
    heartbeat = replace(kafka_log, topic=f"gatefleet.{environment}.heartbeat.orders")
    heartbeat.create()
    producer = Producer(kafka_log.settings(AUTHORIZER).client_configuration())
    outcomes: dict[str, str | None] = {}
    for topic in (heartbeat.topic, kafka_log.topic, f"gatefleet.{environment}x.heartbeat.orders"):
        producer.produce(
            topic,
            b"beat",
            on_delivery=lambda error, message: outcomes.update({message.topic(): error and error.name()}),
        )
    assert producer.flush(60) == 0
    assert outcomes == {
        heartbeat.topic: None,
        kafka_log.topic: "TOPIC_AUTHORIZATION_FAILED",
        f"gatefleet.{environment}x.heartbeat.orders": "TOPIC_AUTHORIZATION_FAILED",
    }


def test_a_wrong_password_is_refused_at_once_and_never_shown(kafka_log: KafkaLog) -> None:
    settings = replace(kafka_log.settings(), password="hunter2-and-more")
    for refused in _everything(settings, kafka_log.topic):
        with pytest.raises(KafkaRefusedError, match="GF453 Kafka does not accept user `reconciler`") as raised:
            refused()
        assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("listener", LISTENERS)
def test_a_broker_whose_certificate_nobody_we_know_signed_is_not_spoken_to(kafka_log: KafkaLog, listener: str) -> None:
    settings = replace(kafka_log.settings(RECONCILER, listener), ca=None)
    for refused in _everything(settings, kafka_log.topic):
        with pytest.raises(KafkaRefusedError, match=r"GF453 no TLS connection: .*GATEFLEET_KAFKA_CA"):
            refused()


def test_mutual_tls_without_a_certificate_is_refused(kafka_log: KafkaLog) -> None:
    settings = replace(kafka_log.settings(RECONCILER, "SSL"), certificate=None, key=None)
    for refused in _everything(settings, kafka_log.topic):
        with pytest.raises(KafkaRefusedError, match=r"GF453 no TLS connection: .*GATEFLEET_KAFKA_CERTIFICATE"):
            refused()


def test_librdkafka_does_not_write_to_stderr(kafka_log: KafkaLog, capfd: pytest.CaptureFixture[str]) -> None:
    settings = replace(kafka_log.settings(), password="wrong")
    for refused in _everything(settings, kafka_log.topic):
        with pytest.raises(KafkaRefusedError):
            refused()
    assert capfd.readouterr() == ("", "")


def _everything(settings: KafkaSettings, topic: str, seconds: float = 60) -> list[Callable[[], object]]:
    return [
        lambda: KafkaReader(settings, topic).read(0, seconds),
        lambda: KafkaWriter(settings, topic, seconds).append([an_envelope(9)]),
        lambda: ensure_topic(settings, topic, production=False, timeout=seconds),
    ]
