from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gatefleet.log.envelope import MAX_ENVELOPE
from gatefleet.log.file import BATCH_BYTES, FileReader, FileWriter
from gatefleet.log.transport import LogUnavailableError
from gatefleet.problems import GatefleetError


def values(path: Path) -> list[bytes]:
    """Everything on the log, as a reader that begins now sees it."""
    reader, offset, found = FileReader(path), 0, list[bytes]()
    while True:
        batch = reader.read(offset, 1)
        found += [record.value for record in batch.records]
        offset = batch.next_offset
        if batch.at_end:
            return found


def test_envelopes_are_read_in_the_order_in_which_they_were_appended(tmp_path: Path) -> None:
    path = tmp_path / "log"
    writer = FileWriter(path)
    writer.append([b"one", b"two"])
    writer.append([b"three"])
    assert path.read_bytes() == b"one\ntwo\nthree\n"
    batch = FileReader(path).read(0, 1)
    assert [(record.offset, record.value) for record in batch.records] == [(0, b"one"), (4, b"two"), (8, b"three")]
    assert (batch.next_offset, batch.at_end, batch.rewound) == (14, True, False)


def test_reading_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "log"
    FileWriter(path).append([b"one"])
    reader = FileReader(path)
    first = reader.read(0, 1)
    assert reader.read(first.next_offset, 1).records == ()
    FileWriter(path).append([b"two"])
    second = reader.read(first.next_offset, 1)
    assert [record.value for record in second.records] == [b"two"]
    assert not second.rewound


def test_a_log_that_does_not_exist_yet_is_empty(tmp_path: Path) -> None:
    batch = FileReader(tmp_path / "log").read(0, 1)
    assert (batch.records, batch.next_offset, batch.at_end, batch.rewound) == ((), 0, True, False)


def test_a_folder_that_does_not_exist_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailableError, match="missing"):
        FileReader(tmp_path / "missing" / "log").read(0, 1)
    with pytest.raises(LogUnavailableError):
        FileWriter(tmp_path / "missing" / "log").append([b"one"])
    with pytest.raises(LogUnavailableError):
        FileReader(tmp_path).read(0, 1)


def test_a_torn_line_is_invisible_to_readers(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntw")
    reader = FileReader(path)
    batch = reader.read(0, 1)
    assert [record.value for record in batch.records] == [b"one"]
    assert (batch.next_offset, batch.at_end) == (4, True)
    with path.open("ab") as file:
        file.write(b"o\n")
    assert [record.value for record in reader.read(4, 1).records] == [b"two"]


@pytest.mark.parametrize("torn", [b"torn", b"t" * 200_000])
@pytest.mark.parametrize("before", [b"", b"one\n"])
def test_the_next_writer_cuts_a_torn_line_off(tmp_path: Path, before: bytes, torn: bytes) -> None:
    path = tmp_path / "log"
    path.write_bytes(before + torn)
    FileWriter(path).append([b"two"])
    assert path.read_bytes() == before + b"two\n"


@pytest.mark.parametrize("envelope", [b"", b"a\nb", b"\n"])
def test_what_is_no_line_is_refused_before_anything_is_written(tmp_path: Path, envelope: bytes) -> None:
    with pytest.raises(GatefleetError) as caught:
        FileWriter(tmp_path / "log").append([b"one", envelope])
    assert caught.value.problems[0].code == "GF440"
    assert not (tmp_path / "log").exists()


def test_a_truncated_log_is_read_from_its_beginning_again(tmp_path: Path) -> None:
    path = tmp_path / "log"
    FileWriter(path).append([b"one", b"two"])
    reader = FileReader(path)
    end = reader.read(0, 1).next_offset
    path.write_bytes(b"one\n")
    batch = reader.read(end, 1)
    assert batch.rewound
    assert [record.value for record in batch.records] == [b"one"]


def test_a_log_replaced_by_one_of_the_same_length_is_read_from_its_beginning_again(tmp_path: Path) -> None:
    path = tmp_path / "log"
    FileWriter(path).append([b"one", b"two"])
    reader = FileReader(path)
    end = reader.read(0, 1).next_offset
    (tmp_path / "new").write_bytes(b"eno\nowt\n")
    (tmp_path / "new").rename(path)
    batch = reader.read(end, 1)
    assert batch.rewound
    assert [record.value for record in batch.records] == [b"eno", b"owt"]
    assert not reader.read(batch.next_offset, 1).rewound


def test_a_removed_log_is_an_empty_one_that_was_rewound(tmp_path: Path) -> None:
    path = tmp_path / "log"
    FileWriter(path).append([b"one"])
    reader = FileReader(path)
    end = reader.read(0, 1).next_offset
    path.unlink()
    batch = reader.read(end, 1)
    assert (batch.records, batch.next_offset, batch.rewound) == ((), 0, True)


def test_an_offset_within_a_line_is_not_on_the_log(tmp_path: Path) -> None:
    path = tmp_path / "log"
    FileWriter(path).append([b"one", b"two"])
    batch = FileReader(path).read(5, 1)
    assert batch.rewound
    assert [record.value for record in batch.records] == [b"one", b"two"]


@pytest.mark.parametrize("extra", [1, 2, 3, MAX_ENVELOPE, 2 * MAX_ENVELOPE])
def test_of_a_line_that_is_too_long_only_as_much_is_kept_as_shows_it(tmp_path: Path, extra: int) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n" + b"x" * (MAX_ENVELOPE + extra) + b"\ntwo\n")
    first, long, last = values(path)
    assert (first, last) == (b"one", b"two")
    assert len(long) == MAX_ENVELOPE + 1


def test_a_line_of_the_largest_envelope_is_kept_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * MAX_ENVELOPE + b"\n")
    (value,) = values(path)
    assert len(value) == MAX_ENVELOPE


