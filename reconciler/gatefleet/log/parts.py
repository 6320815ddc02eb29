"""Envelopes above the record limit, cut into parts and put together again (docs/reference/log.md, "Parts").

Headers are unsigned: they only say which bytes may belong together. The announced digest says whether they do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gatefleet.contract.digests import digest
from gatefleet.contract.reasons import RefusalReason
from gatefleet.contract.shape import HEX_DIGEST
from gatefleet.log.envelope import MAX_ENVELOPE
from gatefleet.log.opening import Refused
from gatefleet.log.transport import Record

ENVELOPE_HEADER = "gatefleet-envelope"
PART_HEADER = "gatefleet-part"

MAX_PART = 768 * 1024
MAX_PARTS = 64
MAX_INCOMPLETE = 4
MAX_INCOMPLETE_BYTES = 32 * 1024 * 1024

_PART = re.compile(r"(0|[1-9][0-9]?)/([1-9][0-9]?)")


@dataclass(frozen=True, slots=True)
class Part:
    """The value of one record to append, and the headers that say which part it is (none: it is a whole envelope)."""

    value: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole envelope: one record, or the last of its parts. `first_offset` is where it began."""

    envelope: bytes
    first_offset: int


@dataclass(frozen=True, slots=True)
class Pending:
    """A part that completes nothing yet."""


@dataclass(frozen=True, slots=True)
class _Incomplete:
    envelope: str
    count: int
    values: tuple[bytes, ...]
    size: int
    first_offset: int


@dataclass(frozen=True, slots=True)
class Parts:
    """The envelopes of which a reader holds some parts, oldest first: at most 4 of them, and 32 MiB."""

    held: tuple[_Incomplete, ...] = ()

    @property
    def first_offset(self) -> int | None:
        """Where to read from to have every incomplete envelope again; None when there is none."""
        return min((one.first_offset for one in self.held), default=None)

    def take(self, record: Record) -> tuple[Parts, Whole | Pending | Refused]:
        """Add the next record of the log: a whole envelope passes through, a part is held until its last one came."""
        place = _place(record.headers)
        if place is None:
            return self, Whole(record.value, record.offset)
        if isinstance(place, Refused):
            return self, place
        return self._add(record, *place)

    def _add(self, record: Record, envelope: str, index: int, count: int) -> tuple[Parts, Whole | Pending | Refused]:
        others = tuple(one for one in self.held if one.envelope != envelope)
        begun = next((one for one in self.held if one.envelope == envelope), None)
        if index == 0:
            begun = _Incomplete(envelope, count, (), 0, record.offset)
        if begun is None or index != len(begun.values) or count != begun.count:
            return Parts(others), _refused(f"part {index}/{count} does not follow what came of its envelope")
        if not 0 < len(record.value) <= MAX_PART:
            return Parts(others), _refused(f"part {index}/{count} of {len(record.value)} bytes")
        values, size = (*begun.values, record.value), begun.size + len(record.value)
        if size > MAX_ENVELOPE:
            return Parts(others), Refused(RefusalReason.TOO_LARGE, f"parts of more than {MAX_ENVELOPE} bytes")
        if index == count - 1:
            whole = b"".join(values)
            if digest(whole) != envelope:
                return Parts(others), _refused("parts whose digest is not the announced one")
            return Parts(others), Whole(whole, begun.first_offset)
        grown = _Incomplete(envelope, count, values, size, begun.first_offset)
        kept = (*others, grown) if index == 0 else tuple(grown if one is begun else one for one in self.held)
        return Parts(_bounded(kept, grown)), Pending()


def cut(envelope: bytes) -> tuple[Part, ...]:
    """The records that carry an envelope: one without part headers up to 768 KiB, else parts of at most that."""
    if len(envelope) <= MAX_PART:
        return (Part(envelope, {}),)
    name, count = digest(envelope), -(-len(envelope) // MAX_PART)
    return tuple(
        Part(
            envelope[index * MAX_PART : (index + 1) * MAX_PART],
            {ENVELOPE_HEADER: name, PART_HEADER: f"{index}/{count}"},
        )
        for index in range(count)
    )


def _place(headers: dict[str, str]) -> tuple[str, int, int] | Refused | None:
    envelope, part = headers.get(ENVELOPE_HEADER), headers.get(PART_HEADER)
    if envelope is None and part is None:
        return None
    form = _PART.fullmatch(part or "")
    if form is None or not HEX_DIGEST.fullmatch(envelope or ""):
        return _refused("part headers of another form")
    index, count = int(form[1]), int(form[2])
    if index >= count or count > MAX_PARTS:
        return _refused(f"part {index} of {count}")
    return envelope or "", index, count


def _bounded(held: tuple[_Incomplete, ...], newest: _Incomplete) -> tuple[_Incomplete, ...]:
    # The one just added to stays: alone it is within both bounds.
    kept = list(held)
    while len(kept) > MAX_INCOMPLETE or sum(one.size for one in kept) > MAX_INCOMPLETE_BYTES:
        kept.remove(next(one for one in kept if one is not newest))
    return tuple(kept)


def _refused(what: str) -> Refused:
    return Refused(RefusalReason.MALFORMED, what)
