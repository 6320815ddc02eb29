"""Builds the Rust authorizer for tests."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.support.adapters import ROOT, tool

WORKSPACE = ROOT / "authorizer" / "rust"
INSTALL = "install Rust 1.95 or later by https://rustup.rs, with a C compiler (Debian: build-essential)"


def built(package: str) -> Path:
    """The executable of a package. Skips the test, or fails in CI, where cargo is missing."""
    cargo = tool("cargo", INSTALL)
    command = [cargo, "build", "--locked", "--profile", "dev-fast", "--package", package, "--message-format=json"]
    ran = subprocess.run(command, cwd=WORKSPACE, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-8000:]
    messages = [json.loads(line) for line in ran.stdout.splitlines()]
    return Path(next(message["executable"] for message in messages if message.get("executable")))
