"""Runs an authorizer as AWS Lambda does: a real process that asks the Runtime API for events, and is frozen in between.

One `LambdaEnvironment` is one execution environment ("Understanding the Lambda execution environment lifecycle"): init
until the process asks for its first event, then one invocation at a time. Lambda freezes an environment once the
process asks for its next event, and a frozen process runs nothing: no timer, no socket. Here that is SIGSTOP to its
process group. Only the environment `development` is ever served.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from gatefleet.local.events import ACCOUNT, REGION
from gatefleet.local.runtime_api import Answer, FunctionError, RuntimeApi
from gatefleet.log.opening import Refused, open_floor
from gatefleet.log.trust import parse_trust
from gatefleet.model.types import DEVELOPMENT
from gatefleet.problems import failure

INIT_SECONDS = 10.0  # Lambda's own limit of init
INVOKE_SECONDS = 10.0
LAST_LINES = 40  # of standard error, kept to tell why a process ended

# docs/reference/configuration.md, "Authorizers".
_FLOOR = ("GATEFLEET_FLOOR", "/opt/gatefleet/floor.json")
_TRUST = ("GATEFLEET_TRUST", "/opt/gatefleet/trust.json")

# Kills a process group when whoever started it is gone, however it ended: the kernel then closes this one's input.
_GUARD = 'read group || exit 0; read end; kill -KILL "-$group"'


class EndedError(Exception):
    """The process is gone, and so is its environment: how it ended, and what it wrote last on standard error."""

    def __init__(self, how: str, last_lines: Sequence[str]) -> None:
        self.how = how
        self.last_lines = tuple(last_lines)
        super().__init__("\n  ".join([how, *last_lines]))


class LambdaEnvironment:
    """One execution environment of a function.

    `command` and `variables` are the process; it gets those variables that Lambda sets besides, and nothing of this
    process's own. `write_line` gets each line of its standard output, from another thread. With `freezing` it is frozen
    whenever it waits for an event, as in Lambda; else only by `freeze`. It ends with this process, whatever happens.

    Raises GF622 when the floor is not one of `development`, GF624, GF410 or GF411 when it, or the trust beside it, is
    none at all.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        variables: Mapping[str, str],
        *,
        name: str = "authorizer",
        freezing: bool = False,
        write_line: Callable[[str], object] = lambda _line: None,
    ) -> None:
        _refuse_all_but_development(variables)
        self._command = [str(part) for part in command]
        self._variables = dict(variables)
        self._name = name
        self._freezing = freezing
        self._write_line = write_line
        self._api = RuntimeApi(f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}", self._idle)
        self._changed = self._api.changed
        self._one_at_a_time = threading.RLock()
        self._stderr: deque[str] = deque(maxlen=LAST_LINES)
        self._process: subprocess.Popen[str] | None = None  # None before the start, and once it was reaped
        self._watcher: threading.Thread | None = None
        self._frozen = False
        self._how = "was not started"
        self.pid = 0
        self.init_seconds = 0.0  # from the start of the process until it asked for its first event

    @property
    def running(self) -> bool:
        """Whether the process is there, frozen or not."""
        return self._process is not None

    @property
    def frozen(self) -> bool:
        """Whether the process is stopped, or about to be."""
        return self._frozen

    @property
    def stderr(self) -> tuple[str, ...]:
        """The last lines of standard error."""
        return tuple(self._stderr)

    def start(self, timeout: float = INIT_SECONDS) -> Self:
        """Start the process, once; returns when it asks for its first event.

        Raises `EndedError` when init fails or takes longer than `timeout` seconds.
        """
        if self._watcher is not None:
            raise EndedError(f"{self._name} was started before; start another environment", self.stderr)
        with self._changed:  # nothing it asks is heard before it is known here
            started, process, watcher = self._spawn()
            self._process, self._watcher, self.pid = process, watcher, process.pid
            watcher.start()
            self._changed.wait_for(self._init_is_over, timeout)
            asked, error = self._api.first_asked, self._api.init_error
        if asked is None:
            why = "took too long"
            if error is not None:
                why = f"failed: {error.kind}: {error.message}"
            elif self._api.ended:
                why = f"ended: {self._how}"
            self.kill()
            raise EndedError(f"init {why}", self.stderr)
        self.init_seconds = asked - started
        return self

    def invoke(self, event: object, timeout: float = INVOKE_SECONDS) -> Answer | FunctionError:
        """Hand out one event, thawing the process if need be, and wait for its answer.

        As in Lambda, a process that takes longer than `timeout` seconds is killed (`Sandbox.Timedout`), and one that
        ends instead of answering has failed (`Runtime.ExitError`). Raises `EndedError` when there is no process.
        """
        body = json.dumps(event).encode()
        with self._one_at_a_time:
            started = time.monotonic()
            with self._changed:
                self._must_run()
                request_id = self._api.offer(body, timeout)
                self.thaw()
            result = self._api.result(timeout)
            if result is not None:
                return result
            if not self._api.ended:
                self.kill()
                kind, message = "Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds"
            else:
                kind, message = "Runtime.ExitError", f"Runtime exited without an answer: {self._how}"
            text = "\n  ".join([message, *self.stderr])
            return FunctionError(request_id, kind, text, time.monotonic() - started)

    def freeze(self, timeout: float = INVOKE_SECONDS) -> None:
        """Stop the process and whatever it started, once it asks for its next event; returns when it is stopped.

        Raises `TimeoutError` when it does not ask within `timeout` seconds, `EndedError` when there is no process.
        """
        with self._one_at_a_time, self._changed:
            self._changed.wait_for(lambda: self._api.idle or self._api.ended, timeout)
            self._must_run()
            if not self._api.idle:
                raise TimeoutError(f"{self._name} did not ask for its next event within {timeout} s")
            self._signal(signal.SIGSTOP)
            self._frozen = True
            os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def thaw(self) -> None:
        """Let the process run again. `invoke` does that by itself."""
        with self._changed:
            if self._frozen:
                self._frozen = False
                self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the process and whatever it started, at once; returns when all its lines were read."""
        with self._changed:
            self._signal(signal.SIGKILL)
        if self._watcher is None:
            self._api.end()
        else:
            self._watcher.join()

    def __enter__(self) -> Self:
        return self if self.running else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    # --- the process -------------------------------------------------------------------------------------------------

    def _spawn(self) -> tuple[float, subprocess.Popen[str], threading.Thread]:
        guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        started = time.monotonic()
        try:
            process = subprocess.Popen(
                self._command,
                env=self._environ(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,  # a process group of its own, which no Ctrl-C reaches
            )
        except OSError as error:
            _dismiss(guard)
            self.kill()
            raise EndedError(f"{self._command[0]} cannot be run: {error.strerror}", ()) from None
        assert guard.stdin is not None
        guard.stdin.write(f"{process.pid}\n".encode())
        guard.stdin.flush()
        return started, process, threading.Thread(target=self._watch, args=(process, guard), daemon=True)

    def _environ(self) -> dict[str, str]:
        """What Lambda sets ("Working with Lambda environment variables", defined runtime variables), and ours."""
        return {
            "AWS_DEFAULT_REGION": REGION,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_FUNCTION_NAME": self._name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self._name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "AWS_REGION": REGION,
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "TZ": ":UTC",
            **self._variables,
        }

    def _watch(self, process: subprocess.Popen[str], guard: subprocess.Popen[bytes]) -> None:
        """Read its lines until it ends, then clear up behind it."""
        assert process.stdout is not None
        assert process.stderr is not None
        readers = [
            threading.Thread(target=_each_line, args=(process.stdout, self._write_line), daemon=True),
            threading.Thread(target=_each_line, args=(process.stderr, self._stderr.append), daemon=True),
        ]
        for reader in readers:
            reader.start()
        # INVARIANT: its number, which is its group's, is signalled only until it is reaped; then it may be another's.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with self._changed:
            self._signal(signal.SIGKILL)  # what it started ends with it
            self._how = _how(process.wait())
            self._process, self._frozen = None, False
        _dismiss(guard)
        for reader in readers:
            reader.join(timeout=5)
        self._api.end()

    def _idle(self) -> None:
        if self._freezing:
            self._signal(signal.SIGSTOP)
            self._frozen = True

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):  # all of it may have ended this moment
                os.killpg(self._process.pid, number)

    def _init_is_over(self) -> bool:
        api = self._api
        return api.first_asked is not None or api.init_error is not None or api.ended

    def _must_run(self) -> None:
        if not self.running:
            raise EndedError(f"{self._name} does not run: {self._how}", self.stderr)


def _refuse_all_but_development(variables: Mapping[str, str]) -> None:
    """The floor says which environment would be served; loopback issuers and file keys never stand in for real ones."""
    floor_path, trust_path = (variables.get(name, otherwise) for name, otherwise in (_FLOOR, _TRUST))
    trust = parse_trust(_envelope(trust_path), trust_path)
    if trust.environment != DEVELOPMENT:
        raise failure(
            "GF622", trust.environment, "only the environment `development` is served on this machine",
            fix="loopback issuers and file keys must never stand in for the real ones",
        )  # fmt: skip
    # A floor that is opened by a trust document is of its environment (check 6 of docs/reference/log.md).
    floor = open_floor(_envelope(floor_path), trust)
    if isinstance(floor, Refused):
        raise failure("GF624", floor_path, f"the floor is refused: {floor.reason}, {floor.what}", fix="render again")


def _envelope(path: str) -> bytes:
    try:
        return Path(path).read_bytes().removesuffix(b"\n")
    except OSError as error:
        raise failure("GF624", path, f"cannot be read: {error.strerror}", fix="render again") from None


def _each_line(stream: IO[str], write: Callable[[str], object]) -> None:
    with stream:
        for line in stream:
            write(line.removesuffix("\n"))


def _dismiss(guard: subprocess.Popen[bytes]) -> None:
    guard.kill()
    guard.wait()
    if guard.stdin is not None:
        guard.stdin.close()


def _how(status: int) -> str:
    return f"exit status {status}" if status >= 0 else f"signal {signal.Signals(-status).name}"
