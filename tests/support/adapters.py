"""Asks builds in other languages every vector, by the adapter protocol of contract/README.md."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.vectors import VECTORS, fixtures, name_of, vectors

FAMILIES = ("canonical", "chain", "view", "token", "decide", "respond", "heartbeat")
ROOT = VECTORS.parent.parent
LONGEST_RUN = 300  # seconds; all vectors take an adapter about one


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One vector that a build answers otherwise; `answered` is the whole line that it gave."""

    family: str
    vector: dict[str, Any]
    answered: Any

    def __str__(self) -> str:
        vector = self.vector
        return (
            f"{self.family} {name_of(vector)}: {vector['comment']}\n"
            f"  expected {json.dumps(vector['expect'])}\n  answered {json.dumps(self.answered)}"
        )


def run_vectors(command: Sequence[str | Path], families: Sequence[str] = FAMILIES) -> list[Mismatch]:
    """Ask one adapter process every vector of the families; the ones that it answers otherwise than `expect`.

    Raises `AssertionError` when the process fails, or gives more or fewer lines than it was asked.
    """
    cases = [(family, vector) for family in families for vector in vectors(family)]
    answers = ask(command, (line for family in families for line in _lines(family)))
    ready = [{"ready": family} for family in families if _has_fixtures(family)]
    said = [line for line in answers if "ready" not in line]
    assert [line for line in answers if "ready" in line] == ready
    return [
        Mismatch(family, vector, line)
        for (family, vector), line in zip(cases, said, strict=True)
        if line != {"id": vector["id"], "answer": vector["expect"]}
    ]


def ask(command: Sequence[str | Path], lines: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """Everything that an adapter answers to these lines, asked at once."""
    ran = subprocess.run(
        [str(part) for part in command],
        input="".join(json.dumps(line) + "\n" for line in lines),
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        timeout=LONGEST_RUN,
        check=False,
    )
    assert ran.returncode == 0, f"{command[0]} ended with {ran.returncode}:\n{ran.stderr[-4000:]}"
    return [json.loads(line) for line in ran.stdout.splitlines()]


def tool(name: str, install: str) -> str:
    """The path of a build tool. Where it is missing, the test is skipped and says what to install; in CI it fails."""
    path = shutil.which(name)
    if path is not None:
        return path
    missing = f"{name} is not installed: {install}"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


def _lines(family: str) -> Iterator[dict[str, Any]]:
    if _has_fixtures(family):
        yield {"family": family, "fixtures": fixtures(family)}
    for vector in vectors(family):
        yield {"family": family, "id": vector["id"], "given": vector["given"]}


def _has_fixtures(family: str) -> bool:
    return (VECTORS / family / "fixtures.json").is_file()
