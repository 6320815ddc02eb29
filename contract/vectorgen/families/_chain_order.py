"""Order: genesis, successors, gaps, forks, duplicates, epochs, blast limit, snapshots and ticks on the log."""

# ruff: noqa: PLR0917 - a case reads in its order: name, comment, clause, input, outcome
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._chain_cases import case
from contract.vectorgen.families._records import (
    CLIENT,
    E1,
    E2,
    E3,
    E4,
    ENTITIES_2,
    ENTITIES_3,
    R1,
    R2,
    R3,
    R4,
    SNAPSHOT,
    TICK,
    ZEROS,
    Json,
    canonical,
    envelope,
    put,
    remove,
    revision,
    sha,
    snapshot,
    tick,
)

_STALE = "Stale by refusal"


def _after(payload: Json, changes: list[Json], **other: Any) -> Json:
    return revision(payload["revision"] + 1, sha(canonical(payload)), changes, ENTITIES_3, **other)


R2_LOST = R2 | {"commit": "f" * 40}
R3_ON_LOST = R3 | {"parent": sha(canonical(R2_LOST))}
R3_EMPTY = _after(R2, [], widens=0, state=R2["state"])
EPOCH_2 = {"epoch": 2, "revision": 3, "digest": "ab" * 32}


def cases() -> Iterator[Case]:
    """In the order of the checks."""
    yield from _successors()
    yield from _epochs()
    yield from _blast_limit()
    yield from _snapshots()
    yield from _ticks()


