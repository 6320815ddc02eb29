"""The Rust authorizer gives every vector the one right answer, asked through its adapter."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.adapters import FAMILIES, ask, run_vectors
from tests.support.builds import rust_executable
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
