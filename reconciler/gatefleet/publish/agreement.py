"""Log and archive brought to agree, before and after anything is published: the log is its envelopes, not its topic.

Whatever interrupted an earlier publisher, and whatever was done to the log, is mended here or refused with its place:
an archived revision that never reached the log is appended, a truncated or recreated log is completed byte for byte, an
archive that is behind is filled up, and a revision that lost its race against another publisher's is set aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gatefleet.contract.reasons import RefusalReason
from gatefleet.log.archive import Archive, EntryName, EntryType
from gatefleet.log.chain import NOTHING
from gatefleet.log.history import History, Refusal, read_history
from gatefleet.log.payloads import Revision
from gatefleet.log.restore import compare_with_archive, read_entry
from gatefleet.log.transport import LogReader, LogUnavailableError, LogWriter
from gatefleet.log.trust import Trust
from gatefleet.problems import GatefleetError, failure
from gatefleet.publish.steps import Step, Watch, unwatched

# Each round mends something, so only a log that cannot be written, or is never at rest, needs more.
ROUNDS = 10
APPEND_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """The log of one environment: its two ends, the archive of its envelopes, and who may sign what on it."""

    reader: LogReader
    writer: LogWriter
    archive: Archive
    trust: Trust

    @property
    def place(self) -> str:
        """What people call this log, for messages."""
        return f"{self.trust.environment} log {self.trust.log}"


def recover(log: PolicyLog, *, since: History | None = None, watch: Watch = unwatched) -> History:
    """Read the log, mend log and archive until they agree, and give the log as it then is.

    `since` is an earlier reading by the same reader. Raises GF421 to GF424 (archive and log do not fit together),
    GF520 (the log cannot be read or written), GF523 to GF526 (the log holds what must not be published over).
    """
    history = since
    for _ in range(ROUNDS):
        history = _read(log, history)
        watch(Step.READ, "the log is empty" if history.position is None else f"revision {history.position}")
        names = log.archive.names()
        check_ours(log.place, history, names)
        _set_aside_lost(log, history, names, watch)
        missing = compare_with_archive(log.archive, history, log.trust)
        if not missing.on_log and not missing.in_archive:
            _check_linked(log, history)
            return history
        for name, envelope in missing.in_archive:
            log.archive.put(name, envelope)
            watch(Step.BACKFILLED, str(name))
        _restore(log, missing.on_log, watch)
    raise failure(
        "GF520",
        log.place,
        f"does not take what {log.archive.place} holds beyond it, after {ROUNDS} attempts",
        fix="see what the log says: `gatefleet log verify`",
    )


def append(writer: LogWriter, envelopes: Sequence[bytes]) -> str | None:
    """Append; None when acknowledged, else why that is not known: only reading back can tell.

    Raises what says by itself that waiting will not help (no right to write, a topic that takes no such record).
    """
    try:
        writer.append(envelopes)
    except GatefleetError:
        raise
    except LogUnavailableError as error:
        return str(error)
    return None


def _read(log: PolicyLog, since: History | None) -> History:
    try:
        return read_history(log.reader, log.trust, since=since)
    except GatefleetError:
        raise
    except LogUnavailableError as error:
        raise failure("GF520", log.place, f"cannot be read: {error}", fix="try again when it can be") from None


def _restore(log: PolicyLog, envelopes: Sequence[bytes], watch: Watch) -> None:
    done = 0
    for chunk in _chunks(envelopes):
        why = append(log.writer, chunk)
        if why is not None:
            watch(Step.UNCLEAR, why)
            return
        done += len(chunk)
        watch(Step.RESTORED, f"{done} of {len(envelopes)} envelopes from the archive")


def _chunks(envelopes: Sequence[bytes]) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    for envelope in envelopes:
        if chunk and sum(map(len, chunk)) + len(envelope) > APPEND_BYTES:
            yield chunk
            chunk = []
        chunk.append(envelope)
    if chunk:
        yield chunk


# --- a lost race ------------------------------------------------------------------------------------------------------


def _set_aside_lost(log: PolicyLog, history: History, names: Sequence[EntryName], watch: Watch) -> None:
    """Set the archive's newest revision aside when the log has another one in its place.

    With one archive for all publishers this cannot be, since an entry is written once. With an archive each, both
    archive a revision of the same number and the log takes one: the other one was never in effect and must not be
    appended when the log is restored one day. Anything older, or built upon, was in effect: that is left to be refused.
    """
    revisions = [name for name in names if name.type is EntryType.REVISION]
    newest = max(revisions, default=None)
    if newest is None or EntryName(newest.epoch, newest.revision, EntryType.SNAPSHOT) in names:
        return
    accepted = history.at((newest.epoch, newest.revision))
    if accepted is None:
        return
    envelope, opened = read_entry(log.archive, newest, log.trust)
    lost = opened.body
    if opened.digest == accepted.position.digest or not isinstance(lost, Revision):
        return
    if lost.parent == accepted.revision.parent and log.archive.set_aside(newest, envelope):
        watch(Step.SET_ASIDE, f"{newest} of commit {lost.commit[:12]}: the log has another publisher's in its place")


# --- what must not be published over ----------------------------------------------------------------------------------


def check_ours(place: str, history: History, names: Sequence[EntryName]) -> None:
    """Refuse to append anything to a log that is not this one, or not known whole: GF524 to GF526."""
    for refusal in _above_head(history):
        if refusal.refused.reason is RefusalReason.UNSUPPORTED:
            raise failure(
                "GF524",
                f"{place}@{refusal.offset}",
                f"holds what this gatefleet does not know: {refusal.refused.what}",
                why="whoever knows it would not follow what is published now",
                fix="publish with the gatefleet that wrote it, or a newer one",
            )
    if history.position is not None:
        return
    if history.refusals and not any(one.refused.concerns for one in history.refusals):
        first = history.refusals[0]
        raise failure(
            "GF525",
            f"{place}@{first.offset}",
            f"is not empty, and nothing on it is signed for it: {first.refused.reason}, {first.refused.what}",
            fix="check that this is the environment's log; one is begun, or restored, only where nothing else is",
        )
    if history.next_offset > 0 and not names:
        raise failure(
            "GF526",
            place,
            "has lost its beginning, and the archive is empty",
            why="a chain begun anew would be one that no follower of the old one accepts",
            fix="name the archive that the publishers of this log share",
        )


def _check_linked(log: PolicyLog, history: History) -> None:
    for refusal in _above_head(history):
        if refusal.refused.reason is RefusalReason.BROKEN_CHAIN:
            raise failure(
                "GF523",
                f"{log.place}@{refusal.offset}",
                f"holds signed policy that cannot be reached from revision {history.position or NOTHING}:"
                f" {refusal.refused.what}",
                why="what it continues is neither on the log nor in the archive; publishing now would replace it",
                fix="name the archive that has it; if it never was in effect, recreate the log and publish again, which"
                " restores it from the archive",
            )


def _above_head(history: History) -> Iterator[Refusal]:
    """Validly signed records that do not count and are above the head, or tell no number."""
    head = history.position or NOTHING
    for one in history.refusals:
        number = one.refused.number
        if one.refused.concerns and (number is None or number > (head.epoch, head.revision)):
            yield one
