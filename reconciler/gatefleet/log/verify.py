"""Proof of a log from genesis to head, for `gatefleet log verify`: every finding names offset, revision and reason."""

from __future__ import annotations

from dataclasses import dataclass

import rfc8785

from gatefleet.contract.entity_values import entity_json, read_entity
from gatefleet.log.envelope import parse_envelope
from gatefleet.log.history import READ_SECONDS, AcceptedRevision, History, read_history
from gatefleet.log.opening import Number
from gatefleet.log.transport import LogReader
from gatefleet.log.trust import Trust
from gatefleet.problems import Place, Problem


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be. Without `offset` it is about the head; a record may name no number."""

    code: str
    reason: str
    what: str
    offset: int | None = None
    number: Number | None = None

    def problem(self, log: str) -> Problem:
        """The finding for people; `log` is how they call the log."""
        at = log if self.offset is None else f"{log}@{self.offset}"
        which = "" if self.number is None else f"revision {self.number[0]}/{self.number[1]}: "
        return Problem(self.code, Place(at), f"{which}{self.reason}: {self.what}")


@dataclass(frozen=True, slots=True)
class Verification:
    """A log as it was read, and what is wrong with it, in order of the log. No findings: it is proven."""

    history: History
    findings: tuple[Finding, ...]


def verify_log(
    reader: LogReader,
    trust: Trust,
    *,
    state: str | None = None,
    commit: str | None = None,
    timeout: float = READ_SECONDS,
) -> Verification:
    """Read a log from its beginning and prove it; `state` and `commit` are what its head is expected to be.

    Any record that followers refuse is a finding, unless the very same revision was accepted later (a healed log).
    Duplicates and lost races are none. Raises `LogUnavailableError`.
    """
    history = read_history(reader, trust, timeout=timeout)
    accepted = {one.position.digest for one in history.revisions}
    found = [
        Finding("GF430", str(one.refused.reason), one.refused.what, one.offset, one.refused.number)
        for one in history.refusals
        if one.digest not in accepted
    ]
    found += [Finding(one.code, _REASONS[one.code], one.what, one.offset, one.number) for one in history.faults]
    found += [finding for one in history.revisions for finding in _not_canonical(one)]
    found.sort(key=lambda finding: finding.offset or 0)
    return Verification(history, (*found, *_unexpected_head(history, state, commit)))


_REASONS = {"GF431": "wrong_state", "GF432": "absent_key", "GF433": "wrong_snapshot"}


def _not_canonical(one: AcceptedRevision) -> list[Finding]:
    """Values are compared as bytes, so two spellings of one value would be a change that changes nothing."""
    number = (one.position.epoch, one.position.revision)
    found = []
    if parse_envelope(one.envelope).payload != one.revision.to_bytes():
        found = [Finding("GF435", "not_canonical", "its payload is not canonical JSON", one.offset, number)]
    return found + [
        Finding("GF435", "not_canonical", f"the value of {change.key} is not canonical JSON", one.offset, number)
        for change in one.revision.changes
        if change.value is not None
        and rfc8785.dumps(entity_json(read_entity(change.key, change.value))) != change.value.encode()
    ]


def _unexpected_head(history: History, state: str | None, commit: str | None) -> list[Finding]:
    number = None if history.position is None else (history.position.epoch, history.position.revision)
    found = []
    if commit is not None and history.commit != commit:
        what = f"the head is of commit {history.commit or 'none: the log is empty'}, expected {commit}"
        found.append(Finding("GF434", "unexpected_head", what, None, number))
    if state is not None and history.state != state:
        what = f"the head's state is {history.state}, expected {state}"
        found.append(Finding("GF434", "unexpected_head", what, None, number))
    return found
