"""Follows a log into one gateway's view, from its floor on: what an authorizer does between decisions.

Thaw-aware: nothing here runs by itself, and nothing trusts that time passed while it ran. The caller asks at every
invocation whether a read is due by the wall clock, and makes at most one, bounded, before it decides.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock

from gatefleet.contract.digests import Position
from gatefleet.contract.reasons import RefusalReason
from gatefleet.decide.outcome import Freshness, FreshnessState
from gatefleet.decide.view import Holdings, NeedsSnapshot, View
from gatefleet.log.chain import Accepted, ChainState, Ignored, Verdict, adopt_base, judge
from gatefleet.log.opening import Refused
from gatefleet.log.parts import Parts, Whole
from gatefleet.log.payloads import Floor, Revision, Snapshot
from gatefleet.log.state import RunningState
from gatefleet.log.transport import LogReader, LogUnavailableError, Record
from gatefleet.log.trust import Trust

LONGEST_PAUSE = 30.0  # seconds between attempts to read a log that cannot be read

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class _Held:
    """What a follower stands on: replaced whole, so a decision never sees half of a revision."""

    view: View
    holdings: Holdings
    chain: ChainState


@dataclass(slots=True)
class _Rebuilding:
    """How far every entity was gathered from the log's beginning: a bounded read goes on where the one before ended."""

    parts: Parts = field(default_factory=Parts)
    chain: ChainState = field(default_factory=ChainState)
    state: RunningState = field(default_factory=RunningState)
    offset: int = 0


