"""A plan: what publishing a commit does to the log of one environment. Data only; rendering and publishing read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gatefleet.contract.digests import Position
from gatefleet.log.trust import Trust
from gatefleet.plan.changes import Change, changes, per_kind


class Desired(Protocol):
    """What a commit asks of an environment: `gatefleet.desired.State` is one."""

    @property
    def entities(self) -> Mapping[str, str]:
        """Canonical values by key."""
        ...

    @property
    def digest(self) -> str:
        """State digest of all entities."""
        ...


class Head(Protocol):
    """What the log holds at its newest accepted revision: `gatefleet.log.history.History` is one."""

    @property
    def position(self) -> Position | None:
        """Position of that revision; None on an empty log."""
        ...

    @property
    def commit(self) -> str | None:
        """Its commit."""
        ...

    @property
    def entities(self) -> Mapping[str, str]:
        """All entity values by key."""
        ...


@dataclass(frozen=True, slots=True)
class Blast:
    """Changed keys per kind against the trust document's limit, above which a follower demands two signers."""

    changed: Mapping[str, int]
    limit: Mapping[str, int]
    exempt: bool = False

    @property
    def over(self) -> tuple[str, ...]:
        """Kinds with more changed keys than one signer may change; none in the first revision, which is exempt."""
        if self.exempt:
            return ()
        return tuple(kind for kind, count in self.changed.items() if count > self.limit.get(kind, 0))


@dataclass(frozen=True, slots=True)
class Plan:
    """Every change from head (`base`; None: an empty log) to what `commit` asks for; `state` is the digest after it."""

    environment: str
    commit: str
    base: Position | None
    base_commit: str | None
    changes: tuple[Change, ...]
    state: str
    blast: Blast

    @property
    def publishes(self) -> bool:
        """Whether publishing this appends a revision: for another commit than head's (also without changes), or for the
        same one if it asks for something else now (a newer gatefleet may read it differently).
        """
        return bool(self.changes) or self.commit != self.base_commit

    @property
    def widens(self) -> int:
        """How many changed keys can widen access."""
        return sum(change.effect.widens for change in self.changes)

    @property
    def narrows(self) -> int:
        """How many changed keys can narrow access."""
        return sum(change.effect.narrows for change in self.changes)


def plan_changes(desired: Desired, commit: str, head: Head, trust: Trust) -> Plan:
    """Plan what `commit` asks for against the head of the log that `trust` is about.

    Raises GF501 when a changed value is none that a follower would accept.
    """
    changed = changes(desired.entities, head.entities)
    return Plan(
        environment=trust.environment,
        commit=commit,
        base=head.position,
        base_commit=head.commit,
        changes=changed,
        state=desired.digest,
        blast=Blast(per_kind(tuple(change.key for change in changed)), trust.blast_limit, exempt=head.position is None),
    )
