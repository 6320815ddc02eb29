"""The broker dies or freezes while it is read and written: an error in time, nothing hangs, and then it works."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.support.envelopes import an_envelope
from tests.support.kafka import KafkaLog, new_log

from gatefleet.local.broker import Broker
from gatefleet.log.kafka import KafkaReader, KafkaWriter
from gatefleet.log.kafka_errors import KafkaRefusedError
from gatefleet.log.kafka_topic import ensure_topic
from gatefleet.log.transport import LogUnavailableError

pytestmark = pytest.mark.kafka

# No test waits this long; a call that does has hung.
HANGS = 60.0


@pytest.fixture
def log(own_broker: Broker) -> Iterator[KafkaLog]:
    own_broker.start()
    log = new_log(own_broker.access)
    yield log
    own_broker.resume()
    log.close()


@pytest.fixture(params=[Broker.pause, Broker.kill])
def outage(request: pytest.FixtureRequest, own_broker: Broker) -> Iterator[Callable[[], None]]:
    yield lambda: request.param(own_broker)
    own_broker.resume()


def test_in_an_outage_reading_and_writing_fail_in_time_and_go_on_after_it(
    log: KafkaLog, own_broker: Broker, outage: Callable[[], None]
) -> None:
    writer = log.new_writer(timeout=1)
    log.writer.append([an_envelope(1)])
    log.reader.read(0, 10)
    outage()

    for call in (
        lambda: log.reader.read(1, 1),
        lambda: log.reader.read(1, 1),
        lambda: writer.append([an_envelope(2)]),
        lambda: ensure_topic(log.settings(), log.topic, production=False, timeout=1),
    ):
        with _does_not_hang(), pytest.raises(LogUnavailableError) as raised:
            call()
        assert not isinstance(raised.value, KafkaRefusedError)

    own_broker.resume()
    own_broker.start()
    _until(lambda: log.new_writer().append([an_envelope(3)]))
    values = [record.value for record in log.reader.read(1, 30).records]
    # The outcome of the second was unclear: it may be there, once, and never after what was written later.
    assert values in ([an_envelope(3)], [an_envelope(2), an_envelope(3)])


def test_closing_does_not_hang_in_an_outage(log: KafkaLog, outage: Callable[[], None]) -> None:
    reader, writer = log.new_reader(), log.new_writer(timeout=3)
    _until(lambda: writer.append([an_envelope(1)]))
    reader.read(0, 10)
    outage()
    with _does_not_hang():
        with pytest.raises(LogUnavailableError):
            writer.append([an_envelope(2)])
        reader.close()
        writer.close()
        KafkaReader(log.settings(), log.topic).close()
        KafkaWriter(log.settings(), log.topic).close()


def test_a_read_that_waits_when_the_broker_comes_back_succeeds(log: KafkaLog, own_broker: Broker) -> None:
    log.writer.append([an_envelope(1)])
    log.reader.read(0, 10)
    own_broker.pause()
    back = threading.Timer(0.5, own_broker.resume)
    back.start()
    assert log.reader.read(0, HANGS).next_offset == 1
    back.join()


def test_a_restart_between_two_reads_is_not_noticed(log: KafkaLog, own_broker: Broker) -> None:
    log.writer.append([an_envelope(1)])
    log.reader.read(0, 10)
    own_broker.restart()
    log.writer.append([an_envelope(2)])

    batch = log.reader.read(1, 30)

    assert [record.value for record in batch.records] == [an_envelope(2)]
    assert not batch.rewound


def test_what_was_acknowledged_survives_a_killed_broker(log: KafkaLog, own_broker: Broker) -> None:
    envelopes = [an_envelope(number) for number in range(1, 101)]
    log.writer.append(envelopes)
    own_broker.kill()
    own_broker.start()
    assert [record.value for record in log.reader.read(0, 30).records] == envelopes


@contextmanager
def _does_not_hang() -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < HANGS


def _until(call: Callable[[], None], tries: int = 10) -> None:
    for _ in range(tries - 1):
        try:
            return call()
        except LogUnavailableError:
            continue
    return call()
