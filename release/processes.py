"""Runs the compilers: with a clean, equal environment, and an error that shows what they said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# What compilers write where a source asks for the time of the build (reproducible-builds.org): the archives' own time.
SOURCE_DATE_EPOCH = "315532800"


class NotBuilt(Exception):
    """An archive could not be made; the message says why, and what to do."""


def tool(name: str, fix: str) -> Path:
    """A program beside this Python, where `make build` puts them, or on the path.

    Raises `NotBuilt`.
    """
    beside = Path(sys.executable).parent / name
    found = beside if beside.exists() else shutil.which(name)
    if found is None:
        raise NotBuilt(f"{name} is not on this machine: {fix}")
    return Path(found)


def run(command: Sequence[str | Path], folder: Path, variables: Mapping[str, str] | None = None) -> str:
    """What the command writes to standard output; `variables` come on top of this process's own.

    Raises `NotBuilt` when it fails, with the end of what it said.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH, **(variables or {})},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-4000:]
        raise NotBuilt(f"{Path(command[0]).name} ended with {done.returncode}:\n{said}")
    return done.stdout