def _successors() -> Iterator[Case]:
    yield case("order", "genesis", "a follower that holds nothing accepts genesis", "check 13", [E1], "accepted", at=R1)
    yield case(
        "order",
        "four-revisions",
        "an addition, a replacement and a removal follow genesis, each on its parent",
        "check 13",
        [E1, E2, E3, E4],
        "accepted accepted accepted accepted",
        at=R4,
    )
    yield case(
        "order",
        "empty-revision",
        "a later commit with the same state is a revision without changes",
        "Publishing, step 3",
        [envelope(R3_EMPTY)],
        "accepted",
        held=R2,
        at=R3_EMPTY,
    )
    absent = _after(R2, [remove("scope/never:there")])
    yield case(
        "order",
        "removal-of-an-absent-key",
        "the removal of a key that was never there is the publisher's error, and no follower's reason to refuse",
        "What a follower does with a record",
        [envelope(absent)],
        "accepted",
        held=R2,
        at=absent,
    )
    wrong_state = R3 | {"state": "12" * 32}
    yield case(
        "order",
        "wrong-state",
        "a follower that holds only its view cannot check the state, so none does",
        "What a follower does with a record",
        [envelope(wrong_state)],
        "accepted",
        held=R2,
        at=wrong_state,
    )
    nonzero = R1 | {"parent": "11" * 32}
    yield case(
        "order",
        "genesis-with-a-parent",
        "a first revision that names a parent continues some other chain",
        "check 13",
        [envelope(nonzero)],
        "broken_chain",
        stale=(1, 1),
        neighbour="genesis",
    )
    yield case(
        "order",
        "second-before-genesis",
        "a follower that holds nothing takes no revision in the middle for a beginning",
        "check 13",
        [E2],
        "broken_chain",
        stale=(1, 2),
        neighbour="genesis",
    )
    yield case(
        "order",
        "dropped-revision",
        "after a dropped revision nothing is applied, and the follower knows that it is behind",
        "check 13",
        [E1, E3, E4],
        "accepted broken_chain broken_chain",
        at=R1,
        stale=(1, 4),
        neighbour="four-revisions",
    )
    yield case(
        "order",
        "reordered-revisions",
        "two revisions in the wrong order are not applied in the order of their arrival",
        "check 13",
        [E1, E3, E2],
        "accepted broken_chain accepted",
        at=R2,
        stale=(1, 3),
        neighbour="four-revisions",
    )
    yield case(
        "order",
        "gap-filled-later",
        "the missing revision and its successor are accepted when they come, and the refusal no longer stands",
        _STALE,
        [E1, E3, E2, E3],
        "accepted broken_chain accepted accepted",
        at=R3,
        neighbour="four-revisions",
    )
    yield case(
        "order",
        "replaced-revision",
        "a revision put in place of another has the right number and breaks the chain at its successor",
        "check 13",
        [E1, envelope(R2_LOST), E3],
        "accepted accepted broken_chain",
        at=R2_LOST,
        stale=(1, 3),
        neighbour="four-revisions",
    )
    other_parent = R2 | {"parent": "22" * 32}
    yield case(
        "order",
        "next-number-on-another-parent",
        "the next number on another parent is a fork and no successor",
        "check 13",
        [envelope(other_parent)],
        "broken_chain",
        held=R1,
        at=R1,
        stale=(1, 2),
        neighbour="four-revisions",
    )
    yield case(
        "order",
        "later-number-on-the-held-parent",
        "a later number on the held parent is no successor: one in between is missing",
        "check 13",
        [envelope(R2 | {"revision": 3})],
        "broken_chain",
        held=R1,
        at=R1,
        stale=(1, 3),
        neighbour="four-revisions",
    )
    yield case(
        "order",
        "refusals-counting-down",
        "what was refused further ahead is still not enforced after a refusal of less",
        _STALE,
        [E4, E3],
        "broken_chain broken_chain",
        held=R1,
        at=R1,
        stale=(1, 4),
        neighbour="four-revisions",
    )
    zeros = R2 | {"parent": ZEROS}
    yield case(
        "order",
        "second-on-zeros",
        "64 zeros are the parent of genesis and of nothing else",
        "check 13",
        [envelope(zeros)],
        "broken_chain",
        held=R1,
        at=R1,
        stale=(1, 2),
        neighbour="four-revisions",
    )
    yield case(
        "order",
        "lost-race",
        "the second of two revisions with one number lost a race, which is no alarm",
        "check 12",
        [E1, E2, envelope(R2_LOST)],
        "accepted accepted ignored",
        at=R2,
    )
    yield case(
        "order",
        "built-on-a-lost-race",
        "a revision on top of one that lost its race continues a chain that nobody follows",
        "check 13",
        [E2, envelope(R2_LOST), envelope(R3_ON_LOST)],
        "accepted ignored broken_chain",
        held=R1,
        at=R2,
        stale=(1, 3),
        neighbour="lost-race",
    )
    yield case(
        "order",
        "winner-after-a-fork",
        "the right successor is accepted after a wrong one of its number",
        _STALE,
        [E2, envelope(R3_ON_LOST), E3],
        "accepted broken_chain accepted",
        held=R1,
        at=R3,
        neighbour="four-revisions",
    )
    yield case(
        "order",
        "duplicate",
        "the same envelope twice is applied once",
        "check 12",
        [E2, E2],
        "accepted ignored",
        held=R1,
        at=R2,
    )
    yield case(
        "order",
        "duplicate-signed-by-another",
        "the same payload under another signature is the same revision",
        "check 12",
        [E2, envelope(R2, "publish-b")],
        "accepted ignored",
        held=R1,
        at=R2,
    )
    yield case(
        "order",
        "replay-of-an-old-revision",
        "an old revision read again does not bring back what was revoked since",
        "check 12",
        [E2],
        "ignored",
        held=R3,
        at=R3,
        spec={"tuf": "5.3.5"},
    )
    yield case(
        "order",
        "replay-from-genesis",
        "a log read again from its beginning changes nothing until it passes the held position",
        "check 12",
        [E1, E2, E3, E4],
        "ignored ignored ignored accepted",
        held=R3,
        at=R4,
    )


