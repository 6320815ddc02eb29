"""Where a follower begins: floors beside the authorizer, and snapshots taken as base."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._chain_cases import case
from contract.vectorgen.families._records import (
    E2,
    E3,
    E4,
    ENTITIES_1,
    ENTITIES_2,
    ENTITIES_3,
    ENTITIES_4,
    FLOOR,
    R1,
    R2,
    R3,
    R4,
    SNAPSHOT,
    Json,
    as_base,
    as_floor,
    canonical,
    envelope,
    floor,
    record,
    snapshot,
    without,
)


def cases() -> Iterator[Case]:
    """Floors, then bases."""
    yield from _floors()
    yield from _bases()


def _sealed_floor(payload: Json, entities: dict[str, str], *signers: str, **other: Any) -> Json:
    return as_floor(envelope(floor(payload, entities, **other), *signers, payload_type=FLOOR))


def _sealed_base(payload: Json, entities: dict[str, str], *signers: str, **other: Any) -> Json:
    return as_base(envelope(snapshot(payload, entities, **other), *signers, payload_type=SNAPSHOT))


def _floors() -> Iterator[Case]:
    def refused(
        name: str, comment: str, made: Json, reason: str, clause: str = "What a follower does with a record"
    ) -> Case:
        return case("base", name, comment, clause, [made], reason, neighbour="floor-and-on")

    yield case(
        "base",
        "floor-and-on",
        "a follower goes on from its floor, and reads the log's past without moving",
        "check 13",
        [_sealed_floor(R2, ENTITIES_1), record(E2), record(E3), record(E4)],
        "accepted ignored accepted accepted",
        at=R4,
    )
    yield case(
        "base",
        "floor-of-a-lost-race",
        "a floor whose revision is not the log's continues nothing there",
        "check 13",
        [_sealed_floor(R2 | {"commit": "f" * 40}, ENTITIES_1), record(E2), record(E3)],
        "accepted ignored broken_chain",
        at=R2 | {"commit": "f" * 40},
        stale=(1, 3),
        neighbour="floor-and-on",
    )
    yield refused(
        "floor-with-another-view",
        "a floor whose view digest is not that of its entities holds others than were signed off",
        _sealed_floor(R2, ENTITIES_1, view="44" * 32),
        "malformed",
    )
    yield refused(
        "floor-with-a-newer-trust",
        "a floor that names a newer trust than the one beside it was put beside an old one",
        _sealed_floor(R2, ENTITIES_1, trust=2),
        "rollback",
    )
    yield refused(
        "floor-of-another-environment",
        "a floor of staging does not start a gateway of production",
        _sealed_floor(R2, ENTITIES_1, environment="staging"),
        "wrong_environment",
        "check 6",
    )
    yield refused(
        "floor-of-another-log",
        "a floor of another log does not start a gateway on this one",
        _sealed_floor(R2, ENTITIES_1, log="11111111-prod"),
        "unknown_log",
        "check 7",
    )
    yield refused(
        "floor-with-an-unknown-feature",
        "a floor requires features like a revision",
        _sealed_floor(R2, ENTITIES_1, requires=["holds"]),
        "unsupported",
        "check 8",
    )
    yield refused(
        "floor-by-a-root",
        "a root key signs no floors",
        _sealed_floor(R2, ENTITIES_1, "root-a"),
        "bad_signature",
        "check 4",
    )
    yield refused(
        "floor-without-a-gateway",
        "a floor says whose it is",
        as_floor(envelope(without(floor(R2, ENTITIES_1), "gateway"), payload_type=FLOOR)),
        "malformed",
        "check 9",
    )
    yield refused(
        "floor-of-a-name-without-a-team",
        "a floor names team and gateway",
        _sealed_floor(R2, ENTITIES_1, gateway="orders"),
        "malformed",
        "check 9",
    )
    yield refused(
        "unknown-member-of-a-floor",
        "a member that nobody knows is refused, whatever the type",
        _sealed_floor(R2, ENTITIES_1, note=""),
        "malformed",
        "check 9",
    )
    yield from _floor_offsets()
    yield refused("revision-as-floor", "a revision is no floor", as_floor(E2), "wrong_type", "check 3")
    yield refused(
        "snapshot-as-floor",
        "a snapshot is no floor, though it holds what a floor holds",
        as_floor(envelope(snapshot(R2, ENTITIES_2), payload_type=SNAPSHOT)),
        "wrong_type",
        "check 3",
    )
    yield refused("floor-of-no-bytes", "an empty file is no floor", as_floor(b""), "malformed", "check 2")


def _floor_offsets() -> Iterator[Case]:
    for offset in (0, 7, 2**53 - 1):
        yield case(
            "base",
            f"floor-with-offset-{offset}",
            "a floor may say where its revision began on the log; the hint changes no outcome",
            "Floor",
            [_sealed_floor(R2, ENTITIES_1, offset=offset), record(E2), record(E3)],
            "accepted ignored accepted",
            at=R3,
        )
    no_offsets = {
        "negative": -1,
        "a-fraction": 0.5,
        "text": "7",
        "null": None,
        "true": True,
        "a-list": [7],
    }
    for name, offset in no_offsets.items():
        yield _no_offset(name, as_floor(envelope(floor(R2, ENTITIES_1, offset=offset), payload_type=FLOOR)))
    for name, text in {
        "too-large": str(2**53),
        "an-exponent": "7e0",
        "minus-zero": "-0",
        "twice": '7,"offset":7',
    }.items():
        payload = canonical(floor(R2, ENTITIES_1, offset=7)).replace(b'"offset":7', b'"offset":' + text.encode())
        yield _no_offset(name, as_floor(envelope(payload, payload_type=FLOOR)))
    unknown = floor(R2, ENTITIES_1, offset=7, offsets=[7])
    yield _no_offset("another-member-beside", as_floor(envelope(unknown, payload_type=FLOOR)))


def _no_offset(name: str, made: Json) -> Case:
    return case(
        "base",
        f"floor-offset-{name}",
        "a floor's offset is an integer from 0, or it is not there",
        "Floor",
        [made],
        "malformed",
        neighbour="floor-with-offset-7",
    )


def _bases() -> Iterator[Case]:
    def refused(name: str, comment: str, made: Json, reason: str, clause: str = "base") -> Case:
        return case(
            "base",
            name,
            comment,
            clause,
            [made],
            reason,
            held=R2,
            at=R2,
            neighbour="base-above-the-floor",
        )

    base = "base"
    yield case(
        base,
        "base-above-the-floor",
        "a snapshot above the floor is a base, and the chain goes on from it",
        "base",
        [_sealed_base(R3, ENTITIES_3), record(E4)],
        "accepted accepted",
        held=R2,
        at=R4,
    )
    yield case(
        base,
        "base-at-the-floor",
        "a snapshot of the floor's own revision is a base",
        "base",
        [_sealed_base(R2, ENTITIES_2), record(E3)],
        "accepted accepted",
        held=R2,
        at=R3,
    )
    yield case(
        base,
        "base-without-a-floor",
        "a follower that holds nothing takes any snapshot of the first epoch as base",
        "base",
        [_sealed_base(R3, ENTITIES_3), record(E4)],
        "accepted accepted",
        at=R4,
    )
    yield case(
        base,
        "base-ends-a-refusal",
        "a base at the refused number holds the policy that was missing",
        "Stale by refusal",
        [record(E4), _sealed_base(R4, ENTITIES_4)],
        "broken_chain accepted",
        held=R2,
        at=R4,
        neighbour="base-above-the-floor",
    )
    yield case(
        base,
        "base-below-a-refusal",
        "a base below the refused number leaves the follower behind",
        "Stale by refusal",
        [record(E4), _sealed_base(R3, ENTITIES_3)],
        "broken_chain accepted",
        held=R2,
        at=R3,
        stale=(1, 4),
        neighbour="base-above-the-floor",
    )
    yield refused(
        "base-older-than-the-floor",
        "a snapshot older than the floor brings back what was revoked since",
        _sealed_base(R1, ENTITIES_1),
        "rollback",
    )
    yield refused(
        "base-of-another-revision-of-the-floor",
        "a snapshot of another revision with the floor's number is of a fork",
        _sealed_base(R2 | {"commit": "f" * 40}, ENTITIES_2),
        "broken_chain",
    )
    yield refused(
        "base-of-a-higher-epoch",
        "a snapshot does not raise the epoch, not even as base",
        _sealed_base(R3, ENTITIES_3, epoch=2),
        "broken_chain",
    )
    yield refused(
        "revision-as-base",
        "a revision holds only its changes, so it is no base",
        as_base(E3),
        "wrong_type",
    )
    yield refused(
        "base-by-a-stranger",
        "a snapshot that a stranger signed is no base",
        _sealed_base(R3, ENTITIES_3, "stranger"),
        "bad_signature",
        "check 4",
    )
    yield refused(
        "base-of-another-environment",
        "a snapshot of staging is no base for production",
        _sealed_base(R3, ENTITIES_3, environment="staging"),
        "wrong_environment",
        "check 6",
    )
