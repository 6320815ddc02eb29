"""`make demo`: shows the main job on this machine, then stays up to be tried."""

from __future__ import annotations

import shlex
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import typer

from gatefleet.cli.options import REPO
from gatefleet.cli.output import progress, say, styled

if TYPE_CHECKING:
    from gatefleet.local.beats import Beat, Command, Turned
    from gatefleet.local.demo import Demo

BAR = 28
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def demo(
    once: bool = typer.Option(False, "--once", help="End after the story; exit code 1 if a step fails."),
    kafka: bool = typer.Option(False, "--kafka", help="On Apache Kafka (needs Java 17 and Maven)."),
    repo: Path = REPO,
) -> None:
    """Show the main job on this machine, in a throw-away clone."""
    from gatefleet.local.demo import Demo

    running = Demo(repo.resolve(), kafka, progress)
    up = False
    for one in SIGNALS:
        signal.signal(one, _end)
    say(styled("gatefleet: a change of policy in git, enforced everywhere within seconds", "bold"))
    say()
    try:
        for beat in running.tell():
            _show(beat)
        say(styled(f"  The story took {time.monotonic() - running.started:.1f} s.", "dim"))
        if not once:
            up = True
            _invite(running)
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        say()
        if not up:
            raise
    finally:
        for one in SIGNALS:  # to end takes a moment, and must not be cut short
            signal.signal(one, signal.SIG_IGN)
        running.close()
    if up:
        say("  Stopped; the clone, its keys and its log are removed.")


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _show(beat: Beat) -> None:
    from gatefleet.local.beats import Command, Turned

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
    printed = [line for line in command.printed if line]
    for line in printed if len(printed) <= 8 else (*printed[:4], "…", *printed[-2:]):
        say(f"      {line}")


def _show_turned(turned: Turned) -> None:
    slowest = max(turned.after_merge.values())
    _title(turned.title, slowest)
    colour = "red" if turned.status == 403 else "green"
    for gateway, seconds in sorted(turned.after_merge.items(), key=lambda one: one[1]):
        bar = "▇" * max(1, round(BAR * seconds / slowest))
        say(f"      {styled(str(turned.status), colour)}  {gateway:<24} {bar:<{BAR}} {seconds * 1000:5.0f} ms")
    published = f"{turned.published_at * 1000:.0f} ms"
    say(f"      after the merge; {published} to plan, sign, append and read it back")


def _invite(running: Demo) -> None:
    say()
    say(styled("  Try it, in another terminal:", "bold"))
    say()
    for line in _commands(running):
        say(f"      {styled(line, 'dim') if line.startswith('#') else line}")
    say()
    say(styled("  Ctrl-C stops it and removes everything.", "dim"))
    sys.stdout.flush()


def _commands(running: Demo) -> list[str]:
    from gatefleet.local.demo import SCOPE

    assert running.development is not None
    assert running.fleet is not None
    probe = min(running.probes, key=lambda one: len(one.claims))
    claims = [part for name, value in probe.claims for part in ("--claim", f"{name}={value}")]
    asked = ["token", probe.client, "--gateway", probe.gateway, "--key", "../keys/issuer.key.pem", *claims]
    publish = ["publish", *running.on_log, *running.signing, *running.archiving]
    verify = ["log", "verify", *running.on_log, "--commit", "HEAD"]
    url = shlex.quote(f"{running.fleet.addresses[probe.gateway]}{probe.path}")
    with_token = f'curl -i -H "Authorization: Bearer $TOKEN" {url}'
    return [
        f"cd {shlex.quote(str(running.development.repo))}",
        f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH",
        "# 1. call a gateway with a token, and without one",
        f"TOKEN=$({shlex.join(['gatefleet', *asked])})",
        with_token,
        f"curl -i {url}",
        f"# 2. revoke `{SCOPE}` again, by reverting its revert, and call once more",
        "git revert --no-edit HEAD",
        shlex.join(["gatefleet", *publish]),
        with_token,
        "# 3. prove the log, which names the forged record; see the last decisions",
        shlex.join(["gatefleet", *verify]),
        "tail -n 3 ../decisions.jsonl",
    ]
