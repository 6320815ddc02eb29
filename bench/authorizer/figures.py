"""Runs the programs that measure, each in the language of what it measures, and reads what they print."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.support.adapters import ROOT, tool
from tests.support.builds import BIN, INSTALL_RUST

HERE = Path(__file__).parent
NODE_BENCH = HERE / "node"
RUST_BENCH = HERE / "rust"


@dataclass(frozen=True, slots=True)
class Figure:
    """What one thing costs, in nanoseconds of CPU or bytes, and as a multiple of its baseline (None: it is one)."""

    name: str
    value: float
    baseline: str | None = None
    ratio: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As a results file has it."""
        return asdict(self)


def named(figures: Sequence[Figure], name: str) -> Figure | None:
    """The figure of that name, if it was measured."""
    return next((figure for figure in figures if figure.name == name), None)


def node_figures(workload: Path) -> list[Figure]:
    """The Node build and the JWT libraries, which are installed beside the bench alone."""
    installed, lock = NODE_BENCH / "node_modules" / ".package-lock.json", NODE_BENCH / "package-lock.json"
    path = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _lines([BIN / "npm", "ci", "--loglevel=error", "--no-audit", "--no-fund"], NODE_BENCH, **path)
    decisions = _lines([BIN / "node", "decisions.ts", workload], NODE_BENCH)
    memory = _lines([BIN / "node", "--expose-gc", "memory.ts", workload], NODE_BENCH)
    return [_figure(line) for line in [*decisions, *memory]]


def rust_figures(workload: Path) -> list[Figure]:
    """The Rust build and the `cedar-policy` crate."""
    cargo = tool("cargo", INSTALL_RUST)
    run = [cargo, "run", "--quiet", "--release", "--locked", "--bin"]
    return [_figure(line) for name in ("decisions", "memory") for line in _lines([*run, name, workload], RUST_BENCH)]


def _figure(line: str) -> Figure:
    told = json.loads(line)
    return Figure(told["name"], told.get("ns", told.get("bytes")), told["baseline"], told.get("ratio"))


def _lines(command: Sequence[str | Path], folder: Path, **variables: str) -> list[str]:
    done = subprocess.run(
        command, cwd=folder, env=os.environ | variables, capture_output=True, text=True, check=False
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} in {folder.relative_to(ROOT)}: {done.stderr[-4000:]}")
    return done.stdout.splitlines()
