from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.logs import ACTIVE, TRUST, Chain, ListReader, a_signer

from gatefleet.log.archive import EntryName, EntryType, FolderArchive
from gatefleet.log.history import History, read_history
from gatefleet.log.restore import Missing, compare_with_archive
from gatefleet.problems import GatefleetError, Problem


def name(revision: int, kind: EntryType = EntryType.REVISION) -> EntryName:
    return EntryName(1, revision, kind)


def filled(folder: Path, *envelopes: bytes, first: int = 1) -> FolderArchive:
    archive = FolderArchive(folder)
    for number, envelope in enumerate(envelopes, first):
        archive.put(name(number), envelope)
    return archive


def history(*values: bytes) -> History:
    return read_history(ListReader(values), TRUST)


def refusal(archive: FolderArchive, log: History) -> Problem:
    with pytest.raises(GatefleetError) as caught:
        compare_with_archive(archive, log, TRUST)
    (problem,) = caught.value.problems
    return problem


def test_log_and_archive_with_the_same_envelopes_agree(tmp_path: Path) -> None:
    values = Chain().revisions(3)
    assert compare_with_archive(filled(tmp_path, *values), history(*values), TRUST) == Missing()


def test_what_the_log_lacks_is_given_byte_for_byte_and_in_order(tmp_path: Path) -> None:
    values = Chain().revisions(12)
    archive = filled(tmp_path, *values)
    for held in (0, 1, 9, 11):
        missing = compare_with_archive(archive, history(*values[:held]), TRUST)
        assert missing == Missing(on_log=tuple(values[held:]))


def test_what_the_archive_lacks_is_given_with_its_names(tmp_path: Path) -> None:
    chain = Chain()
    values = chain.revisions(2)
    snapshot = chain.snapshot()
    values += chain.revisions(1)
    log = history(*values[:2], snapshot, values[2])
    assert compare_with_archive(filled(tmp_path, values[0]), log, TRUST).in_archive == (
        (name(2), values[1]),
        (name(2, EntryType.SNAPSHOT), snapshot),
        (name(3), values[2]),
    )


def test_a_gap_in_the_archive_is_filled_from_the_log(tmp_path: Path) -> None:
    values = Chain().revisions(3)
    archive = filled(tmp_path, values[0])
    archive.put(name(3), values[2])
    missing = compare_with_archive(archive, history(*values[:2]), TRUST)
    assert missing == Missing((values[2],), ((name(2), values[1]),))


def test_a_snapshot_is_restored_after_its_revision(tmp_path: Path) -> None:
    chain = Chain()
    values = chain.revisions(2)
    snapshot = chain.snapshot()
    values += chain.revisions(1)
    archive = filled(tmp_path, *values)
    archive.put(name(2, EntryType.SNAPSHOT), snapshot)
    assert compare_with_archive(archive, history(values[0]), TRUST).on_log == (values[1], snapshot, values[2])
    assert compare_with_archive(archive, history(*values[:2]), TRUST).on_log == (snapshot, values[2])


def test_a_snapshot_of_the_head_is_appended_when_only_it_is_missing(tmp_path: Path) -> None:
    chain = Chain()
    values, snapshot = chain.revisions(2), chain.snapshot()
    archive = filled(tmp_path, *values)
    archive.put(name(2, EntryType.SNAPSHOT), snapshot)
    assert compare_with_archive(archive, history(*values), TRUST).on_log == (snapshot,)
    assert compare_with_archive(archive, history(*values, snapshot), TRUST) == Missing()


def test_a_snapshot_of_the_past_is_not_appended(tmp_path: Path) -> None:
    chain = Chain()
    values, snapshot = chain.revisions(2), chain.snapshot()
    values += chain.revisions(1)
    archive = filled(tmp_path, *values)
    archive.put(name(2, EntryType.SNAPSHOT), snapshot)
    assert compare_with_archive(archive, history(*values), TRUST).on_log == ()


