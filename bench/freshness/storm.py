"""A thousand readers that reconnect at the same moment: when all denied, and what somebody else's questions took.

The Rust build, release, TLS and SCRAM-SHA-512, read deadline as documented; all on the processors that also run the
broker (one network thread). Whoever misses the deadline is asked again after a second, and backs off as designed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import percentile
from tests.support.build_reader import kafka_variables
from tests.support.builds import rust_function
from tests.support.followers import Fleet, members
from tests.support.freezing import a_policy
from tests.support.kafka_policy import ChaosKafka
from tests.support.storm import storm

from gatefleet.local.kafka.access import AUTHORIZER

READERS = 1000
PATIENCE = 300.0


def run() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name, ChaosKafka() as kafka:
        policy = a_policy(Path(name), kafka)
        told = kafka_variables(kafka.broker.access.settings(AUTHORIZER), policy.topic.topic)
        told |= {"GATEFLEET_READ_DEADLINE_MS": "150", "GATEFLEET_INIT_BUDGET_MS": "20000"}
        functions = dict.fromkeys([f"{number:04}" for number in range(READERS)], rust_function("release"))
        with Fleet(members(policy, functions, told)) as fleet:
            fleet.ask_until("allowed", patience=PATIENCE)
            seen = storm(policy, fleet, PATIENCE)
    half, most, last = (percentile(seen.denied, share) for share in (0.5, 0.99, 1.0))
    yield f"{len(seen.denied)} readers denied: p50 {half:.1f} s, p99 {most:.1f} s, the last {last:.1f} s"
    for when, took in (("before", seen.calm), ("meanwhile", seen.meanwhile)):
        half, last = (percentile(took, share) * 1000 for share in (0.5, 1.0))
        yield f"{len(took)} questions of somebody else {when}: p50 {half:.0f} ms, worst {last:.0f} ms"
    yield f"{seen.failed} questions without an answer"
