"""Both builds on Apache Kafka behind a network that fails: after freezes, in outages, at cold starts without it.

What is asserted here depends on no speed of the machine. `make bench ARGS=freshness` prints the figures.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from tests.support.build_reader import kafka_variables
from tests.support.builds import Command
from tests.support.followers import Fleet, members
from tests.support.freezing import (
    ALIVE,
    DENY_AFTER,
    GATEWAY,
    ROUTES,
    SOCKETS,
    Thawed,
    a_policy,
    allow_all,
    freeze_matrix,
    policy_bearer,
    revoke_all,
)
from tests.support.functions import Function, function_of, wait_until
from tests.support.kafka_policy import ChaosKafka, KafkaPolicy
from tests.support.outage import Outage, outage_under_load
from tests.support.storm import storm

from gatefleet.local.chaos_proxy import ChaosProxy
from gatefleet.local.kafka.access import AUTHORIZER
from gatefleet.local.kafka.server import ADMIN
from gatefleet.local.runtime_api import Answer
from gatefleet.log.kafka_client import consumer_configuration
from gatefleet.model.types import DEVELOPMENT

pytestmark = pytest.mark.kafka

SERVE, CHECK, DENY = ROUTES
Start = Callable[..., Function]

# As deployed (docs/reference/configuration.md), but for init, which a busy machine must not cut short.
DOCUMENTED = {"GATEFLEET_READ_DEADLINE_MS": "150"}


@pytest.fixture(scope="module")
def kafka_behind_proxies() -> Iterator[ChaosKafka]:
    with ChaosKafka(*SOCKETS) as kafka:
        yield kafka


@pytest.fixture
def network(kafka_behind_proxies: ChaosKafka) -> Iterator[ChaosKafka]:
    yield kafka_behind_proxies
    for proxy in kafka_behind_proxies.proxies.values():
        proxy.alive()


@pytest.fixture
def policy(network: ChaosKafka, tmp_path: Path) -> KafkaPolicy:
    return a_policy(tmp_path, network)


@pytest.fixture
def start(network: ChaosKafka, policy: KafkaPolicy, build: Command) -> Iterator[Start]:
    """Starts the build as a function whose log is behind the proxy `ALIVE`."""
    functions: list[Function] = []

    def start(**variables: str) -> Function:
        told = {**network.variables(policy.topic, ALIVE), **variables}
        functions.append(function_of(build, policy, GATEWAY, variables=told))
        return functions[-1].start()

    yield start
    for function in functions:
        function.environment.kill()


def ask(function: Function, route: str) -> tuple[str, str]:
    answer = function.ask(function.event(route, policy_bearer(function)))
    assert isinstance(answer, Answer), answer
    context = answer.value["context"]
    return context.get("reason", "allowed"), context["freshness"]


# --- freezes ---------------------------------------------------------------------------------------------------------


def test_what_is_revoked_while_functions_are_frozen_is_denied_on_their_first_requests_whatever_became_of_the_sockets(
    network: ChaosKafka, policy: KafkaPolicy, builds: Mapping[str, Command]
) -> None:
    thawed = list(freeze_matrix(network, policy, builds, seconds=(5, 60), per_cell=3, variables={}))
    assert Counter((one.said, one.freshness) for one in thawed) == {("insufficient_scope", "fresh"): len(thawed)}
    assert len({(one.build, one.socket, one.seconds) for one in thawed}) == 12


@pytest.mark.soak
def test_with_the_documented_deadline_a_read_in_time_denies_and_a_high_risk_scope_is_denied_without_one(
    network: ChaosKafka, policy: KafkaPolicy, builds: Mapping[str, Command]
) -> None:
    thawed = list(freeze_matrix(network, policy, builds, seconds=(5, 60, 300), per_cell=20, variables=DOCUMENTED))
    wrong = [one for one in thawed if one.said == "allowed" and (one.read_in_time or one.route == DENY)]
    assert not wrong
    for line in shares(thawed):
        print(line)


def shares(thawed: list[Thawed]) -> Iterator[str]:
    """How many reads made the deadline, cell by cell."""
    cells: dict[tuple[str, str, int], list[Thawed]] = {}
    for one in thawed:
        cells.setdefault((one.build, one.socket, one.seconds), []).append(one)
    for (build, socket, seconds), ones in cells.items():
        in_time = sum(one.read_in_time for one in ones)
        added = sorted(one.added for one in ones)
        yield (
            f"{build:5} {socket:6} {seconds:4} s: {in_time} of {len(ones)} reads in time, "
            f"added {added[len(added) // 2] * 1000:.0f} ms (median), {added[-1] * 1000:.0f} ms (most)"
        )


# --- outages ---------------------------------------------------------------------------------------------------------


def check_outage(outage: Outage) -> None:
    """What must be so whatever the machine is up to."""
    during = outage.during()
    known = [one for one in [*outage.before(), *during] if one.kind in {SERVE, CHECK}]
    assert Counter(one.said for one in known) == {"allowed": len(known)}
    late = [one for one in during if one.kind == DENY and one.at - one.seconds > outage.began + DENY_AFTER]
    assert Counter(one.said for one in late) == {"stale_policy": len(late)}
    assert {one.kind for one in during} == set(ROUTES)
    assert late


@pytest.mark.parametrize("fails", [ChaosProxy.dark, pytest.param(ChaosProxy.closed, marks=pytest.mark.soak)])
def test_in_an_outage_known_policy_goes_on_high_risk_ends_and_the_return_is_noticed(
    network: ChaosKafka, policy: KafkaPolicy, builds: Mapping[str, Command], fails: Callable[[ChaosProxy], None]
) -> None:
    patient = {"GATEFLEET_READ_DEADLINE_MS": "1000"}
    outage = outage_under_load(network, policy, builds, proxy=ALIVE, before=2, outage=6, fails=fails, variables=patient)
    check_outage(outage)
    assert len(outage.caught_up) == len(builds)


@pytest.mark.soak
def test_an_outage_of_a_minute_under_load_changes_no_decision_of_a_hundred_thousand(
    network: ChaosKafka, policy: KafkaPolicy, builds: Mapping[str, Command]
) -> None:
    functions = {f"{name} {number}": build for name, build in builds.items() for number in range(2)}
    outage = outage_under_load(
        network, policy, functions, proxy=ALIVE, before=60, outage=60, fails=ChaosProxy.dark, variables=DOCUMENTED
    )
    check_outage(outage)
    print(outage.summary())
    assert len(outage.answers) >= 100_000


@pytest.mark.soak
def test_a_thousand_readers_that_come_back_at_once_leave_the_broker_to_others(
    network: ChaosKafka, policy: KafkaPolicy, builds: Mapping[str, Command]
) -> None:
    told = kafka_variables(network.broker.access.settings(AUTHORIZER), policy.topic.topic)
    patient = {**DOCUMENTED, "GATEFLEET_INIT_BUDGET_MS": "20000"}
    functions = dict.fromkeys([f"{number:04}" for number in range(1000)], builds["rust"])
    with Fleet(members(policy, functions, told | patient)) as fleet:
        fleet.ask_until("allowed", patience=300)
        seen = storm(policy, fleet, patience=300)
    assert len(seen.denied) == 1000
    assert seen.meanwhile
    assert seen.failed == 0


# --- cold starts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("starts", [5, pytest.param(100, marks=pytest.mark.soak)])
def test_without_a_network_a_cold_start_answers_at_once_from_the_floor(
    start: Start, network: ChaosKafka, starts: int
) -> None:
    network.proxies[ALIVE].dark()
    for _ in range(starts):
        # A request that waited for such a read would time out.
        function = start(GATEFLEET_INIT_BUDGET_MS="300", GATEFLEET_READ_DEADLINE_MS="20000")
        assert ask(function, SERVE) == ("allowed", "floor")
        time.sleep(1.1)  # the pause after the failed read of init is over: a read is due
        assert ask(function, SERVE) == ("allowed", "floor")
        function.environment.kill()


def test_without_a_network_other_scopes_wait_for_one_read_and_high_risk_is_denied(
    start: Start, network: ChaosKafka
) -> None:
    network.proxies[ALIVE].dark()
    function = start(GATEFLEET_INIT_BUDGET_MS="300", GATEFLEET_READ_DEADLINE_MS="150")
    connections = network.proxies[ALIVE].traffic.connections
    time.sleep(1.1)
    assert ask(function, CHECK) == ("allowed", "floor")
    assert network.proxies[ALIVE].traffic.connections > connections
    assert ask(function, DENY) == ("stale_policy", "floor")


def test_a_network_that_fails_in_the_middle_of_use_costs_a_request_no_more_than_its_deadline(
    start: Start, network: ChaosKafka
) -> None:
    function = start(GATEFLEET_READ_DEADLINE_MS="5000")
    wait_until(lambda: ask(function, CHECK) == ("allowed", "fresh"))
    time.sleep(2.1)  # beyond `max_staleness`, but not so long that the connection counts as asleep
    network.proxies[ALIVE].forget()
    assert ask(function, CHECK) == ("allowed", "fresh")  # over a new one, in what the dead one left of the deadline


# --- followers -------------------------------------------------------------------------------------------------------


def test_whoever_is_asked_once_a_revision_is_on_the_log_denies_by_it_where_every_request_reads(
    network: ChaosKafka, policy: KafkaPolicy, builds: Mapping[str, Command]
) -> None:
    gateway = policy.gateway(GATEWAY)
    policy.entities[f"gateway/{GATEWAY}"] = replace(gateway, max_staleness=0)
    policy.publish()
    with ExitStack() as stack:
        functions = []
        for build in (*builds.values(), *builds.values()):
            function = function_of(build, policy, GATEWAY, variables=network.variables(policy.topic, ALIVE))
            stack.callback(function.environment.kill)
            functions.append(function.start())
        for _ in range(3):
            revoke_all(policy)
            assert {ask(function, CHECK)[0] for function in functions} == {"insufficient_scope"}
            allow_all(policy)
            assert {ask(function, CHECK)[0] for function in functions} == {"allowed"}


# --- heartbeats ------------------------------------------------------------------------------------------------------


def test_a_function_that_sleeps_between_its_requests_is_heard_of(
    network: ChaosKafka, policy: KafkaPolicy, build: Command
) -> None:
    with heartbeats(network) as heard:
        function = function_of(
            build, policy, GATEWAY, variables=network.variables(policy.topic, ALIVE), freezing=True
        ).start()
        # The first heartbeat is frozen together with the function, the moment the answer is there: it goes out, or is
        # lost. With the second request it is known to be lost, and the function waits until the next one is sent.
        for _ in range(2):
            assert ask(function, SERVE)[0] == "allowed"
            time.sleep(3.5)  # a connection that was not used for so long counts as asleep
        assert heard()["gateway"] == GATEWAY
        function.environment.kill()


@contextmanager
def heartbeats(network: ChaosKafka) -> Iterator[Callable[[], dict[str, Any]]]:
    """From here on, the next heartbeat of the team; fails the test when none comes."""
    topic = f"gatefleet.{DEVELOPMENT}.heartbeat.orders"
    consumer = Consumer(consumer_configuration(network.broker.access.settings(ADMIN)))
    _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=30)
    consumer.assign([TopicPartition(topic, 0, end)])

    def heard() -> dict[str, Any]:
        while True:
            message = consumer.poll(30)
            assert message is not None, "no heartbeat came"
            if message.error() is None:
                return dict(json.loads(message.value() or b""))

    yield heard
    consumer.close()
