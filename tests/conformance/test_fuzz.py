"""Fuzzing at length: each target of both builds for as long as `--fuzz-seconds` says, without a finding.

`make test` runs the same targets for a fixed number of cases, with a fixed seed, among the builds' own tests.
"""

from __future__ import annotations

import os
import subprocess

import pytest
from tests.support.adapters import tool
from tests.support.builds import BIN, INSTALL_RUST, NODE_BUILD, RUST_BUILD

# How many properties each target has; they share its time.
TARGETS = {"event": 1, "token": 2, "envelope": 4, "floor": 2}


@pytest.mark.soak
@pytest.mark.parametrize("build", ["rust", "typescript"])
@pytest.mark.parametrize("target", TARGETS)
def test_fuzzing_finds_nothing(target: str, build: str, request: pytest.FixtureRequest) -> None:
    seconds, seed = (int(request.config.getoption(f"--fuzz-{name}")) for name in ("seconds", "seed"))
    if build == "rust":
        command = [tool("cargo", INSTALL_RUST), "test", "--locked", "--profile", "dev-fast", "--package", "conformance"]
        command += ["--", f"fuzz::{target}::", "--test-threads=1", "--nocapture"]
    else:
        command = [str(BIN / "node"), f"test/fuzz/{target}.test.ts"]
    environment = {"GATEFLEET_FUZZ_SECONDS": str(seconds // TARGETS[target]), "GATEFLEET_FUZZ_SEED": str(seed)}
    ran = subprocess.run(
        command,
        cwd=RUST_BUILD if build == "rust" else NODE_BUILD,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-8000:]
    counted = [line.rpartition("... ")[2] for line in ran.stdout.splitlines() if " cases, seed " in line]
    assert len(counted) == TARGETS[target]
    print(build, *counted, sep="\n  ")
