"""Parts: put together in order and by digest, bounded, and never more than hints about bytes."""

# ruff: noqa: PLR0917 - a case reads in its order: name, comment, clause, input, outcome
from __future__ import annotations

from collections.abc import Iterator

from contract.vectorgen.cases import Case
from contract.vectorgen.families._chain_cases import case
from contract.vectorgen.families._chain_envelope import MIB
from contract.vectorgen.families._records import E3, E4, R2, R3, R4, Json, envelope, generated, part, record, sha

KIB = 1024
_CLAUSE = "Parts"


def cases() -> Iterator[Case]:
    """In order, out of order, out of bounds."""
    yield from _in_order()
    yield from _out_of_order()
    yield from _headers()
    yield from _bounds()


def _parts(value: bytes, count: int, name: str | None = None) -> list[Json]:
    size = -(-len(value) // count)
    return [
        part(value[index * size : (index + 1) * size], name or sha(value), f"{index}/{count}") for index in range(count)
    ]


_A, _B, _C = _parts(E3, 3)
_X, _Y = _parts(E4, 2)


def _accepted(name: str, comment: str, records: list[Json], outcomes: str, at: Json = R3) -> Case:
    return case("parts", name, comment, _CLAUSE, records, outcomes, held=R2, at=at)


def _refused(name: str, comment: str, records: list[Json], outcomes: str, clause: str = _CLAUSE, at: Json = R2) -> Case:
    return case("parts", name, comment, clause, records, outcomes, held=R2, at=at, neighbour="three-parts")


def _in_order() -> Iterator[Case]:
    yield _accepted("three-parts", "an envelope is complete at its last part", [_A, _B, _C], "pending pending accepted")
    yield _accepted("one-part", "an envelope of one part is complete at once", _parts(E3, 1), "accepted")
    yield _accepted(
        "parts-interleaved",
        "parts of two publishers may interleave, and each envelope is complete at its own last part",
        [_A, _X, _B, _C, _Y],
        "pending pending pending accepted accepted",
        R4,
    )
    yield _accepted(
        "parts-interleaved-with-a-whole",
        "a whole envelope between parts of another is judged where it stands, before the other",
        [_X, record(E3), _Y],
        "pending accepted accepted",
        R4,
    )
    yield _accepted(
        "parts-begun-anew",
        "a publisher that was killed begins again with part 0",
        [_A, _B, _A, _B, _C],
        "pending pending pending pending accepted",
    )
    yield _accepted(
        "parts-twice",
        "an envelope that comes twice in parts is accepted once",
        [_A, _B, _C, _A, _B, _C],
        "pending pending accepted pending pending ignored",
    )
    lying = record(E3, {"ce_type": "gatefleet.tick.v1", "gatefleet-position": "9/9", "content-type": "text/plain"})
    yield _accepted("headers-that-lie", "headers are unsigned, so what they say decides nothing", [lying], "accepted")


def _out_of_order() -> Iterator[Case]:
    yield _refused(
        "first-part-lost", "parts whose first one was lost complete nothing", [_B, _C], "malformed malformed"
    )
    yield _refused("middle-part-lost", "a missing part is not left out", [_A, _C], "pending malformed")
    yield _refused("last-part-lost", "an envelope without its last part is not complete", [_A, _B], "pending pending")
    yield _refused(
        "parts-reordered",
        "parts in another order are not sorted into theirs",
        [_A, _C, _B],
        "pending malformed malformed",
    )
    yield _refused(
        "part-repeated",
        "a part that comes twice is not the next one",
        [_A, _A | {"headers": _B["headers"]}, _B, _C],
        "pending pending malformed malformed",
    )
    yield _refused(
        "parts-mixed",
        "a part of another envelope under this one's digest shows in the digest of the whole",
        [_A, _Y | {"headers": _B["headers"]}, _C],
        "pending pending malformed",
    )
    yield _refused(
        "parts-with-another-count",
        "parts of one envelope agree on their count",
        [_A, _B | {"headers": _B["headers"] | {"gatefleet-part": "1/4"}}, _C],
        "pending malformed malformed",
    )
    yield _refused(
        "parts-with-another-digest",
        "parts that make a valid envelope of another digest than announced are not it",
        _parts(E3, 3, sha(E4)),
        "pending pending malformed",
    )
    stranger = envelope(R3, "stranger")
    yield _refused(
        "parts-by-a-stranger",
        "an envelope in parts is verified like any other",
        _parts(stranger, 2),
        "pending bad_signature",
        "check 4",
    )
    yield case(
        "parts",
        "whole-after-lost-parts",
        "after lost parts the same envelope, appended again, is accepted",
        _CLAUSE,
        [_A, _C, _A, _B, _C],
        "pending malformed pending pending accepted",
        held=R2,
        at=R3,
        neighbour="three-parts",
    )


def _headers() -> Iterator[Case]:
    name = sha(E3)

    def headers(case_name: str, comment: str, envelope_digest: str | None, place: str | None) -> Case:
        given = {"gatefleet-envelope": envelope_digest, "gatefleet-part": place}
        said = {header: value for header, value in given.items() if value is not None}
        return _refused(case_name, comment, [record(E3, said)], "malformed")

    yield headers("part-without-a-digest", "a part says of which envelope it is", None, "0/1")
    yield headers("part-without-a-place", "a part says which one it is", name, None)
    yield headers("part-of-a-digest-in-capitals", "a digest is written in lower case", name.upper(), "0/1")
    yield headers("part-of-a-short-digest", "a digest has 64 hex digits", name[:-1], "0/1")
    yield headers("part-with-leading-zeros", "a place has one spelling, without leading zeros", name, "00/01")
    yield headers("part-beyond-its-count", "part 1 of one does not exist", name, "1/1")
    yield headers("part-of-zero", "an envelope has at least one part", name, "0/0")
    yield headers("part-of-65", "an envelope has at most 64 parts", name, "0/65")
    yield headers("part-negative", "places are counted from 0", name, "-1/1")
    yield headers("part-with-a-blank", "a place is two numbers and a slash", name, "0/1 ")
    yield headers("part-in-hex", "a place is written in decimal", name, "0x0/1")
    yield case(
        "parts",
        "place-beyond-its-count-drops-nothing",
        "a part that cannot exist does not disturb the parts of the envelope that it names",
        _CLAUSE,
        [_A, _B, part(b"x", name, "3/3"), _C],
        "pending pending malformed accepted",
        held=R2,
        at=R3,
        neighbour="three-parts",
    )
    yield case(
        "parts",
        "bad-headers-drop-nothing",
        "a record whose headers say nothing usable does not disturb the parts of others",
        _CLAUSE,
        [_A, _B, record(b"", {"gatefleet-envelope": name, "gatefleet-part": "2"}), _C],
        "pending pending malformed accepted",
        held=R2,
        at=R3,
        neighbour="three-parts",
    )


def _bounds() -> Iterator[Case]:
    def filler(name: str, place: str, size: int = 768 * KIB) -> Json:
        headers = {"gatefleet-envelope": name, "gatefleet-part": place}
        return generated((b"x" * KIB, size // KIB), headers=headers)

    empty = part(b"", sha(E3), "0/3")
    yield _refused(
        "part-of-no-bytes", "a part holds at least one byte", [empty, _B, _C], "malformed malformed malformed"
    )
    yield _refused(
        "part-above-768-kib",
        "a part holds at most 768 KiB",
        [filler("55" * 32, "0/2", 769 * KIB), filler("55" * 32, "1/2")],
        "malformed malformed",
    )
    yield _refused(
        "parts-above-16-mib",
        "an envelope that grows above 16 MiB is given up before its last part",
        [filler("55" * 32, f"{index}/23") for index in range(23)],
        " ".join(["pending"] * 21 + ["too_large", "malformed"]),
    )
    whole = sha(b"x" * 16 * MIB)
    yield _refused(
        "parts-of-exactly-16-mib",
        "an envelope of 16 MiB is complete at its last part, and judged as what it is",
        [*(filler(whole, f"{index}/22") for index in range(21)), filler(whole, "21/22", 256 * KIB)],
        " ".join(["pending"] * 21 + ["malformed"]),
    )
    yield case(
        "parts",
        "part-of-64",
        "an envelope may have 64 parts",
        _CLAUSE,
        [part(b"x", sha(E3), "0/64")],
        "pending",
        held=R2,
        at=R2,
    )
    begun = [filler(f"{index:064x}", "0/2", KIB) for index in range(1, 5)]
    yield _accepted(
        "four-incomplete-envelopes",
        "four envelopes may be incomplete at a time",
        [_A, *begun[:3], _B, _C],
        "pending pending pending pending pending accepted",
    )
    yield _refused(
        "five-incomplete-envelopes",
        "with a fifth incomplete envelope the oldest one is given up",
        [_A, *begun, _B, _C],
        "pending pending pending pending pending malformed malformed",
    )
    yield _refused(
        "oldest-though-it-grew-last",
        "the oldest envelope is the one begun first, however lately it grew",
        [_A, *begun[:3], _B, begun[3], _C],
        "pending pending pending pending pending pending malformed",
    )
    yield case(
        "parts",
        "oldest-by-its-beginning",
        "an envelope that is begun anew is the youngest, so another one is given up",
        _CLAUSE,
        [_A, *begun[:3], _A, begun[3], _B, _C, filler(f"{1:064x}", "1/2", KIB)],
        "pending pending pending pending pending pending pending accepted malformed",
        held=R2,
        at=R3,
        neighbour="four-incomplete-envelopes",
    )
    large = [[filler(f"{name:02x}" * 32, f"{index}/40") for index in range(20)] for name in (0xAA, 0xBB)]
    rest = [filler("cc" * 32, f"{index}/40") for index in range(3)]
    total = (len(large[0]) + len(large[1]) + 2) * 768 * KIB
    assert total <= 32 * MIB < total + 768 * KIB
    quarters = [
        filler(f"{name:064x}", f"{index}/13", 512 * KIB if index == 10 else 768 * KIB)
        for name in range(1, 5)
        for index in range(11)
    ]
    yield case(
        "parts",
        "incomplete-of-exactly-32-mib",
        "32 MiB of incomplete envelopes are held",
        _CLAUSE,
        [*quarters, filler(f"{1:064x}", "11/13", KIB)],
        " ".join(["pending"] * 45),
        held=R2,
        at=R2,
    )
    yield _refused(
        "incomplete-up-to-32-mib",
        "up to 32 MiB all incomplete envelopes are held, and above it the oldest one stays if it just grew",
        [
            *large[0],
            *large[1],
            *rest[:2],
            filler("aa" * 32, "20/40"),
            filler("aa" * 32, "21/40", KIB),
            filler("bb" * 32, "20/40"),
        ],
        " ".join(["pending"] * 44 + ["malformed"]),
    )
    yield case(
        "parts",
        "incomplete-above-32-mib",
        "when incomplete envelopes grow above 32 MiB the oldest one is given up, and others are completed",
        _CLAUSE,
        [*large[0], *large[1], *rest, filler("aa" * 32, "20/40"), _A, _B, _C],
        " ".join(["pending"] * 43 + ["malformed", "pending", "pending", "accepted"]),
        held=R2,
        at=R3,
        neighbour="four-incomplete-envelopes",
    )
