from __future__ import annotations

import pytest

from gatefleet.contract.digests import digest
from gatefleet.log.envelope import MAX_ENVELOPE
from gatefleet.log.opening import Refused
from gatefleet.log.parts import MAX_PART, Parts, Pending, Whole, cut
from gatefleet.log.transport import Record


def taken(parts: Parts, *records: Record) -> tuple[Parts, list[object]]:
    outcomes: list[object] = []
    for record in records:
        parts, outcome = parts.take(record)
        outcomes.append(outcome)
    return parts, outcomes


def records_of(envelope: bytes, first_offset: int = 0) -> list[Record]:
    return [Record(first_offset + index, part.value, part.headers) for index, part in enumerate(cut(envelope))]


@pytest.mark.parametrize(
    ("size", "count"),
    [(0, 1), (1, 1), (MAX_PART, 1), (MAX_PART + 1, 2), (2 * MAX_PART, 2), (2 * MAX_PART + 1, 3), (MAX_ENVELOPE, 22)],
)
def test_what_is_cut_is_put_together_again(size: int, count: int) -> None:
    envelope = (bytes(range(256)) * (size // 256 + 1))[:size]
    records = records_of(envelope)
    assert len(records) == count
    assert all(len(record.value) <= MAX_PART for record in records)
    parts, outcomes = taken(Parts(), *records)
    assert outcomes == [Pending()] * (count - 1) + [Whole(envelope, 0)]
    assert parts == Parts()


def test_an_envelope_that_needs_no_cutting_has_no_part_headers() -> None:
    (part,) = cut(b"envelope")
    assert part.headers == {}


def test_parts_tell_where_to_read_from_to_have_them_again() -> None:
    one, other = records_of(b"a" * 2 * MAX_PART, 10), records_of(b"b" * 2 * MAX_PART, 20)
    parts, _ = taken(Parts(), one[0], other[0])
    assert parts.first_offset == 10
    parts, _ = taken(parts, one[1])
    assert parts.first_offset == 20
    parts, _ = taken(parts, other[1])
    assert parts.first_offset is None


def test_taking_a_part_leaves_the_parts_before_as_they_were() -> None:
    begin, end = records_of(b"a" * 2 * MAX_PART)
    parts, _ = taken(Parts(), begin)
    for _ in range(2):
        _, outcomes = taken(parts, end)
        assert outcomes == [Whole(b"a" * 2 * MAX_PART, 0)]


def test_a_refused_part_says_what_is_wrong_with_it() -> None:
    headers = {"gatefleet-envelope": digest(b"x"), "gatefleet-part": "3/5"}
    _, (outcome,) = taken(Parts(), Record(0, b"x", headers))
    assert isinstance(outcome, Refused)
    assert "3/5" in outcome.what
    assert not outcome.concerns
