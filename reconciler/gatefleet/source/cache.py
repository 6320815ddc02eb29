"""Documents read before, so that a commit that differs in one file costs the reading of one file.

One file per repository below the user's cache folder, never inside a repository: what a pull request can bring along
must not answer for policy. For the same reason nothing that is published is read through it. A document is found by
git's object id and path; the file is good for one version of reader and schemas; any doubt means reading anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml._yaml

from gatefleet.contract import entities
from gatefleet.contract.schema_files import schema_folder
from gatefleet.source.document import Document
from gatefleet.source.layout import Kind

_MAGIC = b"gatefleet documents "
_MOST_BYTES = 256 << 20


def default_cache(repo: Path) -> Path | None:
    """Where this user keeps what was read of a repository, below `$XDG_CACHE_HOME` or `~/.cache`; None: nowhere."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    home = named if os.path.isabs(named) else os.path.expanduser("~/.cache")  # noqa: PTH111, PTH117
    if not os.path.isabs(home):  # noqa: PTH117
        return None
    repository = hashlib.sha256(os.fsencode(os.path.realpath(repo))).hexdigest()[:16]
    return Path(home, "gatefleet", f"documents-{repository}.json")


def cache_key(blob: str, path: str) -> str:
    """The key of a file: git's object id of its content, and its path, which decides the kind."""
    return f"{blob}\t{path}"


def load_documents(file: Path) -> dict[str, list[Any]]:
    """What the file holds: key → kind, team, name, data. Nothing when it is missing, damaged, foreign or outdated."""
    try:
        opened = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(opened, "rb") as stream:
            about = os.fstat(opened)
            own = about.st_uid == os.geteuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            if not own or not stat.S_ISREG(about.st_mode) or about.st_size > _MOST_BYTES:
                return {}
            head, body = stream.readline(200), stream.read()
    except OSError:
        return {}
    if head != _head(body):
        return {}
    documents: dict[str, list[Any]] = json.loads(body)
    return documents


def save_documents(file: Path, documents: Mapping[str, Document]) -> None:
    """Replace the file, whole and at once; somebody else writing at the same time only decides whose file stays.

    A cache that cannot be written is no problem of anybody.
    """
    entries = {key: [one.kind, one.team, one.name, one.data] for key, one in documents.items()}
    body = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened, beside = tempfile.mkstemp(prefix=file.name, dir=file.parent)
        try:
            with os.fdopen(opened, "wb") as stream:
                stream.write(_head(body) + body)
            Path(beside).replace(file)
        except OSError:
            Path(beside).unlink(missing_ok=True)
            raise


def document_from(entry: Iterable[Any], path: str, content: Any) -> Document:
    """The document of an entry that `load_documents` gave."""
    kind, team, name, data = entry
    return Document(path, _KINDS[kind], team, name, data, content)


_KINDS = {kind.value: kind for kind in Kind}


def _head(body: bytes) -> bytes:
    return _MAGIC + f"{_version()} {hashlib.sha256(body).hexdigest()}\n".encode()


@cache
def _version() -> str:
    """Digest of everything that decides what a document is: this package's reader, the schemas, the two libraries."""
    whole = hashlib.sha256()
    own = Path(__file__).parent
    for file in [*sorted(own.glob("*.py")), Path(entities.__file__), *sorted(schema_folder().glob("*.json"))]:
        content = file.read_bytes()
        whole.update(f"{file.name} {len(content)}\n".encode() + content)
    for library in (yaml._yaml.__file__, jsonschema_rs.__file__):
        about = Path(library).stat()
        whole.update(f"{library} {about.st_size} {about.st_mtime_ns}\n".encode())
    return whole.hexdigest()
