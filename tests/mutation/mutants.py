"""What mutation testing of a build gave: how many changes its tests noticed, and which ones they did not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.support.adapters import ROOT

LIST = ROOT / "docs" / "reference" / "mutation.md"
_ROW = re.compile(r"^\| `(?P<file>[^`]+)` \| ``(?P<line>.+?)`` \| ``(?P<change>.+?)`` \| (?P<reason>.+?) \|$")


@dataclass(frozen=True, slots=True, order=True)
class Mutant:
    """One change of one line: which file of the build, the line as it is written, and what is changed in it."""

    file: str
    line: str
    change: str

    def __str__(self) -> str:
        return f"| `{self.file}` | ``{self.line}`` | ``{self.change}`` | why |"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of how many mutants that can be built, which survived."""

    mutants: int
    survivors: tuple[Mutant, ...]

    @property
    def score(self) -> float:
        """The share that the tests noticed."""
        return 1 - len(self.survivors) / self.mutants


def explained() -> dict[Mutant, str]:
    """The survivors that docs/reference/mutation.md lists, with the reason that it gives."""
    rows = (_ROW.match(line) for line in LIST.read_text(encoding="utf-8").splitlines())
    return {Mutant(row["file"], row["line"], row["change"]): row["reason"] for row in rows if row}


def mutant(source: Path, build: Path, line: int, change: str) -> Mutant:
    """A mutant of a source file of a build; `line` counts from 1."""
    written = source.read_text(encoding="utf-8").splitlines()[line - 1]
    return Mutant(source.relative_to(build).as_posix(), _short(written), _short(change))


def rows(mutants: Iterable[Mutant]) -> str:
    """As rows of the table, with the reason left to whoever looks at them."""
    return "\n".join(str(one) for one in sorted(set(mutants)))


def _short(text: str) -> str:
    """On one line, and without what would end a cell of the table."""
    one_line = " ".join(text.split()).replace("|", "¦").replace("``", "` `")
    return one_line if len(one_line) <= 120 else f"{one_line[:119]}…"
