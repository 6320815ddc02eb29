"""Publishers in processes of their own, to race them and to kill them.

`python -m tests.support.publisher_process` imports everything once and forks a publisher for each job that it reads
from its standard input, one JSON object a line; how each ended is a line on its standard output. `Publishers` is the
other end of that.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support.publishing import Yard, a_yard

from gatefleet.local.kafka.access import BrokerAccess
from gatefleet.log import kafka as kafka_log
from gatefleet.log.archive import FolderArchive
from gatefleet.log.kafka import KafkaReader, KafkaWriter
from gatefleet.log.kafka_records import kafka_records
from gatefleet.log.transport import LogWriter
from gatefleet.problems import GatefleetError
from gatefleet.publish import NothingToDo, Step

ROOT = Path(__file__).parents[2]

# What a publisher can be killed at: the nth step it tells, the nth call that makes something last on disk, the nth
# append after half of its bytes, or after so many seconds.
STEP, CALL, TORN, SECONDS = "step", "call", "torn", "seconds"
LASTING_CALLS = ("fsync", "link", "rename")


@dataclass(frozen=True, slots=True)
class Job:
    """One publication. `die` says what it is killed at; `meet` is a folder where two wait until both have planned."""

    folder: str
    archive: str
    commit: str
    broker: str = ""  # BrokerAccess as JSON; empty: the log in the folder's file
    topic: str = ""
    snapshot_every: int = 2
    die: tuple[str, float] | None = None
    meet: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a publisher ended: `killed`, or published, nothing to do, or the codes it was refused with."""

    killed: bool
    outcome: str
    lost_races: int = 0


class Publishers:
    """Runs publishers: `start` one, or `run` it to its end."""

    def __init__(self) -> None:
        self._host = subprocess.Popen(
            [sys.executable, "-m", "tests.support.publisher_process"],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'reconciler'}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._waiting: dict[int, Future[Ending]] = {}
        self._count = 0
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def start(self, job: Job) -> Future[Ending]:
        assert self._host.stdin is not None
        with self._lock:
            self._count += 1
            future = self._waiting[self._count] = Future()
            print(json.dumps([self._count, asdict(job)]), file=self._host.stdin, flush=True)
        return future

    def run(self, job: Job) -> Ending:
        return self.start(job).result()

    def __enter__(self) -> Publishers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._host.stdin is not None
        self._host.stdin.close()
        self._host.wait()

    def _listen(self) -> None:
        assert self._host.stdout is not None
        for line in self._host.stdout:
            number, ending = json.loads(line)
            self._waiting.pop(number).set_result(Ending(**ending))
        for future in self._waiting.values():
            future.set_exception(RuntimeError("the publishers' host ended"))


# --- the host ---------------------------------------------------------------------------------------------------------


def main() -> None:
    """Fork a publisher for each line of standard input, until it ends."""
    threads = []
    for line in sys.stdin:
        number, fields = json.loads(line)
        job = Job(**fields | {"die": tuple(fields["die"]) if fields["die"] else None})
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(told)
            _exit_with(tell, job)
        os.close(tell)
        threads.append(threading.Thread(target=_report, args=(number, child, told)))
        threads[-1].start()
    for thread in threads:
        thread.join()


def _report(number: int, child: int, told: int) -> None:
    with os.fdopen(told) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    ending = {"killed": killed, "outcome": "killed"} if killed else json.loads(said)
    sys.stdout.write(json.dumps([number, ending]) + "\n")
    sys.stdout.flush()


def _exit_with(tell: int, job: Job) -> None:
    try:
        ending = _publish(job)
    except BaseException as error:
        ending = Ending(False, f"failed: {error!r}")
    # Nothing of the parent's is flushed or cleaned up by the child.
    os.write(tell, json.dumps(asdict(ending)).encode())
    os._exit(0)


def _publish(job: Job) -> Ending:
    lost = 0
    watched = 0

    def watch(step: Step, _what: str) -> None:
        nonlocal lost, watched
        if job.die and job.die[0] == STEP and watched == job.die[1]:
            _die()
        watched += 1
        lost += step is Step.LOST_RACE
        if step is Step.PLANNED and job.meet and not lost:
            _meet(Path(job.meet))

    yard = _yard(job)
    if job.die:
        _arm(*job.die)
    try:
        done = yard.publish(job.commit, snapshot_every=job.snapshot_every, watch=watch)
    except GatefleetError as error:
        return Ending(False, " ".join(problem.code for problem in error.problems), lost)
    return Ending(False, "nothing to do" if isinstance(done, NothingToDo) else "published", lost)


def _yard(job: Job) -> Yard:
    yard = replace(a_yard(Path(job.folder)), archive=FolderArchive(job.archive))
    if job.broker:
        settings = BrokerAccess.from_json(job.broker).settings("reconciler", "PLAINTEXT")
        writer: LogWriter = KafkaWriter(settings, job.topic)
        if job.die and job.die[0] == TORN:
            writer = _TornKafkaWriter(settings, job.topic, int(job.die[1]))
        return replace(yard, reader=KafkaReader(settings, job.topic), writer=writer)
    if job.die and job.die[0] == TORN:
        return replace(yard, writer=_TornFileWriter(yard.log_path, yard.writer, int(job.die[1])))
    return yard


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm(kind: str, when: float) -> None:
    if kind == SECONDS:
        timer = threading.Timer(when, _die)
        timer.daemon = True
        timer.start()
    elif kind == CALL:
        left = int(when)

        def counted(call: Any) -> Any:
            def lasting(*arguments: Any, **options: Any) -> Any:
                nonlocal left
                if left == 0:
                    _die()
                left -= 1
                return call(*arguments, **options)

            return lasting

        for name in LASTING_CALLS:
            setattr(os, name, counted(getattr(os, name)))


def _meet(folder: Path) -> None:
    """Wait until two are here."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / str(os.getpid())).touch()
    while len(list(folder.iterdir())) < 2:
        time.sleep(0.001)


class _TornFileWriter:
    """Dies in its nth append, when half of the bytes are in the file."""

    def __init__(self, path: Path, inner: LogWriter, nth: int) -> None:
        self._path, self._inner, self._left = path, inner, nth

    def append(self, envelopes: Sequence[bytes]) -> None:
        if self._left == 0:
            lines = b"".join(envelope + b"\n" for envelope in envelopes)
            with self._path.open("ab", buffering=0) as file:
                file.write(lines[: len(lines) // 2])
            _die()
        self._left -= 1
        self._inner.append(envelopes)

    def close(self) -> None:
        self._inner.close()


class _TornKafkaWriter(KafkaWriter):
    """Dies when `parts` records of its first append are on the topic, and the next ones are not."""

    def __init__(self, settings: Any, topic: str, parts: int) -> None:
        super().__init__(settings, topic)
        self._parts = parts

    def append(self, envelopes: Sequence[bytes]) -> None:
        def some(envelope: bytes) -> Any:
            return kafka_records(envelope)[: self._parts]

        kafka_log.kafka_records = some
        super().append(envelopes[:1])
        _die()


if __name__ == "__main__":
    main()