def _epochs() -> Iterator[Case]:
    yield case(
        "order",
        "epoch-below",
        "what an ended epoch left on the log is ignored, whatever its number",
        "check 10",
        [E4],
        "ignored",
        held=EPOCH_2,
        at=EPOCH_2,
    )
    risen = R3 | {"epoch": 2}
    yield case(
        "order",
        "epoch-rises-without-recovery",
        "the next number in a higher epoch is no successor, since only a recovery raises the epoch",
        "check 11",
        [envelope(risen)],
        "broken_chain",
        held=R2,
        at=R2,
        stale=(2, 3),
        neighbour="four-revisions",
    )
    first = R1 | {"epoch": 2}
    yield case(
        "order",
        "genesis-of-a-second-epoch",
        "a genesis in a higher epoch does not start the log over",
        "check 11",
        [envelope(first)],
        "broken_chain",
        held=R2,
        at=R2,
        stale=(2, 1),
        neighbour="genesis",
    )
    yield case(
        "order",
        "first-record-of-a-second-epoch",
        "a follower that holds nothing stands in epoch 1",
        "check 11",
        [envelope(first)],
        "broken_chain",
        stale=(2, 1),
        neighbour="genesis",
    )
    within = revision(4, "ab" * 32, [put("scope/orders:write")], ENTITIES_2, epoch=2)
    yield case(
        "order",
        "successor-in-a-second-epoch",
        "a follower that stands in epoch 2 goes on in it",
        "check 13",
        [envelope(within)],
        "accepted",
        held=EPOCH_2,
        at=within,
    )


def _blast_limit() -> Iterator[Case]:
    def scopes(count: int) -> list[Json]:
        return [put(f"scope/orders:s{index}") for index in range(count)]

    at_limit, over = _after(R2, scopes(2)), _after(R2, scopes(3))
    yield case(
        "order",
        "at-the-blast-limit",
        "as many changed keys of a kind as the limit says need one signer",
        "check 14",
        [envelope(at_limit)],
        "accepted",
        held=R2,
        at=at_limit,
    )
    yield case(
        "order",
        "over-the-blast-limit",
        "one changed key of a kind above the limit waits for a second signer",
        "check 14",
        [envelope(over)],
        "over_blast_limit",
        held=R2,
        at=R2,
        stale=(1, 3),
        neighbour="over-the-blast-limit-by-two",
    )
    yield case(
        "order",
        "over-the-blast-limit-by-two",
        "two distinct signers may change any number of keys",
        "check 14",
        [envelope(over, "publish-a", "publish-b")],
        "accepted",
        held=R2,
        at=over,
    )
    yield case(
        "order",
        "over-the-blast-limit-by-one-twice",
        "one signer who signs twice is one signer",
        "check 14",
        [envelope(over, "publish-a", "publish-a")],
        "over_blast_limit",
        held=R2,
        at=R2,
        stale=(1, 3),
        neighbour="over-the-blast-limit-by-two",
    )
    yield case(
        "order",
        "over-the-blast-limit-with-a-root",
        "a root key beside one publisher is no second publisher",
        "check 14",
        [envelope(over, "publish-a", "root-a")],
        "over_blast_limit",
        held=R2,
        at=R2,
        stale=(1, 3),
        neighbour="over-the-blast-limit-by-two",
    )
    removals = _after(R2, [remove(f"scope/orders:s{index}") for index in range(3)])
    yield case(
        "order",
        "removals-over-the-blast-limit",
        "removed keys count like changed ones",
        "check 14",
        [envelope(removals)],
        "over_blast_limit",
        held=R2,
        at=R2,
        stale=(1, 3),
        neighbour="at-the-blast-limit",
    )
    kinds = _after(R2, [*[put(f"client/c{index}", CLIENT) for index in range(3)], *scopes(2)])
    yield case(
        "order",
        "blast-limit-by-kind",
        "keys are counted by kind, so five keys of two kinds are within limits of three and two",
        "check 14",
        [envelope(kinds)],
        "accepted",
        held=R2,
        at=kinds,
    )
    big = R1 | {"changes": [put(f"scope/orders:s{index}") for index in range(5)]}
    yield case(
        "order",
        "genesis-over-the-blast-limit",
        "genesis changes everything, and is exempt",
        "check 14",
        [envelope(big)],
        "accepted",
        at=big,
    )
    fork = over | {"parent": "33" * 32}
    yield case(
        "order",
        "fork-over-the-blast-limit",
        "a fork is reported as a fork before its keys are counted",
        "check 13 before check 14",
        [envelope(fork)],
        "broken_chain",
        held=R2,
        at=R2,
        stale=(1, 3),
        neighbour="at-the-blast-limit",
    )
    yield case(
        "order",
        "released-by-a-second-signer",
        "the same revision signed by two is accepted after it was refused under one",
        _STALE,
        [envelope(over), envelope(over, "publish-a", "publish-b")],
        "over_blast_limit accepted",
        held=R2,
        at=over,
        neighbour="over-the-blast-limit-by-two",
    )


