"""After a freeze: reads that made the deadline, revoked scopes denied at the first request, and the time added.

All cells are frozen at once and thawed one after the other (tests/support/freezing.py). Added is the first answer after
the thaw, from the moment the event is handed out, less the median of five answers from a fresh view before.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.measure import percentile
from tests.support.builds import node_function, rust_function
from tests.support.freezing import SOCKETS, Thawed, a_policy, freeze_matrix
from tests.support.kafka_policy import ChaosKafka

PER_CELL = 20
SECONDS = (5, 60)


def run() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name, ChaosKafka(*SOCKETS) as kafka:
        builds = {"node": node_function(Path(name)), "rust": rust_function("release")}
        cells: dict[tuple[str, str, int], list[Thawed]] = {}
        deadline = {"GATEFLEET_READ_DEADLINE_MS": "150"}
        policy = a_policy(Path(name), kafka)
        for one in freeze_matrix(kafka, policy, builds, seconds=SECONDS, per_cell=PER_CELL, variables=deadline):
            cells.setdefault((one.build, one.socket, one.seconds), []).append(one)
    yield f"{'build':5} {'socket':6} {'frozen':>7} {'in time':>8} {'denied':>7} {'added p50':>10} {'p99':>8}"
    for (build, socket, seconds), ones in cells.items():
        in_time = sum(one.read_in_time for one in ones) / len(ones)
        denied = sum(one.said != "allowed" for one in ones) / len(ones)
        added = [one.added * 1000 for one in ones]
        yield (
            f"{build:5} {socket.lower():6} {seconds:5} s {in_time:8.0%} {denied:7.0%} {median(added):8.1f}ms "
            f"{percentile(added, 0.99):6.1f}ms"
        )
