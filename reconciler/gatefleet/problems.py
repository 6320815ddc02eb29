"""What goes wrong, said so that somebody can mend it: which rule, where, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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
