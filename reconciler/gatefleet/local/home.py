"""Where the running fleet of a repository keeps what it makes: one folder a repository, held by one process at a time.

Whoever wants to use that fleet (`gatefleet token`) finds it here. All of it is removed when the fleet stops; what a
killed one left behind is removed by the next.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from gatefleet.local.kafka.distribution import cache_folder
from gatefleet.problems import failure


@dataclass(frozen=True, slots=True)
class Running:
    """A fleet that is up: its process, its clone of the policies, the key of its issuer, its gateways' addresses."""

    pid: int
    policy: str
    issuer_key: str
    addresses: Mapping[str, str]


class Home:
    """The folder, taken. Raises GF626 while another process holds it."""

    def __init__(self, repository: Path, cache: Path | None = None) -> None:
        self.folder = _folder(repository, cache)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock: IO[str] = (self.folder / "lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            there = _read(self.folder)
            what = f"its fleet is up already, as process {there.pid}" if there else "its fleet is being started already"
            fix = "use that one, or stop it with Ctrl-C where it was started"
            raise failure("GF626", str(repository), what, fix=fix) from None
        self._clear()

    def announce(self, running: Running) -> None:
        """Let others find the fleet."""
        written = self.folder / "running.new"
        written.write_text(json.dumps(asdict(running)), encoding="utf-8")
        written.replace(self.folder / "running.json")

    def close(self) -> None:
        """Remove all that is here, and let others take it."""
        self._clear()
        self._lock.close()

    def _clear(self) -> None:
        for entry in self.folder.iterdir():
            if entry.name == "lock":
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


def running_fleet(repository: Path, cache: Path | None = None) -> Running | None:
    """The fleet of a repository, if it is up."""
    there = _read(_folder(repository, cache))
    if there is None:
        return None
    try:
        os.kill(there.pid, 0)
    except OSError:  # it was killed, and could not clear up
        return None
    return there


def _folder(repository: Path, cache: Path | None) -> Path:
    digest = hashlib.sha256(os.fsencode(repository.resolve())).hexdigest()[:16]
    return (cache or cache_folder()) / "up" / digest


def _read(folder: Path) -> Running | None:
    try:
        said = json.loads((folder / "running.json").read_bytes())
        return Running(int(said["pid"]), str(said["policy"]), str(said["issuer_key"]), dict(said["addresses"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
