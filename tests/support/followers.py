"""Many functions of both builds that follow one log, asked together: how long after a publication each denies.

An authorizer reads only when it is asked. So a `Fleet` asks every function one request at the same moment, and asks
again whoever has not changed its answer. A raw consumer of the topic, long-polling in this process, says when the
record could be had at all. All times are monotonic seconds.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, TopicPartition
from tests.support.builds import Command
from tests.support.freezing import GATEWAY, ROUTES
from tests.support.functions import an_event
from tests.support.kafka_policy import KafkaPolicy
from tests.support.load import Event, LoadedFunction, Noted

from gatefleet.log.kafka_client import any_configuration
from gatefleet.log.kafka_settings import KafkaSettings

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Member:
    """One function, and the one request that it is asked."""

    command: Command
    variables: Mapping[str, str]
    event: Event


def members(policy: KafkaPolicy, functions: Mapping[str, Command], variables: Mapping[str, str]) -> dict[str, Member]:
    """Functions of the gateway of tests/support/freezing.py, asked for the route of `when_stale: check`."""
    event = an_event(policy, GATEWAY, list(ROUTES)[1], policy.bearer("shop", *ROUTES.values()))
    asked = Event("check", json.dumps(event).encode())
    told = {**policy.layer(GATEWAY), **variables}
    return {name: Member(command, told, asked) for name, command in functions.items()}


class Fleet:
    """Functions by name that wait to be asked, each driven by a thread of its own."""

    def __init__(self, functions: Mapping[str, Member]) -> None:
        self._functions = functions
        self._stack = ExitStack()
        lock = threading.Lock()
        self._bell, self._done = threading.Condition(lock), threading.Condition(lock)
        self._over = False
        self._rings = 0
        self._asked = dict.fromkeys(functions, 0)
        self._wanted = ""
        self._every = 0.0
        self._first: dict[str, float] = {}

    def __enter__(self) -> Self:
        for name, one in self._functions.items():
            next_event, note = partial(self._next, name), partial(self._note, name)
            self._stack.enter_context(LoadedFunction(one.command, one.variables, next_event, note))
        self._stack.callback(self._end)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def ask_until(self, said: str, every: float = 0.0, patience: float = PATIENCE) -> dict[str, float]:
        """Ask all at once, and after `every` seconds again who does not say `said`; when each did.

        Fails the test when somebody has not after `patience` seconds.
        """
        with self._bell:
            self._wanted, self._every, self._first = said, every, {}
            self._rings += 1
            self._bell.notify_all()
            done = self._done.wait_for(lambda: len(self._first) == len(self._functions), patience)
            assert done, f"{sorted(self._functions.keys() - self._first.keys())} never said {said}"
            return self._first

    def _next(self, name: str) -> Event | None:
        with self._bell:
            again = 0 < self._rings == self._asked[name] and name not in self._first
        if again:
            time.sleep(self._every)
        with self._bell:
            self._bell.wait_for(
                lambda: self._over or self._asked[name] < self._rings or (again and name not in self._first)
            )
            self._asked[name] = self._rings
            return None if self._over else self._functions[name].event

    def _note(self, name: str, one: Noted) -> None:
        with self._bell:
            if one.said == self._wanted and name not in self._first:
                self._first[name] = one.at
                if len(self._first) == len(self._functions):
                    self._done.notify()

    def _end(self) -> None:
        with self._bell:
            self._over = True
            self._bell.notify_all()


@contextmanager
def raw_consumer(settings: KafkaSettings, topic: str) -> Iterator[RawConsumer]:
    """A consumer at the end of the topic."""
    consumer = RawConsumer(settings, topic)
    yield consumer
    consumer.close()


class RawConsumer:
    """Notes when it has each record, long-polling in a thread of its own."""

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self.seen: list[float] = []
        self._over = False
        self._consumer = Consumer({**any_configuration(settings), "group.id": "unused", "enable.auto.commit": False})
        partition = TopicPartition(topic, 0)
        _, end = self._consumer.get_watermark_offsets(partition, timeout=PATIENCE)
        self._consumer.assign([TopicPartition(topic, 0, end)])
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()

    def wait(self, count: int) -> float:
        """When it had its `count`th record."""
        until = time.monotonic() + PATIENCE
        while len(self.seen) < count:
            assert time.monotonic() < until, "the raw consumer saw nothing"
            time.sleep(0.001)
        return self.seen[count - 1]

    def close(self) -> None:
        self._over = True
        self._thread.join()
        self._consumer.close()

    def _poll(self) -> None:
        while not self._over:
            message = self._consumer.poll(0.1)
            if message is not None and message.error() is None:
                self.seen.append(time.monotonic())
