"""A cold start with the log reachable: how often the first decision is fresh, and what reading the log adds to it.

Measured is the time from the start of the process to the first answer, of the release builds as deployed (init budget
and read deadline as documented, TLS and SCRAM-SHA-512), for a scope with `when_stale: check`; beside it the same
without a log (`floor_only`), of the same run, alternately. Added is what a start took more than the median of those
without a log. The round trip is added by a proxy between function and broker
(reconciler/gatefleet/local/chaos_proxy.py); the share of one processor is enforced by a control group in periods of
20 ms, also during init.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from bench.measure import percentile
from tests.support.builds import Command, node_function, rust_function
from tests.support.cpu_limit import limited
from tests.support.freezing import GATEWAY, ROUTES, a_policy
from tests.support.functions import an_event
from tests.support.kafka_policy import ChaosKafka

from gatefleet.contract.entities import Following
from gatefleet.local.lambda_host import LambdaEnvironment
from gatefleet.local.runtime_api import Answer

STARTS = 30
SHARES = (1.0, 0.3, 0.15)
ROUND_TRIPS = (0.0, 0.001, 0.005)
CHECK = list(ROUTES)[1]
PATIENCE = 60.0
NET = "NET"


@dataclass(frozen=True, slots=True)
class Start:
    """One cold start: seconds from the start of the process to its first answer, and how fresh that was."""

    seconds: float
    freshness: str


def run() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name, ChaosKafka(NET) as kafka:
        folder = Path(name)
        builds = {"node": node_function(folder), "rust": rust_function("release")}
        policy = a_policy(folder, kafka)
        event = an_event(policy, GATEWAY, CHECK, policy.bearer("shop", *ROUTES.values()))
        following = {**policy.layer(GATEWAY), **kafka.variables(policy.topic, NET)}
        following = kept(folder / "following", following)
        policy.entities[f"gateway/{GATEWAY}"] = replace(policy.gateway(GATEWAY), following=Following.FLOOR_ONLY)
        policy.publish()
        alone = kept(folder / "alone", policy.layer(GATEWAY))
        policy.entities[f"gateway/{GATEWAY}"] = replace(policy.gateway(GATEWAY), following=Following.FOLLOW)
        policy.publish()
        columns = ("floor only p50", "p99", "added p50", "p99")
        yield f"{'build':5} {'cpu':>5} {'+rtt':>6} {'fresh':>6} " + " ".join(f"{one:>14}" for one in columns)
        for build, command in builds.items():
            for share in SHARES:
                for round_trip in ROUND_TRIPS:
                    kafka.proxies[NET].round_trip = round_trip
                    row = _row(command, share, event, following=following, alone=alone)
                    yield f"{build:5} {share:5} {round_trip * 1000:4.0f}ms {row}"


def kept(folder: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """The same variables with the floor where no later floor overwrites it."""
    folder.mkdir()
    floor = folder / "floor.json"
    floor.write_bytes(Path(variables["GATEFLEET_FLOOR"]).read_bytes())
    return {**variables, "GATEFLEET_FLOOR": str(floor)}


def cold_start(command: Command, variables: Mapping[str, str], event: object) -> Start:
    """Start a process, ask it once, end it."""
    environment = LambdaEnvironment(command, variables)
    started = time.monotonic()
    environment.start(PATIENCE)
    answer = environment.invoke(event, PATIENCE)
    seconds = time.monotonic() - started
    environment.kill()
    assert isinstance(answer, Answer), answer
    return Start(seconds, json.loads(answer.body)["context"]["freshness"])


def _row(
    command: Command, share: float, event: object, *, following: Mapping[str, str], alone: Mapping[str, str]
) -> str:
    read, bare = [], []
    with limited(command, share) as slow:
        for _ in range(STARTS):
            bare.append(cold_start(slow, alone, event).seconds)
            read.append(cold_start(slow, following, event))
    fresh = sum(one.freshness == "fresh" for one in read) / len(read)
    added = [one.seconds - median(bare) for one in read]
    figures = [percentile(values, share) for values in (bare, added) for share in (0.5, 0.99)]
    return f"{fresh:6.0%} " + " ".join(f"{figure * 1000:12.0f}ms" for figure in figures)
