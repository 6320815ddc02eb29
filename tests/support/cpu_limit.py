"""A command that gets a share of one processor, as AWS gives a function of little memory.

By a control group where this user may make one (version 1 or 2), in periods of 20 ms as Lambda's; else by stopping the
process for the rest of each 20 ms, which is coarser: what it starts within a period counts whatever it uses.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.builds import Command

PERIOD_US = 20_000
V1, V2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")

# Joins the group, then becomes the command.
_JOIN = 'echo $$ > "$1" && shift && exec "$@"'
_IN_TURNS = """
import os, signal, subprocess, sys, time
share, period = float(sys.argv[1]), float(sys.argv[2])
child = subprocess.Popen(sys.argv[3:])
while child.poll() is None:
    time.sleep(period * share)
    child.send_signal(signal.SIGSTOP)
    time.sleep(period * (1 - share))
    child.send_signal(signal.SIGCONT)
sys.exit(child.returncode)
"""


@contextmanager
def limited(command: Command, share: float, *, groups: bool = True) -> Iterator[Command]:
    """The command limited to `share` of one processor; 1 or more is no limit. How it is done is in the docstring above.

    All processes of it must have ended when this is left.
    """
    if share >= 1:
        yield command
        return
    group = _group(share) if groups else None
    if group is None:
        yield (sys.executable, "-c", _IN_TURNS, str(share), str(PERIOD_US / 1e6), *command)
        return
    try:
        yield ("/bin/sh", "-c", _JOIN, "sh", str(group / "cgroup.procs"), *command)
    finally:
        with suppress(OSError):
            group.rmdir()


def _group(share: float) -> Path | None:
    """A new group with this limit; None where there may be none."""
    quota = int(share * PERIOD_US)
    name = f"gatefleet-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    with suppress(OSError):
        if (V1 / "cpu.cfs_quota_us").exists():
            group = V1 / name
            group.mkdir()
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
            return group
        if "cpu" in (V2 / "cgroup.subtree_control").read_text().split():
            group = V2 / name
            group.mkdir()
            (group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
            return group
    return None
