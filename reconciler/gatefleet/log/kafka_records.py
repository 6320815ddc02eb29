"""An envelope as Kafka records: its parts, and the CloudEvents headers (docs/reference/log.md, "On Kafka").

Headers are hints for tools and for finding one's place; they are read off the unverified envelope and decide nothing.
"""

from __future__ import annotations

import datetime

from gatefleet.contract.digests import digest
from gatefleet.contract.shape import Malformed, Members, natural, text
from gatefleet.log.envelope import parse_envelope
from gatefleet.log.parts import Part, cut
from gatefleet.log.payloads import parse_json

POSITION_HEADER = "gatefleet-position"


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
        "ce_time": payload.take("issued_at", _rfc3339),
    }
    if payload.has("epoch") and payload.has("revision"):
        headers[POSITION_HEADER] = f"{payload.take('epoch', natural)}/{payload.take('revision', natural)}"
    return headers


def _rfc3339(value: object, where: str) -> str:
    try:
        return datetime.datetime.fromtimestamp(natural(value, where), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError):
        raise Malformed(f"{where}: not a time") from None
