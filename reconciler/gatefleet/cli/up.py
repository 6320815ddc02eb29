"""`gatefleet up`: a repository's whole fleet on this machine."""

from __future__ import annotations

import json
import shlex
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import typer

from gatefleet.cli.options import REPO
from gatefleet.cli.output import progress, say, show_problems, styled

if TYPE_CHECKING:
    from gatefleet.local.up import InEffect, Up

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_SECONDS = 0.5
SHOWN_CHANGES = 12


def up(
    watch: bool = typer.Option(False, "--watch", help="Files count as they are saved; else as they are committed."),
    kafka: bool = typer.Option(False, "--kafka", help="On Apache Kafka (needs Java 17 and Maven)."),
    builds: bool = typer.Option(
        False,
        "--builds",
        help="Authorizers in Rust and TypeScript, in processes as Lambda runs them; else the reference.",
    ),
    play: str | None = typer.Option(
        None,
        "--play",
        metavar="NAME",
        help="Play a scenario on Kafka and both builds, told step by step, then end: its name, or a .yaml file.",
    ),
    repo: Path = REPO,
) -> None:
    """Run the repository's whole fleet on this machine, until Ctrl-C.

    Each gateway has an address; what changes in the repository is validated, published and applied at once.
    """
    if play:
        if watch:
            raise typer.BadParameter("a scenario is played on a clone of what is committed", param_hint="--watch")
        from gatefleet.cli.play import play_scenario

        play_scenario(play, repo.resolve())
        return
    from gatefleet.local.up import NotValid, Up

    fleet = Up(repo.resolve(), worktree=watch, kafka=kafka, builds=builds, say_request=_show_request, announce=progress)
    for one in SIGNALS:
        signal.signal(one, _end)
    started = False
    try:
        _invite(fleet, fleet.start(), repo, watch)
        started = True
        while True:
            time.sleep(LOOK_SECONDS)
            became = fleet.go_along()
            if isinstance(became, NotValid):
                show_problems(became.problems)
                say(styled("  Nothing of it is in effect.", "red"))
            elif became is not None:
                _show_change(fleet, became)
            sys.stdout.flush()
    except KeyboardInterrupt:
        say()
        if not started:
            raise
    finally:
        for one in SIGNALS:  # to end takes a moment, and must not be cut short
            signal.signal(one, signal.SIG_IGN)
        fleet.stop()
    say("  Stopped; the keys and the log are removed.")


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _invite(fleet: Up, became: InEffect, repo: Path, watch: bool) -> None:
    width = max(map(len, fleet.addresses), default=0)
    say(f"  {styled('✓', 'green')} up in {became.seconds:.1f} s at revision {became.position}")
    say()
    for gateway, address in sorted(fleet.addresses.items()):
        say(f"      {gateway:<{width}}  {address}")
    say()
    where = [] if repo == Path() else ["--repo", str(repo)]
    say(styled("  In another terminal:", "bold"))
    say()
    say(f"      gatefleet token CLIENT --gateway TEAM/GATEWAY {shlex.join(where)}".rstrip())
    say(f"      gatefleet can CLIENT ROUTE --gateway TEAM/GATEWAY -e development {shlex.join(where)}".rstrip())
    say()
    what = "A file that is saved" if watch else "A commit"
    say(styled(f"  {what} is in effect at once. Requests are shown below; Ctrl-C stops all of it.", "dim"))
    say()
    sys.stdout.flush()


def _show_change(fleet: Up, became: InEffect) -> None:
    from gatefleet.plan import plan_lines

    if became.plan is not None:
        signs = {"+": "green", "~": "yellow", "-": "red"}
        lines = [line for line in plan_lines(became.plan) if line.sign]
        for line in lines[:SHOWN_CHANGES]:
            say(f"  {styled(str(line), signs[line.sign])}")
        if len(lines) > SHOWN_CHANGES:
            say(f"  … and {len(lines) - SHOWN_CHANGES} more lines")
    for gateway in became.applied:
        address = fleet.addresses.get(gateway)
        say(f"  {styled('~', 'yellow')} API of {gateway}  {address or 'gone'}")
    say(f"  {styled('✓', 'green')} in effect after {became.seconds:.2f} s: revision {became.position}")


def _show_request(line: str) -> None:
    """One request as people read it. Called from another thread."""
    one = json.loads(line)
    status = str(one["status"])
    colour = "green" if status < "400" else "yellow" if status < "500" else "red"
    said = [one[name] for name in ("client_id", "reason", "error") if one.get(name, "-") != "-"]
    latency = f"{one['latency_ms']} ms" if one.get("latency_ms", "-") != "-" else ""
    route = one.get("route", "-")
    say(f"  {styled(status, colour)}  {one['gateway']:<22} {route:<32} {latency:>7}  {'  '.join(said)}".rstrip())
    sys.stdout.flush()
