from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.publishing import NOW, Steps, Yard, a_trust, a_yard
from tests.support.states import a_scope

from gatefleet.contract.digests import Position, digest
from gatefleet.log.archive import EntryName, EntryType
from gatefleet.log.chain import NOTHING
from gatefleet.log.envelope import parse_envelope, seal
from gatefleet.log.payloads import Revision, Tick
from gatefleet.log.transport import LogUnavailableError
from gatefleet.problems import GatefleetError
from gatefleet.publish import Step

COUNT = 5


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    """Five revisions on log and archive, with snapshots of the second and the fourth."""
    yard = a_yard(tmp_path)
    for commit in yard.repository.commits([{"scope/s": a_scope(), f"scope/s{n}": a_scope()} for n in range(COUNT)]):
        yard.publish(commit, snapshot_every=2)
    assert len(yard.lines()) == COUNT + 2
    return yard


def name(revision: int) -> EntryName:
    return EntryName(1, revision, EntryType.REVISION)


def forget(yard: Yard, *entries: str) -> None:
    """Lose entries of the archive."""
    for entry in entries:
        (yard.archive_path / entry).unlink()


def a_revision(yard: Yard, held: Position, *, commit: str = "e" * 40, requires: tuple[str, ...] = ()) -> bytes:
    """A signed revision without changes that follows a position."""
    revision = Revision(
        environment=yard.trust.environment,
        log=yard.trust.log,
        epoch=held.epoch,
        revision=held.revision + 1,
        parent=held.digest,
        commit=commit,
        issued_at=NOW,
        requires=requires,
        changes=(),
        state=yard.history().state,
        widens=0,
        narrows=0,
    )
    return seal(Revision.payload_type, revision.to_bytes(), yard.signers)


def position(yard: Yard, revision: int) -> Position:
    accepted = yard.history().at((1, revision))
    assert accepted is not None
    return accepted.position


def refused(yard: Yard) -> str:
    """The one code with which recovery refuses, having written nothing."""
    before = yard.everything()
    with pytest.raises(GatefleetError) as caught:
        yard.recover()
    assert yard.everything() == before
    (problem,) = caught.value.problems
    return problem.code


# --- the log is behind ------------------------------------------------------------------------------------------------


def test_log_and_archive_that_agree_are_left_alone(yard: Yard):
    before = yard.everything()
    assert yard.recover() == yard.history()
    assert yard.everything() == before


def test_a_recreated_log_is_restored_from_the_archive_byte_for_byte(yard: Yard):
    before = yard.lines()
    yard.log_path.unlink()
    steps = Steps()
    history = yard.recover(watch=steps)
    assert yard.lines() == before
    assert history.position == position(yard, COUNT)
    assert steps.told[1] == f"{COUNT + 2} of {COUNT + 2} envelopes from the archive"


@pytest.mark.parametrize("kept", range(COUNT + 2))
def test_a_log_restored_from_an_older_copy_is_completed(yard: Yard, kept: int):
    before = yard.lines()
    yard.rewrite(before[:kept])
    yard.recover()
    assert yard.lines() == before


def test_a_torn_line_at_the_end_is_cut_off_and_its_envelope_appended_whole(yard: Yard):
    before = yard.lines()
    whole = yard.log_path.read_bytes()
    yard.log_path.write_bytes(whole[:-100])
    yard.recover()
    assert yard.lines() == before


@pytest.mark.parametrize("lost", range(1, COUNT + 2))
def test_a_log_that_lost_its_beginning_can_be_followed_from_genesis_again(yard: Yard, lost: int):
    before = yard.lines()
    yard.rewrite(before[lost:])
    history = yard.recover()
    chain = [yard.archive.read(name(number)) for number in range(1, COUNT + 1)]
    assert [one.envelope for one in history.revisions] == chain
    assert history.refused_through is None
    assert yard.history().position == history.position


def test_a_log_of_which_nothing_is_left_but_its_end_is_restored(yard: Yard):
    """Kafka after DeleteRecords up to the end: no record, and offsets that go on where they were."""
    before = yard.lines()
    yard.rewrite([])
    yard.recover()
    assert yard.lines() == before


