"""Reads Kafka responses as docs/reference/kafka.md says, plainly: what recorded bytes hold, for the expectations.

For bytes of a well-behaved broker only; what is refused, cases say by hand.
"""

from __future__ import annotations

import base64
import struct
from typing import Any

Json = dict[str, Any]


MAX_HEADERS = 32


class CompressedError(Exception):
    """A batch is compressed; no authorizer reads it."""


class Bytes:
    """Bytes, read from the front."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes are still to be read."""
        return len(self._data) - self._at

    def take(self, length: int) -> bytes:
        """The next bytes."""
        assert 0 <= length <= self.left
        self._at += length
        return self._data[self._at - length : self._at]

    def integer(self, form: str) -> int:
        """One big-endian integer, in `struct`'s letters."""
        return int(struct.unpack(f">{form}", self.take(struct.calcsize(f">{form}")))[0])

    def string(self) -> str | None:
        """A string, or null."""
        length = self.integer("h")
        return None if length < 0 else self.take(length).decode()

    def sized(self) -> bytes | None:
        """Bytes, or null."""
        length = self.integer("i")
        return None if length < 0 else self.take(length)

    def count(self) -> range:
        """As many as an array has elements."""
        return range(self.integer("i"))

    def varint(self) -> int:
        """A zigzag varint."""
        number = shift = 0
        while True:
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (number >> 1) ^ -(number & 1)
            shift += 7

    def var_sized(self) -> bytes | None:
        """Bytes after a varint, or null."""
        length = self.varint()
        return None if length < 0 else self.take(length)


def expectation(api: str, frame: bytes, given: Json) -> Json:
    """What a response, without its length, says. `given` is that of the vector."""
    body = Bytes(frame)
    assert body.integer("i") == given["correlation_id"]
    try:
        said = _READ[api](body, given)
    except CompressedError:
        return {"outcome": "refused"}
    assert not body.left
    return {"outcome": "accepted", **said}


def records_in(data: bytes, offset: int) -> tuple[list[Json], int]:
    """The records from `offset` on, and the next offset."""
    batches, found, following = Bytes(data), [], offset
    while batches.left >= 12:
        base, length = batches.integer("q"), batches.integer("i")
        if length > batches.left:
            break
        one = Bytes(batches.take(length))
        one.take(4 + 1 + 4)
        attributes, last, first_time, longest = (one.integer(form) for form in "hiqq")
        one.take(8 + 2 + 4)
        count = one.count()
        following = base + last + 1
        if attributes & 7:
            raise CompressedError
        if attributes & 0x20:
            continue
        records = [_record(one, base, first_time, longest if attributes & 8 else None) for _ in count]
        found += [one for one in records if one["offset"] >= offset]
    return found, following


def _record(batch: Bytes, base: int, first_time: int, append_time: int | None) -> Json:
    record = Bytes(batch.take(batch.varint()))
    record.take(1)
    time, offset = first_time + record.varint(), base + record.varint()
    record.var_sized()
    value = record.var_sized() or b""
    headers = [(record.var_sized() or b"", record.var_sized() or b"") for _ in range(record.varint())]
    assert not record.left
    try:
        named = {name.decode(): content.decode(errors="replace") for name, content in headers}
    except UnicodeDecodeError:
        named = {}
    if len(headers) > MAX_HEADERS:
        named = {}
    return {
        "offset": offset,
        "timestamp": str(time if append_time is None else append_time),
        "value": base64.b64encode(value).decode(),
        "headers": named,
    }


def _produce(body: Bytes, _: Json) -> Json:
    body.take(4), body.string(), body.take(4 + 4)
    error = body.integer("h")
    body.take(8 + 8 + 4)
    return {"error": error}


def _fetch(body: Bytes, given: Json) -> Json:
    body.take(4 + 4), body.string(), body.take(4 + 4)
    error, end = body.integer("h"), body.integer("q")
    body.take(8)
    body.take(16 * max(0, body.integer("i")))
    found, following = records_in(body.sized() or b"", given["offset"])
    if error:
        return {"error": error}
    return {"error": 0, "high_watermark": end, "next_offset": following, "records": found}


def _list_offsets(body: Bytes, _: Json) -> Json:
    body.take(4), body.string(), body.take(4 + 4)
    error, _time, offset = body.integer("h"), body.integer("q"), body.integer("q")
    return {"error": error} if error else {"error": 0, "offset": offset}


def _metadata(body: Bytes, _: Json) -> Json:
    body.take(4)
    brokers: dict[int, tuple[str | None, int]] = {}
    for _ in body.count():
        broker, host, port, _rack = body.integer("i"), body.string(), body.integer("i"), body.string()
        brokers[broker] = host, port
    body.string(), body.take(4 + 4)
    error, _name, _internal = body.integer("h"), body.string(), body.take(1)
    leaders = {}
    for _ in body.count():
        code, index, leader = body.integer("h"), body.integer("i"), body.integer("i")
        for _ in range(2):
            body.take(4 * body.integer("i"))
        leaders[index] = code, leader
    code, leader = leaders.get(0, (3, -1))
    if error or code:
        return {"error": error or code, "leader": None}
    host, port = brokers[leader]
    return {"error": 0, "leader": {"host": host, "port": port}}


def _sasl_handshake(body: Bytes, _: Json) -> Json:
    return {"error": body.integer("h"), "mechanisms": [body.string() for _ in body.count()]}


def _sasl_authenticate(body: Bytes, _: Json) -> Json:
    error, message, data, lifetime = body.integer("h"), body.string(), body.sized(), body.integer("q")
    return {
        "error": error,
        "message": message,
        "data": base64.b64encode(data or b"").decode(),
        "session_lifetime_ms": lifetime,
    }


_READ = {
    "produce": _produce,
    "fetch": _fetch,
    "list_offsets": _list_offsets,
    "metadata": _metadata,
    "sasl_handshake": _sasl_handshake,
    "sasl_authenticate": _sasl_authenticate,
}
