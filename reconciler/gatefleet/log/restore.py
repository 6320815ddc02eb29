"""Log and archive held against each other: what one lacks of the other, byte for byte, or where they contradict."""

from __future__ import annotations

from dataclasses import dataclass

from gatefleet.contract.digests import Position
from gatefleet.log.archive import Archive, EntryName, EntryType
from gatefleet.log.chain import NOTHING, Accepted, Ignored, judge
from gatefleet.log.history import History
from gatefleet.log.opening import Opened, Refused, open_record
from gatefleet.log.trust import Trust
from gatefleet.problems import GatefleetError, failure


@dataclass(frozen=True, slots=True)
class Missing:
    """What to append to the log, in order, and what to put into the archive. Both empty: they agree."""

    on_log: tuple[bytes, ...] = ()
    in_archive: tuple[tuple[EntryName, bytes], ...] = ()


def compare_with_archive(archive: Archive, history: History, trust: Trust) -> Missing:
    """What log and archive lack of each other, everything verified. For an empty history: the whole archived log.

    Raises GF421 (an entry that does not verify, or is not what its name says), GF423 (a gap where the log has nothing
    either), GF424 (they hold different revisions of one number).
    """
    names = archive.names()
    _check_agreement(archive, frozenset(names), history, trust)
    return Missing(_missing_on_log(archive, names, history, trust), _missing_in_archive(frozenset(names), history))


def read_entry(archive: Archive, name: EntryName, trust: Trust) -> tuple[bytes, Opened]:
    """An entry's bytes, and what they say: verified to be signed for this log and to be what their name says.

    Raises GF421 otherwise, also when it vanished.
    """
    envelope = archive.read(name)
    if envelope is None:
        raise _corrupt(archive, name, "is not there any more")
    opened = open_record(envelope, trust)
    if not isinstance(opened, Opened):
        raise _corrupt(archive, name, f"does not verify: {opened.reason}, {opened.what}")
    wanted = (name.epoch, name.revision, str(name.type))
    if (*opened.number, type(opened.body).__name__.lower()) != wanted:
        raise _corrupt(archive, name, "holds another record than its name says")
    return envelope, opened


def _check_agreement(archive: Archive, names: frozenset[EntryName], history: History, trust: Trust) -> None:
    # Each revision names its parent by digest: when the newest common one agrees, so do all before it.
    common = [one for one in history.revisions if _name(one.position.epoch, one.position.revision) in names]
    if not common or _agrees(archive, common[-1].position, trust):
        return
    first = next(one for one in common if not _agrees(archive, one.position, trust))
    raise failure(
        "GF424",
        archive.place,
        f"holds another revision {first.position} than the log has at offset {first.offset}",
        why="two publishers with two archives, or somebody else's archive or log",
        fix="find out which of the two is the fleet's before publishing: `gatefleet log verify`, then the same for"
        " the other",
    )


def _agrees(archive: Archive, position: Position, trust: Trust) -> bool:
    _, opened = read_entry(archive, _name(position.epoch, position.revision), trust)
    return opened.digest == position.digest


def _missing_on_log(
    archive: Archive, names: tuple[EntryName, ...], history: History, trust: Trust
) -> tuple[bytes, ...]:
    held, envelopes = history.position, []
    restated = {one.position for one in history.snapshots}
    for name in names:
        number = (name.epoch, name.revision)
        if held is not None and (
            number < (held.epoch, held.revision)
            or (number == (held.epoch, held.revision) and (name.type is EntryType.REVISION or held in restated))
        ):
            continue
        envelope, _ = read_entry(archive, name, trust)
        verdict = judge(held, envelope, trust)
        if not isinstance(verdict, Accepted):
            raise _not_next(archive, name, held, verdict)
        held = verdict.position
        envelopes.append(envelope)
    return tuple(envelopes)


def _not_next(archive: Archive, name: EntryName, held: Position | None, verdict: Ignored | Refused) -> GatefleetError:
    after = held or NOTHING
    wanted = after.revision + (name.type is EntryType.REVISION)  # a snapshot restates the revision before it
    if (name.epoch, name.revision) > (after.epoch, wanted):
        return failure(
            "GF423",
            archive.place,
            f"lacks revision {after.epoch}/{after.revision + 1}, which the log does not hold either",
            fix="bring the missing file back from a copy of the archive",
        )
    what = verdict.what if isinstance(verdict, Refused) else "does not continue the log"
    return _corrupt(archive, name, what)


def _missing_in_archive(names: frozenset[EntryName], history: History) -> tuple[tuple[EntryName, bytes], ...]:
    revisions = [(_name(one.position.epoch, one.position.revision), one.envelope) for one in history.revisions]
    snapshots = {
        EntryName(one.position.epoch, one.position.revision, EntryType.SNAPSHOT): one.envelope
        for one in reversed(history.snapshots)
    }
    return tuple(sorted((name, envelope) for name, envelope in [*revisions, *snapshots.items()] if name not in names))


def _name(epoch: int, revision: int) -> EntryName:
    return EntryName(epoch, revision, EntryType.REVISION)


def _corrupt(archive: Archive, name: EntryName, what: str) -> GatefleetError:
    return failure(
        "GF421",
        f"{archive.place}/{name}",
        what,
        why="an archive entry is written once and never changed",
        fix="bring the file back from a copy of the archive, or move it away if the log still holds the revision",
    )
