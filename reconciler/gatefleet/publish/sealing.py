"""The records that a publisher writes: made, signed, and judged as a follower will judge them before they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import rfc8785

from gatefleet.contract.digests import Position, state_digest, value_digests
from gatefleet.contract.entity_values import entity_json, read_entity
from gatefleet.log.archive import EntryName, EntryType
from gatefleet.log.chain import NOTHING, Accepted, judge
from gatefleet.log.envelope import MAX_PUBLISHED, seal
from gatefleet.log.history import History
from gatefleet.log.keys import Signer
from gatefleet.log.payloads import Change, Revision, Snapshot
from gatefleet.log.trust import Role, Trust, reaches_threshold
from gatefleet.plan import Plan, Remove
from gatefleet.problems import failure

TWO_SIGNERS = 2


@dataclass(frozen=True, slots=True)
class Sealed:
    """A signed record that follows the head it was made for."""

    name: EntryName
    position: Position
    envelope: bytes


def check_signers(signers: Sequence[Signer], trust: Trust) -> None:
    """Refuse keys that may not publish here, or too few of them. Raises GF513."""
    role = trust.roles[Role.PUBLISH]
    for signer in signers:
        if signer.keyid not in role.keys:
            raise failure(
                "GF513",
                trust.environment,
                f"key {signer.keyid[:12]} may not publish by trust version {trust.version}",
                fix=f"sign with one of {', '.join(keyid[:12] for keyid in role.keys)}; if another trust document names"
                " the key, commit it first: the one that counts is the commit's",
            )
    given = frozenset(signer.keyid for signer in signers)
    if not reaches_threshold(trust, given, Role.PUBLISH):
        raise failure(
            "GF513",
            trust.environment,
            f"{role.threshold} keys must sign a revision, {len(given)} given",
            fix="give `--key` once for each",
        )


def seal_revision(plan: Plan, head: History, trust: Trust, signers: Sequence[Signer], issued_at: int) -> Sealed:
    """Make and sign the revision of a plan against `head`.

    Raises GF512 (over the blast limit with one signer), GF514 (too large), GF515 (not what a follower accepts, or not
    what the plan says: never published, whatever is wrong with it).
    """
    if plan.blast.over and len({signer.keyid for signer in signers}) < TWO_SIGNERS:
        kind = plan.blast.over[0]
        raise failure(
            "GF512",
            trust.environment,
            f"{plan.blast.changed[kind]} of kind {kind} change, one signer may change {trust.blast_limit.get(kind, 0)}",
            why="a change of that size is two people's decision, and followers refuse it otherwise",
            fix="publish in smaller steps, or with a second `--key`",
        )
    held = head.position or NOTHING
    revision = Revision(
        environment=trust.environment,
        log=trust.log,
        epoch=held.epoch,
        revision=held.revision + 1,
        parent=held.digest,
        commit=plan.commit,
        issued_at=issued_at,
        requires=(),
        changes=tuple(Change(one.key, None if isinstance(one, Remove) else one.after) for one in plan.changes),
        state=plan.state,
        widens=plan.widens,
        narrows=plan.narrows,
    )
    _check_leads_to_state(revision, head)
    envelope = seal(Revision.payload_type, revision.to_bytes(), signers)
    if len(envelope) > MAX_PUBLISHED:
        raise failure(
            "GF514",
            trust.environment,
            f"the revision has {len(envelope):,} bytes, {MAX_PUBLISHED:,} is the most",
            fix="merge and publish in smaller steps",
        )
    verdict = judge(head.position, envelope, trust)
    if not isinstance(verdict, Accepted):
        raise _unacceptable(revision, getattr(verdict, "what", "ignored"))
    return Sealed(EntryName(revision.epoch, revision.revision, EntryType.REVISION), verdict.position, envelope)


def seal_snapshot(head: History, trust: Trust, signers: Sequence[Signer], issued_at: int) -> Sealed | None:
    """Make and sign a snapshot of `head`, which is not empty; None when it would be too large to publish."""
    assert head.position is not None and head.commit is not None
    snapshot = Snapshot(
        environment=trust.environment,
        log=trust.log,
        epoch=head.position.epoch,
        revision=head.position.revision,
        payload=head.position.digest,
        commit=head.commit,
        issued_at=issued_at,
        requires=(),
        state=head.state,
        entities=head.entities,
    )
    envelope = seal(Snapshot.payload_type, snapshot.to_bytes(), signers)
    if len(envelope) > MAX_PUBLISHED:
        return None
    return Sealed(EntryName(snapshot.epoch, snapshot.revision, EntryType.SNAPSHOT), head.position, envelope)


def _check_leads_to_state(revision: Revision, head: History) -> None:
    """What followers leave to the publisher: the state afterwards, removals of what is there, canonical values."""
    after = dict(head.entities)
    for change in revision.changes:
        if change.value is not None:
            if rfc8785.dumps(entity_json(read_entity(change.key, change.value))) != change.value.encode():
                raise _unacceptable(revision, f"the value of {change.key} is not canonical")
            after[change.key] = change.value
        elif after.pop(change.key, None) is None:
            raise _unacceptable(revision, f"removes {change.key}, which is not there")
    if state_digest(value_digests(after)) != revision.state:
        raise _unacceptable(revision, "its changes do not lead to the state that it names")


def _unacceptable(revision: Revision, what: str) -> Exception:
    return failure(
        "GF515",
        revision.environment,
        f"revision {revision.epoch}/{revision.revision} is not published: {what}",
        why="followers would refuse it, or come to another state than the commit asks for",
        fix="run `gatefleet validate`; if it finds nothing, this is a fault in gatefleet",
    )
