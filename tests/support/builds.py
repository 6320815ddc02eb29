"""The authorizer's builds as Lambda functions run them: each one made from its sources, in a few seconds."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.support.adapters import ROOT, tool

Command = tuple[str | Path, ...]

BIN = ROOT / ".venv" / "bin"
NODE_BUILD = ROOT / "authorizer" / "typescript"
RUST_BUILD = ROOT / "authorizer" / "rust"
INSTALL_RUST = "install Rust 1.95 or later by https://rustup.rs, with a C compiler (Debian: build-essential)"


def node_function(folder: Path) -> Command:
    """The one bundled module, made in `folder`; `make setup` brings all that it takes."""
    bundle = folder / "authorizer.mjs"
    command = [BIN / "npm", "run", "--silent", "build", "--", f"--outfile={bundle}", "--log-level=warning"]
    _run(command, NODE_BUILD, PATH=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    return BIN / "node", bundle


def rust_function(profile: str = "dev-fast") -> Command:
    """The bootstrap; `dev-fast` is quick to build, `release` is what is deployed."""
    return (rust_executable("lambda", profile),)


def rust_executable(package: str, profile: str = "dev-fast", *target: str) -> Path:
    """The executable of a package of the workspace; `target` names another one of it, `--example NAME`."""
    cargo = tool("cargo", INSTALL_RUST)
    arguments = ["build", "--locked", "--profile", profile, "--package", package, *target, "--message-format=json"]
    messages = [json.loads(line) for line in _run([cargo, *arguments], RUST_BUILD).splitlines()]
    return Path(next(message["executable"] for message in messages if message.get("executable")))


def _run(command: list[str | Path], folder: Path, **variables: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=os.environ | variables, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, (done.stderr or done.stdout)[-8000:]
    return done.stdout
