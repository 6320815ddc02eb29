"""Under the same name there may one day be another log: recreated, emptied, cut, or an older copy of the disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.envelopes import an_envelope
from tests.support.kafka import KafkaLog, new_log

from gatefleet.local.broker import Broker
from gatefleet.log.kafka import KafkaReader
from gatefleet.log.kafka_errors import KafkaRefusedError
from gatefleet.log.transport import Batch, LogUnavailableError

pytestmark = pytest.mark.kafka


def test_a_deleted_topic_is_said_to_be_missing(kafka_log: KafkaLog) -> None:
    _fill(kafka_log, 3)
    kafka_log.reader.read(0, 10)
    kafka_log.delete()
    with pytest.raises(KafkaRefusedError, match="GF451 the topic does not exist"):
        kafka_log.reader.read(3, 10)


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 7])
def test_a_recreated_log_of_any_length_is_noticed_and_read_from_its_beginning(kafka_log: KafkaLog, length: int) -> None:
    _fill(kafka_log, 3)
    kafka_log.reader.read(0, 10)
    kafka_log.recreate()
    _fill(kafka_log, length, mark="new")

    batch = _patient(kafka_log.reader, 3)

    assert batch.rewound
    assert [record.value for record in batch.records] == _envelopes(length, "new")
    assert (batch.next_offset, batch.at_end) == (length, True)
    assert not kafka_log.reader.read(length, 10).rewound


def test_a_log_restored_byte_for_byte_is_noticed_too(kafka_log: KafkaLog) -> None:
    _fill(kafka_log, 3)
    before = kafka_log.reader.read(0, 10)
    kafka_log.recreate()
    _fill(kafka_log, 3)

    batch = _patient(kafka_log.reader, 3)

    assert batch.rewound
    assert batch.records == before.records


def test_a_reader_that_only_ever_read_the_end_notices_too(kafka_log: KafkaLog) -> None:
    _fill(kafka_log, 3)
    assert kafka_log.reader.read(3, 10).records == ()
    kafka_log.recreate()
    _fill(kafka_log, 3, mark="new")
    assert _patient(kafka_log.reader, 3).rewound


def test_a_reader_that_lost_its_connection_meanwhile_notices_too(kafka_log: KafkaLog) -> None:
    _fill(kafka_log, 3)
    kafka_log.reader.read(0, 10)
    kafka_log.reader.close()
    kafka_log.recreate()
    _fill(kafka_log, 3, mark="new")
    assert _patient(kafka_log.reader, 3).rewound


@pytest.mark.parametrize(("dropped", "rewound"), [(1, False), (2, False), (3, True)])
def test_records_expired_before_the_held_place_do_not_matter_until_the_last_one_is_gone(
    kafka_log: KafkaLog, dropped: int, rewound: bool
) -> None:
    _fill(kafka_log, 3)
    kafka_log.reader.read(0, 10)
    kafka_log.drop_before(dropped)

    batch = kafka_log.reader.read(3, 10)

    assert (batch.records, batch.next_offset, batch.at_end, batch.rewound) == ((), 3, True, rewound)


def test_a_log_whose_beginning_expired_says_so_to_who_asks_for_the_beginning(kafka_log: KafkaLog) -> None:
    _fill(kafka_log, 3)
    kafka_log.drop_before(2)

    batch = kafka_log.reader.read(0, 10)

    assert batch.rewound
    assert [record.offset for record in batch.records] == [2]


def test_a_broker_brought_back_from_an_older_disk_and_grown_as_long_again_is_noticed(
    own_broker: Broker, tmp_path: Path
) -> None:
    log = new_log(own_broker.access)
    _fill(log, 1)
    own_broker.stop()
    shutil.copytree(own_broker.data, tmp_path / "data")
    own_broker.start()
    _fill(log, 3)
    log.reader.read(0, 10)
    assert log.reader.read(4, 10).at_end
    own_broker.kill()
    shutil.rmtree(own_broker.data)
    shutil.copytree(tmp_path / "data", own_broker.data)
    own_broker.start()
    # The old writer counts its records and would refuse to write to a log that forgot some.
    log.writer.close()
    _fill(log, 3, mark="later")

    batch = _patient(log.reader, 4)

    assert batch.rewound
    assert [record.value for record in batch.records] == _envelopes(1) + _envelopes(3, "later")
    log.close()


def _envelopes(count: int, mark: str = "") -> list[bytes]:
    return [an_envelope(number, mark=mark) for number in range(1, count + 1)]


def _fill(log: KafkaLog, count: int, mark: str = "") -> None:
    log.writer.append(_envelopes(count, mark))


def _patient(reader: KafkaReader, offset: int) -> Batch:
    return _until(lambda: reader.read(offset, 10))


def _until(read: Callable[[], Batch], tries: int = 20) -> Batch:
    """What a follower does: an outage is an error each time, until it is over."""
    for _ in range(tries - 1):
        try:
            return read()
        except LogUnavailableError:
            continue
    return read()
