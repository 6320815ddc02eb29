"""Documents read before, so that a commit that differs in one file costs the reading of one file.

One file per repository below the user's cache folder (`own_file`). Nothing that is published is read through it. A
document is found by git's object id and path; the file is good for one version of reader and schemas; any doubt means
reading anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml._yaml

from gatefleet.contract import entities
from gatefleet.contract.schema_files import schema_folder
from gatefleet.source.document import Document
from gatefleet.source.layout import Kind
from gatefleet.source.own_file import own_file, read_own, version_of, write_own


def default_cache(repo: Path) -> Path | None:
    """Where this user keeps what was read of a repository; None: nowhere."""
    return own_file("documents", repo, ".json")


def cache_key(blob: str, path: str) -> str:
    """The key of a file: git's object id of its content, and its path, which decides the kind."""
    return f"{blob}\t{path}"


def load_documents(file: Path) -> dict[str, list[Any]]:
    """What the file holds: key → kind, team, name, data. Nothing when it is missing, damaged, foreign or outdated."""
    body = read_own(file, _version())
    documents: dict[str, list[Any]] = {} if body is None else json.loads(body)
    return documents


def save_documents(file: Path, documents: Mapping[str, Document]) -> None:
    """Replace the file by these documents."""
    entries = {key: [one.kind, one.team, one.name, one.data] for key, one in documents.items()}
    write_own(file, _version(), json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode())


def document_from(entry: Iterable[Any], path: str, content: Any) -> Document:
    """The document of an entry that `load_documents` gave."""
    kind, team, name, data = entry
    return Document(path, _KINDS[kind], team, name, data, content)


_KINDS = {kind.value: kind for kind in Kind}


@cache
def _version() -> str:
    """Digest of everything that decides what a document is: this package's reader, the schemas, the two libraries."""
    own = Path(__file__).parent
    code = [*sorted(own.glob("*.py")), Path(entities.__file__), *sorted(schema_folder().glob("*.json"))]
    return version_of(code, (yaml._yaml.__file__, jsonschema_rs.__file__))
