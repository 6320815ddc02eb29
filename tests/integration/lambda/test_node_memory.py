"""The Node build's memory does not grow with what it decides and what it follows."""

from __future__ import annotations

import json
import statistics
import subprocess

import pytest
from tests.support.builds import BIN, NODE_BUILD


@pytest.mark.soak
def test_a_million_decisions_and_ten_thousand_revisions_leave_no_slope_of_memory() -> None:
    ran = subprocess.run(
        [BIN / "node", "--expose-gc", "test/soak/memory.ts"],
        cwd=NODE_BUILD,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    resident = json.loads(ran.stdout)
    third = len(resident) // 3
    middle, last = statistics.median(resident[third : 2 * third]), statistics.median(resident[-third:])
    print(f"resident memory, medians of the thirds: {[round(size / 1e6, 1) for size in (middle, last)]} MB")
    # 3 % are some 10 bytes for each of the 333,333 decisions in between: less than the smallest object that is kept.
    assert last < 1.03 * middle
