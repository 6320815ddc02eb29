"""One record put on a topic by Kafka's own protocol: what no client library would send.

Produce v7 (KIP-98 record batches), over a plaintext connection, in as little as it takes.
"""

from __future__ import annotations

import socket
import struct


def produce(address: str, topic: str, value: bytes, headers: list[tuple[bytes, bytes | None]]) -> int:
    """Append one record to partition 0 and return Kafka's error code (0: none). Header names may be any bytes."""
    batch = _batch(_record(value, headers))
    partition = struct.pack(">ii", 1, 0) + struct.pack(">i", len(batch)) + batch
    body = struct.pack(">hhi", -1, -1, 10_000) + struct.pack(">i", 1) + _string(topic.encode()) + partition
    request = struct.pack(">hhi", 0, 7, 1) + _string(b"raw") + body
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port))) as connection, connection.makefile("rb") as answer:
        connection.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", answer.read(4))
        told = answer.read(size)
    # correlation id, one topic, its name, one partition, its number, the error code
    at = 4 + 4 + 2 + len(topic.encode()) + 4 + 4
    (error,) = struct.unpack_from(">h", told, at)
    return int(error)


def _batch(record: bytes) -> bytes:
    now = 1_790_000_000_000
    covered = struct.pack(">hiqqqhii", 0, 0, now, now, -1, -1, -1, 1) + record
    head = struct.pack(">iBI", -1, 2, _crc32c(covered))
    return struct.pack(">qi", 0, len(head) + len(covered)) + head + covered


def _record(value: bytes, headers: list[tuple[bytes, bytes | None]]) -> bytes:
    body = b"\x00" + _varint(0) + _varint(0) + _varint(-1) + _varint(len(value)) + value + _varint(len(headers))
    for name, content in headers:
        body += _varint(len(name)) + name
        body += _varint(-1) if content is None else _varint(len(content)) + content
    return _varint(len(body)) + body


def _string(text: bytes) -> bytes:
    return struct.pack(">h", len(text)) + text


def _varint(number: int) -> bytes:
    rest = (number << 1) ^ (number >> 63)
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def _crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
