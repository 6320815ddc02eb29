"""Which commit may follow which: an older one, or one of another line, never replaces what is published."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gatefleet.log.history import History
from gatefleet.problems import GatefleetError, failure
from gatefleet.source import git

UNKNOWN_COMMIT = "GF041"


class Ancestry(Protocol):
    """The history of the policy repository."""

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` contains `older`; a commit contains itself. False for a commit that is not known."""
        ...


@dataclass(frozen=True, slots=True)
class GitAncestry:
    """`Ancestry` as a clone knows it. A clone whose history is cut off is refused (GF047): it cannot tell."""

    repository: Path

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` contains `older`; a commit that this clone does not have contains nothing."""
        try:
            return git.is_ancestor(self.repository, older, newer)
        except GatefleetError as error:
            if [problem.code for problem in error.problems] == [UNKNOWN_COMMIT]:
                return False
            raise


def check_successor(commit: str, head: History, ancestry: Ancestry, environment: str) -> None:
    """Refuse a commit that does not contain head's. Raises GF510 (it is older) or GF511 (it is of another line)."""
    if head.commit is None or ancestry.is_ancestor(head.commit, commit):
        return
    published = f"commit {head.commit[:12]} is published as revision {head.position}"
    back = "the way back is `git revert`: merge the revert and publish its commit"
    if ancestry.is_ancestor(commit, head.commit):
        raise failure(
            "GF510",
            environment,
            f"commit {commit[:12]} is older: {published} and contains it",
            why="publishing it would undo what was merged since, without review",
            fix=back,
        )
    raise failure(
        "GF511",
        environment,
        f"commit {commit[:12]} is of another line: {published} and is not among its ancestors",
        why="publishing it would undo what was merged there, without review",
        fix=f"fetch all of its history, or publish a commit that contains {head.commit[:12]}; {back}",
    )
