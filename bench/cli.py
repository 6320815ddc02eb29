"""What a command costs: CPU of `gatefleet --help` and of `validate` on the example repository."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from bench.measure import cpu_of_command, medians, milliseconds

REPOSITORY = Path(__file__).parents[1]
GATEFLEET = str(Path(sys.executable).with_name("gatefleet"))


def run() -> Iterator[str]:
    bare, shown, validated = medians(
        [
            lambda: cpu_of_command([sys.executable, "-c", "pass"]),
            lambda: cpu_of_command([GATEFLEET, "--help"]),
            lambda: cpu_of_command([GATEFLEET, "validate"], cwd=REPOSITORY),
        ],
        rounds=9,
    )
    yield f"python start          {milliseconds(bare):>8}"
    yield f"gatefleet --help      {milliseconds(shown):>8}   {shown / bare:5.1f} x python start (aim: 150 ms)"
    yield f"gatefleet validate    {milliseconds(validated):>8}   {validated / bare:5.1f} x python start"
