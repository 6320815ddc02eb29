"""`make demo`: shows the main job on this machine, then stays up to be tried."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gatefleet.cli.output import say, styled

if TYPE_CHECKING:
    from gatefleet.local.demo import Beat, Command, Demo, Turned

BAR = 28


def demo(
    once: bool = typer.Option(False, "--once", help="End after the story; a step that fails ends with exit code 1."),
    kafka: bool = typer.Option(False, "--kafka", help="Run it on Apache Kafka (needs Java 17 and Maven)."),
    repo: Path = typer.Option(Path(), "--repo", help="The repository to clone the policies from."),
) -> None:
    """Show the main job on this machine, end to end, in a throw-away clone."""
    from gatefleet.local.demo import Demo

    running = Demo(repo.resolve(), kafka)
    say(styled("gatefleet: a change of policy in git, enforced everywhere within seconds", "bold"))
    say()
    try:
        for beat in running.tell():
            _show(beat)
        say(styled(f"  The story took {time.monotonic() - running.started:.1f} s.", "dim"))
        if not once:
            _invite(running)
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        say()
        say("  Stopped; the clone, its keys and its log are removed.")
    finally:
        running.close()


def _show(beat: Beat) -> None:
    from gatefleet.local.demo import Command, Turned

    match beat:
        case Command():
            _show_command(beat)
        case Turned():
            _show_turned(beat)
        case _:
            _title(beat.title, beat.seconds)
            for line in beat.lines:
                say(f"      {line}")
    say()
    sys.stdout.flush()


def _title(text: str, seconds: float) -> None:
    say(f"  {styled('✓', 'green')} {text}  {styled(f'{seconds:.2f} s', 'dim')}")


def _show_command(command: Command) -> None:
    _title(styled(f"$ {command.typed}", "bold"), command.seconds)
    shown = command.printed if len(command.printed) <= 8 else (*command.printed[:3], "…", *command.printed[-3:])
    for line in shown:
        say(f"      {line}")


def _show_turned(turned: Turned) -> None:
    slowest = max(turned.after_commit.values())
    _title(turned.title, slowest)
    colour = "red" if turned.status == 403 else "green"
    say(f"      {'':<4} {'':<26} after the commit")
    for gateway, seconds in sorted(turned.after_commit.items(), key=lambda one: one[1]):
        bar = "▇" * max(1, round(BAR * seconds / slowest))
        say(f"      {styled(str(turned.status), colour)}  {gateway:<26} {bar:<{BAR}} {seconds * 1000:5.0f} ms")
    say(
        f"      all {len(turned.after_commit)} gateways {slowest * 1000:.0f} ms after the commit; "
        f"validate, plan, sign, append and read back took {turned.published_at * 1000:.0f} ms of it"
    )


def _invite(running: Demo) -> None:
    assert running.development is not None
    assert running.fleet is not None
    assert running.stage is not None
    probe = next(iter(running.probes))
    address = running.fleet.addresses[probe.gateway]
    clone, keys = running.development.repo, running.development.keys
    gatefleet = Path(sys.executable).with_name("gatefleet")
    token = f"{gatefleet} token {probe.client} --gateway {probe.gateway} --key {keys / 'issuer.key.pem'}"
    if probe.claims:
        token += "".join(f" --claim {name}={value}" for name, value in probe.claims)
    say(styled("  Try it, in another terminal:", "bold"))
    say()
    say(f"      cd {clone}")
    say()
    say("      # 1. call a gateway with a token, and without")
    say(f'      curl -i -H "Authorization: Bearer $({token})" {address}{probe.path}')
    say(f"      curl -i {address}{probe.path}")
    say()
    say("      # 2. take a scope from a client in policies/clients/, commit, publish, and call again")
    say(
        f"      {gatefleet} publish --environment development --log {running.stage.address} "
        f"--key {keys / 'publish.key.pem'} --archive {clone.parent / 'archive'}"
    )
    say()
    say("      # 3. prove the log from genesis to this commit, and watch every decision")
    say(f"      {gatefleet} log verify --environment development --log {running.stage.address} --commit HEAD")
    say(f"      tail -f {clone.parent / 'decisions.jsonl'}")
    say()
    say(styled("  Ctrl-C stops it and removes everything.", "dim"))
    sys.stdout.flush()
