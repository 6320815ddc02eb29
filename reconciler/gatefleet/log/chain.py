"""What a follower does with a record of the log: checks 10 to 16 of docs/reference/log.md, pure and total.

`judge` answers from the record, the held position and the trust document alone, so every follower accepts the same
chain, whichever part of it its gateway needs. No bytes make anything here raise.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from gatefleet.contract.digests import GENESIS_PARENT, Position
from gatefleet.contract.entities import kind_of
from gatefleet.contract.reasons import RefusalReason
from gatefleet.log.opening import Body, Number, Opened, Refused, open_record
from gatefleet.log.payloads import Revision, Snapshot
from gatefleet.log.trust import Trust

# A follower that holds nothing stands just before genesis.
NOTHING = Position(1, 0, GENESIS_PARENT)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The record counts: a revision moves the position, a snapshot or tick confirms it."""

    position: Position
    body: Body
    signers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ignored:
    """A duplicate, a lost race or a restatement of what is past: nothing to report. `digest` is of its payload."""

    body: Body
    digest: str


Verdict = Accepted | Ignored | Refused


@dataclass(frozen=True, slots=True)
class ChainState:
    """Where a follower stands, and up to which number it knows of policy that it does not enforce.

    INVARIANT: `refused_through`, where there is one, is above the position; it ends when the position reaches it.
    """

    position: Position | None = None
    refused_through: Number | None = None

    def after(self, verdict: Verdict) -> ChainState:
        """The state after a verdict about a record, or about a base."""
        match verdict:
            case Accepted(position):
                reached = self.refused_through is None or _number(position) >= self.refused_through
                return ChainState(position, None if reached else self.refused_through)
            case Refused(concerns=True):
                held = self.position or NOTHING
                number = verdict.number or (held.epoch, held.revision + 1)
                if number <= _number(held):
                    return self
                return ChainState(self.position, max(number, self.refused_through or number))
            case _:
                return self


def judge(held: Position | None, envelope_bytes: bytes, trust: Trust) -> Verdict:
    """Decide about one record of the log against the position held (None: nothing yet, so genesis alone is next)."""
    opened = open_record(envelope_bytes, trust)
    return opened if isinstance(opened, Refused) else judge_opened(held, opened, trust)


def judge_opened(held: Position | None, opened: Opened, trust: Trust) -> Verdict:
    """Checks 10 to 16, for a record that `open_record` has opened."""
    held = held or NOTHING
    body = opened.body
    # 10. and 11. The epoch rises only by recovery.
    if body.epoch < held.epoch:
        return Ignored(body, opened.digest)
    if body.epoch > held.epoch:
        return _broken(opened, f"epoch {body.epoch} begins without a recovery from epoch {held.epoch}")
    if isinstance(body, Revision):
        return _judge_revision(held, body, opened, trust)
    # 15. and 16. A snapshot or tick confirms what is held.
    if body.revision < held.revision:
        return Ignored(body, opened.digest)
    if body.revision > held.revision:
        return _broken(opened, f"speaks of revision {body.revision} before it was on the log")
    if body.payload != held.digest:
        # The publisher holds another revision of this number: what follows it is what is missing here.
        what = f"speaks of another revision {body.revision} than the accepted one"
        return Refused(RefusalReason.BROKEN_CHAIN, what, True, (held.epoch, held.revision + 1))
    return Accepted(held, body, opened.signers)


def adopt_base(backstop: Position | None, envelope_bytes: bytes, trust: Trust) -> Accepted | Refused:
    """Decide about a snapshot as a base to go on from; nothing older than `backstop`, the floor's position, is one.

    A refused base concerns nobody: whoever needs one is not fresh anyway.
    """
    opened = open_record(envelope_bytes, trust)
    if isinstance(opened, Refused):
        return replace(opened, concerns=False)
    if not isinstance(opened.body, Snapshot):
        return Refused(RefusalReason.WRONG_TYPE, "is no snapshot")
    base, oldest = opened.body.position, backstop or NOTHING
    if _number(base) < _number(oldest):
        return Refused(RefusalReason.ROLLBACK, f"is at {base}, older than {oldest}")
    if base.epoch > oldest.epoch:
        what = f"epoch {base.epoch} begins without a recovery from epoch {oldest.epoch}"
        return Refused(RefusalReason.BROKEN_CHAIN, what)
    if base.revision == oldest.revision and base.digest != oldest.digest:
        what = f"speaks of another revision {base.revision} than the accepted one"
        return Refused(RefusalReason.BROKEN_CHAIN, what)
    return Accepted(base, opened.body, opened.signers)


def over_blast_limit(revision: Revision, signers: frozenset[str], trust: Trust) -> str | None:
    """The kind of which a revision changes more keys than its signers may; genesis may change any number."""
    if (revision.epoch, revision.revision) == (1, 1) or len(signers) >= 2:
        return None
    changed = Counter(kind_of(change.key) for change in revision.changes)
    return next((kind for kind in sorted(changed) if changed[kind] > trust.blast_limit.get(kind, 0)), None)


def _judge_revision(held: Position, revision: Revision, opened: Opened, trust: Trust) -> Verdict:
    # 12. A duplicate, or a race that this one lost.
    if revision.revision <= held.revision:
        return Ignored(revision, opened.digest)
    # 13. The one successor.
    if revision.revision != held.revision + 1:
        return _broken(opened, f"is revision {revision.revision} where {held.revision + 1} is next")
    if revision.parent != held.digest:
        return _broken(opened, f"its parent is another revision {held.revision} than the accepted one")
    # 14. Blast limit.
    kind = over_blast_limit(revision, opened.signers, trust)
    if kind is not None:
        what = f"changes more than {trust.blast_limit.get(kind, 0)} of kind {kind} under one signer"
        return Refused(RefusalReason.OVER_BLAST_LIMIT, what, True, opened.number)
    position = Position(revision.epoch, revision.revision, opened.digest)
    return Accepted(position, revision, opened.signers)


def _broken(opened: Opened, what: str) -> Refused:
    return Refused(RefusalReason.BROKEN_CHAIN, what, True, opened.number)


def _number(position: Position) -> Number:
    return position.epoch, position.revision
