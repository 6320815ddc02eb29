"""Rules across documents: what no single file can get wrong alone. One function a rule, one table (`table.py`)."""

from __future__ import annotations

from gatefleet.checks.rule import Facts
from gatefleet.checks.table import CHECKS, RULES
from gatefleet.model.types import Model
from gatefleet.problems import Problem, in_order

__all__ = ["RULES", "check"]


def check(model: Model, now: int) -> tuple[Problem, ...]:
    """Every breach of a rule, in order of place. `now` in UTC seconds; what depends on it only warns, so that a
    `git revert` can always roll back."""
    facts = Facts(model, now)
    return in_order(problem for one in CHECKS for problem in one(facts))
