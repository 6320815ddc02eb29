"""`gatefleet up --play NAME`: a scenario, each step told before it is done and ticked after it."""

from __future__ import annotations

import shutil
import signal
import sys
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import typer

from gatefleet.cli.output import counted, progress, say, styled
from gatefleet.problems import Exit

if TYPE_CHECKING:
    from gatefleet.local.playing import Played, Verdict
    from gatefleet.local.scenario import Step

SHOWN = 5  # wrong answers
MOST_COLUMNS = 92  # of a sentence


def play_scenario(name: str, repository: Path) -> None:
    """Play it on a fleet of its own, and end with exit code 1 if an answer was wrong. Raises `GatefleetError`."""
    from gatefleet.local.playing import Played, Theatre
    from gatefleet.local.scenario import Step, find_scenario

    scenario = find_scenario(name)
    for line in wrap(f"{scenario.title}.", _columns() - 4):
        say(styled(f"  {line}", "bold"))
    say()
    sys.stdout.flush()
    theatre = Theatre(repository, progress)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(128 + signal.SIGTERM))
    try:
        theatre.open()
        for one in theatre.play(scenario):
            if isinstance(one, Step):
                _tell(one)
            elif isinstance(one, Played):
                _tick(one)
            else:
                _end(one)
    finally:
        theatre.close()


def _tell(step: Step) -> None:
    """What is being done; on a terminal its tick takes its place."""
    if sys.stdout.isatty():
        sys.stdout.write(f"  … {step.say}"[: _columns() - 1] + "\r")
        sys.stdout.flush()


def _tick(played: Played) -> None:
    width = min(_columns() - 16, MOST_COLUMNS)
    first, *more = wrap(played.step.say, width)
    say(f"  {styled('✓', 'green')} {first:<{width}} {styled(f'{played.seconds:6.2f} s', 'dim')}")
    for line in more:
        say(f"    {line}")
    for line in played.told:
        say(styled(f"      {line}", "dim"))
    sys.stdout.flush()


def _columns() -> int:
    return max(40, shutil.get_terminal_size().columns)


def _end(verdict: Verdict) -> None:
    say()
    denied = len(verdict.answers) - verdict.allowed
    said = f"{counted(len(verdict.answers), 'answer')}: {verdict.allowed} let in, {denied} not"
    wrong = f"{len(verdict.wrong_allows)} wrong, {len(verdict.unexpected)} unexpected"
    fine = not verdict.wrong_allows and not verdict.unexpected
    mark = styled("✓", "green") if fine else styled("✗", "red")
    say(f"  {mark} {said}; {wrong}")
    for line in (*verdict.wrong_allows[:SHOWN], *verdict.unexpected[:SHOWN]):
        say(f"      {line}")
    if not fine:
        raise typer.Exit(Exit.ERROR)
