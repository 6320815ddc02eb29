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

SHOWN = 5  # wrong answers


def play_scenario(name: str, repository: Path) -> None:
    """Play it on a fleet of its own, and end with exit code 1 if an answer was wrong. Raises `GatefleetError`."""
    from gatefleet.local.playing import Played, Theatre
    from gatefleet.local.scenario import find_scenario

    scenario = find_scenario(name)
    say(styled(f"  {scenario.title}.", "bold"))
    say()
    sys.stdout.flush()
    theatre = Theatre(repository, progress)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(128 + signal.SIGTERM))
    try:
        theatre.open()
        for one in theatre.play(scenario):
            if isinstance(one, Played):
                _tick(one)
            else:
                _end(one)
    finally:
        theatre.close()


def _tick(played: Played) -> None:
    width = shutil.get_terminal_size().columns - 12
    first, *more = wrap(played.step.say, max(20, min(width, 108)))
    say(f"  {styled('✓', 'green')} {first:<{max(20, min(width, 60))}} {styled(f'{played.seconds:6.2f} s', 'dim')}")
    for line in more:
        say(f"    {line}")
    for line in played.told:
        say(styled(f"      {line}", "dim"))
    sys.stdout.flush()


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
