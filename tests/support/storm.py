"""Many readers that come back at the same moment, and somebody else who uses the broker meanwhile.

The readers are functions that nobody asked for a while: their connections count as asleep, their views as old. A scope
is revoked, then all are asked at once: each connects, authenticates and reads before it decides.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from tests.support.followers import Fleet
from tests.support.freezing import revoke_all
from tests.support.kafka_policy import KafkaPolicy

ASLEEP = 3.5  # a connection that was not used for 3 s is not trusted; a view is old after 2
AGAIN = 1.0
BETWEEN = 0.05
HANGS = 30.0


@dataclass
class Storm:
    """`denied`: seconds from the asking until each reader denied. `others`: what each question of somebody else took,
    `calm` before the storm and `meanwhile`; `failed` counts those without an answer."""

    denied: list[float]
    calm: list[float]
    meanwhile: list[float]
    failed: int


class _Somebody:
    """Asks the broker for the list of its topics, again and again, over a connection that stays."""

    def __init__(self, admin: AdminClient) -> None:
        self.took: list[float] = []
        self.failed = 0
        self._admin = admin
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._over.wait(BETWEEN):
            started = time.monotonic()
            try:
                self._admin.list_topics(timeout=HANGS)
            except KafkaException:
                self.failed += 1
            else:
                self.took.append(time.monotonic() - started)


def storm(policy: KafkaPolicy, fleet: Fleet, patience: float) -> Storm:
    """Let them sleep, revoke, ask all at once. `fleet` has answered before."""
    somebody = _Somebody(policy.topic.broker.admin())
    try:
        time.sleep(ASLEEP)
        revoke_all(policy)
        calm = len(somebody.took)
        began = time.monotonic()
        denied = fleet.ask_until("insufficient_scope", AGAIN, patience)
    finally:
        somebody.end()
    seconds = sorted(at - began for at in denied.values())
    return Storm(seconds, somebody.took[:calm], somebody.took[calm:], somebody.failed)
