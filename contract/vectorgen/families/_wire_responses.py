"""Responses: what a real broker said, and made ones that it might say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._records import b64
from contract.vectorgen.families._wire_bytes import array, i8, i16, i32, i64, one_partition, sized, string
from contract.vectorgen.families._wire_reading import expectation
from contract.vectorgen.families._wire_recorded import recorded

_SPEC = {"kafka": "Responses"}
_ASKED = ("api", "correlation_id", "topic", "offset")
REFUSED = {"outcome": "refused"}


def cases() -> Iterator[Case]:
    """Recorded, then made."""
    yield from _recorded()
    yield from _made()


def asked(api: str, **more: Any) -> dict[str, Any]:
    """What was asked, as cases give it."""
    topic = {} if api.startswith("sasl") else {"topic": "t"}
    return {"api": api, "correlation_id": 7, **topic, **more}


def response(
    name: str, comment: str, given: Mapping[str, Any], data: bytes, neighbour: str | None = None, *, group: str = "made"
) -> Case:
    """A case of a response without its length; refused when it has a neighbour."""
    told = {"operation": "response", **given, "data": b64(data)}
    expect = REFUSED if neighbour else expectation(given["api"], data, dict(given))
    return Case(name, comment, told, expect, _SPEC, neighbour, group)


def _recorded() -> Iterator[Case]:
    for name, said in recorded().items():
        given = {key: value for key, value in said.given.items() if key in _ASKED}
        refused = "fetch-after-the-beginning" if name == "fetch-of-compressed-records" else None
        yield response(name, f"Apache Kafka 4.4 answers so: {name}", given, said.response, refused, group="recorded")


# --- made -------------------------------------------------------------------------------------------------------------


def metadata(
    *,
    error: int = 0,
    topic: str = "t",
    brokers: list[tuple[int, str, int]] | None = None,
    partitions: list[tuple[int, int, int]] | None = None,
) -> bytes:
    """A Metadata response; brokers are id, host, port, partitions error, index, leader."""
    known = [(1, "b-1.example.com", 9096), (2, "b-2.example.com", 9096)] if brokers is None else brokers
    told = [(0, 0, 2)] if partitions is None else partitions
    return b"".join(
        (
            i32(7) + i32(0),
            array(i32(one) + string(host) + i32(port) + string("az1") for one, host, port in known),
            string("cluster") + i32(1),
            array(
                [
                    i16(error)
                    + string(topic)
                    + i8(0)
                    + array(
                        i16(code) + i32(index) + i32(leader) + array([i32(1), i32(2)]) + array([i32(2)])
                        for code, index, leader in told
                    )
                ]
            ),
        )
    )


def fetched(
    batches: bytes | None, *, error: int = 0, end: int = 9, topic: str = "t", partition: int = 0, aborted: int = 0
) -> bytes:
    """A Fetch response."""
    told = i32(partition) + i16(error) + i64(end) + i64(end)
    told += (i32(-1) if aborted < 0 else array([i64(1) + i64(0)] * aborted)) + sized(batches)
    return i32(7) + i32(0) + one_partition(topic, told)


def earliest(offset: int = 3, *, error: int = 0) -> bytes:
    """A ListOffsets response."""
    return i32(7) + one_partition("t", i32(0) + i16(error) + i64(-1) + i64(offset))


def _made() -> Iterator[Case]:
    yield response("metadata-of-two-brokers", "the leader is the broker of its id", asked("metadata"), metadata())
    yield response(
        "metadata-without-a-leader",
        "an error of the partition counts when the topic has none",
        asked("metadata"),
        metadata(partitions=[(5, 0, -1)]),
    )
    yield response(
        "metadata-without-partition-0",
        "a topic without our partition is not there",
        asked("metadata"),
        metadata(partitions=[(0, 1, 1)]),
    )
    yield response(
        "metadata-with-partitions-in-any-order",
        "the partition is found by its number, not by its place",
        asked("metadata"),
        metadata(partitions=[(0, 1, 2), (0, 0, 1)]),
    )
    told = {"operation": "response", **asked("metadata"), "data": b64(metadata(partitions=[(0, 0, 3)]))}
    yield Case(
        "metadata-with-an-unknown-leader",
        "a leader that is no broker of the response is none",
        told,
        {"outcome": "accepted", "error": 0, "leader": None},
        _SPEC,
        group="made",
    )
    yield response(
        "fetch-by-another-leader",
        "the broker does not lead the partition",
        asked("fetch", offset=3),
        fetched(b"", error=6, end=-1),
    )
    yield response(
        "fetch-with-null-records", "no records may be null", asked("fetch", offset=3), fetched(None, aborted=-1)
    )
    yield response(
        "fetch-with-aborted-transactions",
        "a list of aborted transactions is passed over",
        asked("fetch", offset=3),
        fetched(b"", aborted=2),
    )
    yield response("earliest", "the log begins at offset 3", asked("list_offsets"), earliest())
    yield response("earliest-unknown", "an error has no offset", asked("list_offsets"), earliest(-1, error=6))
    yield response(
        "handshake-of-no-mechanisms",
        "a broker may name no mechanisms",
        asked("sasl_handshake"),
        i32(7) + i16(33) + array([]),
    )
    yield response(
        "authenticated-for-an-hour",
        "a session has a lifetime, and no message is null",
        asked("sasl_authenticate"),
        i32(7) + i16(0) + string(None) + sized(b"v=") + i64(3_600_000),
    )