def _snapshots() -> Iterator[Case]:
    here = snapshot(R2, ENTITIES_2)
    yield case(
        "order",
        "snapshot-of-the-held-revision",
        "a snapshot of the held revision is accepted and moves nothing",
        "check 16",
        [envelope(here, payload_type=SNAPSHOT)],
        "accepted",
        held=R2,
        at=R2,
    )
    yield case(
        "order",
        "snapshot-of-the-past",
        "a snapshot of an older revision is ignored by whoever is past it",
        "check 15",
        [envelope(here, payload_type=SNAPSHOT)],
        "ignored",
        held=R3,
        at=R3,
    )
    yield case(
        "order",
        "snapshot-of-an-unknown-revision",
        "a snapshot of a revision that was not on the log is none to jump to",
        "check 16",
        [envelope(snapshot(R3, ENTITIES_3), payload_type=SNAPSHOT)],
        "broken_chain",
        held=R2,
        at=R2,
        stale=(1, 3),
        neighbour="snapshot-of-the-held-revision",
    )
    yield case(
        "order",
        "snapshot-of-another-revision-of-the-number",
        "a snapshot that restates another revision of the held number tells of a fork",
        "check 16",
        [envelope(snapshot(R2_LOST, ENTITIES_2), payload_type=SNAPSHOT)],
        "broken_chain",
        held=R2,
        at=R2,
        stale=(1, 3),
        neighbour="snapshot-of-the-held-revision",
    )
    yield case(
        "order",
        "snapshot-before-anything",
        "a follower that holds nothing accepts no snapshot as if it were a revision",
        "check 16",
        [envelope(snapshot(R1, ENTITIES_2), payload_type=SNAPSHOT)],
        "broken_chain",
        stale=(1, 1),
        neighbour="snapshot-of-the-held-revision",
    )
    yield case(
        "order",
        "snapshot-of-a-higher-epoch",
        "a snapshot does not raise the epoch",
        "check 11",
        [envelope(here | {"epoch": 2}, payload_type=SNAPSHOT)],
        "broken_chain",
        held=R2,
        at=R2,
        stale=(2, 2),
        neighbour="snapshot-of-the-held-revision",
    )
    unsorted = here | {"entities": here["entities"][::-1]}
    yield case(
        "order",
        "snapshot-with-unsorted-entities",
        "entities that are not sorted by key have no one meaning when a key comes twice",
        "check 9",
        [envelope(unsorted, payload_type=SNAPSHOT)],
        "malformed",
        held=R1,
        at=R1,
        stale=(1, 2),
        neighbour="snapshot-of-the-held-revision",
    )
    odd = here | {"entities": [put("scope/orders:read", '{"state":"active"}')]}
    yield case(
        "order",
        "snapshot-with-a-value-of-no-shape",
        "a value in a snapshot has its kind's shape like one in a revision",
        "check 9",
        [envelope(odd, payload_type=SNAPSHOT)],
        "malformed",
        held=R1,
        at=R1,
        stale=(1, 2),
        neighbour="snapshot-of-the-held-revision",
    )
    removed = here | {"entities": [remove("scope/orders:read")]}
    yield case(
        "order",
        "snapshot-with-a-removal",
        "a snapshot holds what there is, so it removes nothing",
        "check 9",
        [envelope(removed, payload_type=SNAPSHOT)],
        "malformed",
        held=R1,
        at=R1,
        stale=(1, 2),
        neighbour="snapshot-of-the-held-revision",
    )


