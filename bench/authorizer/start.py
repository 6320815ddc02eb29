"""From the start of a process to its first answer: the Node build as a Lambda function beside a bare Runtime API loop.

Both are asked the same event by the Lambda host of `gatefleet.local`, in turn. The CPU of the process is taken when it
has answered: on a busy machine it is what stays the same. The wall clock is told beside it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bench.authorizer.figures import NODE_BENCH, Figure
from tests.support.builds import BIN, Command, node_function
from tests.support.functions import an_event
from tests.support.local_policy import LocalPolicy
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.contract.entities import Entity, Following
from gatefleet.local.lambda_host import LambdaEnvironment
from gatefleet.local.runtime_api import Answer

ROUNDS = 25
CLIENTS = 100
ROUTES = 40
GATEWAY = "orders/orders"
LOOP = "bare Runtime API loop"


def start_figures(folder: Path) -> list[Figure]:
    """Nanoseconds until the first answer: CPU under the name itself, the wall clock under `…, wall clock`."""
    node = node_function(folder)
    loop: Command = (BIN / "node", NODE_BENCH / "loop.mjs")
    on_floor, following = a_policy(folder / "floor", Following.FLOOR_ONLY), a_policy(folder / "log", Following.FOLLOW)
    event = an_event(following, GATEWAY, "GET /orders-7", following.bearer("client-07", "orders:read"))
    floor_event = an_event(on_floor, GATEWAY, "GET /orders-7", on_floor.bearer("client-07", "orders:read"))
    floor_layer, log_layer = on_floor.layer(GATEWAY), following.layer(GATEWAY)
    log_layer["GATEFLEET_LOG"] = f"file:{following.log}"
    asked = {
        LOOP: (loop, log_layer, event),
        "the loop, node:http imported": ((*loop, "import"), log_layer, event),
        "start to the floor's answer": (node, floor_layer, floor_event),
        "start with the log read in init": (node, log_layer, event),
    }
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in asked}
    for _ in range(ROUNDS):
        for name, (command, variables, one) in asked.items():
            samples[name].append(first_answer(command, variables, one))
    figures = []
    for index, suffix in enumerate(("", ", wall clock")):
        base = statistics.median(taken[index] for taken in samples[LOOP])
        for name, all_taken in samples.items():
            value = statistics.median(taken[index] for taken in all_taken)
            is_base = name == LOOP
            figures.append(
                Figure(
                    name + suffix,
                    value * 1e9,
                    None if is_base else LOOP + suffix,
                    None if is_base else value / base,
                )
            )
    return figures


def a_policy(folder: Path, following: Following) -> LocalPolicy:
    """A gateway of 40 routes that 100 clients may call."""
    folder.mkdir()
    entities: dict[str, Entity] = {f"client/client-{number:02}": a_client("orders:read") for number in range(CLIENTS)}
    entities["scope/orders:read"] = a_scope()
    routes = {f"GET /orders-{number}": "orders:read" for number in range(ROUTES)}
    entities[f"gateway/{GATEWAY}"] = replace(a_gateway(**routes), following=following)
    return LocalPolicy(folder, entities)


def first_answer(command: Command, variables: Mapping[str, str], event: object) -> tuple[float, float]:
    """Seconds of CPU and of the wall clock from the start of the process until it has answered one event."""
    begun = time.monotonic()
    with LambdaEnvironment(command, variables) as environment:
        answer = environment.invoke(event)
        taken = time.monotonic() - begun
        if not isinstance(answer, Answer) or answer.value["isAuthorized"] is not True:
            raise RuntimeError(f"not allowed: {answer}")
        return _cpu_of(environment.pid), taken


def _cpu_of(pid: int) -> float:
    """CPU seconds of all threads of a process (proc(5), `schedstat`: nanoseconds on a processor)."""
    threads = Path("/proc", str(pid), "task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
