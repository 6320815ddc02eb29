"""How things are shown: results on standard output, everything else on standard error; colour only on a terminal."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, TextIO

from gatefleet.problems import Problem, Severity

_STYLES = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "bold": "1", "dim": "2"}


class OutputForm(StrEnum):
    """`-o`: for people or for machines."""

    TABLE = "table"
    JSON = "json"


def styled(text: str, *styles: str, stream: TextIO | None = None) -> str:
    """The text in colour when the stream is a terminal and NO_COLOR is not set."""
    to = stream or sys.stdout
    if not styles or os.environ.get("NO_COLOR") or not to.isatty():
        return text
    codes = ";".join(_STYLES[style] for style in styles)
    return f"\x1b[{codes}m{text}\x1b[0m"


def counted(count: int, what: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


class NobodyReadsError(Exception):
    """Whoever read our standard output has left, as `| head` does: there is nobody to say anything to."""


def say(text: str = "") -> None:
    """One line of the result. Raises `NobodyReadsError`."""
    try:
        sys.stdout.write(f"{text}\n")
    except BrokenPipeError:
        raise NobodyReadsError from None


def say_json(document: Any) -> None:
    """The result as one JSON document."""
    say(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False))


def progress(text: str) -> None:
    """One line of progress on standard error."""
    warn(styled(text, "dim", stream=sys.stderr))


@contextmanager
def told_when_slow(text: str, after: float = 2.0) -> Iterator[None]:
    """Say on standard error what one is waiting for, if it takes longer than `after` seconds."""
    timer = threading.Timer(after, progress, [text])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def warn(text: str) -> None:
    """One line about something that went wrong, on standard error. That nobody reads it stops nothing."""
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        forget(sys.stderr)


def forget(stream: TextIO) -> None:
    """Nobody takes what is left to write: without this, Python would complain about it at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns padded to their widest cell; the last one runs free."""
    cells = [list(header), *[list(row) for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    for number, row in enumerate(cells):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        say(styled(line, "bold") if number == 0 else line)


def show_problems(problems: Sequence[Problem], *, limit: int = 200) -> None:
    """Problems for people on standard error: place, code and what; below it why, and what to do."""
    for problem in problems[:limit]:
        colour = "red" if problem.severity is Severity.ERROR else "yellow"
        place = styled(str(problem.place), "bold", stream=sys.stderr)
        warn(f"{place}: {styled(problem.code, colour, stream=sys.stderr)} {problem.what}")
        for text in (problem.why, problem.fix or _general_fix(problem)):
            for line in text.splitlines():
                warn(_indented(line))
    if len(problems) > limit:
        warn(f"… and {len(problems) - limit} more")


def _general_fix(problem: Problem) -> str:
    from gatefleet.cli.codes import all_rules

    rule = all_rules().get(problem.code)
    return rule.fix if rule else ""


def _indented(line: str) -> str:
    import shutil
    import textwrap

    # Only a terminal has a width; in a file or a pipeline's log a line stays a line.
    width = shutil.get_terminal_size().columns if sys.stderr.isatty() else sys.maxsize
    margin = "    "
    return textwrap.fill(
        line, width, initial_indent=margin, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False
    )


def problem_json(problem: Problem) -> dict[str, Any]:
    """One problem as a JSON object."""
    return {
        "code": problem.code,
        "severity": problem.severity,
        "path": problem.place.path,
        "line": problem.place.line,
        "column": problem.place.column,
        "what": problem.what,
        "why": problem.why,
        "fix": problem.fix,
    }
