"""From the start of a process to its first answer: the Rust build beside a bare loop that checks the floor's signature.

As in `start.py`: the same policy, the same host, in turn, CPU. The wall clock of two milliseconds is the host's.
"""

from __future__ import annotations

import os
import statistics
import subprocess
from pathlib import Path

from bench.authorizer.figures import RUST_BENCH, Figure
from bench.authorizer.start import GATEWAY, ROUNDS, a_policy, first_answer
from tests.support.adapters import tool
from tests.support.builds import INSTALL_RUST, Command, rust_function
from tests.support.functions import an_event

from gatefleet.contract.entities import Following
from gatefleet.log.envelope import parse_envelope

LOOP = "bare loop in Rust and the floor's signature"


def rust_start_figures(folder: Path) -> list[Figure]:
    """Nanoseconds of CPU until the first answer."""
    on_floor, following = a_policy(folder / "a", Following.FLOOR_ONLY), a_policy(folder / "b", Following.FOLLOW)
    floor = on_floor.layer(GATEWAY)
    log = following.layer(GATEWAY) | {"GATEFLEET_LOG": f"file:{following.log}"}
    event, floor_event = (
        an_event(policy, GATEWAY, "GET /orders-7", policy.bearer("client-07", "orders:read"))
        for policy in (following, on_floor)
    )
    build = rust_function("release")
    asked = {
        LOOP: (_loop(), _signed(Path(floor["GATEFLEET_FLOOR"]), on_floor.signer.spki, folder) | floor, event),
        "Rust start to the floor's answer": (build, floor, floor_event),
        "Rust start with the log read in init": (build, log, event),
    }
    samples: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(ROUNDS):
        for name, (command, variables, one) in asked.items():
            samples[name].append(first_answer(command, variables, one)[0])
    bare, *others = ((name, statistics.median(taken)) for name, taken in samples.items())
    return [
        Figure(LOOP, bare[1] * 1e9),
        *(Figure(name, value * 1e9, LOOP, value / bare[1]) for name, value in others),
    ]


def _loop() -> Command:
    cargo = tool("cargo", INSTALL_RUST)
    subprocess.run([cargo, "build", "--quiet", "--release", "--locked", "--bin", "loop"], cwd=RUST_BENCH, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", RUST_BENCH / "target"))
    return (target / "release" / "loop",)


def _signed(floor: Path, spki: bytes, folder: Path) -> dict[str, str]:
    """The files that the loop reads: the key's 32 bytes, what was signed, its signature."""
    envelope = parse_envelope(floor.read_bytes().rstrip(b"\n"))
    contents = {"KEY": spki[-32:], "MESSAGE": envelope.signed_bytes, "SIGNATURE": envelope.signatures[0].sig}
    variables = {}
    for name, content in contents.items():
        path = folder / name.lower()
        path.write_bytes(content)
        variables[f"BENCH_{name}"] = str(path)
    return variables
