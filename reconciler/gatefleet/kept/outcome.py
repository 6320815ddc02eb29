"""What a commit comes to, however it was found out: its problems, its numbers, and the state of each environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from gatefleet.desired import State, desired_states
from gatefleet.model import Environment, Model
from gatefleet.problems import Problem, Severity


@dataclass(frozen=True)
class Outcome:
    """`problems` in order, `files` sorted, `numbers` of what is declared by kind (as `numbers_of`)."""

    commit: str | None
    problems: tuple[Problem, ...]
    files: tuple[str, ...]
    numbers: Mapping[str, int]
    environments: Mapping[str, Environment]
    state: Callable[[str], State]  # of an environment by its name; there is one only when there are no errors

    @property
    def errors(self) -> int:
        """How many of the problems stop a publish."""
        return sum(problem.severity is Severity.ERROR for problem in self.problems)


def outcome_of(commit: str | None, model: Model, problems: tuple[Problem, ...], files: tuple[str, ...]) -> Outcome:
    """What a model, all problems found on the way, and the files read come to: the whole path."""

    @cache
    def states() -> Mapping[str, State]:
        return desired_states(model, model.environments)

    return Outcome(
        commit=commit,
        problems=problems,
        files=files,
        numbers=numbers_of(model),
        environments=model.environments,
        state=lambda name: states()[name],
    )


def numbers_of(model: Model) -> Mapping[str, int]:
    """How many there are of each kind, in the order in which they are told."""
    own = model.numbers
    return {
        "environment": len(model.environments),
        "issuer": own["issuer"],
        "scope": own["scope"],
        "client": own["client"],
        "team": len(model.teams),
        "gateway": own["gateway"],
    }
