"""A commit's policy published: appended as one revision and read back, or nothing at all (docs/reference/log.md).

Publishing is optimistic. The revision is archived under its number before it is appended, so a crash leaves nothing or
an archived revision that the next run appends whole; whoever was first with a number has it, and everybody else plans
again against what is then the head.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gatefleet.contract.digests import Position
from gatefleet.log.history import History
from gatefleet.log.keys import Signer
from gatefleet.plan import Desired, Plan, plan_changes, summary
from gatefleet.problems import GatefleetError, Place, Problem, failure
from gatefleet.publish.agreement import PolicyLog, append, recover
from gatefleet.publish.ancestry import Ancestry, check_successor
from gatefleet.publish.sealing import Sealed, check_signers, seal_revision, seal_snapshot
from gatefleet.publish.steps import Step, Watch, unwatched

SNAPSHOT_EVERY = 100
ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Published:
    """The commit is on the log as the revision at `position`. `plan` is against the head that it replaced."""

    position: Position
    plan: Plan
    attempts: int


@dataclass(frozen=True, slots=True)
class NothingToDo:
    """The log's head, at `position`, is this very commit already; nothing was appended."""

    position: Position
    plan: Plan


def publish(
    desired: Desired,
    commit: str,
    log: PolicyLog,
    *,
    signers: Sequence[Signer],
    ancestry: Ancestry,
    clock: Callable[[], int],
    snapshot_every: int = SNAPSHOT_EVERY,
    attempts: int = ATTEMPTS,
    watch: Watch = unwatched,
) -> Published | NothingToDo:
    """Publish `desired`, what `commit` asks for, and return when it is read back.

    `clock` gives UTC seconds. A snapshot is written once `snapshot_every` revisions have none (0: never). Raises
    `GatefleetError`: GF501 and GF510 to GF515 refuse before anything is written, GF421 to GF424 and GF520 to GF526 are
    about log and archive. GF521 among them says that the revision is archived but not known to be on the log, and GF522
    that others were first each time.
    """
    check_signers(signers, log.trust)
    publisher = _Publisher(log, signers, clock, snapshot_every, watch)
    history: History | None = None
    for attempt in range(1, attempts + 1):
        history = recover(log, since=history, watch=watch)
        plan = plan_changes(desired, commit, history, log.trust)
        if history.position is not None and not plan.publishes:
            publisher.snapshot(history)
            return NothingToDo(history.position, plan)
        check_successor(commit, history, ancestry, log.trust.environment)
        sealed = seal_revision(plan, history, log.trust, signers, clock())
        watch(Step.PLANNED, summary(plan))
        accepted = publisher.append(sealed, history)
        if accepted is not None:
            publisher.snapshot(accepted)
            return Published(sealed.position, plan, attempt)
    raise failure(
        "GF522",
        log.place,
        f"took other publishers' revisions {attempts} times",
        why="this commit is not in effect unless a later one contains it",
        fix="publish again; let the merge pipeline publish one commit at a time",
    )


@dataclass(frozen=True, slots=True)
class _Publisher:
    log: PolicyLog
    signers: Sequence[Signer]
    clock: Callable[[], int]
    snapshot_every: int
    watch: Watch

    def append(self, sealed: Sealed, head: History) -> History | None:
        """Archive, append, read back: the log with the revision on it, or None when another one was first."""
        if not self.log.archive.put(sealed.name, sealed.envelope):
            self.watch(Step.LOST_RACE, f"{sealed.name} is another publisher's")
            return None
        self.watch(Step.ARCHIVED, str(sealed.name))
        try:
            unclear = append(self.log.writer, [sealed.envelope])
            self.watch(*((Step.UNCLEAR, unclear) if unclear else (Step.APPENDED, f"revision {sealed.position}")))
            history = recover(self.log, since=head, watch=self.watch)
        except GatefleetError as error:
            raise GatefleetError(*error.problems, self._unconfirmed(sealed)) from None
        # Recovery left log and archive with one revision of this number: this one, or the one that won.
        accepted = history.at((sealed.position.epoch, sealed.position.revision))
        if accepted is None or accepted.position != sealed.position:
            self.watch(Step.LOST_RACE, f"revision {sealed.position} is another publisher's")
            return None
        self.watch(Step.READ_BACK, f"revision {sealed.position}")
        return history

    def snapshot(self, head: History) -> None:
        """Write a snapshot when one is due. The policy is in effect without it, so what fails here fails nothing."""
        newest = head.snapshots[-1].position.revision if head.snapshots else 0
        if head.position is None or not self.snapshot_every or head.position.revision - newest < self.snapshot_every:
            return
        sealed = seal_snapshot(head, self.log.trust, self.signers, self.clock())
        if sealed is None:
            self.watch(Step.NO_SNAPSHOT, "it would be larger than a publisher may write")
            return
        try:
            self.log.archive.put(sealed.name, sealed.envelope)
            self.watch(Step.SNAPSHOT_ARCHIVED, str(sealed.name))
            # Whoever archived it first: recovery appends what the archive holds at the head and the log does not.
            recover(self.log, since=head, watch=self.watch)
            self.watch(Step.SNAPSHOT_APPENDED, str(sealed.name))
        except GatefleetError as error:
            self.watch(Step.NO_SNAPSHOT, str(error))

    def _unconfirmed(self, sealed: Sealed) -> Problem:
        return Problem(
            "GF521",
            Place(f"{self.log.archive.place}/{sealed.name}"),
            "is archived and not known to be on the log",
            why="it may be in effect, and if not, the next publication appends it",
            fix="publish again",
        )