class Follower:
    """The policy of one gateway, from the floor on.

    `reader` None serves from the floor alone. `jitter` gives a factor for each pause, so that a fleet does not come
    back at once. Decisions may read `view` and `freshness` from any thread; reads of the log take turns.
    """

    def __init__(
        self,
        floor: Floor,
        trust: Trust,
        reader: LogReader | None,
        jitter: Callable[[], float] = lambda: random.uniform(0.5, 1.0),  # noqa: S311 - spreads load, guards nothing
    ) -> None:
        holdings = Holdings.build(floor.gateway, floor.entities)
        self._held = _Held(View(holdings, floor.position), holdings, ChainState(floor.position))
        self._trust = trust
        self._reader = reader
        self._jitter = jitter
        self._lock = Lock()
        self._offset = floor.offset or 0
        self._hinted = self._offset > 0
        self._parts = Parts()
        self._on_log = False
        self._rebuilding = _Rebuilding()
        self._last_success: float | None = None
        self._failures = 0
        self._not_before = float("-inf")
        self.refusals: Counter[str] = Counter()

    @property
    def view(self) -> View:
        """The newest accepted policy."""
        return self._held.view

    def freshness(self, now: float) -> Freshness:
        """How current the view is at `now`, UTC seconds on the wall clock."""
        read_failed = self._reader is None or self._failures > 0
        if self._last_success is None:
            return Freshness(FreshnessState.FLOOR, None, read_failed)
        elapsed = now - self._last_success
        if elapsed < 0:  # the clock was set back: nobody knows how long ago the last read was
            return Freshness(FreshnessState.STALE, None, read_failed)
        gateway = self.view.gateway
        fresh = gateway is not None and elapsed <= gateway.max_staleness and not self._held.chain.refused_through
        age = int(elapsed) + (elapsed > int(elapsed))
        return Freshness(FreshnessState.FRESH if fresh else FreshnessState.STALE, age, read_failed)

    @property
    def follows(self) -> bool:
        """Whether there is a log to follow; else the floor alone serves."""
        return self._reader is not None

    def pausing(self, now: float) -> bool:
        """Whether the pause after a failed read is running."""
        # A pause that is longer than any we set was set before the clock went back.
        return now < self._not_before <= now + LONGEST_PAUSE

    def read_due(self, now: float) -> bool:
        """Whether to read before deciding: the view is not fresh, and no pause after a failed read is running."""
        return self.follows and self.freshness(now).state is not FreshnessState.FRESH and not self.pausing(now)

    def read(self, clock: Clock, timeout: float) -> bool:
        """Read the log to its end, at most `timeout` seconds; whether that succeeded.

        It succeeds when the end was reached, this follower's position was seen on this log, and no validly signed
        refusal stands (docs/reference/log.md). Whatever was accepted until then counts either way.
        """
        if self._reader is None:
            return False
        if not self._lock.acquire(timeout=timeout):
            # Whoever reads takes longer than this caller may wait. If it succeeds after all, it says so itself.
            if not self.pausing(clock()):
                self._pause(clock)
            return False
        try:
            started = clock()

            def left() -> float:  # seconds; the clock may be set back meanwhile
                return min(timeout, started + timeout - clock())

            try:
                self._read_to_end(self._reader, left)
                succeeded = self._on_log and self._held.chain.refused_through is None
            except LogUnavailableError:
                succeeded = False
            if succeeded:
                self._last_success, self._failures, self._not_before = started, 0, float("-inf")
            else:
                self._pause(clock)
            return succeeded
        finally:
            self._lock.release()

    def _pause(self, clock: Clock) -> None:
        pause = min(LONGEST_PAUSE, 2.0**self._failures)
        self._failures = min(self._failures + 1, 10)
        self._not_before = clock() + pause * self._jitter()

    def _read_to_end(self, reader: LogReader, left: Callable[[], float]) -> None:
        if not self._follow_to_end(reader, left):
            self._offset = 0
            self._begin_anew()
            self._follow_to_end(reader, left)  # without a hint nothing misleads

    def _follow_to_end(self, reader: LogReader, left: Callable[[], float]) -> bool:
        """Take records up to the end of the log; False where the floor's offset misled."""
        while True:
            batch = reader.read(self._offset, max(0.0, left()))
            if batch.rewound:  # truncated or recreated: it must show our position before it counts again
                self._begin_anew()
            for record in batch.records:
                self._offset = record.offset  # one that cannot be applied in time is read again
                if not self._take(reader, record, left):
                    return False
            self._offset = batch.next_offset
            if batch.at_end:
                return self._on_log or not self._hinted
            if left() < 0:
                raise LogUnavailableError("the end of the log was not reached in time")

    def _begin_anew(self) -> None:
        """Forget what was seen of this log: it is read from its beginning."""
        self._hinted, self._parts, self._on_log, self._rebuilding = False, Parts(), False, _Rebuilding()

    def _misled(self, outcome: Verdict) -> bool:
        """Whether the floor's offset led elsewhere than to its revision, or past something."""
        if not self._hinted:
            return False
        if self._on_log:
            return isinstance(outcome, Refused) and outcome.reason is RefusalReason.BROKEN_CHAIN
        return not (isinstance(outcome, Ignored) and outcome.digest == self.view.position.digest)

    def _take(self, reader: LogReader, record: Record, left: Callable[[], float]) -> bool:
        """Take one record; False where the floor's offset misled, and nothing was taken."""
        parts, outcome = self._parts.take(record)
        if isinstance(outcome, Whole):
            held = self._held
            verdict = judge(held.chain.position, outcome.envelope, self._trust)
            if self._misled(verdict):
                return False
            chain = held.chain.after(verdict)
            match verdict:
                case Accepted(position, Revision() as revision):
                    holdings = held.holdings.apply({change.key: change.value for change in revision.changes})
                    if isinstance(holdings, NeedsSnapshot):
                        holdings = self._rebuild(reader, position, left)
                    self._held = _Held(View(holdings, position), holdings, chain)
                    self._on_log = True
                case Accepted():
                    self._held = replace(held, chain=chain)
                    self._on_log = True
                case Ignored(_, digest):
                    self._on_log = self._on_log or digest == held.view.position.digest
                case Refused(reason):
                    self.refusals[reason] += 1
                    self._held = replace(held, chain=chain)
        elif isinstance(outcome, Refused):
            if self._misled(outcome):
                return False
            self.refusals[outcome.reason] += 1
        self._parts = parts
        return True

    def _rebuild(self, reader: LogReader, target: Position, left: Callable[[], float]) -> Holdings:
        """Holdings at `target` from the log's beginning, or from a snapshot where it does not begin at genesis.

        A revision made the view need entities that a floor never had. INVARIANT: the chain that leads there ends in the
        very payload that was accepted, so this adds entities and never another history.
        """
        so_far = self._rebuilding
        while True:
            batch = reader.read(so_far.offset, max(0.0, left()))
            if batch.rewound and so_far.offset:
                self._rebuilding = _Rebuilding()
                raise LogUnavailableError("the log was recreated while the view was rebuilt")
            for record in batch.records:
                position = self._gather(so_far, record)
                if position == target:
                    self._rebuilding = _Rebuilding()
                    return Holdings.build(self._held.holdings.gateway_id, so_far.state.entities)
            so_far.offset = batch.next_offset
            if batch.at_end:
                self._rebuilding = _Rebuilding()
                raise LogUnavailableError("the log does not lead to the revision that the view needs")
            if left() < 0:
                raise LogUnavailableError("the revision that the view needs was not reached in time")

    def _gather(self, so_far: _Rebuilding, record: Record) -> Position | None:
        """Take one record into what is gathered; its position where it was accepted."""
        so_far.parts, outcome = so_far.parts.take(record)
        if not isinstance(outcome, Whole):
            return None
        verdict = judge(so_far.chain.position, outcome.envelope, self._trust)
        if so_far.chain.position is None and isinstance(verdict, Refused):
            verdict = adopt_base(None, outcome.envelope, self._trust)
        match verdict:
            case Accepted(position, Revision() as revision):
                so_far.state.apply(revision.changes)
            case Accepted(position, Snapshot() as snapshot):
                if so_far.chain.position is None:
                    so_far.state = RunningState(snapshot.entities)
            case _:
                return None
        so_far.chain = so_far.chain.after(verdict)
        return position