def _ticks() -> Iterator[Case]:
    def ticked(payload: Json, **other: Any) -> bytes:
        return envelope(tick(payload, **other), payload_type=TICK)

    def refused(name: str, comment: str, clause: str, value: bytes, reason: str, stale: tuple[int, int]) -> Case:
        return case(
            "order",
            name,
            comment,
            clause,
            [value],
            reason,
            held=R2,
            at=R2,
            stale=stale,
            neighbour="tick-at-the-held-revision",
        )

    yield case(
        "order",
        "tick-at-the-held-revision",
        "a tick that names the held revision as the head confirms it",
        "check 16",
        [ticked(R2)],
        "accepted",
        held=R2,
        at=R2,
    )
    here = snapshot(R2, ENTITIES_2, note="")
    for name, value in (
        ("unknown-member-of-a-snapshot", envelope(here, payload_type=SNAPSHOT)),
        ("unknown-member-of-a-tick", ticked(R2, note="")),
    ):
        yield case(
            "order",
            name,
            "a member that nobody knows is refused, whatever the type",
            "check 9",
            [value],
            "malformed",
            held=R2,
            at=R2,
            neighbour="tick-at-the-held-revision",
        )
    yield case(
        "order",
        "tick-of-the-past",
        "a tick from before the held revision is ignored",
        "check 15",
        [ticked(R1)],
        "ignored",
        held=R2,
        at=R2,
    )
    yield refused(
        "tick-ahead",
        "a tick that names a revision which was not on the log tells of one that is withheld",
        "check 16",
        ticked(R3),
        "broken_chain",
        (1, 3),
    )
    yield refused(
        "tick-two-ahead",
        "a tick tells how far ahead the withheld revisions go, and all of them are missing",
        "check 16",
        ticked(R4),
        "broken_chain",
        (1, 4),
    )
    yield refused(
        "tick-ahead-with-the-held-digest",
        "a tick that names the held digest under a higher number confirms nothing",
        "check 16",
        ticked(R2, revision=3),
        "broken_chain",
        (1, 3),
    )
    yield refused(
        "tick-of-another-chain",
        "a tick that names another revision of the held number tells of a fork",
        "check 16",
        ticked(R2_LOST),
        "broken_chain",
        (1, 3),
    )
    yield refused(
        "tick-of-a-higher-epoch",
        "a tick does not raise the epoch",
        "check 11",
        ticked(R2, epoch=2),
        "broken_chain",
        (2, 2),
    )
    yield refused(
        "tick-with-requires",
        "a tick has no `requires`, so one that has it is of another shape",
        "check 9",
        ticked(R3, requires=[]),
        "malformed",
        (1, 3),
    )
    yield case(
        "order",
        "tick-does-not-clear-a-refusal",
        "a tick, which anybody can replay, does not end the staleness that an unreadable revision began",
        _STALE,
        [envelope(b"[]"), ticked(R2)],
        "malformed accepted",
        held=R2,
        at=R2,
        stale=(1, 3),
        neighbour="tick-at-the-held-revision",
    )
    yield case(
        "order",
        "revision-clears-a-refusal",
        "the revision at the refused number ends the staleness that a refused tick began",
        _STALE,
        [ticked(R3), E3, ticked(R3)],
        "broken_chain accepted accepted",
        held=R2,
        at=R3,
        neighbour="tick-at-the-held-revision",
    )
