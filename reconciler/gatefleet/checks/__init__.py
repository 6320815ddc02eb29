"""Rules across documents: what no single file can get wrong alone. One function a rule, one table (`table.py`)."""

from __future__ import annotations

from collections.abc import Mapping

from gatefleet.checks.rule import Facts
from gatefleet.checks.table import CHECKS, RULES
from gatefleet.model.types import Model
from gatefleet.problems import Problem, in_order

__all__ = ["RULES", "check"]


def check(model: Model, now: int, numbers: Mapping[str, int] | None = None) -> tuple[Problem, ...]:
    """Every breach of a rule, in order of place. `now` in UTC seconds; what depends on it only warns, so that a
    `git revert` can always roll back.

    `numbers` says how many entities of each kind there are when the model is only a part of them (`gatefleet.kept`).
    """
    facts = Facts(model, now, model.numbers if numbers is None else numbers)
    return in_order(problem for one in CHECKS for problem in one(facts))
