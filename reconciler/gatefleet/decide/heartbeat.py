"""The step `heartbeat`: what one instance of an authorizer says about itself, and when (docs/reference/heartbeat.md).

A `Pulse` notes decisions, reads and deliveries; asked once an invocation, it gives a `Heartbeat` when one is due.
Nothing here comes from a request, and nothing is decided by it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from gatefleet.contract.digests import Position
from gatefleet.contract.reasons import Reason, RefusalReason
from gatefleet.decide.outcome import Decision, Deny, Freshness, FreshnessState

R = TypeVar("R", bound=StrEnum)

EVERY_MS = 60_000
CREDIT = 5  # heartbeats that tell news
CREDIT_BACK_MS = 10_000  # one of them comes back


@dataclass(frozen=True, slots=True)
class Identity:
    """Who speaks: what an instance keeps as long as it lives. `floor_issued_at` in UTC seconds."""

    environment: str
    gateway: str
    instance: str
    variant: str
    version: str
    floor_epoch: int
    floor_revision: int
    floor_issued_at: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the follower stands when it is asked; `follows`: there is a log to follow."""

    position: Position
    view: str
    freshness: Freshness
    follows: bool

    @property
    def mode(self) -> str:
        """What an instance does about the log."""
        if not self.follows:
            return "floor_only"
        return "holding" if self.freshness.read_failed else "following"


