"""Responses that none should get away with, and frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._records import b64
from contract.vectorgen.families._wire_bytes import array, i16, i32, i64, one_partition, sized, string
from contract.vectorgen.families._wire_responses import REFUSED, asked, earliest, fetched, metadata, response

_SPEC = {"kafka": "Responses"}


def cases() -> Iterator[Case]:
    """Responses, then frames."""
    yield from _hostile()
    yield from _frames()


def _hostile() -> Iterator[Case]:
    def refused(name: str, comment: str, given: Mapping[str, Any], data: bytes, neighbour: str) -> Case:
        return response(name, comment, given, data, neighbour, group="hostile")

    fetch, listing = asked("fetch", offset=3), asked("list_offsets")
    good = fetched(b"")
    yield refused("no-correlation-id", "three bytes are no response", fetch, b"\0\0\0", "fetch-with-null-records")
    yield refused(
        "another-correlation-id", "an answer to another request", fetch, i32(8) + good[4:], "fetch-with-null-records"
    )
    yield refused(
        "negative-correlation-id", "a correlation id of all ones", fetch, i32(-1) + good[4:], "fetch-with-null-records"
    )
    for length in (4, 8, 12, len(good) - 1):
        yield refused(
            f"fetch-cut-after-{length}-bytes",
            f"a response that ends after {length} bytes",
            fetch,
            good[:length],
            "fetch-with-null-records",
        )
    yield refused(
        "fetch-with-more-after",
        "a byte is left over behind the response",
        fetch,
        good + b"\0",
        "fetch-with-null-records",
    )
    yield refused(
        "fetch-of-another-topic",
        "an answer about another topic",
        fetch,
        fetched(b"", topic="u"),
        "fetch-with-null-records",
    )
    yield refused(
        "fetch-of-another-partition",
        "an answer about another partition",
        fetch,
        fetched(b"", partition=1),
        "fetch-with-null-records",
    )
    yield refused("fetch-of-no-topic", "an answer about nothing", fetch, i32(7) + i32(0) + i32(0), "earliest")
    yield refused(
        "fetch-of-two-topics",
        "an answer about more than was asked",
        fetch,
        i32(7) + i32(0) + i32(2) + good[12:] * 2,
        "fetch-with-null-records",
    )
    yield refused(
        "fetch-of-two-billion-topics",
        "a count that the response cannot hold",
        fetch,
        i32(7) + i32(0) + i32(2**31 - 1) + good[12:],
        "fetch-with-null-records",
    )
    yield refused(
        "fetch-of-minus-one-topics",
        "a count that is below zero",
        fetch,
        i32(7) + i32(0) + i32(-1),
        "fetch-with-null-records",
    )
    yield refused(
        "fetch-of-a-null-topic",
        "a topic without a name",
        fetch,
        i32(7) + i32(0) + array([string(None) + array([good[-26:]])]),
        "fetch-with-null-records",
    )
    yield refused(
        "fetch-of-a-long-topic",
        "a name longer than the response",
        fetch,
        i32(7) + i32(0) + i32(1) + i16(2**15 - 1) + good[14:],
        "fetch-with-null-records",
    )
    head = i32(0) + i16(0) + i64(9) + i64(9)
    yield refused(
        "fetch-of-records-longer-than-itself",
        "records of two billion bytes that are not there",
        fetch,
        i32(7) + i32(0) + one_partition("t", head + i32(0) + i32(2**31 - 1)),
        "fetch-with-null-records",
    )
    yield refused(
        "fetch-of-records-shorter-than-null",
        "records that have -2 bytes",
        fetch,
        i32(7) + i32(0) + one_partition("t", head + i32(0) + i32(-2)),
        "fetch-with-null-records",
    )
    yield refused(
        "fetch-of-aborted-without-end",
        "two billion aborted transactions",
        fetch,
        i32(7) + i32(0) + one_partition("t", head + i32(2**31 - 1) + sized(b"")),
        "fetch-with-aborted-transactions",
    )
    yield refused(
        "fetch-with-a-negative-end",
        "a high watermark below zero without an error",
        fetch,
        fetched(b"", end=-1),
        "fetch-with-null-records",
    )
    yield refused(
        "fetch-with-an-end-above-2-53",
        "a high watermark that loses bits in JavaScript",
        fetch,
        fetched(b"", end=2**53),
        "fetch-with-null-records",
    )
    yield refused("earliest-below-zero", "an earliest offset below zero", listing, earliest(-2), "earliest")
    yield refused("earliest-above-2-53", "an offset that loses bits", listing, earliest(2**53), "earliest")
    yield refused("earliest-cut", "a response that ends in its offset", listing, earliest()[:-3], "earliest")
    ask = asked("metadata")
    two = "metadata-of-two-brokers"
    yield refused("metadata-of-another-topic", "metadata of another topic", ask, metadata(topic="u"), two)
    yield refused("metadata-cut", "metadata that ends in a partition", ask, metadata()[:-6], two)
    yield refused("metadata-with-more-after", "metadata with a byte after it", ask, metadata() + b"\0", two)
    for port in (0, -1, 65536):
        yield refused(
            f"metadata-with-port-{port}".replace("--", "-minus-"),
            "a broker at a port that there is not",
            ask,
            metadata(brokers=[(2, "b-2.example.com", port)]),
            two,
        )
    yield refused("metadata-without-a-host", "a broker without a name", ask, metadata(brokers=[(2, "", 9096)]), two)
    yield refused(
        "metadata-of-two-billion-brokers",
        "a count of brokers that the response cannot hold",
        ask,
        i32(7) + i32(0) + i32(2**31 - 1),
        two,
    )
    yield refused(
        "metadata-with-a-host-that-is-no-text",
        "a host of bytes that are not UTF-8",
        ask,
        metadata().replace(b"b-2.example.com", b"b-2.example.c\xff\xfe"),
        two,
    )
    yield refused(
        "authenticate-cut",
        "a session lifetime of seven bytes",
        asked("sasl_authenticate"),
        i32(7) + i16(0) + string(None) + sized(b"v=") + i64(0)[:7],
        "authenticated-for-an-hour",
    )
    yield refused(
        "authenticate-with-null-data",
        "an answer of the mechanism that is null",
        asked("sasl_authenticate"),
        i32(7) + i16(0) + string(None) + sized(None) + i64(0),
        "authenticated-for-an-hour",
    )
    yield refused(
        "authenticated-for-less-than-nothing",
        "a session lifetime below zero",
        asked("sasl_authenticate"),
        i32(7) + i16(0) + string(None) + sized(b"v=") + i64(-1),
        "authenticated-for-an-hour",
    )
    yield refused(
        "handshake-with-a-null-mechanism",
        "a mechanism without a name",
        asked("sasl_handshake"),
        i32(7) + i16(0) + array([string(None)]),
        "handshake-of-no-mechanisms",
    )


# --- frames -----------------------------------------------------------------------------------------------------------


def _frames() -> Iterator[Case]:
    def frame(name: str, comment: str, stream: bytes, expect: dict[str, Any], neighbour: str | None = None) -> Case:
        given = {"operation": "frame", "limit": 1_048_576, "stream": b64(stream)}
        return Case(name, comment, given, expect, _SPEC, neighbour, "frames")

    whole = sized(b"\0\0\0\x07body")
    yield frame("frame", "a frame is what its length says", whole, {"outcome": "accepted", "data": b64(whole[4:])})
    yield frame("frame-cut", "bytes are still missing", whole[:-1], {"outcome": "incomplete"})
    yield frame(
        "frame-of-three-bytes", "a length that is not whole yet says nothing", whole[:3], {"outcome": "incomplete"}
    )
    yield frame("frame-empty", "there is no frame before a byte came", b"", {"outcome": "incomplete"})
    yield frame(
        "frame-of-the-longest", "the longest frame is waited for", i32(1_048_576) + b"\0", {"outcome": "incomplete"}
    )
    refused = [
        ("frame-longer-than-the-longest", "a length above the bound is refused before its bytes come", i32(1_048_577)),
        ("frame-of-two-gigabytes", "the largest length asks for no memory", i32(2**31 - 1) + b"\0" * 8),
        ("frame-of-minus-one", "a length that is below zero", i32(-1) + b"\0" * 8),
        ("frame-without-a-correlation-id", "a frame too short for a correlation id", i32(3) + b"\0" * 3),
        ("frame-of-another-protocol", "an answer in HTTP to whoever asks the wrong port", b"HTTP/1.1 400 Bad Request"),
        ("frame-of-tls", "a TLS alert, to whoever speaks without TLS", b"\x15\x03\x03\x00\x02\x02\x50"),
    ]
    for name, comment, stream in refused:
        yield frame(name, comment, stream, REFUSED, "frame")
