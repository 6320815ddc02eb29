"""Builds policy repositories: a few files that fit together, real git where a test needs it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from gatefleet.source import Document, Sources
from gatefleet.source.layout import Slot, slot_of
from gatefleet.source.read import read_document

CONVENTIONS = """\
kind: Conventions
result_ttl_limit: 60
max_staleness: 2
deny_after: 60
floor_max_age: 604800
cors: {max_age_limit: 7200, any_origin: false}
throttle_limit: {rate: 5000, burst: 10000}
errors: {type_base: https://errors.example.com/}
log_fields: [time, gateway, route, client_id, status, reason]
blast_limit: {issuer: 2, scope: 40, client: 200, gateway: 40}
"""
CLIENT = """\
kind: Client
description: The shop.
issuer: workforce
scopes:
  orders:read: {}
"""
SMALL: dict[str, str] = {
    "policies/conventions.yaml": CONVENTIONS,
    "policies/clients/orders/web-shop.yaml": CLIENT,
}


def document(path: str, text: str) -> Document:
    """The document of one well-formed file."""
    slot = slot_of(path)
    assert isinstance(slot, Slot), slot
    read, problems = read_document(path, slot, text.encode())
    assert read is not None, problems
    return read


def sources(files: Mapping[str, str]) -> Sources:
    """The sources of well-formed files."""
    return Sources(None, tuple(document(path, text) for path, text in sorted(files.items())), (), frozenset())


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder and return it."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, with a fixed author and without anybody's configuration; returns what it printed."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_NAME": "author",
        "GIT_AUTHOR_EMAIL": "author@example.com",
        "GIT_COMMITTER_NAME": "author",
        "GIT_COMMITTER_EMAIL": "author@example.com",
    }
    command = ["git", "-c", "gc.auto=0", *arguments]  # nothing goes on in the background after a test
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def repository(folder: Path, files: Mapping[str, str | bytes] = SMALL) -> Path:
    """A git repository whose first commit holds the files."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    write(folder, files)
    commit(folder)
    return folder


def commit(folder: Path, message: str = "A change of policy") -> str:
    """Commit everything in the work tree; returns the commit's id."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")
