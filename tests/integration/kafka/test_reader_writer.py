"""What is written comes back: whole envelopes, parts, from several writers, however large a record is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from confluent_kafka import Producer
from tests.support.envelopes import an_envelope
from tests.support.kafka import KafkaLog
from tests.support.raw_produce import produce

from gatefleet.contract.digests import digest
from gatefleet.contract.shape import Malformed
from gatefleet.log import kafka as kafka_module
from gatefleet.log.kafka import KafkaReader
from gatefleet.log.parts import MAX_PART, Parts, Pending, Refused, Whole
from gatefleet.log.transport import Record

pytestmark = pytest.mark.kafka

MIB = 1024 * 1024


def test_an_empty_log_is_read_to_its_end(kafka_log: KafkaLog) -> None:
    batch = kafka_log.reader.read(0, 10)
    assert (batch.records, batch.next_offset, batch.at_end, batch.rewound) == ((), 0, True, False)


def test_envelopes_come_back_in_order_byte_for_byte_with_their_cloud_event(kafka_log: KafkaLog) -> None:
    envelopes = [an_envelope(number) for number in (1, 2, 3)]
    kafka_log.writer.append(envelopes[:1])
    kafka_log.writer.append(envelopes[1:])

    batch = kafka_log.reader.read(0, 10)

    assert [record.value for record in batch.records] == envelopes
    assert (batch.next_offset, batch.at_end) == (3, True)
    assert batch.records[1].headers == {
        "content-type": "application/vnd.gatefleet.revision.v1+json",
        "ce_specversion": "1.0",
        "ce_id": digest(envelopes[1]),
        "ce_source": "gatefleet/staging/5b0f7a52-staging",
        "ce_type": "gatefleet.revision.v1",
        "ce_time": "2026-09-21T14:13:20Z",
        "gatefleet-position": "1/2",
    }


def test_a_read_goes_on_where_the_last_one_ended(kafka_log: KafkaLog) -> None:
    kafka_log.writer.append([an_envelope(1)])
    first = kafka_log.reader.read(0, 10)
    kafka_log.writer.append([an_envelope(2)])

    second = kafka_log.reader.read(first.next_offset, 10)

    assert [record.offset for record in second.records] == [1]
    assert not second.rewound
    assert kafka_log.reader.read(second.next_offset, 10).records == ()


def test_any_offset_may_be_asked_in_any_order(kafka_log: KafkaLog) -> None:
    kafka_log.writer.append([an_envelope(number) for number in range(1, 6)])
    for offset in (4, 0, 5, 2, 3):
        batch = kafka_log.reader.read(offset, 10)
        assert [record.offset for record in batch.records] == list(range(offset, 5))
        assert (batch.next_offset, batch.at_end, batch.rewound) == (5, True, False)


def test_a_large_envelope_is_cut_and_comes_back_whole(kafka_log: KafkaLog) -> None:
    small, large = an_envelope(1), an_envelope(2, size=3 * MIB)
    kafka_log.writer.append([small, large, small])

    records = _read_all(kafka_log.reader)

    assert [len(record.value) <= MAX_PART for record in records] == [True] * len(records)
    assert len(records) == 2 + -(-len(large) // MAX_PART)
    assert _whole(records) == [small, large, small]


def test_parts_of_two_writers_interleave_and_both_envelopes_come_back_whole(kafka_log: KafkaLog) -> None:
    # Large enough that two writers at once cannot help but interleave: a batch holds one part.
    envelopes = [an_envelope(number, size=6 * MIB, mark=mark) for number, mark in enumerate("ab", start=1)]
    writers = [kafka_log.writer, kafka_log.new_writer(listener="SSL")]
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(writer.append, [one]) for writer, one in zip(writers, envelopes, strict=True)]:
            done.result()
    writers[1].close()

    records = _read_all(kafka_log.reader)

    assert sorted(_whole(records)) == sorted(envelopes)
    owners = [record.headers["gatefleet-envelope"] for record in records]
    assert owners not in (sorted(owners), sorted(owners, reverse=True)), "they did not interleave"


def test_a_long_log_comes_in_bounded_batches(kafka_log: KafkaLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_module, "BATCH_BYTES", 2000)
    kafka_log.writer.append([an_envelope(number) for number in range(1, 21)])

    first = kafka_log.reader.read(0, 10)

    assert 0 < len(first.records) < 20
    assert not first.at_end
    assert [record.offset for record in _read_all(kafka_log.reader)] == list(range(20))


def test_a_foreign_record_larger_than_a_fetch_is_read_and_reading_goes_on(kafka_log: KafkaLog) -> None:
    kafka_log.delete()
    kafka_log.create(max_message_bytes=str(12 * MIB))
    foreign = Producer(kafka_log.settings().client_configuration() | {"message.max.bytes": 12 * MIB})
    foreign.produce(kafka_log.topic, b"x" * (10 * MIB))
    assert foreign.flush(60) == 0
    kafka_log.writer.append([an_envelope(1)])

    assert [len(record.value) for record in _read_all(kafka_log.reader)] == [10 * MIB, len(an_envelope(1))]


def test_foreign_records_of_any_form_are_handed_out_and_do_not_stop_the_reader(kafka_log: KafkaLog) -> None:
    foreign = Producer(kafka_log.settings().client_configuration())
    foreign.produce(kafka_log.topic, value=None, key=b"tombstone")
    foreign.produce(kafka_log.topic, value=b"", headers=[("gatefleet-part", None), ("x", b"\xff\xfe"), ("x", b"2")])
    foreign.produce(kafka_log.topic, value=b"\x00\xff" * 100, headers=[("", b"")])
    assert foreign.flush(60) == 0

    records = _read_all(kafka_log.reader)

    assert [record.value for record in records] == [b"", b"", b"\x00\xff" * 100]
    assert records[1].headers == {"gatefleet-part": "", "x": "2"}


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        ([(b"\xff\xfe", b"1"), (b"gatefleet-part", b"0/1")], {}),
        ([(b"nul\x00name", None)], {"nul": ""}),
        ([(b"", b"")], {"": ""}),
        ([(b"gatefleet-part", b"\xff")], {"gatefleet-part": "\ufffd"}),
        ([(b"a", b"x" * 100)] * 32, {"a": "x" * 100}),
        ([(b"a", b"x" * 100)] * 33, {}),
        ([(b"a", b"x" * 100)] * 500, {}),
    ],
)
def test_headers_that_no_library_would_write_do_not_stop_the_reader(
    kafka_log: KafkaLog, headers: list[tuple[bytes, bytes | None]], read: dict[str, str]
) -> None:
    assert produce(kafka_log.broker.addresses["PLAINTEXT"], kafka_log.topic, b"value", headers) == 0
    kafka_log.writer.append([an_envelope(1)])

    records = _read_all(kafka_log.reader)

    assert [record.value for record in records] == [b"value", an_envelope(1)]
    assert records[0].headers == read


def test_a_writer_takes_envelopes_only_and_writes_nothing_else(kafka_log: KafkaLog) -> None:
    with pytest.raises(Malformed):
        kafka_log.writer.append([an_envelope(1), b"{}"])
    assert _read_all(kafka_log.reader) == []


def _read_all(reader: KafkaReader) -> list[Record]:
    records: list[Record] = []
    batch = reader.read(0, 60)
    records += batch.records
    while not batch.at_end:
        batch = reader.read(batch.next_offset, 60)
        assert not batch.rewound
        records += batch.records
    return records


def _whole(records: list[Record]) -> list[bytes]:
    parts, envelopes = Parts(), []
    for record in records:
        parts, outcome = parts.take(record)
        match outcome:
            case Whole(envelope):
                envelopes.append(envelope)
            case Refused():
                pytest.fail(outcome.what)
            case Pending():
                pass
    return envelopes
