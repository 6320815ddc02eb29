"""A policy whose log is a Kafka topic, behind proxies, and functions that follow it there.

    with ChaosKafka("DEAD", "ALIVE") as kafka:
        policy = KafkaPolicy(folder, entities, topic=kafka.new_topic())
        kafka.proxies["DEAD"].forget()

What is published is made and archived beside a log in a file, and put on the topic by `KafkaWriter` as one append: so a
caller can hold a revision ready (`held_back`) and knows the moment at which it is on the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from confluent_kafka.admin import NewTopic
from tests.support.build_reader import kafka_variables
from tests.support.kafka import KafkaLog, new_log
from tests.support.local_policy import LocalPolicy

from gatefleet.local.broker import Broker
from gatefleet.local.chaos_proxy import HOST, ChaosProxy
from gatefleet.local.kafka.access import AUTHORIZER
from gatefleet.log.kafka_settings import KafkaSettings
from gatefleet.model.types import DEVELOPMENT


@dataclass
class KafkaPolicy(LocalPolicy):
    """A policy of `development` that is published to a topic. `writer` connects when first used."""

    topic: KafkaLog = field(kw_only=True)
    _appended: int = field(default=0, init=False)
    _holding: bool = field(default=False, init=False)

    def publish(self) -> None:
        super().publish()
        if not self._holding:
            self.append()

    def append(self) -> None:
        """Put on the topic what is not there yet; returns when the broker has it."""
        envelopes = self.log.read_bytes().splitlines()
        self.topic.writer.append(envelopes[self._appended :])
        self._appended = len(envelopes)

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """What is published in here goes on the topic by `append`."""
        self._holding = True
        yield
        self._holding = False


@dataclass
class ChaosKafka:
    """A broker of one's own, each of whose listeners in `names` stands behind a proxy."""

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        self.names = names
        self.proxies = {name: ChaosProxy() for name in names}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for proxy in self.proxies.values():
            self._stack.enter_context(proxy)
        ports = {name: proxy.port for name, proxy in self.proxies.items()}
        self.broker = self._stack.enter_context(Broker(advertised=ports))
        for name, proxy in self.proxies.items():
            proxy.target = (HOST, self.broker.port(name))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def new_topic(self, *teams: str) -> KafkaLog:
        """An empty policy topic of `development`, and the heartbeat topics of teams."""
        log = new_log(self.broker.access, DEVELOPMENT)
        admin = self.broker.access.admin()
        names = {f"gatefleet.{DEVELOPMENT}.heartbeat.{team}" for team in teams} - admin.list_topics().topics.keys()
        for name in names:
            admin.create_topics([NewTopic(name, 1, 1)])[name].result()
        self._stack.callback(log.close)
        return log

    def settings(self, name: str, principal: str = AUTHORIZER) -> KafkaSettings:
        """The way in through a proxy."""
        return replace(self.broker.access.settings(principal), bootstrap=(self.proxies[name].address,))

    def variables(self, topic: KafkaLog, name: str) -> dict[str, str]:
        """What tells an authorizer that its log is this topic, through a proxy."""
        return kafka_variables(self.settings(name), topic.topic)
