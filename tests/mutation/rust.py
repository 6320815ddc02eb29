"""Mutants of the Rust build by cargo-mutants: first asked every vector, then, if none noticed, the unit tests."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.mutation.mutants import Mutant, Outcome, mutant
from tests.support.adapters import tool

INSTALL = "cargo install --locked cargo-mutants@27.1.0"
_NOT_BUILT = "Unviable"
_SURVIVED = "MissedMutant"


def run(workspace: Path) -> Outcome:
    """Ask every mutant of the core; takes about an hour of a processor."""
    build = workspace / "authorizer" / "rust"
    asked = _asked(build, ["--test-package", "conformance", "--cargo-test-arg=vectors::"])
    left = list(_survivors(asked, build))
    asked_again = _asked(build, ["--test-package", "authorizer", "--iterate"]) if left else []
    viable = [one for one in asked if one["summary"] != _NOT_BUILT]
    return Outcome(len(viable), tuple(_survivors(asked_again, build)))


def _asked(build: Path, arguments: list[str]) -> list[dict[str, Any]]:
    """The outcome of each mutant."""
    tool("cargo-mutants", INSTALL)
    command = ["cargo", "mutants", "--in-place", "--colors=never", *arguments]
    ran = subprocess.run(command, cwd=build, capture_output=True, text=True, check=False)
    # 2: some were missed; 3: some did not end. Both are outcomes.
    assert ran.returncode in (0, 2, 3), (ran.stdout + ran.stderr)[-8000:]
    outcomes = json.loads((build / "mutants.out" / "outcomes.json").read_text(encoding="utf-8"))["outcomes"]
    return [one for one in outcomes if one["scenario"] != "Baseline"]


def _survivors(outcomes: list[dict[str, Any]], build: Path) -> Iterator[Mutant]:
    for one in outcomes:
        if one["summary"] == _SURVIVED:
            about = one["scenario"]["Mutant"]
            change = about["name"].split(": ", 1)[1]
            yield mutant(build / about["file"], build, about["span"]["start"]["line"], change)
