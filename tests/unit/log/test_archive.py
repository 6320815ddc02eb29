from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from multiprocessing.queues import Queue
from pathlib import Path

import pytest

from gatefleet.log.archive import EntryName, EntryType, FolderArchive
from gatefleet.log.envelope import MAX_ENVELOPE
from gatefleet.problems import GatefleetError


def revision(number: int, epoch: int = 1) -> EntryName:
    return EntryName(epoch, number, EntryType.REVISION)


def snapshot(number: int, epoch: int = 1) -> EntryName:
    return EntryName(epoch, number, EntryType.SNAPSHOT)


def test_an_archive_that_does_not_exist_yet_is_empty(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path / "archive")
    assert (archive.names(), archive.head(), archive.read(revision(1))) == ((), None, None)
    assert not (tmp_path / "archive").exists()


def test_an_entry_is_kept_under_its_name(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path / "new" / "archive")
    assert archive.put(revision(12), b"envelope")
    assert (tmp_path / "new" / "archive" / "1" / "12.revision").read_bytes() == b"envelope"
    assert archive.read(revision(12)) == b"envelope"


def test_who_comes_second_changes_nothing(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path)
    assert archive.put(revision(1), b"first")
    assert not archive.put(revision(1), b"second")
    assert archive.read(revision(1)) == b"first"
    assert [path.name for path in (tmp_path / "1").iterdir()] == ["1.revision"]


def test_names_are_ordered_by_number_and_a_revision_stands_before_its_snapshot(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path)
    names = [revision(1), revision(2), snapshot(2), revision(10), revision(3, epoch=2)]
    for name in reversed(names):
        archive.put(name, b"x")
    assert archive.names() == tuple(names)
    assert archive.head() == revision(3, epoch=2)


def test_a_snapshot_is_no_head(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path)
    archive.put(snapshot(9), b"x")
    assert archive.head() is None
    archive.put(revision(8), b"x")
    assert archive.head() == revision(8)


@pytest.mark.parametrize(
    "foreign",
    [
        "README.md",
        "1/1.revision.bak",
        "1/01.revision",
        "1/1.tick",
        "0/1.revision",
        "x/1.revision",
        "1/0.revision",
        "1/1",
    ],
)
def test_a_file_that_does_not_belong_there_is_reported(tmp_path: Path, foreign: str) -> None:
    archive = FolderArchive(tmp_path)
    archive.put(revision(1), b"x")
    (tmp_path / foreign).parent.mkdir(exist_ok=True)
    (tmp_path / foreign).write_bytes(b"x")
    with pytest.raises(GatefleetError) as caught:
        archive.head()
    (problem,) = caught.value.problems
    assert (problem.code, problem.place.path) == ("GF422", str(tmp_path / foreign))


def test_a_folder_in_place_of_an_entry_is_reported(tmp_path: Path) -> None:
    (tmp_path / "1" / "1.revision").mkdir(parents=True)
    archive = FolderArchive(tmp_path)
    for attempt in (archive.names, lambda: archive.read(revision(1))):
        with pytest.raises(GatefleetError) as caught:
            attempt()
        assert caught.value.problems[0].code in {"GF420", "GF422"}


def test_hidden_files_are_none_of_the_archive(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path)
    archive.put(revision(1), b"x")
    (tmp_path / ".git").mkdir()
    (tmp_path / "1" / ".2.revision.0011").write_bytes(b"unfinished")
    assert archive.names() == (revision(1),)


def test_a_place_that_is_no_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(b"")
    archive = FolderArchive(tmp_path / "archive")
    for attempt in (archive.names, lambda: archive.put(revision(1), b"x"), lambda: archive.read(revision(1))):
        with pytest.raises(GatefleetError) as caught:
            attempt()
        assert caught.value.problems[0].code == "GF420"


def test_no_more_is_read_of_an_entry_than_an_envelope_may_have(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "1.revision").write_bytes(b"x" * (MAX_ENVELOPE + 100))
    assert len(FolderArchive(tmp_path).read(revision(1)) or b"") == MAX_ENVELOPE + 1


def _race(folder: Path, who: bytes, count: int, barrier: object, won: Queue[tuple[bytes, int]]) -> None:
    archive = FolderArchive(folder)
    barrier.wait()  # type: ignore[attr-defined]
    for number in range(1, count + 1):
        if archive.put(revision(number), who * 20_000):
            won.put((who, number))
    won.put((who, 0))


def test_of_two_processes_exactly_one_is_first_with_each_number(tmp_path: Path) -> None:
    count = 200
    context = multiprocessing.get_context("spawn")
    won: Queue[tuple[bytes, int]] = context.Queue()
    barrier = context.Barrier(2)
    racers = [context.Process(target=_race, args=(tmp_path, who, count, barrier, won)) for who in (b"a", b"b")]
    for racer in racers:
        racer.start()
    winners, running = list[tuple[int, bytes]](), 2
    while running:
        who, number = won.get(timeout=60)
        if number:
            winners.append((number, who))
        else:
            running -= 1
    for racer in racers:
        racer.join()
    assert sorted(number for number, _ in winners) == list(range(1, count + 1))
    archive = FolderArchive(tmp_path)
    assert all(archive.read(revision(number)) == who * 20_000 for number, who in winners)
    assert not [path for path in (tmp_path / "1").iterdir() if path.name.startswith(".")]


def test_a_writer_killed_at_any_moment_leaves_only_whole_entries(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from gatefleet.log.archive import EntryName, EntryType, FolderArchive\n"
        "archive, number = FolderArchive(sys.argv[1]), int(sys.argv[2])\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    archive.put(EntryName(1, number, EntryType.REVISION), b'%d:' % number + b'x' * 2_000_000)\n"
        "    print(number, flush=True)\n"
        "    number += 1\n"
    )
    archive = FolderArchive(tmp_path / "archive")
    for _ in range(8):
        head = archive.head()
        first = head.revision + 1 if head else 1
        command = [sys.executable, "-c", script, archive.place, str(first)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        done = [int(line) for line in process.stdout.read().split()]
        process.wait()
        names = archive.names()
        assert [name.revision for name in names] == list(range(1, len(names) + 1))
        assert len(names) >= max(done, default=first + 1)
        assert all(archive.read(name) == b"%d:" % name.revision + b"x" * 2_000_000 for name in names)
