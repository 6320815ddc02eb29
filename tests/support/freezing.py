"""Many execution environments frozen at once, a revocation meanwhile, and what each says first when it is thawed.

The three things that happen to a connection while its process is frozen are cells of one matrix, each behind a proxy of
its own: `DEAD` (a NAT forgot it: bytes vanish), `CLOSED` (the broker or somebody on the way ended it), `ALIVE`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from tests.support.builds import Command
from tests.support.functions import Function, function_of
from tests.support.kafka_policy import ChaosKafka, KafkaPolicy
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.contract.entities import Entity, WhenStale
from gatefleet.local.runtime_api import Answer

DEAD, CLOSED, ALIVE = SOCKETS = ("DEAD", "CLOSED", "ALIVE")
GATEWAY = "orders/orders"
ROUTES = {"GET /serve": "a:serve", "GET /check": "a:check", "GET /deny": "a:deny"}
RULES = {"GET /serve": WhenStale.SERVE, "GET /check": WhenStale.CHECK, "GET /deny": WhenStale.DENY}
DENY_AFTER = 3  # seconds; below every freeze


@dataclass(frozen=True, slots=True)
class Thawed:
    """What one environment answered first after its thaw. `added`: seconds more than its answers took before."""

    build: str
    socket: str
    seconds: int
    route: str
    said: str  # `allowed`, or the reason of the denial
    freshness: str
    added: float

    @property
    def read_in_time(self) -> bool:
        return self.freshness == "fresh"


@dataclass
class _Frozen:
    function: Function
    build: str
    socket: str
    seconds: int
    route: str
    usual: float


def a_policy(folder: Path, kafka: ChaosKafka) -> KafkaPolicy:
    """A scope for each rule of a stale policy, all granted to `shop`."""
    entities: dict[str, Entity] = {scope: a_scope(when_stale=RULES[route]) for route, scope in scopes().items()}
    entities["client/shop"] = a_client(*ROUTES.values())
    entities[f"gateway/{GATEWAY}"] = replace(a_gateway(**ROUTES), max_staleness=2, deny_after=DENY_AFTER)
    return KafkaPolicy(folder, entities, topic=kafka.new_topic("orders"))


def scopes() -> dict[str, str]:
    """The key of each route's scope."""
    return {route: f"scope/{scope}" for route, scope in ROUTES.items()}


def revoke_all(policy: KafkaPolicy) -> None:
    """End every scope by one revision."""
    _set_all(policy, active=False)


def allow_all(policy: KafkaPolicy) -> None:
    """Bring every scope back by one revision."""
    _set_all(policy, active=True)


def _set_all(policy: KafkaPolicy, *, active: bool) -> None:
    for route, key in scopes().items():
        policy.entities[key] = a_scope(active=active, when_stale=RULES[route])
    policy.publish()


def freeze_matrix(
    kafka: ChaosKafka,
    policy: KafkaPolicy,
    builds: Mapping[str, Command],
    *,
    seconds: Sequence[int],
    per_cell: int,
    variables: Mapping[str, str],
) -> Iterator[Thawed]:
    """The first answers, cell by cell. All cells are frozen at the same time, so the longest freeze is paid once.

    Each environment is asked until it is fresh, then frozen; everything is revoked; the connections of the dead and the
    closed cells are lost; and each is thawed, one after the other, no earlier than its seconds after the last freeze.
    The environments of a cell are asked for the routes in turn.
    """
    with ExitStack() as stack:
        layer = policy.layer(GATEWAY)
        frozen = []
        for freeze in sorted(seconds):
            for build, command in builds.items():
                for socket in SOCKETS:
                    for number in range(per_cell):
                        told = {**kafka.variables(policy.topic, socket), **variables}
                        function = function_of(command, policy, GATEWAY, layer=layer, variables=told)
                        stack.callback(function.environment.kill)
                        route = list(ROUTES)[number % len(ROUTES)]
                        frozen.append(_frozen(function.start(), build, socket, freeze, route))
        since = time.monotonic()
        revoke_all(policy)
        kafka.proxies[DEAD].forget()
        kafka.proxies[CLOSED].drop()
        for one in frozen:
            time.sleep(max(0.0, since + one.seconds - time.monotonic()))
            yield _thawed(one)


def _frozen(function: Function, build: str, socket: str, seconds: int, route: str) -> _Frozen:
    event = function.event(route, policy_bearer(function))
    taken = []
    fresh = 0
    until = time.monotonic() + 60
    while fresh < 5:
        answer = function.ask(event)
        assert isinstance(answer, Answer), answer
        fresh = fresh + 1 if answer.value["context"]["freshness"] == "fresh" else 0
        taken.append(answer.seconds)
        assert time.monotonic() < until, (build, socket, answer.value, function.environment.stderr)
    function.environment.freeze()
    return _Frozen(function, build, socket, seconds, route, median(taken[-5:]))


def _thawed(one: _Frozen) -> Thawed:
    answer = one.function.ask(one.function.event(one.route, policy_bearer(one.function)))
    assert isinstance(answer, Answer), answer
    context = answer.value["context"]
    said = context.get("reason", "allowed")
    return Thawed(one.build, one.socket, one.seconds, one.route, said, context["freshness"], answer.seconds - one.usual)


def policy_bearer(function: Function) -> tuple[str, str]:
    """The header of a fresh token that carries every scope."""
    return function.policy.bearer("shop", *ROUTES.values())
