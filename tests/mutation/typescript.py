"""Mutants of the TypeScript build by Stryker: every vector is a test, and so is every file of the build's own tests."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.mutation.mutants import Mutant, Outcome, mutant
from tests.support.builds import BIN, NODE_BUILD

_NOTICED = {"Killed", "Timeout", "RuntimeError"}
_SURVIVED = {"Survived", "NoCoverage"}
_STRYKER = Path("node_modules", "@stryker-mutator", "core", "bin", "stryker.js")


def run(workspace: Path) -> Outcome:
    """Ask every mutant of the core; takes about half an hour of a processor."""
    build = workspace / "authorizer" / "typescript"
    (build / "node_modules").symlink_to(NODE_BUILD / "node_modules")
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    _run([BIN / "npm", "ci", "--loglevel=error"], build / "mutation", environment)
    stryker, configuration = build / "mutation" / _STRYKER, build / "mutation" / "stryker.config.json"
    _run([BIN / "node", stryker, "run", configuration], workspace, environment)
    report = json.loads((workspace / ".cache" / "mutants.json").read_text(encoding="utf-8"))
    asked = [(name, one) for name, file in report["files"].items() for one in file["mutants"]]
    count = sum(one["status"] in _NOTICED | _SURVIVED for _, one in asked)
    return Outcome(count, tuple(_survivors(report, workspace, build)))


def _survivors(report: dict[str, Any], workspace: Path, build: Path) -> Iterator[Mutant]:
    for name, file in report["files"].items():
        lines = file["source"].splitlines()
        for one in file["mutants"]:
            if one["status"] in _SURVIVED:
                start, end = one["location"]["start"], one["location"]["end"]
                last = end["column"] - 1 if start["line"] == end["line"] else None
                original = lines[start["line"] - 1][start["column"] - 1 : last]
                change = f"{one['mutatorName']}: {original} → {one.get('replacement', '')}"
                yield mutant(workspace / name, build, start["line"], change)


def _run(command: list[str | Path], folder: Path, environment: dict[str, str]) -> None:
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-8000:]
