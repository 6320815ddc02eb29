"""A network that fails as networks do: TCP between clients and one server, passed through as bytes.

    with ChaosProxy() as proxy:
        proxy.target = ("127.0.0.1", port)
        proxy.forget()          # as a NAT does: what is connected gets no answer any more, and is not told

TLS goes through it untouched. A Kafka broker must advertise `proxy.port` for the listener behind it
(`Broker(advertised={name: proxy.port})`), else clients go on past the proxy.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self

from gatefleet.local.kafka.server import free_port

HOST = "127.0.0.1"
CHUNK = 256 * 1024
BACKLOG = 4096


class Mode(StrEnum):
    """What happens to whoever connects now."""

    ALIVE = "alive"  # is connected to the server
    CLOSED = "closed"  # is refused
    DARK = "dark"  # is accepted, and never hears anything


@dataclass(eq=False)
class _Pair:
    client: socket.socket
    server: socket.socket | None = None
    silent: bool = False


@dataclass
class Traffic:
    """What has passed since the start. `connections` counts those that were accepted, dark ones too."""

    connections: int = 0
    bytes_up: int = 0
    bytes_down: int = 0


@dataclass
class ChaosProxy:
    """One port on loopback, from the start on. `round_trip` in seconds is added to what the machine itself takes: half
    of it each way, and once more before the first byte of a connection, whose handshake the kernel makes at once."""

    target: tuple[str, int] | None = None
    round_trip: float = 0.0
    traffic: Traffic = field(default_factory=Traffic)
    mode: Mode = field(default=Mode.CLOSED, init=False)

    def __post_init__(self) -> None:
        self.port = free_port()
        self._lock = threading.RLock()
        self._pairs: set[_Pair] = set()
        self._listener: socket.socket | None = None
        self.alive()

    @property
    def address(self) -> str:
        """Where clients connect."""
        return f"{HOST}:{self.port}"

    def alive(self) -> None:
        """From now on, connections work. Those that went silent stay so."""
        self._set(Mode.ALIVE)

    def dark(self) -> None:
        """Whoever is connected, and whoever connects, gets no answer and is not told."""
        self._set(Mode.DARK)
        self.forget()

    def closed(self) -> None:
        """Whoever is connected is disconnected, and whoever connects is refused."""
        self._set(Mode.CLOSED)
        self.drop()

    def forget(self) -> None:
        """Whoever is connected gets no answer any more; new connections are as the mode says."""
        with self._lock:
            for pair in self._pairs:
                pair.silent = True

    def drop(self) -> None:
        """Whoever is connected is disconnected; new connections are as the mode says."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            _close(pair.client)
            _close(pair.server)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closed()

    # --- connections -------------------------------------------------------------------------------------------------

    def _set(self, mode: Mode) -> None:
        with self._lock:
            self.mode = mode
            if mode is Mode.CLOSED:
                listener, self._listener = self._listener, None
                _close(listener)  # also wakes who accepts there
            elif self._listener is None:
                self._listener = socket.create_server((HOST, self.port), backlog=BACKLOG)
                threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = _Pair(client)
            with self._lock:
                self.traffic.connections += 1
                self._pairs.add(pair)
                pair.silent = self.mode is Mode.DARK
                if self.mode is Mode.CLOSED:
                    self.drop()
            threading.Thread(target=self._connect, args=(pair,), daemon=True).start()

    def _connect(self, pair: _Pair) -> None:
        time.sleep(self.round_trip)
        if pair.silent:
            return None
        assert self.target is not None
        try:
            server = socket.create_connection(self.target)
        except OSError:
            return self._end(pair)
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            pair.server = server
            there = pair in self._pairs
        if not there:
            return _close(server)
        threading.Thread(target=self._pass, args=(pair, server, pair.client), daemon=True).start()
        return self._pass(pair, pair.client, server)

    def _pass(self, pair: _Pair, source: socket.socket, sink: socket.socket) -> None:
        """Pass bytes on until one side ends. What is silent is taken and thrown away."""
        upwards = source is pair.client
        with suppress(OSError):
            while data := source.recv(CHUNK):
                due = time.monotonic() + self.round_trip / 2
                with self._lock:
                    if upwards:
                        self.traffic.bytes_up += len(data)
                    else:
                        self.traffic.bytes_down += len(data)
                time.sleep(max(0.0, due - time.monotonic()))
                if not pair.silent:
                    sink.sendall(data)
        if upwards or not pair.silent:
            self._end(pair)

    def _end(self, pair: _Pair) -> None:
        with self._lock:
            self._pairs.discard(pair)
        _close(pair.client)
        _close(pair.server)


def _close(one: socket.socket | None) -> None:
    if one is not None:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)  # wakes who waits for it in another thread
        one.close()
