"""The Lambda Runtime API on loopback, for one execution environment: events out, answers in, one at a time.

AWS documents it under "Using the Lambda runtime API for custom runtimes", version 2018-06-01. It stands apart from the
process that speaks it (`lambda_host.py`), so what a process may ask, and when, is in one place.
"""

from __future__ import annotations

import json
import re
import secrets
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socket import create_connection, socket
from socketserver import ThreadingTCPServer
from typing import Any

HOST = "127.0.0.1"
MAX_PAYLOAD = 6 * 1024 * 1024 + 100  # bytes of an answer ("Lambda quotas": 6 MB, and 100 bytes as Lambda grants them)

_ANSWER = re.compile(r"/2018-06-01/runtime/invocation/([^/]+)/(response|error)")
_NEXT = "/2018-06-01/runtime/invocation/next"
_INIT_ERROR = "/2018-06-01/runtime/init/error"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the function answered, as it came; `seconds` from handing out the event to having all of the answer."""

    request_id: str
    body: bytes
    seconds: float

    @property
    def value(self) -> Any:
        """The answer as JSON. Raises `ValueError` when it is none."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class FunctionError:
    """The function failed: by its own word, by ending or by taking too long. `kind` is Lambda's `errorType`."""

    request_id: str
    kind: str
    message: str
    seconds: float


@dataclass(frozen=True, slots=True)
class _Invocation:
    request_id: str
    event: bytes
    deadline_ms: int
    started: float  # monotonic


