"""The broker that tests and the demo start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.kafka

_ABANDON = """
import os, signal
from gatefleet.local.broker import Broker
broker = Broker().start()
broker.pause()
print(broker.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_broker_ends_with_the_python_that_started_it_even_killed_and_the_broker_frozen() -> None:
    run = subprocess.run([sys.executable, "-c", _ABANDON], capture_output=True, text=True, check=False)
    assert run.returncode == -signal.SIGKILL, run.stderr
    broker = int(run.stdout)
    while _lives(broker):
        os.sched_yield()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
