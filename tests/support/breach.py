"""A breach of a rule as data: edits of the small repository that break it, and near ones that do not."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.policies import Edit


@dataclass(frozen=True)
class Breach:
    """Each `»` in `edits` marks the place of one problem with `code`; `also` are codes that come with it.

    `passes` are the edits of the neighbour that keeps the rule; none: the repository as it is.
    """

    code: str
    name: str
    edits: tuple[Edit, ...]
    passes: tuple[Edit, ...]
    also: frozenset[str]

    def __str__(self) -> str:
        return f"{self.code}-{self.name}"


def breach(code: str, name: str, *edits: Edit, passes: tuple[Edit, ...] = (), also: tuple[str, ...] = ()) -> Breach:
    """One row of the table."""
    return Breach(code, name, edits, passes, frozenset(also))
