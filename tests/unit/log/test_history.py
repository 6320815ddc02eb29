from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from tests.support.logs import ACTIVE, PUBLISHER, REVOKED, SECOND, TRUST, Chain, ListReader, a_signer

from gatefleet.contract.digests import state_digest, value_digests
from gatefleet.contract.reasons import RefusalReason
from gatefleet.log.file import FileReader, FileWriter
from gatefleet.log.history import History, read_history
from gatefleet.log.parts import MAX_PART, cut
from gatefleet.log.transport import Batch, LogUnavailableError, Record


def read(*values: bytes | Record, batch: int = 1000) -> History:
    return read_history(ListReader(values, batch), TRUST)


@cache
def a_large_client() -> str:
    """A value that takes more than one part."""
    denied = ",".join(f'"{number}":1' for number in range(100_000))
    return f'{{"denied_sub":{{{denied}}},"state":"active"}}'


def test_an_empty_log_holds_nothing() -> None:
    history = read()
    assert history == History()
    assert (history.position, history.commit, history.state) == (None, None, state_digest({}))


def test_a_log_is_read_to_its_head() -> None:
    chain = Chain()
    values = [
        chain.revision({"scope/a": ACTIVE, "scope/b": ACTIVE}),
        chain.revision({"scope/b": REVOKED, "scope/c": ACTIVE}),
        chain.revision({"scope/a": None}),
        chain.revision({}),
    ]
    history = read(*values)
    assert history.position == chain.position
    assert history.entities == {"scope/b": REVOKED, "scope/c": ACTIVE}
    assert history.state == state_digest(value_digests(history.entities))
    assert history.commit == f"{4:040x}"
    assert [(one.offset, one.position.revision, one.envelope) for one in history.revisions] == [
        (offset, offset + 1, value) for offset, value in enumerate(values)
    ]
    assert (history.refusals, history.faults, history.ignored, history.next_offset) == ((), (), 0, 4)


def test_a_revision_is_found_by_its_number() -> None:
    history = read(*Chain().revisions(3))
    assert [history.at((1, number)) for number in (1, 2, 3)] == list(history.revisions)
    assert [history.at(number) for number in ((1, 0), (1, 4), (2, 1), (0, 1))] == [None] * 4


def test_who_signed_is_kept_with_a_revision() -> None:
    chain = Chain(signers=(PUBLISHER, SECOND))
    assert read(chain.revision()).revisions[0].signers == {PUBLISHER.keyid, SECOND.keyid}


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_it_does_not_matter_in_how_many_reads_a_log_comes(batch: int) -> None:
    chain = Chain()
    values = [*chain.revisions(3), chain.snapshot(), b"garbage", *chain.revisions(2)]
    assert read(*values, batch=batch) == read(*values)


@pytest.mark.parametrize("first", range(9))
def test_going_on_from_an_earlier_reading_is_reading_it_all(first: int) -> None:
    chain = Chain()
    values: list[bytes | Record] = [*chain.revisions(2), chain.snapshot(), b"garbage"]
    big = chain.revision({"client/shop": a_large_client()})
    values += [Record(0, part.value, part.headers) for part in cut(big)]
    values += chain.revisions(1)
    assert len(cut(big)) >= 2
    earlier = read(*values[:first])
    assert read_history(ListReader(values), TRUST, since=earlier) == read(*values)


def test_an_earlier_reading_stays_as_it_was() -> None:
    chain = Chain()
    values = chain.revisions(3)
    earlier = read(*values[:2])
    read_history(ListReader(values), TRUST, since=earlier)
    assert earlier == read(*values[:2])


def test_a_log_that_was_truncated_meanwhile_is_read_from_its_beginning() -> None:
    values = Chain().revisions(4)
    earlier = read(*values)
    assert read_history(ListReader(values[:2]), TRUST, since=earlier) == read(*values[:2])


def test_a_log_that_was_recreated_meanwhile_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "log"
    old, new = Chain(), Chain()
    FileWriter(path).append(old.revisions(2))
    reader = FileReader(path)
    earlier = read_history(reader, TRUST)
    path.rename(tmp_path / "moved")
    FileWriter(path).append([new.revision({"scope/new": ACTIVE}), *new.revisions(3)])
    assert read_history(reader, TRUST, since=earlier).position == new.position