def test_an_archived_revision_that_never_reached_the_log_is_appended_whole(yard: Yard):
    envelope = a_revision(yard, position(yard, COUNT))
    yard.archive.put(name(COUNT + 1), envelope)
    history = yard.recover()
    assert history.revisions[-1].envelope == yard.lines()[-1] == envelope


def test_a_snapshot_of_the_head_that_never_reached_the_log_is_appended(tmp_path: Path):
    yard = a_yard(tmp_path)
    yard.publish(yard.repository.commit({}), snapshot_every=1)
    before = yard.lines()
    yard.rewrite(before[:1])
    yard.recover()
    assert yard.lines() == before


def test_a_log_that_takes_nothing_is_given_up(yard: Yard):
    class Silent:
        def append(self, envelopes: list[bytes]) -> None:
            raise LogUnavailableError("no answer")

    yard.log_path.unlink()
    assert refused(replace(yard, writer=Silent())) == "GF520"


def test_a_long_log_is_restored_in_pieces_that_are_told(yard: Yard, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gatefleet.publish.agreement.APPEND_BYTES", 3000)
    before = yard.lines()
    yard.log_path.unlink()
    steps = Steps()
    yard.recover(watch=steps)
    assert yard.lines() == before
    assert steps.seen.count(Step.RESTORED) > 2


# --- the archive is behind --------------------------------------------------------------------------------------------


def test_a_fresh_archive_is_filled_from_the_log(yard: Yard):
    fresh = yard.another_archive()
    steps = Steps()
    fresh.recover(watch=steps)
    assert fresh.archived() == yard.archived()
    assert steps.seen.count(Step.BACKFILLED) == COUNT + 2


@pytest.mark.parametrize("entry", ["1/1.revision", "1/3.revision", f"1/{COUNT}.revision", "1/2.snapshot"])
def test_an_entry_that_the_archive_lost_is_copied_from_the_log(yard: Yard, entry: str):
    before = yard.archived()
    forget(yard, entry)
    yard.recover()
    assert yard.archived() == before


def test_what_log_and_archive_lost_of_each_other_is_mended_in_one_go(yard: Yard):
    before = yard.everything()
    forget(yard, "1/2.revision")
    yard.rewrite(before[0][:5])
    yard.recover()
    assert yard.everything() == before


@pytest.mark.parametrize("lost", range(1, COUNT))
def test_a_revision_that_both_lost_is_refused_with_its_number(yard: Yard, lost: int):
    forget(yard, f"1/{lost}.revision")
    yard.rewrite(yard.lines()[: lost + (lost - 1) // 2 - 1])
    with pytest.raises(GatefleetError, match=f"lacks revision 1/{lost},"):
        yard.recover()
    assert refused(yard) == "GF423"


# --- they differ ------------------------------------------------------------------------------------------------------


def forked(yard: Yard, at: int) -> Yard:
    """Another archive of the same log, with another revision `at` and what follows from there on."""
    fork = yard.another_archive("fork")
    held = NOTHING
    for number in range(1, COUNT + 1):
        envelope = yard.archive.read(name(number))
        assert envelope is not None
        if number >= at:
            envelope = a_revision(yard, held, commit="f" * 40)
        fork.archive.put(name(number), envelope)
        held = Position(1, number, digest(parse_envelope(envelope).payload))
    return fork


@pytest.mark.parametrize("at", [1, 3, 4])
def test_an_archive_of_another_line_is_refused_at_the_first_difference(yard: Yard, at: int):
    fork = forked(yard, at)
    with pytest.raises(GatefleetError, match=f"another revision 1/{at} ") as caught:
        fork.recover()
    assert caught.value.problems[0].code == "GF424"
    assert refused(fork) == "GF424"


def test_a_revision_that_lost_its_race_is_set_aside_when_it_is_the_last(yard: Yard):
    fork = forked(yard, COUNT)
    lost = fork.archive.read(name(COUNT))
    steps = Steps()
    fork.recover(watch=steps)
    assert fork.entries() == yard.entries()
    assert fork.archived()[f".set-aside/{fork.set_aside()[0]}"] == lost
    assert Step.SET_ASIDE in steps.seen


def test_a_revision_that_lost_its_race_long_ago_is_set_aside_too(yard: Yard):
    fork = forked(yard, COUNT)
    yard.publish(yard.repository.commit({}))
    fork.recover()
    assert fork.entries() == yard.entries()
    assert len(fork.set_aside()) == 1


def test_a_revision_with_a_snapshot_was_in_effect_and_is_never_set_aside(yard: Yard):
    fork = forked(yard, COUNT)
    snapshot = EntryName(1, COUNT, EntryType.SNAPSHOT)
    fork.archive.put(snapshot, b"whatever it says")
    assert refused(fork) == "GF424"


def test_an_archive_entry_that_does_not_verify_is_refused(yard: Yard):
    entry = yard.archive_path / f"1/{COUNT}.revision"
    entry.write_bytes(entry.read_bytes().replace(b"A", b"B", 1))
    assert refused(yard) == "GF421"


def test_another_log_s_archive_is_refused(yard: Yard, tmp_path: Path):
    other = a_yard(tmp_path / "other")
    other.publish(other.repository.commit({}))
    assert refused(replace(yard, archive=other.archive)) == "GF421"


# --- what must not be published over ----------------------------------------------------------------------------------


def test_a_log_that_others_sign_is_neither_begun_nor_restored_upon(yard: Yard, tmp_path: Path):
    other = a_yard(tmp_path / "other")
    other.publish(other.repository.commit({}))
    yard.rewrite(other.lines())
    assert refused(yard) == "GF525"
    assert refused(yard.another_archive()) == "GF525"


def test_another_environment_s_log_under_the_same_keys_is_not_written(yard: Yard):
    elsewhere = replace(yard, trust=a_trust(yard.root, *yard.signers, environment="production"))
    assert refused(elsewhere.another_archive()) == "GF525"


def test_what_strangers_wrote_to_a_log_of_ours_changes_nothing(yard: Yard, tmp_path: Path):
    other = a_yard(tmp_path / "other")
    other.publish(other.repository.commit({}))
    yard.append(b"{}", *other.lines())
    before = yard.everything()
    assert yard.recover().position == position(yard, COUNT)
    assert yard.everything() == before


@pytest.mark.parametrize("lost", [1, COUNT + 2])
def test_a_log_without_its_beginning_is_not_begun_anew_from_an_empty_archive(yard: Yard, lost: int):
    fresh = yard.another_archive()
    kept = yard.lines()[lost:]
    tick = Tick("staging", "5b0f7a52-staging", 1, COUNT, position(yard, COUNT).digest, NOW)
    yard.rewrite([*kept, seal(Tick.payload_type, tick.to_bytes(), yard.signers)])
    assert refused(fresh) == "GF526"


def test_signed_policy_that_nothing_leads_to_is_not_published_over(yard: Yard):
    yard.append(a_revision(yard, Position(1, COUNT + 1, "1" * 64)))
    assert refused(yard) == "GF523"


def test_a_tick_that_saw_a_revision_which_is_gone_keeps_others_from_taking_its_number(yard: Yard):
    """An unclean election lost the newest revision, and the archive here is not the one that has it."""
    tick = Tick("staging", "5b0f7a52-staging", 1, COUNT + 1, "1" * 64, NOW)
    yard.append(seal(Tick.payload_type, tick.to_bytes(), yard.signers))
    assert refused(yard) == "GF523"


def test_a_revision_of_a_newer_gatefleet_is_not_published_over(yard: Yard):
    newer = a_revision(yard, position(yard, COUNT), requires=("holds",))
    yard.append(newer)
    assert refused(yard) == "GF524"
    yard.archive.put(name(COUNT + 1), newer)
    assert refused(yard) == "GF524"


def test_a_revision_that_everybody_refuses_for_its_size_is_published_over(tmp_path: Path):
    yard = a_yard(tmp_path, scope=1)
    yard.publish(yard.repository.commit({}))
    loose = replace(yard, trust=a_trust(yard.root, *yard.signers)).another_archive()
    loose.publish(yard.repository.commit({"scope/a": a_scope(), "scope/b": a_scope()}))
    assert yard.history().refusals[0].refused.reason == "over_blast_limit"
    commit = yard.repository.commit({"scope/a": a_scope()})
    yard.publish(commit)
    history = yard.history()
    assert (history.commit, history.refused_through) == (commit, None)