@dataclass(frozen=True, slots=True)
class Counts:
    """What was noted since the last heartbeat."""

    since: int  # milliseconds UTC
    allowed: int = 0
    denied: Mapping[Reason, int] = field(default_factory=dict)
    not_fresh: int = 0
    path_differs: int = 0
    reads: int = 0
    failed_reads: int = 0
    refusals: Mapping[RefusalReason, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """One heartbeat, made: the record for Kafka, and the line of metrics for standard output."""

    topic: str
    key: str
    timestamp: int
    value: str
    metrics: str


@dataclass(frozen=True, slots=True)
class Pulse:
    """What one instance noted, when it last spoke, and what became of that. Times in milliseconds UTC."""

    identity: Identity
    counts: Counts
    last_at: int | None = None
    last_position: Position | None = None
    unsent: int = 0
    just_lost: bool = False
    spent: int = 0

    @classmethod
    def start(cls, identity: Identity, now: int) -> Pulse:
        """Nothing noted, nothing said."""
        return cls(identity, Counts(since=now))

    def decided(self, decision: Decision) -> Pulse:
        """Note a decision."""
        counts, outcome = self.counts, decision.outcome
        denied = isinstance(outcome, Deny)
        noted = replace(
            counts,
            allowed=counts.allowed + (not denied),
            denied=_plus(counts.denied, {outcome.reason: 1}) if isinstance(outcome, Deny) else counts.denied,
            not_fresh=counts.not_fresh + (decision.freshness.state is not FreshnessState.FRESH),
            path_differs=counts.path_differs + (decision.path_fits is False),
        )
        return replace(self, counts=noted)

    def read(self, succeeded: bool, refused: Mapping[RefusalReason, int]) -> Pulse:
        """Note a read of the log, and the records that it refused."""
        counts = self.counts
        noted = replace(
            counts,
            reads=counts.reads + succeeded,
            failed_reads=counts.failed_reads + (not succeeded),
            refusals=_plus(counts.refusals, refused),
        )
        return replace(self, counts=noted)

    def delivered(self, sent: bool) -> Pulse:
        """Note what became of a heartbeat: the broker has it, or it is lost."""
        if sent:
            return replace(self, unsent=0, just_lost=False)
        return replace(self, unsent=self.unsent + 1, just_lost=self.unsent == 0)

    def beat(self, standing: Standing, now: int) -> tuple[Pulse, Heartbeat | None]:
        """Asked once an invocation, after its answer: the heartbeat if one is due, and the pulse afterwards."""
        # A time beyond all credit was noted before the clock was set back.
        spent = 0 if self.spent > now + CREDIT * CREDIT_BACK_MS else self.spent
        regular = self._regular(now)
        if not regular and not (self._news(standing) and spent <= now + (CREDIT - 1) * CREDIT_BACK_MS):
            return replace(self, spent=spent), None
        after = replace(
            self,
            counts=Counts(since=now),
            last_at=now,
            last_position=standing.position,
            just_lost=False,
            spent=spent if regular else max(spent, now) + CREDIT_BACK_MS,
        )
        return after, self._heartbeat(standing, now)

    def _regular(self, now: int) -> bool:
        # A last time after `now` was noted before the clock was set back.
        return self.last_at is None or not self.last_at <= now < self.last_at + EVERY_MS

    def _news(self, standing: Standing) -> bool:
        return standing.position != self.last_position or bool(self.counts.refusals) or self.just_lost

    def _heartbeat(self, standing: Standing, now: int) -> Heartbeat:
        identity = self.identity
        value = _compact(self._said(standing, now // 1000))
        metrics = self._metrics(standing, now // 1000)
        units = [{"Name": name, "Unit": "Seconds" if name.endswith("Age") else "Count"} for name in metrics]
        directive = {"Namespace": "gatefleet", "Dimensions": [["service", "environment"]], "Metrics": units}
        line = {
            "_aws": {"Timestamp": now, "CloudWatchMetrics": [directive]},
            "service": identity.gateway,
            "environment": identity.environment,
            **metrics,
        }
        return Heartbeat(
            topic=f"gatefleet.{identity.environment}.heartbeat.{identity.gateway.partition('/')[0]}",
            key=identity.instance,
            timestamp=now,
            value=value,
            metrics=f'{_compact(line)[:-1]},"heartbeat":{value}}}',
        )

    def _metrics(self, standing: Standing, seconds: int) -> dict[str, int]:
        counts, floor_age, age = self.counts, self._floor_age(seconds), standing.freshness.age
        return {
            "Allowed": counts.allowed,
            "Denied": sum(counts.denied.values()),
            "NotFresh": counts.not_fresh,
            "PathDiffers": counts.path_differs,
            "ReadFailures": counts.failed_reads,
            "RefusedRecords": sum(counts.refusals.values()),
            "HeartbeatsUnsent": self.unsent,
            "ColdStart": int(self.last_at is None),
            "ViewAge": floor_age if age is None else age,
            "FloorAge": floor_age,
        }

    def _floor_age(self, seconds: int) -> int:
        return max(0, seconds - self.identity.floor_issued_at)

    def _said(self, standing: Standing, seconds: int) -> dict[str, object]:
        identity, counts, position = self.identity, self.counts, standing.position
        return {
            "environment": identity.environment,
            "gateway": identity.gateway,
            "instance": identity.instance,
            "variant": identity.variant,
            "version": identity.version,
            "issued_at": seconds,
            "since": counts.since // 1000,
            "cold_start": self.last_at is None,
            "epoch": position.epoch,
            "revision": position.revision,
            "payload": position.digest,
            "view": standing.view,
            "mode": standing.mode,
            "freshness": standing.freshness.state,
            "age": standing.freshness.age,
            "floor": {
                "epoch": identity.floor_epoch,
                "revision": identity.floor_revision,
                "age": self._floor_age(seconds),
            },
            "decisions": {
                "allow": counts.allowed,
                "deny": dict(sorted(counts.denied.items())),
                "not_fresh": counts.not_fresh,
                "path_differs": counts.path_differs,
            },
            "reads": {"succeeded": counts.reads, "failed": counts.failed_reads},
            "refusals": dict(sorted(counts.refusals.items())),
            "unsent": self.unsent,
        }


def _plus(counts: Mapping[R, int], more: Mapping[R, int]) -> dict[R, int]:
    return {name: counts.get(name, 0) + more.get(name, 0) for name in (*counts, *more)}


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
