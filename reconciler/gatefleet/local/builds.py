"""Makes the authorizer's builds from their sources beside this package, as commands that the Lambda host runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from gatefleet.local.authorizers import Build
from gatefleet.model.types import Variant
from gatefleet.problems import failure

SOURCES = Path(__file__).parents[3] / "authorizer"


def make_build(variant: Variant, folder: Path) -> Build:
    """Build one variant; what it makes anew goes below `folder`, what its tools keep stays with its sources.

    Raises GF627 when its sources or tools are not here, or it does not build.
    """
    return _make_node(folder) if variant is Variant.NODE else _make_rust()


def _make_node(folder: Path) -> Build:
    sources = SOURCES / "typescript"
    node, npm = tool("node"), tool("npm")
    if not (sources / "node_modules").is_dir():
        raise failure("GF627", "node", "the build in TypeScript has no packages here", fix="make setup")
    bundle = folder / "authorizer.mjs"
    path = f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    _run(
        "node",
        [npm, "run", "--silent", "build", "--", f"--outfile={bundle}", "--log-level=warning"],
        sources,
        PATH=path,
    )
    return Build((node, bundle))


def _make_rust() -> Build:
    cargo = tool("cargo")
    command = [cargo, "build", "--locked", "--profile", "dev-fast", "--package", "lambda", "--message-format=json"]
    said = _run("rust", command, SOURCES / "rust")
    made = [message["executable"] for message in map(json.loads, said.splitlines()) if message.get("executable")]
    if not made:
        raise failure("GF627", "rust", "the build made no program", fix="run `cargo build` in authorizer/rust")
    return Build((made[0],))


def tool(name: str) -> str:
    """Beside this Python, where `make setup` puts them, or on the path."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        fix = "install Rust by https://rustup.rs" if name == "cargo" else "make setup"
        raise failure("GF627", name, "is not on this machine", fix=fix)
    return found


def _run(variant: str, command: list[str], folder: Path, **variables: str) -> str:
    try:
        done = subprocess.run(
            command, cwd=folder, env=os.environ | variables, capture_output=True, text=True, check=False
        )
    except OSError as error:
        fix = "use a checkout of gatefleet"
        raise failure("GF627", variant, f"cannot be built: {error.strerror}", fix=fix) from None
    if done.returncode:
        why = (done.stderr or done.stdout).strip()[-2000:]
        raise failure(
            "GF627", variant, f"does not build: exit status {done.returncode}", why=why, fix="mend its sources"
        )
    return done.stdout
