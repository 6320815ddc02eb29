"""An envelope as Kafka records, in parts and with CloudEvents headers (docs/reference/log.md, "On Kafka"), and back.

Headers are hints for tools and for finding one's place; they are read off the unverified envelope and decide nothing.
"""

from __future__ import annotations

import datetime
import gc
import operator
from typing import Any

from confluent_kafka import Message

from gatefleet.contract.digests import digest
from gatefleet.contract.shape import Members, natural, text
from gatefleet.log.envelope import parse_envelope
from gatefleet.log.parts import Part, cut
from gatefleet.log.payloads import parse_json
from gatefleet.log.transport import Record

POSITION_HEADER = "gatefleet-position"
# A record with more has none: they are hints, and must not fill anybody's memory.
MAX_HEADERS = 32


def kafka_records(envelope: bytes) -> tuple[Part, ...]:
    """The values and headers of the records that carry one envelope, in order. Raises `Malformed` for what is none."""
    hints = cloud_event(envelope)
    return tuple(Part(part.value, hints | part.headers) for part in cut(envelope))


def cloud_event(envelope: bytes) -> dict[str, str]:
    """CloudEvents 1.0 attributes in binary mode, and the position where the payload has one. Raises `Malformed`.

    They depend on the envelope alone: a log restored from its archive gets the same headers again.
    """
    opened = parse_envelope(envelope)
    payload = Members(parse_json(opened.payload), "payload")
    headers = {
        "content-type": opened.payload_type,
        "ce_specversion": "1.0",
        "ce_id": digest(envelope),
        "ce_source": f"gatefleet/{payload.take('environment', text)}/{payload.take('log', text)}",
        "ce_type": opened.payload_type.removeprefix("application/vnd.").removesuffix("+json"),
    }
    issued_at = _rfc3339(payload.take("issued_at", natural))
    if issued_at is not None:
        headers["ce_time"] = issued_at
    if payload.has("epoch") and payload.has("revision"):
        headers[POSITION_HEADER] = f"{payload.take('epoch', natural)}/{payload.take('revision', natural)}"
    return headers


def record_of(message: Message) -> Record:
    """A consumed record, whatever it holds: nothing is empty bytes; headers that are no text, or too many, are none."""
    return Record(offset_of(message), message.value() or b"", _headers(message))


def offset_of(message: Message) -> int:
    """Where a consumed record stands."""
    offset = message.offset()
    assert offset is not None
    return offset


def _headers(message: Message) -> dict[str, str]:
    # For a header name that is not UTF-8 confluent-kafka 2.16 sets an exception, yet returns pairs, one with a hole,
    # and whoever touches the hole ends the process. A call from C is checked for that every time; bytecode that Python
    # has specialised is not. A pair without a hole has two referents; `gc` counts them without touching.
    try:
        pairs: Any = _headers_of(message) or []
        whole = len(pairs) <= MAX_HEADERS and all(len(gc.get_referents(pair)) == 2 for pair in pairs)
    except (UnicodeDecodeError, SystemError):
        return {}
    return {name: (value or b"").decode(errors="replace") for name, value in pairs} if whole else {}


_headers_of = operator.methodcaller("headers")


def _rfc3339(seconds: int) -> str | None:
    """None beyond the calendar: what was signed with such a time must still come back from its archive."""
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return None
