"""A log in a file: one envelope a line. The embedded default, and the form of restricted networks.

A line without its line feed is not there yet, so a torn append is invisible to readers and cut off by the next writer.
Offsets are bytes from the start of the file.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from gatefleet.log.envelope import MAX_ENVELOPE
from gatefleet.log.transport import Batch, LogUnavailableError, Record
from gatefleet.problems import failure

BATCH_BYTES = 16 * 1024 * 1024
LOCK_SECONDS = 10.0


class FileReader:
    """A `LogReader` of a file. A file that does not exist yet is an empty log; a missing folder is no log."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._identity: tuple[int, int] | None = None

    def read(self, offset: int, timeout: float) -> Batch:
        """Read about 16 MiB from `offset`, at once. Rewinds when the file was replaced or has no line there."""
        try:
            with self._path.open("rb") as file:
                status = os.fstat(file.fileno())
                identity = (status.st_dev, status.st_ino)
                replaced = self._identity not in (None, identity)
                self._identity = identity
                # Beyond the largest file, seeking would be an error; offsets of floors are anybody's guess.
                on_log = offset <= status.st_size
                rewound = offset > 0 and (replaced or not on_log or not _begins_line(file, offset))
                return _read_lines(file, 0 if rewound else offset, rewound)
        except FileNotFoundError:
            if not self._path.parent.is_dir():
                raise LogUnavailableError(f"{self._path.parent}: no such folder") from None
            self._identity = None
            return Batch((), 0, at_end=True, rewound=offset > 0)
        except OSError as error:
            raise LogUnavailableError(f"{self._path}: {error.strerror}") from None

    def close(self) -> None:
        """Nothing is held between reads."""


class FileWriter:
    """A `LogWriter` of a file, made when it does not exist. Writers take turns by an advisory lock on it."""

    def __init__(self, path: Path | str, lock_seconds: float = LOCK_SECONDS) -> None:
        self._path = Path(path)
        self._lock_seconds = lock_seconds

    def append(self, envelopes: Sequence[bytes]) -> None:
        """Append envelopes, each a line, and return when they are on disk. Raises `LogUnavailableError`.

        An envelope that cannot be a line is refused before anything is written (GF440).
        """
        for envelope in envelopes:
            if not envelope or b"\n" in envelope:
                raise failure("GF440", str(self._path), "an envelope in a file log is one line, and this one is not")
        try:
            created = not self._path.exists()
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            with os.fdopen(descriptor, "r+b", buffering=0) as file:
                self._lock(file)
                _append_lines(file, b"".join(envelope + b"\n" for envelope in envelopes))
            if created:
                sync_folder(self._path.parent)
        except OSError as error:
            raise LogUnavailableError(f"{self._path}: {error.strerror}") from None

    def close(self) -> None:
        """Nothing is held between appends."""

    def _lock(self, file: BinaryIO) -> None:
        until = time.monotonic() + self._lock_seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise LogUnavailableError(f"{self._path}: another writer holds its lock") from None
                time.sleep(0.01)
            else:
                return


def sync_folder(path: Path) -> None:
    """Make a folder's entries last over a power cut (fsync)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- reading ----------------------------------------------------------------------------------------------------------


def _begins_line(file: BinaryIO, offset: int) -> bool:
    file.seek(offset - 1)
    return file.read(1) == b"\n"


def _read_lines(file: BinaryIO, offset: int, rewound: bool) -> Batch:
    file.seek(offset)
    records: list[Record] = []
    start = offset
    while offset - start < BATCH_BYTES:
        # One byte more than an envelope may have shows that it is too large; the rest of such a line is skipped.
        value = file.readline(MAX_ENVELOPE + 2)
        length = len(value)
        while value and not value.endswith(b"\n") and length >= MAX_ENVELOPE + 2:
            rest = file.readline(MAX_ENVELOPE)
            length += len(rest)
            if rest.endswith(b"\n"):
                value = value[: MAX_ENVELOPE + 1] + b"\n"
            elif not rest:
                value = b""
        if not value.endswith(b"\n"):
            return Batch(tuple(records), offset, at_end=True, rewound=rewound)
        records.append(Record(offset, value[:-1]))
        offset += length
    return Batch(tuple(records), offset, at_end=False, rewound=rewound)


# --- writing ----------------------------------------------------------------------------------------------------------


def _append_lines(file: BinaryIO, lines: bytes) -> None:
    end = _end_of_lines(file)
    file.truncate(end)
    file.seek(end)
    try:
        view = memoryview(lines)
        while view:
            view = view[file.write(view) :]
        os.fsync(file.fileno())
    except OSError:
        file.truncate(end)
        raise


def _end_of_lines(file: BinaryIO) -> int:
    """The length of the file up to its last line feed: what follows was torn."""
    end = file.seek(0, os.SEEK_END)
    while end:
        begin = max(0, end - 64 * 1024)
        file.seek(begin)
        at = file.read(end - begin).rfind(b"\n")
        if at >= 0:
            return begin + at + 1
        end = begin
    return 0