def test_a_line_that_is_too_long_and_torn_is_not_there_yet(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n" + b"x" * (2 * MAX_ENVELOPE + 5))
    assert values(path) == [b"one"]


def test_a_long_log_is_read_in_batches(tmp_path: Path) -> None:
    path = tmp_path / "log"
    line = b"x" * (1024 * 1024 - 1)
    path.write_bytes((line + b"\n") * 40)
    batch = FileReader(path).read(0, 1)
    assert not batch.at_end
    assert sum(len(record.value) + 1 for record in batch.records) == BATCH_BYTES
    assert values(path) == [line] * 40


def test_a_writer_waits_for_the_lock_only_so_long(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.touch()
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(LogUnavailableError, match="lock"):
            FileWriter(path, lock_seconds=0.05).append([b"one"])
        assert path.read_bytes() == b""
    FileWriter(path, lock_seconds=0.05).append([b"one"])
    assert path.read_bytes() == b"one\n"


def test_a_full_disk_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "log"
    FileWriter(path).append([b"one"])
    # In a process of its own: the limit on the size of files is for all of a process.
    script = (
        "import resource, signal, sys\n"
        "from gatefleet.log.file import FileWriter\n"
        "from gatefleet.log.transport import LogUnavailableError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    FileWriter(sys.argv[1]).append([b'x' * 5000])\n"
        "except LogUnavailableError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    assert "File too large" in done.stdout
    assert path.read_bytes() == b"one\n"


def _append_many(path: Path, name: str, count: int) -> None:
    writer = FileWriter(path)
    for number in range(count):
        writer.append([f"{name}-{number}-".encode() + b"x" * 5000, f"{name}-{number}+".encode()])


def test_two_writers_take_turns(tmp_path: Path) -> None:
    path, count = tmp_path / "log", 100
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append_many, args=(path, name, count)) for name in ("a", "b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    lines = [line.rstrip(b"x") for line in values(path)]
    for name in (b"a", b"b"):
        mine = [line for line in lines if line.startswith(name)]
        assert mine == [b"%s-%d%s" % (name, number, end) for number in range(count) for end in (b"-", b"+")]
    # What was appended together stands together.
    assert all(lines[at + 1] == line[:-1] + b"+" for at, line in enumerate(lines) if line.endswith(b"-"))


def test_a_writer_killed_at_any_moment_leaves_only_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    script = (
        "import sys\n"
        "from gatefleet.log.file import FileWriter\n"
        "writer, number = FileWriter(sys.argv[1]), 0\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    writer.append([b'%d:' % number + b'x' * 300_000])\n"
        "    number += 1\n"
        "    print(number, flush=True)\n"
    )
    for _ in range(5):
        before = len(values(path))
        process = subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE)
        assert process.stdout is not None
        for _ in range(4):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        acknowledged = [int(line) for line in process.stdout.read().split()]
        process.wait()
        lines = values(path)[before:]
        assert [line[: line.index(b":")] for line in lines] == [b"%d" % number for number in range(len(lines))]
        assert all(line.endswith(b":" + b"x" * 300_000) for line in lines)
        assert len(lines) >= max(acknowledged, default=3)
    FileWriter(path).append([b"last"])
    assert values(path)[-1] == b"last"
    assert path.read_bytes().endswith(b"x\nlast\n")