def test_a_gap_that_neither_holds_is_refused(tmp_path: Path) -> None:
    values = Chain().revisions(4)
    archive = filled(tmp_path, *values)
    (tmp_path / "1" / "3.revision").unlink()
    problem = refusal(archive, history(*values[:2]))
    assert (problem.code, problem.place.path) == ("GF423", str(tmp_path))
    assert "1/3" in problem.what


def test_an_archive_without_its_beginning_restores_no_empty_log(tmp_path: Path) -> None:
    values = Chain().revisions(3)
    assert refusal(filled(tmp_path, *values[1:], first=2), history()).code == "GF423"


@pytest.mark.parametrize("differ_from", [1, 2, 3])
def test_two_histories_are_refused_at_the_first_revision_that_differs(tmp_path: Path, differ_from: int) -> None:
    ours = Chain()
    common = ours.revisions(differ_from - 1)
    theirs = ours.fork()
    log = history(*common, ours.revision({"scope/ours": ACTIVE}), *ours.revisions(3 - differ_from))
    archive = filled(tmp_path, *common, theirs.revision({"scope/theirs": ACTIVE}), *theirs.revisions(5 - differ_from))
    problem = refusal(archive, log)
    assert problem.code == "GF424"
    assert f"revision 1/{differ_from} " in problem.what
    assert f"offset {differ_from - 1}" in problem.what


def test_the_same_revision_under_another_signature_agrees(tmp_path: Path) -> None:
    chain = Chain()
    value = chain.revision()
    assert chain.last is not None
    resigned = Chain(signers=(a_signer("publisher"), a_signer("stranger"))).sealed(chain.last)
    assert resigned != value
    assert compare_with_archive(filled(tmp_path, resigned), history(value), TRUST) == Missing()


@pytest.mark.parametrize("content", [b"", b"garbage", b"x" * 17_000_000])
def test_a_corrupted_entry_is_reported_and_not_restored(tmp_path: Path, content: bytes) -> None:
    values = Chain().revisions(3)
    archive = filled(tmp_path, *values)
    (tmp_path / "1" / "2.revision").write_bytes(content)
    problem = refusal(archive, history(values[0]))
    assert (problem.code, problem.place.path) == ("GF421", f"{tmp_path}/1/2.revision")


def test_an_entry_that_a_stranger_signed_is_not_restored(tmp_path: Path) -> None:
    archive = filled(tmp_path, Chain(signers=(a_signer("stranger"),)).revision())
    problem = refusal(archive, history())
    assert problem.code == "GF421"
    assert "bad_signature" in problem.what


def test_an_entry_under_another_name_is_not_restored(tmp_path: Path) -> None:
    chain = Chain()
    values = chain.revisions(2)
    assert refusal(filled(tmp_path, values[1]), history()).code == "GF421"
    other = filled(tmp_path / "other", values[0])
    other.put(name(2), chain.snapshot())
    assert refusal(other, history(values[0])).code == "GF421"


def test_a_revision_under_the_name_of_a_snapshot_is_not_restored(tmp_path: Path) -> None:
    values = Chain().revisions(3)
    archive = filled(tmp_path, *values[:2])
    archive.put(name(2, EntryType.SNAPSHOT), values[2])
    assert refusal(archive, history(values[0])).code == "GF421"


def test_of_two_snapshots_of_a_revision_the_first_one_is_archived(tmp_path: Path) -> None:
    chain = Chain()
    value, first, second = chain.revision(), chain.snapshot(issued_at=1), chain.snapshot(issued_at=2)
    log = history(value, first, second)
    assert len(log.snapshots) == 2
    missing = compare_with_archive(filled(tmp_path, value), log, TRUST)
    assert missing.in_archive == ((name(1, EntryType.SNAPSHOT), first),)


def test_an_entry_that_does_not_continue_the_log_is_not_restored(tmp_path: Path) -> None:
    ours = Chain()
    first = ours.revision()
    theirs = Chain()
    theirs.revision({"scope/theirs": ACTIVE})
    archive = filled(tmp_path, theirs.revision(), first=2)
    problem = refusal(archive, history(first))
    assert (problem.code, problem.place.path) == ("GF421", f"{tmp_path}/1/2.revision")
