"""The Rust build as `bootstrap` of `provided.al2023`, for both processors of AWS Lambda, from any Linux machine.

Zig compiles the C and assembly of `ring` and links against the oldest glibc that the runtime has; so the same program
comes out wherever it is made, with no compiler for another processor to install. Paths of the machine are replaced.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from release.processes import NotBuilt, run, tool

RUSTC = "1.95.0"  # of releases: another compiler makes other bytes
GLIBC = "2.34"  # of Amazon Linux 2023
TARGETS = {"arm64": "aarch64-unknown-linux-gnu", "x86_64": "x86_64-unknown-linux-gnu"}

_INSTALL = f"install Rust {RUSTC} by https://rustup.rs"


@dataclass(frozen=True, slots=True)
class RustBuild:
    """The program, what `cargo metadata` says went into it, and the compilers by name with their version."""

    bootstrap: bytes
    metadata: Mapping[str, Any]
    compilers: Mapping[str, str]


def build_rust(workspace: Path, architecture: str, cache: Path) -> RustBuild:
    """Compile the package `lambda` of the workspace for `arm64` or `x86_64`; what Zig keeps goes below `cache`.

    Raises `NotBuilt`.
    """
    target = TARGETS[architecture]
    cargo = tool("cargo", _INSTALL)
    _require_target(target, workspace)
    metadata = json.loads(
        run([cargo, "metadata", "--locked", "--format-version=1", f"--filter-platform={target}"], workspace)
    )
    zigbuild = tool("cargo-zigbuild", "make build")
    what = ["--locked", "--release", "--package=lambda", f"--target={target}.{GLIBC}", "--message-format=json"]
    messages = run(
        [zigbuild, "zigbuild", *what],
        workspace,
        {
            "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(_remappings(workspace, metadata)),
            "CARGO_ZIGBUILD_CACHE_DIR": str(cache / "cargo-zigbuild"),
            "CARGO_ZIGBUILD_PYTHON_PATH": sys.executable,
            "ZIG_GLOBAL_CACHE_DIR": str(cache / "zig"),
        },
    )
    made = [one["executable"] for one in map(json.loads, messages.splitlines()) if one.get("executable")]
    if len(made) != 1:
        raise NotBuilt(f"cargo made {len(made)} programs of the package lambda, not one")
    return RustBuild(Path(made[0]).read_bytes(), metadata, _compilers(workspace))


def rustc_version(workspace: Path) -> str:
    """Version of the compiler that would build here, such as `1.95.0`."""
    return run([tool("rustc", _INSTALL), "--version"], workspace).split()[1]


def _compilers(workspace: Path) -> dict[str, str]:
    zigbuild = run([tool("cargo-zigbuild", "make build"), "--version"], workspace).split()[1]
    zig = run([tool("python-zig", "make build"), "version"], workspace).strip()
    return {"rustc": rustc_version(workspace), "cargo-zigbuild": zigbuild, "zig": zig}


def _require_target(target: str, workspace: Path) -> None:
    sysroot = run([tool("rustc", _INSTALL), "--print=sysroot"], workspace).strip()
    if not Path(sysroot, "lib", "rustlib", target).is_dir():
        run([tool("rustup", f"install the standard library of Rust for {target}"), "target", "add", target], workspace)


def _remappings(workspace: Path, metadata: Mapping[str, Any]) -> list[str]:
    """Other names for folders of this machine: rustc writes paths of sources into a program. The last fit counts."""
    folders = {str(workspace): "/authorizer"}
    for package in metadata["packages"]:
        if package["source"] is not None:
            folders[str(Path(package["manifest_path"]).parent)] = f"/{package['name']}-{package['version']}"
    return [f"--remap-path-prefix={folder}={name}" for folder, name in folders.items()]
