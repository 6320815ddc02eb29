"""The Rust authorizer gives every vector the one right answer, asked through its adapter."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.support.adapters import FAMILIES, ROOT, ask, run_vectors, tool
from tests.support.vectors import vectors

WORKSPACE = ROOT / "authorizer" / "rust"
INSTALL = "install Rust 1.95 or later by https://rustup.rs, with a C compiler (Debian: build-essential)"


@pytest.fixture(scope="session")
def adapter() -> Path:
    """The adapter, built by cargo."""
    cargo = tool("cargo", INSTALL)
    command = [cargo, "build", "--locked", "--profile", "dev-fast", "--package", "conformance", "--message-format=json"]
    built = subprocess.run(command, cwd=WORKSPACE, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr[-8000:]
    messages = [json.loads(line) for line in built.stdout.splitlines()]
    return Path(next(message["executable"] for message in messages if message.get("executable")))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_rust_authorizer_gives_the_one_right_answer(family: str, adapter: Path) -> None:
    mismatches = run_vectors([adapter], [family])
    assert not mismatches, "\n".join(map(str, mismatches))


def test_the_rust_adapter_says_what_it_cannot_do(adapter: Path) -> None:
    view = vectors("view")[0]
    asked = [
        {"family": "unheard-of", "id": "x-0001", "given": {}},
        {"family": "view", "id": "y", "given": view["given"]},
    ]
    assert ask([adapter], iter(asked)) == [
        {"id": "x-0001", "unsupported": "no family unheard-of"},
        {"id": "y", "answer": view["expect"]},
    ]
