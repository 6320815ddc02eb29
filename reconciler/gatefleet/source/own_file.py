"""A file in the user's cache folder: whole or not there, of one version, and nobody else's.

Never inside a repository: what a pull request can bring along must not answer for policy. Any doubt means that there is
nothing: somebody else could write it, another version wrote it, a byte of it changed.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_MOST_BYTES = 256 << 20


def own_file(name: str, repo: Path, suffix: str) -> Path | None:
    """Where this user keeps `name` of a repository, below `$XDG_CACHE_HOME` or `~/.cache`; None: nowhere."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    home = named if os.path.isabs(named) else os.path.expanduser("~/.cache")  # noqa: PTH111, PTH117
    if not os.path.isabs(home):  # noqa: PTH117
        return None
    repository = hashlib.sha256(os.fsencode(os.path.realpath(repo))).hexdigest()[:16]
    return Path(home, "gatefleet", f"{name}-{repository}{suffix}")


def read_own(file: Path, version: str) -> bytes | None:
    """What `write_own` wrote under this version; None when the file is missing, damaged, foreign or outdated."""
    try:
        opened = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(opened, "rb") as stream:
            about = os.fstat(opened)
            own = about.st_uid == os.geteuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            if not own or not stat.S_ISREG(about.st_mode) or about.st_size > _MOST_BYTES:
                return None
            head, body = stream.readline(200), stream.read()
    except OSError:
        return None
    return body if head == head_of(body, version) else None


def write_own(file: Path, version: str, body: bytes) -> None:
    """Replace the file, whole and at once; somebody else writing at the same time only decides whose file stays.

    A file that cannot be written is no problem of anybody.
    """
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened, beside = tempfile.mkstemp(prefix=file.name, dir=file.parent)
        try:
            with os.fdopen(opened, "wb") as stream:
                stream.write(head_of(body, version) + body)
            Path(beside).replace(file)
        except OSError:
            Path(beside).unlink(missing_ok=True)
            raise


def head_of(body: bytes, version: str) -> bytes:
    """The first line of the file."""
    return f"gatefleet {version} {hashlib.sha256(body).hexdigest()}\n".encode()


def version_of(code: Iterable[Path], libraries: Iterable[str | None]) -> str:
    """A digest of what decides the content of such a file: code and schemas by their bytes, libraries by their files'
    sizes and times."""
    whole = hashlib.sha256()
    for file in code:
        content = file.read_bytes()
        whole.update(f"{file.name} {len(content)}\n".encode() + content)
    for library in libraries:
        about = os.stat(library or "")  # noqa: PTH116 - one without a file is none that we know
        whole.update(f"{library} {about.st_size} {about.st_mtime_ns}\n".encode())
    return whole.hexdigest()
