"""A fleet under load whose log goes dark and comes back: what each request was answered, and when all had caught up."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle
from statistics import quantiles

from tests.support.builds import Command
from tests.support.freezing import GATEWAY, ROUTES, revoke_all
from tests.support.functions import an_event
from tests.support.kafka_policy import ChaosKafka, KafkaPolicy
from tests.support.load import Event, LoadedFunction, Noted

from gatefleet.local.chaos_proxy import ChaosProxy


@dataclass
class Outage:
    """All answers in order of time, and the moments (monotonic seconds) that divide them.

    `attempts`: when somebody connected after the return. `caught_up`: when each function first denied by what was
    published meanwhile.
    """

    answers: list[Noted]
    began: float
    ended: float
    caught_up: list[float]
    attempts: list[float]

    def before(self) -> list[Noted]:
        return [one for one in self.answers if one.at < self.began]

    def during(self) -> list[Noted]:
        """Those that were asked and answered in it."""
        return [one for one in self.answers if self.began <= one.at - one.seconds and one.at < self.ended]

    def summary(self) -> str:
        """The figures, for people."""
        before, during = self.before(), self.during()
        p99 = [quantiles([one.seconds for one in ones], n=100)[98] * 1000 for ones in (before, during)]
        waited = [at - self.ended for at in self.caught_up]
        after_attempt = [min(at - one for one in self.attempts if one <= at) for at in self.caught_up if self.attempts]
        return (
            f"{len(before)} requests before, {len(during)} in the outage; p99 {p99[0]:.2f} and {p99[1]:.2f} ms, "
            f"{p99[1] / p99[0]:.2f} x; caught up {max(waited):.2f} s after the return at the latest, "
            f"{max(after_attempt, default=0):.3f} s after connecting ({len(self.attempts)} connections)"
        )


def events(policy: KafkaPolicy) -> Iterator[Event]:
    """A request of each route in turn, with one token: an authorizer may know it again."""
    bearer = policy.bearer("shop", *ROUTES.values())
    made = [Event(route, json.dumps(an_event(policy, GATEWAY, route, bearer)).encode()) for route in ROUTES]
    return cycle(made)


def outage_under_load(
    kafka: ChaosKafka,
    policy: KafkaPolicy,
    functions: Mapping[str, Command],
    *,
    proxy: str,
    before: float,
    outage: float,
    fails: Callable[[ChaosProxy], None],
    variables: Mapping[str, str],
) -> Outage:
    """Ask all functions all the time; after `before` seconds their way to the log `fails`, for `outage` seconds.

    Meanwhile every scope is revoked on the log. Ends when every function was seen to deny by that revision.
    """
    notes: dict[str, list[Noted]] = {name: [] for name in functions}
    fresh: dict[str, threading.Event] = {name: threading.Event() for name in functions}
    denied: dict[str, float] = {}
    ended = threading.Event()
    returned = [float("inf")]

    def note(name: str, one: Noted) -> None:
        notes[name].append(one)
        if one.freshness == "fresh":
            fresh[name].set()
            if one.at > returned[0] and one.said == "insufficient_scope":
                denied.setdefault(name, one.at)

    way = kafka.proxies[proxy]
    layer = {**policy.layer(GATEWAY), **kafka.variables(policy.topic, proxy), **variables}
    with ExitStack() as stack:
        stack.callback(ended.set)
        for name, command in functions.items():
            turn = events(policy)
            loaded = LoadedFunction(
                command,
                layer,
                lambda turn=turn: None if ended.is_set() else next(turn),
                lambda one, name=name: note(name, one),
            )
            stack.enter_context(loaded)
        for name, event in fresh.items():
            assert event.wait(60), f"{name} was not fresh within a minute"
        time.sleep(before)
        fails(way)
        began = time.monotonic()
        revoke_all(policy)
        time.sleep(max(0.0, began + outage - time.monotonic()))
        connections = way.traffic.connections
        returned[0] = time.monotonic()
        way.alive()
        attempts: list[float] = []
        while len(denied) < len(functions):
            if way.traffic.connections > connections + len(attempts):
                attempts.append(time.monotonic())
            assert time.monotonic() < returned[0] + 120, f"only {sorted(denied)} caught up"
            time.sleep(0.001)
    answers = sorted((one for ones in notes.values() for one in ones), key=lambda one: one.at)
    return Outage(answers, began, returned[0], sorted(denied.values()), attempts)
