"""What goes wrong, said so that somebody can mend it: which rule, where, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import IntEnum, StrEnum


class Exit(IntEnum):
    """Exit codes of the command line (docs/reference/cli.md)."""

    OK = 0
    ERROR = 1
    CHANGES = 2
    FINDINGS = 3
    TESTS_FAILED = 4
    NOT_CONVERGED = 5
    USAGE = 64


class Severity(StrEnum):
    """An error stops a publish; a warning is shown and stops nothing."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: a path relative to the repository, line and column counted from 1 (0: the whole file)."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.path
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: a stable code, the place, what is wrong, why it matters and what to type or write next."""

    code: str
    place: Place
    what: str
    why: str = ""
    fix: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        tail = f"; {self.fix}" if self.fix else ""
        return f"{self.place}: {self.code} {self.what}{tail}"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a code stands for: the source of `gatefleet explain` and of docs/reference/problems.md."""

    code: str
    title: str
    why: str
    fix: str
    severity: Severity = Severity.ERROR

    def at(self, place: Place, what: str, *, fix: str = "") -> Problem:
        """One breach of the rule; `fix` says it more exactly than the rule can."""
        return Problem(self.code, place, what, self.why, fix or self.fix, self.severity)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that somebody who typed `name` most likely meant; None: nothing is near enough to guess."""
    near = max(2, len(name) // 3)
    candidates = sorted(one for one in known if abs(len(one) - len(name)) <= near)
    return next(iter(get_close_matches(name, candidates, n=1, cutoff=0.7)), None)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort problems by place, then code, and drop exact repeats: every run prints the same list."""
    return tuple(sorted(set(problems), key=lambda p: (p.place, p.code, p.what)))


class GatefleetError(Exception):
    """An expected failure: it names its problems and the exit code that the command line gives."""

    def __init__(self, *problems: Problem, exit_code: Exit = Exit.ERROR) -> None:
        self.problems = in_order(problems)
        self.exit_code = exit_code
        super().__init__("\n".join(str(p) for p in self.problems))


def failure(code: str, place: str | Place, what: str, *, why: str = "", fix: str = "") -> GatefleetError:
    """Make the error of one problem: `raise failure("GF401", path, "…", fix="…")`."""
    at = place if isinstance(place, Place) else Place(place)
    return GatefleetError(Problem(code, at, what, why, fix))
