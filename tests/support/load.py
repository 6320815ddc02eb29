"""Functions under load: each process gets its next event the moment it asks for one, and every answer is noted.

`LambdaEnvironment` is the Lambda host that freezes and times init; this is only its Runtime API, pared down so that two
processors carry functions, a broker and thousands of requests a second: one thread a process, no HTTP library.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import BinaryIO, Self

from tests.support.builds import Command

_OK = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Event:
    """One request: `kind` is for whoever reads the answers."""

    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Noted:
    """One answer of an HTTP API's authorizer; `at`: when it was there (monotonic seconds), `seconds` what it took."""

    kind: str
    at: float
    seconds: float
    said: str  # `allowed`, the reason, or `error`
    freshness: str


@dataclass
class LoadedFunction:
    """One process, asked by `next_event` again and again: an event, or None, which ends the load.

    `note` gets every answer, in the thread that drives this process.
    """

    command: Command
    variables: Mapping[str, str]
    next_event: Callable[[], Event | None]
    note: Callable[[Noted], object]
    failure: str | None = field(default=None, init=False)

    def start(self) -> Self:
        """Start the process; it is asked as soon as it asks for events."""
        self._server = socket.create_server(("127.0.0.1", 0))
        host, port = self._server.getsockname()
        self._process = subprocess.Popen(
            [str(part) for part in self.command],
            env={
                "PATH": os.environ["PATH"],
                "AWS_REGION": "eu-west-1",
                "AWS_LAMBDA_FUNCTION_NAME": "load",
                "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}",
                **self.variables,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def join(self) -> None:
        """Wait until `next_event` gave None, or the process ended."""
        self._thread.join()

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self) -> None:
        try:
            while self._connection(self._server.accept()[0]):
                pass
        except OSError:
            pass

    def _connection(self, connection: socket.socket) -> bool:
        """Serve one connection of the process; False when there is no further event."""
        event, started, number = None, 0.0, 0
        with connection, connection.makefile("rb") as asked:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while line := asked.readline():
                body = _body(asked)
                if line.startswith(b"GET"):
                    event = self.next_event()
                    if event is None:
                        return False
                    number += 1
                    head = (
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        f"Lambda-Runtime-Aws-Request-Id: {number}\r\n"
                        f"Lambda-Runtime-Deadline-Ms: {int(time.time() * 1000) + 10_000}\r\n"
                        f"Content-Length: {len(event.body)}\r\n\r\n"
                    )
                    started = time.monotonic()
                    connection.sendall(head.encode() + event.body)
                    continue
                now = time.monotonic()
                connection.sendall(_OK)
                if event is None:
                    self.failure = body.decode(errors="replace")
                    return False
                self.note(_noted(event, now, now - started, line, body))
        return True


def _body(asked: BinaryIO) -> bytes:
    length = 0
    while (header := asked.readline().lower()) not in (b"\r\n", b""):
        if header.startswith(b"content-length:"):
            length = int(header[15:])
        elif header.startswith(b"transfer-encoding:"):
            return _chunks(asked)
    return asked.read(length)


def _chunks(asked: BinaryIO) -> bytes:
    body = b""
    while True:
        size = int(asked.readline().split(b";")[0], 16)
        body += asked.read(size)
        asked.readline()
        if size == 0:
            return body


def _noted(event: Event, at: float, seconds: float, line: bytes, body: bytes) -> Noted:
    if not line.split(b" ")[1].endswith(b"/response"):
        return Noted(event.kind, at, seconds, "error", "")
    context = json.loads(body)["context"]
    return Noted(event.kind, at, seconds, context.get("reason", "allowed"), context["freshness"])
