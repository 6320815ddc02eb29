"""Builders for the wire family: Kafka requests, responses and record batches as bytes (docs/reference/kafka.md).

Plain and apart from every build; the recorder sends what these make to a real broker.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any

# api: key, version.
APIS = {
    "produce": (0, 3),
    "fetch": (1, 4),
    "list_offsets": (2, 1),
    "metadata": (3, 4),
    "sasl_handshake": (17, 1),
    "sasl_authenticate": (36, 1),
}
CLIENT = "gatefleet"
MAX_BYTES = 4 * 1024 * 1024

Header = tuple[bytes, bytes | None]


def i8(number: int) -> bytes:
    """One byte."""
    return struct.pack(">b", number)


def i16(number: int) -> bytes:
    """Two bytes."""
    return struct.pack(">h", number)


def i32(number: int) -> bytes:
    """Four bytes."""
    return struct.pack(">i", number)


def i64(number: int) -> bytes:
    """Eight bytes."""
    return struct.pack(">q", number)


def string(text: str | None) -> bytes:
    """A string, or null."""
    return i16(-1) if text is None else i16(len(text.encode())) + text.encode()


def sized(data: bytes | None) -> bytes:
    """Bytes, or null."""
    return i32(-1) if data is None else i32(len(data)) + data


def array(elements: Iterable[bytes]) -> bytes:
    """An array."""
    listed = list(elements)
    return i32(len(listed)) + b"".join(listed)


def varint(number: int) -> bytes:
    """Zigzag, as protobuf's sint32 and sint64."""
    rest = (number << 1) ^ (number >> 63)
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*out, rest])


def request(api: str, correlation_id: int, given: Mapping[str, Any]) -> bytes:
    """A whole request, with its length."""
    key, version = APIS[api]
    framed = i16(key) + i16(version) + i32(correlation_id) + string(CLIENT) + _BODIES[api](given)
    return sized(framed)


def one_partition(topic: str, partition: bytes) -> bytes:
    """The array of one topic with the array of one partition."""
    return array([string(topic) + array([partition])])


def _produce(given: Mapping[str, Any]) -> bytes:
    return string(None) + i16(1) + i32(1000) + one_partition(given["topic"], i32(0) + sized(given["batch"]))


def _fetch(given: Mapping[str, Any]) -> bytes:
    bounds = i32(-1) + i32(0) + i32(1) + i32(MAX_BYTES) + i8(0)
    return bounds + one_partition(given["topic"], i32(0) + i64(given["offset"]) + i32(MAX_BYTES))


_BODIES = {
    "produce": _produce,
    "fetch": _fetch,
    "list_offsets": lambda given: i32(-1) + one_partition(given["topic"], i32(0) + i64(-2)),
    "metadata": lambda given: array([string(given["topic"])]) + i8(0),
    "sasl_handshake": lambda given: string(given["mechanism"]),
    "sasl_authenticate": lambda given: sized(given["data"]),
}


def record(
    value: bytes | None,
    headers: Iterable[Header] = (),
    *,
    key: bytes | None = None,
    offset: int = 0,
    timestamp: int = 0,
    count: int | None = None,
) -> bytes:
    """One record of a batch; offset and timestamp are deltas, `count` lies about the number of headers."""
    listed = list(headers)
    body = i8(0) + varint(timestamp) + varint(offset) + _var_sized(key) + _var_sized(value)
    body += varint(len(listed) if count is None else count)
    body += b"".join(_var_sized(name) + _var_sized(content) for name, content in listed)
    return varint(len(body)) + body


def batch(
    records: Iterable[bytes],
    *,
    base: int = 0,
    timestamp: int = 0,
    longest: int | None = None,
    attributes: int = 0,
    magic: int = 2,
    last: int | None = None,
    count: int | None = None,
    length: int | None = None,
    epoch: int = -1,
) -> bytes:
    """A record batch; `last`, `count` and `length` lie. `longest` is the max timestamp."""
    listed = list(records)
    last = len(listed) - 1 if last is None else last
    longest = timestamp if longest is None else longest
    covered = i16(attributes) + i32(last) + i64(timestamp) + i64(longest) + i64(-1) + i16(-1) + i32(-1)
    covered += i32(len(listed) if count is None else count) + b"".join(listed)
    rest = i32(epoch) + i8(magic) + struct.pack(">I", crc32c(covered)) + covered
    return i64(base) + i32(len(rest) if length is None else length) + rest


def crc32c(data: bytes) -> int:
    """CRC-32C (RFC 3720 appendix B.4), bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _var_sized(data: bytes | None) -> bytes:
    return varint(-1) if data is None else varint(len(data)) + data