class RuntimeApi:
    """Serves one process at `address` until `end`. `changed` guards everything here and tells of every change.

    `on_idle` is called, with `changed` held, whenever the process waits for an event that is not there.
    """

    def __init__(self, function_arn: str, on_idle: Callable[[], object]) -> None:
        self.changed = threading.Condition()
        self.first_asked: float | None = None  # monotonic: when init was over
        self.init_error: FunctionError | None = None
        self.ended = False
        self._arn = function_arn
        self._on_idle = on_idle
        self._asks = 0
        self._waiting = False
        self._offered: _Invocation | None = None
        self._running: _Invocation | None = None
        self._result: Answer | FunctionError | None = None
        self._server = _Server(self)
        self.address = f"{HOST}:{self._server.port}"
        threading.Thread(target=self._serve, name=f"runtime api {self.address}", daemon=True).start()

    @property
    def idle(self) -> bool:
        """Whether the process waits for its next event: nothing of an invocation is left to do."""
        return self._waiting and self._offered is None

    def offer(self, event: bytes, timeout: float) -> str:
        """Let the process have an event as soon as it asks; gives the request's id."""
        with self.changed:
            deadline = int((time.time() + timeout) * 1000)
            self._offered = _Invocation(str(uuid.uuid4()), event, deadline, time.monotonic())
            self._result = None
            self.changed.notify_all()
            return self._offered.request_id

    def result(self, timeout: float) -> Answer | FunctionError | None:
        """What came of the event that was offered last; None when nothing did in `timeout` seconds, or at its end."""
        with self.changed:
            self.changed.wait_for(lambda: self._result is not None or self.ended, timeout)
            return self._result

    def end(self) -> None:
        """The process is gone: nobody waits here any longer, nobody is served."""
        with self.changed:
            self.ended = True
            self._waiting = False
            self.changed.notify_all()
        self._server.wake()

    def _serve(self) -> None:
        with self._server:
            while not self.ended:
                self._server.handle_request()

    # --- what the process asks ---------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether the process has an event that it did not answer yet."""
        return self._running is not None

    def next(self) -> tuple[bytes, dict[str, str]] | None:
        """Wait for an event, as long as it takes; None when there will be none for this question."""
        with self.changed:
            self._asks += 1
            asked = self._asks
            self._waiting = True
            if self.first_asked is None:
                self.first_asked = time.monotonic()
            if self._offered is None:
                self._on_idle()
            self.changed.notify_all()
            # Of a process that lost its connection and asks again, the newest question counts.
            self.changed.wait_for(lambda: self._offered is not None or self.ended or asked != self._asks)
            if self._offered is None or self.ended or asked != self._asks:
                return None
            given = self._running = self._offered
            self._offered, self._waiting = None, False
        headers = {
            "Lambda-Runtime-Aws-Request-Id": given.request_id,
            "Lambda-Runtime-Deadline-Ms": str(given.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": self._arn,
            "Lambda-Runtime-Trace-Id": _trace_id(),
        }
        return given.event, headers

    def answered(self, request_id: str, make: Callable[[float], Answer | FunctionError]) -> bool:
        """Take an answer; False when it is for no running invocation. `make` gets the seconds that it took."""
        with self.changed:
            if self._running is None or self._running.request_id != request_id:
                return False
            self._finish(make(time.monotonic() - self._running.started))
            return True

    def failed_to_start(self, error: FunctionError) -> bool:
        """Take what went wrong during init; False after it."""
        with self.changed:
            if self.first_asked is not None:
                return False
            self.init_error = error
            self.changed.notify_all()
            return True

    def _finish(self, result: Answer | FunctionError) -> None:
        self._running, self._result = None, result
        self.changed.notify_all()


class _Server(ThreadingTCPServer):
    """A thread a connection: a process may hold one open for its next event while it answers on another."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, api: RuntimeApi) -> None:
        super().__init__((HOST, 0), _Handler)
        self.api = api
        self.port = int(self.server_address[1])

    def wake(self) -> None:
        """Make whoever waits for a connection look whether it still should."""
        with suppress(OSError):
            create_connection((HOST, self.port), timeout=1).close()

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """A process that was killed does not hang up politely."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # a reply in one piece
    server: _Server

    def do_GET(self) -> None:
        if self.path != _NEXT:
            return self._refuse(HTTPStatus.NOT_FOUND, "InvalidPath", f"no such path: {self.path}")
        if self.server.api.busy:
            return self._refuse(HTTPStatus.FORBIDDEN, "InvalidStateTransition", "the last event was not answered")
        given = self.server.api.next()
        if given is None:
            self.close_connection = True
            return None
        return self._reply(HTTPStatus.OK, *given)

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if not length.isdecimal():
            self.close_connection = True
            return self._refuse(HTTPStatus.LENGTH_REQUIRED, "InvalidRequest", "a body needs a Content-Length")
        body = self.rfile.read(int(length))
        api, answer = self.server.api, _ANSWER.fullmatch(self.path)
        if self.path == _INIT_ERROR:
            taken = api.failed_to_start(self._error("", body, 0.0))
        elif answer is None:
            return self._refuse(HTTPStatus.NOT_FOUND, "InvalidPath", f"no such path: {self.path}")
        elif answer[2] == "error":
            taken = api.answered(answer[1], lambda seconds: self._error(answer[1], body, seconds))
        elif len(body) > MAX_PAYLOAD:
            self._too_large(answer[1], len(body))
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLarge", "above 6 MB")
        else:
            taken = api.answered(answer[1], lambda seconds: Answer(answer[1], body, seconds))
        if not taken:
            return self._refuse(HTTPStatus.FORBIDDEN, "InvalidStateTransition", "nothing runs that this is for")
        return self._reply(HTTPStatus.ACCEPTED, b'{"status":"OK"}')

    def _too_large(self, request_id: str, length: int) -> None:
        kind, message = "Function.ResponseSizeTooLarge", f"an answer of {length} bytes, more than {MAX_PAYLOAD}"
        self.server.api.answered(request_id, lambda seconds: FunctionError(request_id, kind, message, seconds))

    def _error(self, request_id: str, body: bytes, seconds: float) -> FunctionError:
        """An error as runtimes write it; what is not in the body may stand in the header."""
        try:
            said = json.loads(body)
        except ValueError:
            said = None
        said = said if isinstance(said, dict) else {}
        kind = said.get("errorType") or self.headers.get("Lambda-Runtime-Function-Error-Type") or "Unknown"
        return FunctionError(request_id, str(kind), str(said.get("errorMessage", "")), seconds)

    def _refuse(self, status: HTTPStatus, kind: str, message: str) -> None:
        self._reply(status, json.dumps({"errorMessage": message, "errorType": kind}).encode())

    def _reply(self, status: HTTPStatus, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """The function's own lines are what is to be read."""


def _trace_id() -> str:
    """An X-Ray header ("X-Ray concepts", tracing header): not sampled, since nobody collects it."""
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"
