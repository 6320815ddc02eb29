"""A copy of what git tracks, so that mutants are made where nobody works."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.support.adapters import ROOT

_COPIED = ("contract/vectors", "authorizer")


def workspace(folder: Path) -> Path:
    """The vectors and the builds, as they are in the work tree, below `folder`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *_COPIED],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    for name in os.fsdecode(listed).split("\0"):
        if name and (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
    return folder
