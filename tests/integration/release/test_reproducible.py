"""A release of the Rust build is the same bytes wherever it is made, and starts where it is meant to."""

from __future__ import annotations

import os
import platform
import re
import struct
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.support.adapters import tool
from tests.support.builds import BIN, INSTALL_RUST
from tests.support.local_policy import LocalPolicy
from tests.support.release import answer_of, copied_again, copied_sources, made_release, unpacked

ARCHITECTURES = {"arm64": "aarch64", "x86_64": "x86_64"}
MACHINES = {"arm64": 183, "x86_64": 62}  # e_machine of ELF
GLIBC = (2, 34)  # of Amazon Linux 2023

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, bytes]]:
    tool("cargo", INSTALL_RUST)
    if not (BIN / "cargo-zigbuild").exists():
        pytest.skip("cargo-zigbuild is not installed: make build")
    folder = copied_sources(tmp_path_factory.mktemp("here"))
    return folder, made_release(folder, *(f"rust-{architecture}" for architecture in ARCHITECTURES))


def test_it_is_the_same_bytes_in_another_folder_home_and_time_zone(
    made: tuple[Path, Mapping[str, bytes]], tmp_path: Path
) -> None:
    home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    cargo_home = tmp_path / "another cargo home"
    cargo_home.mkdir()
    for part in home.iterdir():
        (cargo_home / part.name).symlink_to(part)
    elsewhere = copied_again(made[0], tmp_path / "a folder" / "deeper")
    variables = {"CARGO_HOME": str(cargo_home), "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    names = [f"rust-{architecture}" for architecture in ARCHITECTURES]
    assert made_release(elsewhere, *names, umask=0o077, **variables) == made[1]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_bootstrap_is_of_its_processor_needs_no_newer_glibc_and_knows_no_folder_of_this_machine(
    architecture: str, made: tuple[Path, Mapping[str, bytes]], policy: LocalPolicy, tmp_path: Path
) -> None:
    sources, files = made
    task = unpacked(files[f"authorizer-rust-{architecture}.zip"], tmp_path / "task")
    program = (task / "bootstrap").read_bytes()
    assert program[:4] == b"\x7fELF"
    assert struct.unpack_from("<H", program, 18)[0] == MACHINES[architecture]
    needed = {(int(major), int(minor)) for major, minor in re.findall(rb"GLIBC_(\d+)\.(\d+)", program)}
    assert needed
    assert max(needed) <= GLIBC
    for folder in (sources, Path.home()):
        assert str(folder).encode() not in program
    if platform.machine() == ARCHITECTURES[architecture]:
        assert answer_of(task, policy, task / "bootstrap") == ("allowed", "fresh")