def test_what_does_not_count_is_kept_with_its_offset_and_reason() -> None:
    chain, stranger = Chain(), Chain(signers=(a_signer("stranger"),))
    first, second, third = chain.revisions(3)
    history = read(first, b"garbage", stranger.revision(), third, second, first)
    assert [(one.offset, one.refused.reason) for one in history.refusals] == [
        (1, RefusalReason.MALFORMED),
        (2, RefusalReason.BAD_SIGNATURE),
        (3, RefusalReason.BROKEN_CHAIN),
    ]
    assert [one.digest for one in history.refusals] == [None, None, chain.position.digest]
    assert history.position is not None
    assert (history.position.revision, history.refused_through, history.ignored) == (2, (1, 3), 1)


def test_an_unreadable_log_is_not_an_empty_one() -> None:
    class Dead:
        def read(self, offset: int, timeout: float) -> Batch:
            raise LogUnavailableError("no broker")

        def close(self) -> None:
            pass

    with pytest.raises(LogUnavailableError):
        read_history(Dead(), TRUST)


# --- what only a publisher can check ----------------------------------------------------------------------------------


def faults(*values: bytes) -> list[tuple[int, tuple[int, int], str]]:
    return [(one.offset, one.number, one.code) for one in read(*values).faults]


def test_a_wrong_state_is_a_fault_at_its_revision() -> None:
    chain = Chain()
    values = [chain.revision(), chain.revision(state="00" * 32), chain.revision()]
    assert faults(*values) == [(1, (1, 2), "GF431")]
    assert read(*values).position == chain.position


def test_a_removal_of_what_was_never_there_is_a_fault() -> None:
    chain = Chain()
    assert faults(chain.revision({"scope/a": ACTIVE}), chain.revision({"scope/b": None})) == [(1, (1, 2), "GF432")]


def test_a_snapshot_as_its_publisher_writes_it_is_no_fault() -> None:
    chain = Chain()
    values = [*chain.revisions(2), chain.snapshot(), *chain.revisions(1)]
    history = read(*values)
    assert (history.faults, history.refusals) == ((), ())
    assert [(one.offset, one.position, one.envelope) for one in history.snapshots] == [
        (2, history.revisions[1].position, values[2])
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"state": "00" * 32},
        {"commit": "00" * 20},
        {"entities": {}},
        {"entities": {"scope/s1": ACTIVE, "scope/s2": REVOKED}},
    ],
)
def test_a_snapshot_that_restates_something_else_is_a_fault(other: dict[str, object]) -> None:
    chain = Chain()
    assert faults(*chain.revisions(2), chain.snapshot(**other)) == [(2, (1, 2), "GF433")]


def test_a_snapshot_that_comes_late_is_checked_too_since_others_may_begin_with_it() -> None:
    chain = Chain()
    values = chain.revisions(2)
    wrong, right = chain.snapshot(entities={}), chain.snapshot()
    values += chain.revisions(1)
    assert faults(*values, right, wrong) == [(4, (1, 2), "GF433")]
    assert read(*values, right).ignored == 1


def test_a_large_revision_comes_in_parts() -> None:
    chain = Chain()
    value = chain.revision({"client/shop": a_large_client()})
    records = [Record(0, part.value, part.headers) for part in cut(value)]
    assert len(records) == len(value) // MAX_PART + 1 > 1
    history = read(*records, *chain.revisions(1))
    assert history.position == chain.position
    assert history.revisions[0].offset == len(records) - 1
    assert history.revisions[0].envelope == value


def test_a_revision_began_at_its_first_record_and_one_that_is_not_on_the_chain_nowhere() -> None:
    chain = Chain()
    first = chain.revision({"scope/a": ACTIVE})
    small = chain.position
    large = chain.revision({"client/shop": a_large_client()})
    history = read(first, *(Record(0, part.value, part.headers) for part in cut(large)))
    assert small is not None
    assert chain.position is not None
    assert [history.offset_of(position) for position in (small, chain.position)] == [0, 1]
    assert history.offset_of(replace(small, digest="0" * 64)) is None
    assert history.offset_of(replace(small, revision=3)) is None
