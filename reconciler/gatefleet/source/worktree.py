"""The files below `policies/` and `teams/` in a folder, committed or not; links and whatever is no file are refused."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from gatefleet.problems import Place, Problem
from gatefleet.source.layout import ROOTS, printable


def walk(repo: Path, problems: list[Problem]) -> list[str]:
    """The paths of all regular files, relative to the folder and sorted; anything else becomes a problem."""
    return sorted(path for root in ROOTS if os.path.lexists(repo / root) for path in _below(repo, root, problems))


def read_file(folder: str, path: str, limit: int) -> bytes | int | Problem:
    """The bytes of a regular file; for one larger than `limit` bytes only its size."""
    try:
        opened = os.open(f"{folder}/{path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            size = os.fstat(opened).st_size
            return size if size > limit else os.read(opened, size)
        finally:
            os.close(opened)
    except OSError as error:
        return _unreadable(path, error)


def irregular(path: str, what: str) -> Problem:
    """The problem of something that is no regular file: a link, a submodule, a pipe."""
    why = "what it shows depends on what is not in this repository"
    return Problem("GF043", Place(printable(path)), f"{what} cannot be a source", why, "put the file itself here")


def _below(repo: Path, folder: str, problems: list[Problem]) -> Iterator[str]:
    if (repo / folder).is_symlink() or not (repo / folder).is_dir():
        problems.append(irregular(folder, "a symbolic link" if (repo / folder).is_symlink() else "a file of this name"))
        return
    try:
        entries = list(os.scandir(repo / folder))
    except OSError as error:
        problems.append(_unreadable(folder, error))
        return
    for entry in entries:
        path = f"{folder}/{entry.name}"
        if entry.is_symlink():
            problems.append(irregular(path, "a symbolic link"))
        elif entry.is_file():
            yield path
        elif not entry.is_dir():
            problems.append(irregular(path, "a pipe, socket or device"))
        elif os.path.lexists(repo / path / ".git"):
            problems.append(irregular(path, "a submodule"))
        else:
            yield from _below(repo, path, problems)


def _unreadable(path: str, error: OSError) -> Problem:
    return Problem("GF048", Place(printable(path)), f"cannot be read: {error.strerror}", fix="give read access to it")
