"""The whole log, read to its end and verified: what it holds now, how it came to it, and what on it does not count.

Beyond what followers accept by, this checks what only somebody who holds every entity can: the state after each
revision, removals of what was never there, snapshots against the revisions that they restate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gatefleet.contract.digests import Position, state_digest, value_digests
from gatefleet.log.chain import Accepted, ChainState, Ignored, judge_opened
from gatefleet.log.opening import Number, Opened, Refused, open_record
from gatefleet.log.parts import Parts, Pending, Whole
from gatefleet.log.payloads import Revision, Snapshot
from gatefleet.log.state import RunningState
from gatefleet.log.transport import LogReader, Record
from gatefleet.log.trust import Trust

READ_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class AcceptedRevision:
    """One revision of the chain, the bytes that brought it, and the offsets of its (last and first) record."""

    offset: int
    first_offset: int
    position: Position
    revision: Revision
    signers: frozenset[str]
    envelope: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AcceptedSnapshot:
    """A snapshot that was accepted where it stands, and its bytes."""

    offset: int
    position: Position
    envelope: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that does not count. `digest` is its payload's, where it was signed for this log and of its shape."""

    offset: int
    refused: Refused
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What followers accept and no publisher should have signed: its code (GF431 to GF433), and what it is."""

    offset: int
    number: Number
    code: str
    what: str


@dataclass(frozen=True, slots=True)
class History:
    """A log from its beginning to `next_offset`.

    Of an empty log, position and commit are None and `state` is the digest of no entities. `ignored` counts duplicates
    and lost races; `parts` are those of envelopes that are not complete yet.
    """

    position: Position | None = None
    commit: str | None = None
    state: str = state_digest({})
    entities: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    revisions: tuple[AcceptedRevision, ...] = field(default=(), repr=False)
    snapshots: tuple[AcceptedSnapshot, ...] = field(default=(), repr=False)
    refusals: tuple[Refusal, ...] = ()
    faults: tuple[Fault, ...] = ()
    refused_through: Number | None = None
    ignored: int = 0
    next_offset: int = 0
    parts: Parts = field(default=Parts(), repr=False)

    def at(self, number: Number) -> AcceptedRevision | None:
        """The accepted revision of that epoch and number."""
        # Numbers rise one by one, and an epoch is begun only by recovery.
        found = [one for one in self.revisions[number[1] - 1 : number[1]] if _number(one.position) == number]
        return found[0] if found else None

    def holds(self, position: Position) -> bool:
        """Whether that very revision is on the accepted chain."""
        found = self.at((position.epoch, position.revision))
        return found is not None and found.position == position

    def offset_of(self, position: Position) -> int | None:
        """Where that very revision began on the log, as a floor says it; None where it is not on the chain."""
        found = self.at((position.epoch, position.revision))
        return found.first_offset if found is not None and found.position == position else None


def read_history(
    reader: LogReader, trust: Trust, *, since: History | None = None, timeout: float = READ_SECONDS
) -> History:
    """Read a log to its end; `since` goes on from an earlier reading. `timeout` is for each read, in seconds.

    Raises `LogUnavailableError`. A log that was recreated meanwhile is read again from its beginning.
    """
    fold = _Fold(since or History(), trust)
    while True:
        batch = reader.read(fold.next_offset, timeout)
        if batch.rewound:
            fold = _Fold(History(), trust)
        for record in batch.records:
            fold.add(record)
        fold.next_offset = batch.next_offset
        if batch.at_end:
            return fold.history()


class _Fold:
    """Adds records to a history; its lists grow in place, which a history's tuples would not."""

    def __init__(self, since: History, trust: Trust) -> None:
        self._trust = trust
        self._state = RunningState(since.entities)
        self._chain = ChainState(since.position, since.refused_through)
        self._revisions = list(since.revisions)
        self._snapshots = list(since.snapshots)
        self._refusals = list(since.refusals)
        self._faults = list(since.faults)
        self._ignored = since.ignored
        self._parts = since.parts
        self._numbers = {_number(one.position): one for one in since.revisions}
        self.next_offset = since.next_offset

    def history(self) -> History:
        last = self._revisions[-1] if self._revisions else None
        return History(
            position=self._chain.position,
            commit=last.revision.commit if last else None,
            state=self._state.digest(),
            entities=MappingProxyType(self._state.entities),
            revisions=tuple(self._revisions),
            snapshots=tuple(self._snapshots),
            refusals=tuple(self._refusals),
            faults=tuple(self._faults),
            refused_through=self._chain.refused_through,
            ignored=self._ignored,
            next_offset=self.next_offset,
            parts=self._parts,
        )

    def add(self, record: Record) -> None:
        self._parts, outcome = self._parts.take(record)
        match outcome:
            case Pending():
                pass
            case Refused():
                self._refusals.append(Refusal(record.offset, outcome))
            case Whole(envelope, first_offset):
                self._judge(record.offset, first_offset, envelope)

    def _judge(self, offset: int, first_offset: int, envelope: bytes) -> None:
        opened = open_record(envelope, self._trust)
        if isinstance(opened, Refused):
            self._chain = self._chain.after(opened)
            self._refusals.append(Refusal(offset, opened))
            return
        verdict = judge_opened(self._chain.position, opened, self._trust)
        self._chain = self._chain.after(verdict)
        match verdict:
            case Refused():
                self._refusals.append(Refusal(offset, verdict, opened.digest))
                return
            case Ignored():
                self._ignored += 1
            case Accepted(position, Revision() as revision, signers):
                one = AcceptedRevision(offset, first_offset, position, revision, signers, envelope)
                self._revisions.append(one)
                self._numbers[_number(position)] = one
                self._apply(offset, revision)
            case Accepted(position, Snapshot()):
                self._snapshots.append(AcceptedSnapshot(offset, position, envelope))
        self._check_snapshot(offset, opened)

    def _apply(self, offset: int, revision: Revision) -> None:
        number = (revision.epoch, revision.revision)
        for key in self._state.apply(revision.changes):
            self._faults.append(Fault(offset, number, "GF432", f"removes {key}, which is not there"))
        if self._state.digest() != revision.state:
            self._faults.append(Fault(offset, number, "GF431", "names another state than its changes lead to"))

    def _check_snapshot(self, offset: int, opened: Opened) -> None:
        snapshot = opened.body
        if not isinstance(snapshot, Snapshot):
            return
        restated = self._numbers.get(opened.number)
        if restated is None:
            return
        revision = restated.revision
        same = (snapshot.payload, snapshot.state, snapshot.commit) == (
            restated.position.digest,
            revision.state,
            revision.commit,
        )
        if not same or state_digest(value_digests(snapshot.entities)) != revision.state:
            what = f"is a snapshot that does not restate revision {revision.revision} as it is on the log"
            self._faults.append(Fault(offset, opened.number, "GF433", what))


def _number(position: Position) -> Number:
    return position.epoch, position.revision
