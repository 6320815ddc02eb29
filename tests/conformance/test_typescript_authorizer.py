"""The TypeScript authorizer gives every vector of every family the one right answer, and its own tests pass."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.adapters import ROOT, run_vectors

NODE = ROOT / ".venv" / "bin" / "node"
BUILD = Path("authorizer", "typescript")


def test_the_typescript_authorizer_gives_the_one_right_answer() -> None:
    assert [str(one) for one in run_vectors([NODE, BUILD / "src" / "conformance.ts"])] == []


def test_the_typescript_authorizer_passes_its_own_tests() -> None:
    ran = subprocess.run(
        [NODE, "--test", "test/**/*.test.ts"],
        cwd=ROOT / BUILD,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-8000:]
