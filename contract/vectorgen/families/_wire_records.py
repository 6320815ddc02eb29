"""Record batches in a Fetch: what they hold, and what is no record batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._wire_bytes import batch, i8, i32, i64, record, varint
from contract.vectorgen.families._wire_reading import MAX_HEADERS
from contract.vectorgen.families._wire_responses import asked, fetched, response

_SPEC = {"kafka": "Responses"}
_TIME = 1_793_000_000_000


def cases() -> Iterator[Case]:
    """Read, then refused."""
    yield from _read()
    for one in _refused():
        yield replace(one, group="hostile-records")


def _records(count: int, first: int = 0) -> list[bytes]:
    return [record(b"%d" % (first + n), offset=n, timestamp=n) for n in range(count)]


def _read() -> Iterator[Case]:
    def read(name: str, comment: str, batches: bytes, *, offset: int = 3, end: int = 9, **given: Any) -> Case:
        case = response(name, comment, asked("fetch", offset=offset, **given), fetched(batches, end=end))
        return replace(case, group="records")

    yield read("batch-of-one", "one record of one batch", batch([record(b"x")], base=3, timestamp=_TIME))
    yield read("batch-of-three", "three records of one batch", batch(_records(3), base=3, timestamp=_TIME))
    yield read(
        "batches-with-a-gap",
        "offsets that nobody has are passed over",
        batch(_records(1), base=4) + batch(_records(1), base=7),
    )
    yield read(
        "batch-that-begins-below",
        "a batch is sent whole, and its records below the asked offset are left out",
        batch(_records(4), base=1),
    )
    yield read(
        "batch-whose-last-records-are-gone",
        "a batch ends where it says, whether its last records are there or not",
        batch(_records(2), base=3, last=4),
    )
    yield read("batch-of-no-records", "a batch may have lost all its records", batch([], base=3, last=2))
    yield read(
        "last-batch-cut",
        "Kafka cuts off the last batch at the bound",
        batch(_records(1), base=3) + batch(_records(1), base=4)[:-1],
    )
    yield read(
        "last-batch-cut-in-its-offset",
        "eleven bytes are no beginning of a batch",
        batch(_records(1), base=3) + batch(_records(1), base=4)[:11],
    )
    yield read(
        "control-batch",
        "the marker of a transaction holds no records, and its offset is passed",
        batch(_records(1), base=3) + batch([record(b"\0\0\0\0\0\0", key=b"\0\0\0\1")], base=4, attributes=0x30),
    )
    yield read(
        "control-batch-of-nonsense",
        "what is in a control batch is not looked at",
        batch([b"\xff" * 9], base=3, attributes=0x20, count=-1),
    )
    yield read(
        "batch-of-a-transaction",
        "a record of a transaction is a record, committed or not",
        batch(_records(1), base=3, attributes=0x10),
    )
    yield read(
        "batch-with-append-time",
        "the time of every record is the batch's when the broker set it",
        batch(_records(2), base=3, timestamp=_TIME, longest=_TIME + 500, attributes=8),
    )
    yield read(
        "batch-before-1970",
        "times and their deltas may be below zero",
        batch([record(b"x", timestamp=-5)], base=3, timestamp=-1),
    )
    yield read(
        "batch-at-the-end-of-time",
        "a time beyond 64 bits wraps around, and keeps nobody from reading",
        batch([record(b"x")], base=3, timestamp=2**63 - 1),
    )
    end = response(
        "batch-beyond-the-end-of-time",
        "a delta that leads beyond 64 bits wraps around",
        asked("fetch", offset=3),
        fetched(batch([record(b"x", timestamp=1)], base=3, timestamp=2**63 - 1)),
    )
    wrapped = [{**one, "timestamp": str(-(2**63))} for one in end.expect["records"]]
    yield replace(end, expect={**end.expect, "records": wrapped}, group="records")
    yield read(
        "batch-with-another-crc",
        "the checksum of a batch is not checked: its envelopes are signed",
        batch(_records(1), base=3)[:17] + b"\0\0\0\0" + batch(_records(1), base=3)[21:],
    )
    yield read("record-without-a-value", "no value is an empty one", batch([record(None)], base=3))
    yield read("record-with-a-key", "a key is passed over", batch([record(b"x", key=b"k" * 200)], base=3))
    yield read(
        "record-with-headers",
        "headers are text, and no value is an empty one",
        batch([record(b"x", [(b"gatefleet-part", b"0/2"), (b"none", None), (b"", b"empty name")])], base=3),
    )
    yield read(
        "record-with-a-header-twice",
        "of two headers of one name the last counts",
        batch([record(b"x", [(b"a", b"1"), (b"a", b"2")])], base=3),
    )
    yield read(
        "record-with-a-header-that-is-no-text",
        "header values that are not UTF-8 are replaced",
        batch([record(b"x", [(b"a", b"\xff1")])], base=3),
    )
    yield read(
        "record-with-a-header-name-that-is-no-text",
        "a header name that is not UTF-8 leaves a record without headers",
        batch([record(b"x", [(b"gatefleet-part", b"0/2"), (b"\xff", b"1")])], base=3),
    )
    many = [(f"h{number}".encode(), b"") for number in range(MAX_HEADERS)]
    yield read("record-with-32-headers", "a record keeps up to 32 headers", batch([record(b"x", many)], base=3))
    yield read(
        "record-with-33-headers",
        "more than 32 headers leave a record without any, so that they cannot fill the memory of an authorizer",
        batch([record(b"x", [*many, (b"gatefleet-part", b"0/2")])], base=3),
    )
    yield read(
        "record-with-32-names-and-one-twice",
        "headers are counted as they come, not by their names",
        batch([record(b"x", [*many, (b"h0", b"")])], base=3),
    )
    yield read(
        "record-with-a-prototype-name",
        "a header may be called __proto__",
        batch([record(b"x", [(b"__proto__", b"1"), (b"constructor", b"2")])], base=3),
    )
    yield read(
        "record-with-padded-varints",
        "a varint may be longer than it has to be",
        batch([b"\x8e\x80\x80\x80\x00" + record(b"x")[1:]], base=3) if record(b"x")[0] == 0x0E else b"",
    )
    largest = 2**53 - 1
    yield read(
        "batch-at-the-largest-offset",
        "2^53 - 1 is the largest offset",
        batch(_records(1), base=largest - 1),
        offset=largest - 1,
        end=largest,
    )
    many = response(
        "batch-of-more-than-wanted",
        "no more records than the bound are taken, and the next read goes on behind them",
        asked("fetch", offset=4, most=2),
        fetched(batch(_records(5), base=3)),
    )
    kept = many.expect["records"][:2]
    yield replace(many, expect={**many.expect, "records": kept, "next_offset": 6}, group="records")


def _refused() -> Iterator[Case]:
    def refused(name: str, comment: str, batches: bytes, neighbour: str = "batch-of-one", offset: int = 3) -> Case:
        return response(name, comment, asked("fetch", offset=offset), fetched(batches), neighbour)

    one, three = batch(_records(1), base=3), batch(_records(3), base=3)
    yield refused("first-batch-cut", "a response that holds no whole batch leads nowhere", one[:-1], "last-batch-cut")
    yield refused(
        "first-batch-of-eleven-bytes", "eleven bytes alone are no batch", one[:11], "last-batch-cut-in-its-offset"
    )
    for length in (48, 0, -1, -(2**31)):
        yield refused(
            f"batch-of-length-{length}".replace("--", "-minus-"),
            "a length that cannot hold a batch's own fields",
            batch(_records(1), base=3, length=length),
        )
    yield refused(
        "batch-of-two-gigabytes", "a first batch longer than its response", batch([], base=3, length=2**31 - 1)
    )
    for magic in (0, 1, 3, -1):
        yield refused(
            f"batch-of-magic-{magic}".replace("--", "-minus-"),
            "a batch in another format",
            batch(_records(1), base=3, magic=magic),
        )
    for codec, name in enumerate(("gzip", "snappy", "lz4", "zstd"), 1):
        yield refused(f"batch-in-{name}", f"records compressed by {name}", batch(_records(1), base=3, attributes=codec))
    yield refused(
        "batch-of-an-unknown-codec", "a compression that there is not", batch(_records(1), base=3, attributes=7)
    )
    yield refused(
        "second-batch-compressed", "what cannot be read is not skipped", one + batch(_records(1), base=4, attributes=1)
    )
    yield refused("batch-at-a-negative-offset", "a base offset below zero", batch(_records(5), base=-1))
    yield refused(
        "batch-at-2-53", "an offset that loses bits in JavaScript", batch(_records(1), base=2**53 - 1, last=1)
    )
    yield refused(
        "batch-at-2-63", "the largest base offset overflows with its delta", batch(_records(2), base=2**63 - 1)
    )
    yield refused(
        "batch-with-a-negative-last-delta", "a batch that ends before it begins", batch(_records(1), base=4, last=-1)
    )
    yield refused(
        "batch-below-the-asked-offset",
        "a batch of older records alone",
        batch(_records(3), base=0),
        "batch-that-begins-below",
    )
    yield refused(
        "batches-that-overlap", "a batch that begins within the one before it", three + batch(_records(1), base=5)
    )
    yield refused("batch-twice", "the same batch again", one + one, "batch-of-three")
    yield refused("batch-of-minus-one-records", "a count that is below zero", batch(_records(1), base=3, count=-1))
    yield refused(
        "batch-of-two-billion-records",
        "a count that the batch cannot hold",
        batch(_records(1), base=3, count=2**31 - 1),
    )
    yield refused(
        "batch-with-a-record-too-few", "a count above the records that are there", batch(_records(1), base=3, count=2)
    )
    yield refused(
        "batch-with-a-record-too-many", "a count below the records that are there", batch(_records(2), base=3, count=1)
    )
    yield refused(
        "batch-with-more-after", "a byte after the last record", batch([*_records(1), b"\0"], base=3, count=1)
    )

    def record_of(name: str, comment: str, data: bytes, neighbour: str = "batch-of-one") -> Case:
        return refused(name, comment, batch([data], base=3), neighbour)

    x = record(b"x")
    yield record_of("record-longer-than-its-batch", "a record of more bytes than there are", varint(100) + x[1:])
    yield record_of("record-of-two-gigabytes", "a record of 2^31 - 1 bytes", varint(2**31 - 1) + x[1:])
    yield record_of("record-of-negative-length", "a record of -1 bytes", varint(-1) + x[1:])
    yield record_of("record-of-no-length", "a record without its fields", varint(0))
    yield record_of("record-shorter-than-itself", "a record that goes on behind its length", varint(6) + x[1:])
    yield record_of("record-with-more-after", "a byte between the headers and the end", varint(8) + x[1:] + b"\0")
    yield record_of(
        "varint-of-six-bytes",
        "a varint longer than 32 bits need",
        b"\x8e\x80\x80\x80\x80\x00" + x[1:],
        "record-with-padded-varints",
    )
    yield record_of(
        "varint-above-32-bits",
        "a varint whose fifth byte holds more than four bits",
        b"\x8e\x80\x80\x80\x10" + x[1:],
        "record-with-padded-varints",
    )
    yield record_of("varint-without-end", "a varint that the batch ends in", b"\xff" * 4)
    yield record_of("varlong-of-eleven-bytes", "a time longer than 64 bits need", _fields(b"\x80" * 10 + b"\0"))
    yield record_of(
        "varlong-above-64-bits", "a time whose tenth byte holds more than one bit", _fields(b"\x80" * 9 + b"\x02")
    )
    yield record_of("record-beyond-its-batch", "an offset above the batch's last", record(b"x", offset=1))
    yield record_of("record-before-its-batch", "an offset below the batch's first", record(b"x", offset=-1))
    yield refused("records-at-one-offset", "two records at one offset", batch([x, x], base=3), "batch-of-three")
    yield refused(
        "records-out-of-order",
        "offsets of one batch that fall",
        batch([record(b"x", offset=1), x], base=3),
        "batch-of-three",
    )
    yield record_of(
        "value-longer-than-its-record", "a value of more bytes than there are", _fields(value=varint(100) + b"x")
    )
    yield record_of(
        "value-shorter-than-null", "a value that has -2 bytes", _fields(value=varint(-2)), "record-without-a-value"
    )
    yield record_of("key-shorter-than-null", "a key that has -2 bytes", _fields(key=varint(-2)), "record-with-a-key")
    yield record_of(
        "headers-of-a-negative-count", "a count of headers below zero", record(b"x", count=-1), "record-with-headers"
    )
    yield record_of(
        "headers-of-two-billion",
        "a count of headers that the record cannot hold",
        record(b"x", count=2**31 - 1),
        "record-with-headers",
    )
    yield record_of(
        "header-without-a-name", "a header whose name is null", record(b"x", [(None, b"v")]), "record-with-headers"
    )  # type: ignore[list-item]
    yield record_of(
        "header-longer-than-its-record",
        "a header name of more bytes than there are",
        _fields(headers=varint(1) + varint(99) + b"a"),
        "record-with-headers",
    )
    yield refused("batch-of-zeros", "zeros where a batch is to be", bytes(200))
    yield refused("batch-of-ones", "ones where a batch is to be", b"\xff" * 200)
    yield refused(
        "batch-header-alone", "a batch that ends before its count", i64(3) + i32(48) + i32(-1) + i8(2) + bytes(43)
    )


def _fields(time: bytes = b"\0", key: bytes = b"\x01", value: bytes = b"\x02x", headers: bytes = b"\0") -> bytes:
    """A record of raw fields, its own length right."""
    body = i8(0) + time + varint(0) + key + value + headers
    return varint(len(body)) + body
