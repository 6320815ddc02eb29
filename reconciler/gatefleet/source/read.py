"""All source files of one commit, or of the work tree, read strictly: documents, and every problem found on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gatefleet.problems import Problem, failure, in_order
from gatefleet.source.allocation import collector_paused
from gatefleet.source.cache import cache_key, document_from, load_documents, save_documents
from gatefleet.source.document import Document, place_in
from gatefleet.source.git import list_files, read_blobs, resolve_commit
from gatefleet.source.layout import Slot, slot_of
from gatefleet.source.schema import retype_for, schema_problems, validator_for
from gatefleet.source.strict_yaml import MAX_BYTES, read_yaml, too_large
from gatefleet.source.worktree import irregular, read_file, walk


@dataclass(frozen=True, slots=True)
class Sources:
    """The documents of one commit by path, the problems of the others, and the paths of the files that have them.

    `commit` is the full id, None for the work tree. What an unread file would have declared is unknown, not absent.
    """

    commit: str | None
    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    unread: frozenset[str]


def read_commit(repo: Path, commit: str, cache: Path | None = None) -> Sources:
    """Read the sources of a commit, named in any way git knows, without touching the work tree.

    `cache` is a file of documents read before (`default_cache`); what is to be published is read without one.
    Raises GF040 to GF042 when there is no such repository or commit; everything about files is in `problems`.
    """
    full = resolve_commit(repo, commit)
    with collector_paused():
        reading = _Reading(cache)
        contents = _Contents(repo)
        fresh: dict[str, str] = {}
        for mode, blob, path in list_files(repo, full):
            if not mode.startswith("100"):
                reading.problems.append(irregular(path, _IRREGULAR.get(mode, "something that is no file")))
            elif not reading.knows(blob, path, partial(contents.of, blob)) and reading.wants(path):
                fresh[path] = blob
        contents.expect(key.partition("\t")[0] for key in reading.documents)
        for (path, blob), content in zip(fresh.items(), read_blobs(repo, list(fresh.values()), MAX_BYTES), strict=True):
            reading.read(path, content, blob)
        return reading.done(full)


def read_worktree(repo: Path, cache: Path | None = None) -> Sources:
    """Read the sources as they are in a folder, committed or not. Raises GF040 when there is no such folder."""
    if not repo.is_dir():
        raise failure("GF040", str(repo), "no such folder", fix="run it in a clone of the policy repository")
    with collector_paused():
        reading = _Reading(cache)
        folder = str(repo)
        for path in walk(repo, reading.problems):
            if reading.wants(path):
                content = read_file(folder, path, MAX_BYTES)
                blob = _blob_id(content) if cache and isinstance(content, bytes) else ""
                if not isinstance(content, bytes) or not reading.knows(blob, path, content):
                    reading.read(path, content, blob)
        return reading.done(None)


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


_IRREGULAR = {"120000": "a symbolic link", "160000": "a submodule"}
_FEW = 20  # files that are rather read again than the whole cache written


class _Reading:
    """What has been read so far: documents by cache key, problems, and how many files the cache did not have."""

    def __init__(self, cache: Path | None) -> None:
        self.problems: list[Problem] = []
        self.documents: dict[str, Document] = {}
        self._cache = cache
        self._known = load_documents(cache) if cache else {}
        self._slots: dict[str, Slot] = {}
        self._fresh = 0

    def knows(self, blob: str, path: str, content: bytes | Callable[[], bytes]) -> bool:
        """Whether the cache has the document; if so it is taken."""
        key = cache_key(blob, path)
        entry = self._known.get(key)
        if entry is not None:
            self.documents[key] = document_from(entry, path, content)
        return entry is not None

    def wants(self, path: str) -> bool:
        """Whether the path is a source file; one that looks like a source and is none becomes a problem."""
        match slot_of(path):
            case Slot() as slot:
                self._slots[path] = slot
                return True
            case Problem() as problem:
                self.problems.append(problem)
        return False

    def read(self, path: str, content: bytes | int | Problem, blob: str) -> None:
        """Read one wanted file; of a too large one there is only the size, of an unreadable one the problem."""
        match content:
            case bytes():
                document, found = read_document(path, self._slots[path], content)
                self.problems += found
                if document is not None:
                    self.documents[cache_key(blob, path)] = document
                    self._fresh += 1
            case int():
                self.problems.append(too_large(path, content))
            case Problem():
                self.problems.append(content)

    def done(self, commit: str | None) -> Sources:
        """Everything that was read; the cache is written anew when it lacked more than a few files."""
        if self._cache and self._fresh > _FEW:
            save_documents(self._cache, self.documents)
        documents = sorted(self.documents.values(), key=lambda document: document.path)
        unread = frozenset(problem.place.path for problem in self.problems)
        return Sources(commit, tuple(documents), in_order(self.problems), unread)


class _Contents:
    """The bytes of documents that came from the cache, fetched from git at once when the first place is asked for."""

    def __init__(self, repo: Path) -> None:
        self._repo = repo
        self._blobs: list[str] = []
        self._fetched: dict[str, bytes] = {}

    def expect(self, blobs: Iterable[str]) -> None:
        """Say which contents may be asked for."""
        self._blobs = list(blobs)

    def of(self, blob: str) -> bytes:
        if not self._fetched:
            contents = read_blobs(self._repo, self._blobs, MAX_BYTES)
            self._fetched = {
                one: content for one, content in zip(self._blobs, contents, strict=True) if isinstance(content, bytes)
            }
        return self._fetched[blob]


def _blob_id(content: bytes) -> str:
    """Git's object id of a file's content (SHA-1: a name here, not a proof)."""
    return hashlib.sha1(b"blob %d\x00" % len(content) + content, usedforsecurity=False).hexdigest()
