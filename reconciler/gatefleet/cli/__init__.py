"""The command line: results on standard output, progress and problems on standard error.

Only this stage prints and exits. Each command imports what it needs when it runs: `gatefleet --help` is fast.
"""

from __future__ import annotations

import io
import os
import sys

from gatefleet.problems import Exit, GatefleetError, Place, Problem

INTERRUPTED = 130  # as shells say it


def main() -> None:
    """The entry point of the `gatefleet` command; ends the process with an exit code of docs/reference/cli.md."""
    try:
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:  # before a command began
        sys.exit(INTERRUPTED)


def run(arguments: list[str]) -> int:
    """Run one command line and give its exit code. Expected failures become problems on standard error."""
    from typer._click.exceptions import ClickException

    from gatefleet.cli.app import app
    from gatefleet.cli.output import NobodyReadsError, forget, show_problems, warn

    _make_streams_usable()
    try:
        outcome = app(arguments, prog_name="gatefleet", standalone_mode=False)
        sys.stdout.flush()
        if outcome == INTERRUPTED:  # Typer has caught the interrupt
            warn("interrupted")
    except GatefleetError as error:
        show_problems(error.problems)
        return int(error.exit_code)
    except ClickException as error:
        error.show()
        return int(Exit.USAGE)
    except (NobodyReadsError, BrokenPipeError):
        forget(sys.stdout)
        return int(Exit.OK)
    except Exception as error:
        if os.environ.get("GATEFLEET_TRACEBACK"):
            raise
        if isinstance(error, OSError):
            show_problems([Problem("GF659", Place(str(error.filename or "gatefleet")), error.strerror or str(error))])
            forget(sys.stdout)
        else:
            again = "run again with GATEFLEET_TRACEBACK=1 and report it"
            warn(f"GF699 a defect in gatefleet: {type(error).__name__}; {again}")
        return int(Exit.ERROR)
    return outcome if isinstance(outcome, int) else int(Exit.OK)


def _make_streams_usable() -> None:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # it was closed by whoever started us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - until the process ends
        elif isinstance(stream, io.TextIOWrapper):  # not every terminal can write what we say
            stream.reconfigure(errors="backslashreplace")
