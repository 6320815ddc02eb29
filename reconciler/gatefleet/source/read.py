"""All source files of one commit, or of the work tree, read strictly: documents, and every problem found on the way."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gatefleet.problems import Place, Problem, failure, in_order
from gatefleet.source.allocation import collector_paused
from gatefleet.source.document import Document, place_in
from gatefleet.source.git import list_files, read_blobs, resolve_commit
from gatefleet.source.layout import ROOTS, Slot, printable, slot_of
from gatefleet.source.schema import retype_for, schema_problems, validator_for
from gatefleet.source.strict_yaml import MAX_BYTES, read_yaml, too_large


@dataclass(frozen=True, slots=True)
class Sources:
    """The documents of one commit by path, the problems of the others, and the paths of the files that have them.

    `commit` is the full id, None for the work tree. What an unread file would have declared is unknown, not absent.
    """

    commit: str | None
    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    unread: frozenset[str]


def read_commit(repo: Path, commit: str) -> Sources:
    """Read the sources of a commit, named in any way git knows, without touching the work tree.

    Raises GF040 to GF042 when there is no such repository or commit; everything about files is in `problems`.
    """
    full = resolve_commit(repo, commit)
    files: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for file in list_files(repo, full):
        if file.mode in ("100644", "100755"):
            files.append((file.path, file.blob))
        else:
            problems.append(_irregular(file.path, _MODES.get(file.mode, "no regular file")))
    wanted, others = _slots(path for path, _ in files)
    problems += others
    blobs = {path: blob for path, blob in files if path in wanted}
    contents = read_blobs(repo, list(blobs.values()), MAX_BYTES)
    read = ((path, wanted[path], content) for path, content in zip(blobs, contents, strict=True))
    return _sources(full, read, problems)


def read_worktree(repo: Path) -> Sources:
    """Read the sources as they are in a folder, committed or not. Raises GF040 when there is no such folder."""
    if not repo.is_dir():
        raise failure("GF040", str(repo), "no such folder", fix="run it in a clone of the policy repository")
    problems: list[Problem] = []
    paths = [path for root in ROOTS if _present(repo / root) for path in _walk(repo, root, problems)]
    wanted, others = _slots(sorted(paths))
    problems += others
    folder = str(repo)
    return _sources(None, ((path, slot, _content(folder, path)) for path, slot in wanted.items()), problems)


def read_document(path: str, slot: Slot, content: bytes) -> tuple[Document | None, list[Problem]]:
    """Read one file into a document, or into the problems that keep it from being one. Never raises on any content."""
    data, problems = read_yaml(path, content)
    if data is None:
        return None, problems
    retype = retype_for(slot.kind)
    if retype is not None:
        retype(data)
    if validator_for(slot.kind).is_valid(data):
        return Document(path, slot.kind, slot.team, slot.name, data, content), []
    return None, schema_problems(slot.kind, data, partial(place_in, path, content))


def _sources(
    commit: str | None, files: Iterable[tuple[str, Slot, bytes | int | Problem]], problems: list[Problem]
) -> Sources:
    documents = []
    with collector_paused():
        for path, slot, content in files:
            match content:
                case bytes():
                    document, found = read_document(path, slot, content)
                    if document is not None:
                        documents.append(document)
                    problems += found
                case int():
                    problems.append(too_large(path, content))
                case Problem():
                    problems.append(content)
    return Sources(commit, tuple(documents), in_order(problems), frozenset(p.place.path for p in problems))


def _slots(paths: Iterable[str]) -> tuple[dict[str, Slot], list[Problem]]:
    wanted: dict[str, Slot] = {}
    problems = []
    for path in paths:
        match slot_of(path):
            case Slot() as slot:
                wanted[path] = slot
            case Problem() as problem:
                problems.append(problem)
            case None:  # a README.md, a trust document
                continue
    return wanted, problems


# --- the work tree ----------------------------------------------------------------------------------------------------

_MODES = {"120000": "a symbolic link", "160000": "a submodule"}


def _present(folder: Path) -> bool:
    return os.path.lexists(folder)


def _walk(repo: Path, folder: str, problems: list[Problem]) -> Iterator[str]:
    """Regular files below a folder, by their path relative to the repository; anything else becomes a problem."""
    if (repo / folder).is_symlink() or not (repo / folder).is_dir():
        what = "a symbolic link" if (repo / folder).is_symlink() else "no folder"
        problems.append(_irregular(folder, what))
        return
    try:
        entries = sorted(os.scandir(repo / folder), key=lambda entry: entry.name)
    except OSError as error:
        problems.append(Problem("GF048", Place(printable(folder)), f"cannot be read: {error.strerror}"))
        return
    for entry in entries:
        path = f"{folder}/{entry.name}"
        if entry.is_symlink():
            problems.append(_irregular(path, "a symbolic link"))
        elif entry.is_dir():
            if _present(repo / path / ".git"):
                problems.append(_irregular(path, "a submodule"))
            else:
                yield from _walk(repo, path, problems)
        elif entry.is_file():
            yield path
        else:
            problems.append(_irregular(path, "no regular file"))


def _content(folder: str, path: str) -> bytes | int | Problem:
    """The bytes of a regular file, or only its size when it is too large."""
    try:
        opened = os.open(f"{folder}/{path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            size = os.fstat(opened).st_size
            return size if size > MAX_BYTES else os.read(opened, size)
        finally:
            os.close(opened)
    except OSError as error:
        return Problem("GF048", Place(printable(path)), f"cannot be read: {error.strerror}")


def _irregular(path: str, what: str) -> Problem:
    why = "what it shows depends on what is not in this repository" if what != "no regular file" else ""
    return Problem("GF043", Place(printable(path)), f"{what} cannot be a source", why, "put the file itself here")
