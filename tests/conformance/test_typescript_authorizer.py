"""The TypeScript authorizer gives every vector of every family the one right answer."""

from __future__ import annotations

from pathlib import Path

from tests.support.adapters import ROOT, run_vectors

NODE = ROOT / ".venv" / "bin" / "node"
ADAPTER = Path("authorizer", "typescript", "src", "conformance.ts")


def test_the_typescript_authorizer_gives_the_one_right_answer() -> None:
    assert [str(one) for one in run_vectors([NODE, ADAPTER])] == []
