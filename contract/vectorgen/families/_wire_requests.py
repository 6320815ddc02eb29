"""Requests, byte for byte: those that a real broker took, and record batches with their CRC-32C."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._records import b64
from contract.vectorgen.families._wire_bytes import batch, record, request
from contract.vectorgen.families._wire_recorded import recorded

_SPEC = {"kafka": "Requests"}
_TIME = 1_793_000_000_000


def cases() -> Iterator[Case]:
    """One of each api as it was recorded, then what has edges."""
    for name, comment in _TAKEN.items():
        said = recorded()[name]
        given = {**said.given, **_arguments(said.given["api"])}
        if said.given["api"] == "sasl_authenticate":
            given["data"] = _data_of(said.request)
        yield _case(f"request-{name}", comment, given, said.request)
    for name, comment, given in _MADE:
        arguments = given | ({"data": base64.b64decode(given["data"])} if "data" in given else {})
        if given["api"] == "produce":
            arguments["batch"] = _batch(given)
        yield _case(name, comment, given, request(given["api"], given["correlation_id"], arguments))


def _case(name: str, comment: str, given: dict[str, Any], data: bytes) -> Case:
    return Case(name, comment, {"operation": "request", **given}, {"bytes": b64(data)}, _SPEC, group="requests")


_TAKEN = {
    "metadata-of-a-topic": "Metadata v4 asks about one topic and creates none",
    "fetch-from-within-a-batch": "Fetch v4 asks for one partition from an offset on, without waiting",
    "earliest-of-a-whole-log": "ListOffsets v1 asks for the earliest offset",
    "produce": "Produce v3 sends one record batch of one record and wants the leader's acknowledgement",
    "scram-handshake": "SaslHandshake v1 names one mechanism",
    "scram-first": "SaslAuthenticate v1 carries the bytes of the mechanism",
}


def _arguments(api: str) -> dict[str, Any]:
    produced = {"timestamp": _TIME, "key": b64(b"key"), "value": b64(b"one")}
    return produced if api == "produce" else {}


def _data_of(authenticate: bytes) -> str:
    # length, key, version, correlation id, client id, length of the bytes
    return b64(authenticate[4 + 2 + 2 + 4 + 2 + len("gatefleet") + 4 :])


def _batch(given: dict[str, Any]) -> bytes:
    key = base64.b64decode(given["key"]) if "key" in given else None
    return batch([record(base64.b64decode(given["value"]), key=key)], timestamp=given["timestamp"])


_MADE: list[tuple[str, str, dict[str, Any]]] = [
    (
        "request-fetch-at-the-largest-offset",
        "an offset above 2^32 keeps its eight bytes",
        {"api": "fetch", "correlation_id": 2, "topic": "t", "offset": 2**53 - 1},
    ),
    (
        "request-with-the-largest-correlation-id",
        "a correlation id is a signed number of four bytes",
        {"api": "metadata", "correlation_id": 2**31 - 1, "topic": "a" * 249},
    ),
    (
        "request-authenticate-with-nothing",
        "no bytes are empty bytes and not null",
        {"api": "sasl_authenticate", "correlation_id": 3, "data": ""},
    ),
    (
        "request-produce-an-empty-record",
        "an empty value without a key is a record of its own",
        {"api": "produce", "correlation_id": 1, "topic": "t", "timestamp": 0, "value": ""},
    ),
    (
        "request-produce-a-long-record",
        "a value above 63 bytes has a length of two bytes, and the CRC-32C covers every byte",
        {
            "api": "produce",
            "correlation_id": 1,
            "topic": "gatefleet.staging.heartbeat.orders",
            "timestamp": 2**53 - 1,
            "key": b64(b"0123456789abcdef0123456789abcdef"),
            "value": b64(bytes(range(256)) * 2),
        },
    ),
]
