"""An outage of a minute under load: requests, p99 before and during it, and how soon all had caught up.

Two functions of each build are asked all the time, by routes of all three rules for a stale policy
(tests/support/outage.py). The way to the log goes dark: nothing is refused, nothing is answered.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.builds import node_function, rust_function
from tests.support.freezing import a_policy
from tests.support.kafka_policy import ChaosKafka
from tests.support.outage import outage_under_load

from gatefleet.local.chaos_proxy import ChaosProxy

NET = "NET"
SECONDS = 60


def run() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name, ChaosKafka(NET) as kafka:
        builds = {"node": node_function(Path(name)), "rust": rust_function("release")}
        functions = {f"{build} {number}": command for build, command in builds.items() for number in range(2)}
        outage = outage_under_load(
            kafka, a_policy(Path(name), kafka), functions, proxy=NET, before=SECONDS, outage=SECONDS,
            fails=ChaosProxy.dark, variables={"GATEFLEET_READ_DEADLINE_MS": "150"},
        )  # fmt: skip
    yield outage.summary()
