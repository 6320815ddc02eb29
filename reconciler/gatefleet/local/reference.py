"""The reference authorizer as API Gateway calls it: one event in, one answer out."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from gatefleet.contract.entities import WhenStale
from gatefleet.decide import Decision, FreshnessState, Unauthorized, decide, log_line, respond
from gatefleet.local.runtime_api import Answer, FunctionError
from gatefleet.log.follow import Follower

# The design's 150 ms are for the Lambda builds; this one's Kafka client waits 500 ms before a first fetch.
READ_SECONDS = 1.0


class UnauthorizedError(Exception):
    """The authorizer failed with `Unauthorized`, as a REST authorizer says 401."""


class ReferenceAuthorizer:
    """Decides for one gateway. `write_line` gets one JSON line a decision; `clock` gives UTC seconds."""

    def __init__(
        self,
        follower: Follower,
        write_line: Callable[[str], object] = lambda _line: None,
        clock: Callable[[], float] = time.time,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self.follower = follower
        self._write_line = write_line
        self._clock = clock
        self._read_seconds = read_seconds

    def invoke(self, event: Mapping[str, Any]) -> Answer | FunctionError:
        """Answer one authorizer event as a Lambda function would."""
        request_id, started = str(uuid.uuid4()), time.perf_counter()
        try:
            body = json.dumps(self(event)).encode()
        except UnauthorizedError:
            return FunctionError(request_id, "Error", "Unauthorized", time.perf_counter() - started)
        return Answer(request_id, body, time.perf_counter() - started)

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one authorizer event. Raises `UnauthorizedError` where a REST API answers 401."""
        started = time.perf_counter()
        decision = self.decide(event)
        decision_id = secrets.token_hex(16)
        answer = respond(decision, decision_id)
        latency = round((time.perf_counter() - started) * 1000)
        self._write_line(log_line(decision, decision_id, now=int(self._clock()), latency_ms=latency))
        if isinstance(answer, Unauthorized):
            raise UnauthorizedError
        return answer

    def decide(self, event: object) -> Decision:
        """Decide, after at most one bounded read of the log.

        A view that was followed and is stale is read first. On the floor what is allowed under `serve`, or to anyone,
        is answered without waiting; everything else waits for the read, since a newer policy may say otherwise.
        """
        now = self._clock()
        state = self.follower.freshness(now).state
        if state is FreshnessState.STALE:
            self._read_if_due(now)
        decision = self._decide(event)
        may_go_ahead = decision.allowed and decision.when_stale in (None, WhenStale.SERVE)
        if state is FreshnessState.FLOOR and not may_go_ahead and self._read_if_due(now):
            decision = self._decide(event)
        return decision

    def _decide(self, event: object) -> Decision:
        now = self._clock()
        # In this order: a read that ends in between makes the view newer than its freshness, never the other way round.
        freshness = self.follower.freshness(now)
        return decide(event, self.follower.view, freshness, int(now))

    def _read_if_due(self, now: float) -> bool:
        due = self.follower.read_due(now)
        if due:
            self.follower.read(self._clock, self._read_seconds)
        return due
