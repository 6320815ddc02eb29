"""The archive: the envelopes themselves by number, written before they are appended, never written twice.

The log is its envelopes, not its topic: from here a truncated, restored or recreated one is completed byte for byte.
What an archive holds is trusted no more than what a log holds; `restore` verifies both.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from gatefleet.contract.digests import digest
from gatefleet.log.envelope import MAX_ENVELOPE
from gatefleet.log.file import sync_folder
from gatefleet.problems import failure

# Beside the epochs, and like all names with a dot none of an entry.
SET_ASIDE = ".set-aside"


class EntryType(StrEnum):
    """What is archived; ticks are left out."""

    REVISION = "revision"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True, order=True)
class EntryName:
    """An archive's name of an envelope, `<epoch>/<revision>.<type>`; in order a revision stands before its snapshot."""

    epoch: int
    revision: int
    type: EntryType

    def __str__(self) -> str:
        return f"{self.epoch}/{self.revision}.{self.type}"


class Archive(Protocol):
    """Envelopes by name. Raises GF420 when it cannot be reached or written."""

    @property
    def place(self) -> str:
        """What people call this archive, for messages."""
        ...

    def names(self) -> tuple[EntryName, ...]:
        """Every name it holds, in order. Raises GF422 for an entry whose name is of no known form."""
        ...

    def head(self) -> EntryName | None:
        """The newest revision's name."""
        ...

    def read(self, name: EntryName) -> bytes | None:
        """The envelope of that name, unverified; None when there is none."""
        ...

    def put(self, name: EntryName, envelope: bytes) -> bool:
        """Keep an envelope for good. False when somebody was first: then nothing is changed."""
        ...

    def set_aside(self, name: EntryName, envelope: bytes) -> bool:
        """Take an entry that never was on the chain out of the names, keeping its bytes under another one.

        False when the name does not hold this envelope (any more): then nothing is changed.
        """
        ...


class FolderArchive:
    """An archive in a folder. An entry appears whole or not at all, also when its writer is killed."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)

    @property
    def place(self) -> str:
        """The folder."""
        return str(self._path)

    def names(self) -> tuple[EntryName, ...]:
        """Every name in the folder, in order; a folder that does not exist yet is an empty archive."""
        with self._reported(self._path):
            if not self._path.exists():
                return ()
            found = [
                self._name(epoch, entry)
                for epoch in self._path.iterdir()
                if not epoch.name.startswith(".")
                for entry in (epoch.iterdir() if epoch.is_dir() else [epoch])
                if not entry.name.startswith(".")
            ]
        return tuple(sorted(found))

    def head(self) -> EntryName | None:
        """The newest revision's name."""
        return max((name for name in self.names() if name.type is EntryType.REVISION), default=None)

    def read(self, name: EntryName) -> bytes | None:
        """The envelope of that name, unverified, of at most one byte more than an envelope may have."""
        path = self._path / str(name)
        with self._reported(path):
            try:
                with path.open("rb") as file:
                    return file.read(MAX_ENVELOPE + 1)
            except FileNotFoundError:
                return None

    def put(self, name: EntryName, envelope: bytes) -> bool:
        """Write an envelope under its name, once; it is on disk when this returns."""
        path = self._path / str(name)
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with self._reported(path):
            _make_folder(path.parent)
            try:
                with unfinished.open("xb") as file:
                    file.write(envelope)
                    file.flush()
                    os.fsync(file.fileno())
                # A link is made only where no file of that name is; a rename would replace one.
                os.link(unfinished, path)
            except FileExistsError:
                return False
            finally:
                unfinished.unlink(missing_ok=True)
            sync_folder(path.parent)
        return True

    def set_aside(self, name: EntryName, envelope: bytes) -> bool:
        """Move an entry to `.set-aside/<epoch>-<revision>.<type>.<envelope digest>`, if it is this envelope."""
        kept = self._path / SET_ASIDE / f"{str(name).replace('/', '-')}.{digest(envelope)}"
        with self._reported(kept), self._only_one_sets_aside():
            # INVARIANT: an entry once written is not written again, so under the lock it stays what was read here.
            if self.read(name) != envelope:
                return False
            _make_folder(kept.parent)
            (self._path / str(name)).rename(kept)
            sync_folder(kept.parent)
            sync_folder((self._path / str(name)).parent)
        return True

    @contextmanager
    def _only_one_sets_aside(self) -> Iterator[None]:
        folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _name(self, epoch: Path, entry: Path) -> EntryName:
        form = _NAME.fullmatch(f"{epoch.name}/{entry.name}")
        if form is None or entry is epoch or not entry.is_file():
            raise failure(
                "GF422",
                str(entry),
                "does not belong into an archive, whose files are <epoch>/<revision>.revision or .snapshot",
                fix="move it elsewhere",
            )
        return EntryName(int(form[1]), int(form[2]), EntryType(form[3]))

    @contextmanager
    def _reported(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise failure(
                "GF420", str(path), f"the archive cannot be used: {error.strerror}", fix=f"check {self.place}"
            ) from None


_NAME = re.compile(r"([1-9][0-9]{0,15})/([1-9][0-9]{0,15})\.(revision|snapshot)")


def _make_folder(path: Path) -> None:
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        sync_folder(folder.parent)
