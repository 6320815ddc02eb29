"""Each build as a function whose log is a topic of real Apache Kafka: starts, follows, survives, and says so."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from confluent_kafka import Consumer, Message, TopicPartition
from confluent_kafka.admin import NewTopic
from tests.support.build_reader import kafka_variables
from tests.support.builds import Command
from tests.support.functions import PATIENT, Function, wait_until
from tests.support.kafka import KafkaLog, new_log
from tests.support.local_policy import LocalPolicy
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.contract.entities import Entity
from gatefleet.contract.schema_files import schema
from gatefleet.local.broker import Broker
from gatefleet.local.chaos_proxy import HOST, ChaosProxy
from gatefleet.local.kafka.access import AUTHORIZER, RECONCILER
from gatefleet.local.kafka.server import ADMIN
from gatefleet.local.lambda_host import LambdaEnvironment
from gatefleet.log.envelope import FLOOR, seal
from gatefleet.log.history import read_history
from gatefleet.log.kafka_client import consumer_configuration
from gatefleet.log.kafka_settings import KafkaSettings
from gatefleet.log.opening import open_floor
from gatefleet.log.payloads import Floor
from gatefleet.model.types import DEVELOPMENT

pytestmark = pytest.mark.kafka

ROUTE, SCOPE = "GET /orders", "orders:read"
HEARTBEATS = f"gatefleet.{DEVELOPMENT}.heartbeat.orders"


@dataclass
class Published(LocalPolicy):
    """A policy that is published to a topic; what is on it already stays."""

    topic: KafkaLog = field(kw_only=True)
    appended: int = field(default=0, init=False)

    def publish(self) -> None:
        super().publish()
        envelopes = self.log.read_bytes().splitlines()
        self.topic.writer.append(envelopes[self.appended :])
        self.appended = len(envelopes)


@dataclass
class Network:
    """A broker whose clients come through a proxy."""

    proxy: ChaosProxy
    broker: Broker

    def settings(self, principal: str = AUTHORIZER) -> KafkaSettings:
        return replace(self.broker.access.settings(principal), bootstrap=(self.proxy.address,))

    def new_topic(self, name: str) -> None:
        admin = self.broker.access.admin()
        admin.create_topics([NewTopic(name, 1, 1)])[name].result()


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with ChaosProxy() as proxy, Broker(advertised={"BEHIND": proxy.port}) as broker:
        proxy.target = (HOST, broker.port("BEHIND"))
        network = Network(proxy, broker)
        network.new_topic(HEARTBEATS)
        yield network


@pytest.fixture
def policy(network: Network, tmp_path: Path) -> Iterator[Published]:
    """One client that may, published to a topic of its own."""
    network.proxy.alive()
    topic = new_log(network.broker.access, DEVELOPMENT)
    entities: dict[str, Entity] = {
        f"scope/{SCOPE}": a_scope(),
        "client/shop": a_client(SCOPE),
        "gateway/orders/orders": replace(a_gateway(**{ROUTE: SCOPE}), max_staleness=1),
    }
    yield Published(tmp_path, entities, topic=topic)
    topic.close()


@pytest.fixture
def deploy_on(build: Command, policy: Published) -> Iterator[Callable[..., Function]]:
    """Starts the build on the topic; every function ends with the test."""
    functions: list[Function] = []

    def deploy_on(settings: KafkaSettings, **more: str) -> Function:
        lines: list[str] = []
        variables = {
            **policy.layer("orders/orders"),
            **PATIENT,
            **kafka_variables(settings, policy.topic.topic),
            **more,
        }
        environment = LambdaEnvironment(build, variables, write_line=lines.append)
        functions.append(Function(environment, policy, "orders/orders", lines))
        return functions[-1].start()

    yield deploy_on
    for function in functions:
        function.environment.kill()


Deploy = Callable[..., Function]


def asked(function: Function) -> tuple[str, str]:
    return function.call(ROUTE, "shop", SCOPE)


def revoke(policy: Published) -> None:
    policy.entities["client/shop"] = a_client(SCOPE, active=False)
    policy.publish()


@pytest.mark.parametrize(
    ("listener", "principal"), [("PLAINTEXT", RECONCILER), ("SSL", AUTHORIZER), ("SASL_SSL", AUTHORIZER)]
)
def test_a_start_is_fresh_from_the_first_answer_on_and_follows(
    deploy_on: Deploy, policy: Published, network: Network, listener: str, principal: str
) -> None:
    function = deploy_on(network.broker.access.settings(principal, listener))
    assert asked(function) == ("allowed", "fresh")
    revoke(policy)
    time.sleep(1.1)  # until what it has read is older than `max_staleness`
    assert asked(function) == ("client_suspended", "fresh")


def test_a_start_reads_from_where_its_floor_says_that_its_revision_stands(
    deploy_on: Deploy, policy: Published, network: Network
) -> None:
    topic = policy.topic
    for _ in range(3):  # duplicates are ignored, and take as long to read as what is none
        topic.writer.append(policy.log.read_bytes().splitlines() * 200)
    policy.entities["scope/orders:write"] = a_scope()
    policy.publish()
    policy.entities["scope/orders:list"] = a_scope()
    policy.publish()
    history = read_history(topic.reader, policy.trust)
    assert history.position is not None
    assert history.offset_of(history.position) == 602

    def fetched_by_a_start(variables: dict[str, str]) -> int:
        before = network.proxy.traffic.bytes_down
        function = deploy_on(network.settings(), **variables)
        assert asked(function) == ("allowed", "fresh")
        return network.proxy.traffic.bytes_down - before

    whole = fetched_by_a_start({})
    floor = open_floor(policy.floors()["orders/orders"], policy.trust)
    assert isinstance(floor, Floor)
    hinted = replace(floor, offset=history.offset_of(floor.position))
    path = policy.folder / "hinted.json"
    path.write_bytes(seal(FLOOR, hinted.to_bytes(), [policy.signer]))
    before_the_floor = 601 * len(policy.log.read_bytes().splitlines()[0])
    assert whole > before_the_floor > 20 * fetched_by_a_start({"GATEFLEET_FLOOR": str(path)})


def test_a_start_without_its_broker_answers_from_the_floor_and_is_fresh_once_it_is_back(
    deploy_on: Deploy, network: Network
) -> None:
    network.proxy.closed()
    function = deploy_on(network.settings())
    assert asked(function) == ("allowed", "floor")
    assert any("read_failed" in line for line in function.environment.stderr)
    network.proxy.alive()
    wait_until(lambda: asked(function) == ("allowed", "fresh"))


def test_what_is_revoked_while_a_function_is_frozen_and_its_connections_die_is_denied_on_its_first_request(
    deploy_on: Deploy, policy: Published, network: Network
) -> None:
    function = deploy_on(network.settings())
    assert asked(function) == ("allowed", "fresh")
    function.environment.freeze()
    network.proxy.forget()
    revoke(policy)
    time.sleep(5)
    assert asked(function) == ("client_suspended", "fresh")


def test_a_policy_in_parts_is_in_effect_with_its_last_part(
    deploy_on: Deploy, policy: Published, network: Network
) -> None:
    function = deploy_on(network.settings())
    many = {f"subject-{number:05}-{'x' * 40}": 4_102_444_800 for number in range(20_000)}
    policy.entities["client/shop"] = replace(a_client(SCOPE), denied_sub=many, tokens_not_before=4_102_444_800)
    policy.publish()
    assert len(policy.log.read_bytes().splitlines()[-1]) > 1_000_000
    time.sleep(1.1)
    assert asked(function)[0] == "token_revoked"
    wait_until(lambda: asked(function) == ("token_revoked", "fresh"))


def test_a_recreated_topic_makes_nobody_fresh_until_the_log_is_whole_again(
    deploy_on: Deploy, policy: Published, network: Network
) -> None:
    function = deploy_on(network.settings())
    assert asked(function) == ("allowed", "fresh")
    policy.topic.recreate()
    time.sleep(1.1)
    assert asked(function) == ("allowed", "stale")
    policy.topic.writer.append(policy.log.read_bytes().splitlines())
    wait_until(lambda: asked(function) == ("allowed", "fresh"))


def test_nothing_is_connected_and_nothing_sent_while_decisions_are_fresh(
    deploy_on: Deploy, policy: Published, network: Network
) -> None:
    gateway = policy.gateway("orders/orders")
    policy.entities["gateway/orders/orders"] = replace(gateway, max_staleness=60)
    policy.publish()
    beats = heartbeats_from_now(network)
    function = deploy_on(network.settings())
    assert asked(function) == ("allowed", "fresh")
    next(beats)  # the one that tells of the first decision
    traffic = network.proxy.traffic
    before = traffic.connections, traffic.bytes_up  # down may still come that it arrived
    assert {asked(function) for _ in range(50)} == {("allowed", "fresh")}
    assert (traffic.connections, traffic.bytes_up) == before


# --- heartbeats -------------------------------------------------------------------------------------------------------


def test_a_heartbeat_tells_the_first_decision_and_the_next_one_a_revision(
    deploy_on: Deploy, policy: Published, network: Network
) -> None:
    beats = heartbeats_from_now(network)
    function = deploy_on(network.settings())
    asked(function)
    first = next(beats)
    revoke(policy)
    time.sleep(1.1)
    asked(function)
    second = next(beats)
    said = [json.loads(beat.value() or b"") for beat in (first, second)]
    for one in said:
        jsonschema_rs.validate(schema("heartbeat"), one)
    assert [(one["revision"], one["cold_start"], one["mode"]) for one in said] == [
        (1, True, "following"),
        (2, False, "following"),
    ]
    assert [one["decisions"]["deny"] for one in said] == [{}, {"client_suspended": 1}]
    assert said[0]["reads"] == {"succeeded": 1, "failed": 0}
    assert {beat.key() for beat in (first, second)} == {said[0]["instance"].encode()}
    assert first.timestamp()[1] // 1000 == said[0]["issued_at"]
    lines = metrics(function)
    assert [line["heartbeat"] for line in lines] == said
    assert [(line["Allowed"], line["Denied"], line["ColdStart"]) for line in lines] == [(1, 0, 1), (0, 1, 0)]


def test_a_heartbeat_that_cannot_be_sent_delays_no_answer_and_the_next_one_tells_of_it(
    deploy_on: Deploy, policy: Published, network: Network
) -> None:
    function = deploy_on(network.settings(RECONCILER))  # who may read heartbeats, not write them
    for revision in (2, 3):
        assert asked(function)[0] == "allowed"
        policy.entities["client/other"] = a_client(*[SCOPE] * (revision % 2))
        policy.publish()
        time.sleep(1.1)
    wait_until(lambda: asked(function)[0] == "allowed" and metrics_so_far(function)[-1]["HeartbeatsUnsent"] > 0)
    assert metrics(function)[0]["HeartbeatsUnsent"] == 0


def heartbeats_from_now(network: Network) -> Iterator[Message]:
    """Every heartbeat that comes after this call."""
    consumer = Consumer(consumer_configuration(network.broker.access.settings(ADMIN)))
    partition = TopicPartition(HEARTBEATS, 0)
    _, end = consumer.get_watermark_offsets(partition, timeout=30)
    consumer.assign([TopicPartition(HEARTBEATS, 0, end)])

    def messages() -> Iterator[Message]:
        try:
            while True:
                message = consumer.poll(30)
                assert message is not None, "no heartbeat came"
                if message.error() is None:
                    yield message
        finally:
            consumer.close()

    return messages()


def metrics_so_far(function: Function) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, tuple(function.lines)) if "_aws" in line]


def metrics(function: Function) -> list[dict[str, Any]]:
    """Every line of metrics; ends the function, so that none is still on its way."""
    function.decisions()
    return metrics_so_far(function)
