"""The Rust authorizer gives every vector the one right answer, asked through its adapter, and its own tests pass."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.support.adapters import FAMILIES, ask, run_vectors, tool
from tests.support.builds import INSTALL_RUST, RUST_BUILD, rust_executable
from tests.support.vectors import vectors


@pytest.fixture(scope="session")
def adapter() -> Path:
    """The adapter, built by cargo."""
    return rust_executable("conformance")


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


def test_the_rust_authorizer_passes_its_own_tests() -> None:
    ran = subprocess.run(
        [tool("cargo", INSTALL_RUST), "test", "--locked", "--quiet", "--profile", "dev-fast", "--workspace"],
        cwd=RUST_BUILD,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-8000:]
