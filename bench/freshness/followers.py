"""A hundred followers of both builds: from the append of a revocation to the moment at which each denies.

Half of them are of each build, release, as deployed. Times begin before the append of the revision is asked of the
broker. `asked then`: `max_staleness` is 0, so every request reads first; all are asked at the same moment, when the
broker has acknowledged the append: what log, reader and view need, and a hundred processes on these processors.
`asked all the time`: `max_staleness` is 2 s as in the example, each is asked again 0.2 s after its answer: what a
client sees. The raw consumer long-polls the same topic in the same run and only takes the record.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.measure import percentile
from tests.support.build_reader import kafka_variables
from tests.support.builds import node_function, rust_function
from tests.support.followers import Fleet, RawConsumer, members, raw_consumer
from tests.support.freezing import GATEWAY, a_policy, allow_all, revoke_all
from tests.support.kafka_policy import ChaosKafka, KafkaPolicy

from gatefleet.local.kafka.access import AUTHORIZER

FOLLOWERS = 100
ROUNDS = 10


def run() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name, ChaosKafka() as kafka:
        builds = (node_function(Path(name)), rust_function("release"))
        functions = {f"{number:03}": builds[number % 2] for number in range(FOLLOWERS)}
        policy = a_policy(Path(name), kafka)
        # All at once on two processors: a deadline would measure the machine, and say so by stale answers only.
        patient = {"GATEFLEET_READ_DEADLINE_MS": "5000", "GATEFLEET_INIT_BUDGET_MS": "20000"}
        settings = kafka.broker.access.settings(AUTHORIZER)
        variables = {**kafka_variables(settings, policy.topic.topic), **patient}
        yield f"{'':22} {'raw p50':>9} {'p99':>8} {'each p50':>9} {'p99':>8} {'all p50':>9} {'p99':>8}"
        for title, staleness, every in (("asked then", 0, 0.0), ("asked all the time", 2, 0.2)):
            gateway = policy.gateway(GATEWAY)
            policy.entities[f"gateway/{GATEWAY}"] = replace(gateway, max_staleness=staleness)
            policy.publish()
            with (
                Fleet(members(policy, functions, variables)) as fleet,
                raw_consumer(settings, policy.topic.topic) as raw,
            ):
                fleet.ask_until("allowed")
                rounds = [_round(policy, fleet, raw, every) for _ in range(ROUNDS)]
            seen = [one[0] for one in rounds]
            each = [seconds for one in rounds for seconds in one[1]]
            last = [max(one[1]) for one in rounds]
            figures = [percentile(values, share) * 1000 for values in (seen, each, last) for share in (0.5, 0.99)]
            yield f"{title:22} " + " ".join(f"{figure:6.0f}ms" for figure in figures)


def _round(policy: KafkaPolicy, fleet: Fleet, raw: RawConsumer, every: float) -> tuple[float, list[float]]:
    """One revocation: when the raw consumer had it, when each follower denied; then the way back."""
    with policy.held_back():
        revoke_all(policy)
    fleet.ask_until("allowed")
    if every:
        time.sleep(random.uniform(0, 2))  # where in the two seconds of their views they are hit
    count = len(raw.seen)
    began = time.monotonic()
    policy.append()
    denied = fleet.ask_until("insufficient_scope", every)
    seen = raw.wait(count + 1)
    allow_all(policy)
    fleet.ask_until("allowed", every)
    return seen - began, [at - began for at in denied.values()]
