"""Every gateway of a fleet on loopback: each API on a port of its own, all in one thread, the authorizers in others."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from gatefleet.local.gateway.api import Api
from gatefleet.local.gateway.emulator import Authorizer, Emulator
from gatefleet.local.gateway.server import Server
from gatefleet.model.types import Backend
from gatefleet.problems import failure

FIRST_PORT = 8701
WAITING_AUTHORIZERS = 16  # threads a gateway: how many of its requests wait for its authorizer at once
START_SECONDS = 30.0


class Gateways:
    """Gateways by id. Takes their ports at once; `start` returns when all answer, `stop` ends them, also unstarted.

    `url_of` gives the URL of a backend, None for the echo; `write_line` gets the access log of all of them, `explain`
    what went wrong behind an answer of 500 or 504.
    """

    def __init__(
        self,
        apis: Mapping[str, Api],
        authorizers: Mapping[str, Authorizer],
        *,
        write_line: Callable[[str], object] = lambda _line: None,
        explain: Callable[[str], object] = lambda _line: None,
        url_of: Callable[[Backend], str | None] = lambda _backend: None,
        first_port: int = FIRST_PORT,
    ) -> None:
        self.addresses: dict[str, str] = {}
        self._write_line = write_line
        self._explain = explain
        self._url_of = url_of
        self._first_port = first_port
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._standing: dict[str, _Standing] = {}
        try:
            for gateway, api in sorted(apis.items()):
                self._stand(gateway, api, authorizers[gateway])
        except BaseException:
            self.stop()
            raise

    def start(self) -> None:
        """Answer requests from now on."""
        self._thread = threading.Thread(target=self._loop.run_forever, name="gateways", daemon=True)
        self._thread.start()
        for one in self._standing.values():
            self._await(one.server.start())

    def apply(self, apis: Mapping[str, Api], authorizers: Mapping[str, Authorizer]) -> None:
        """Become these gateways, as an apply of Terraform would: known ones keep their addresses.

        A request ends with the API that it began with.
        """
        for gateway in [one for one in self._standing if one not in apis]:
            gone = self._standing.pop(gateway)
            self.addresses.pop(gateway)
            self._await(gone.server.stop())
            gone.close()
        for gateway, api in sorted(apis.items()):
            standing, authorizer = self._standing.get(gateway), authorizers[gateway]
            if standing is None:
                self._await(self._stand(gateway, api, authorizer).server.start())
            elif not standing.emulator.stands_as(api, authorizer):
                self._loop.call_soon_threadsafe(standing.emulator.apply, api, authorizer)

    def stop(self) -> None:
        """Answer no more, and let go of the ports."""
        if self._thread is not None:
            for one in self._standing.values():
                self._await(one.server.stop())
            self._await(self._loop.shutdown_asyncgens())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(START_SECONDS)
            self._thread = None
        for one in self._standing.values():
            one.close()
        if not self._loop.is_closed():
            self._loop.close()

    def _stand(self, gateway: str, api: Api, authorizer: Authorizer) -> _Standing:
        pool = ThreadPoolExecutor(WAITING_AUTHORIZERS, thread_name_prefix=f"authorizer of {gateway}")
        emulator = Emulator(
            api, authorizer, pool, write_line=self._write_line, explain=self._explain, url_of=self._url_of
        )
        listening, port = _listen(self._first_port, {one.port for one in self._standing.values()})
        self._standing[gateway] = _Standing(emulator, Server(emulator, listening), listening, port, pool)
        self.addresses[gateway] = f"http://127.0.0.1:{port}"
        return self._standing[gateway]

    def _await(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(START_SECONDS)


@dataclass(frozen=True, slots=True)
class _Standing:
    """One gateway at its port; `pool` is its own, so that a slow authorizer holds up nobody else's."""

    emulator: Emulator
    server: Server
    listening: socket.socket
    port: int
    pool: ThreadPoolExecutor

    def close(self) -> None:
        self.listening.close()
        self.pool.shutdown(wait=False, cancel_futures=True)


def _listen(port: int, taken: set[int]) -> tuple[socket.socket, int]:
    """A listening socket on 127.0.0.1 at the first free port from `port` on."""
    while True:
        if port in taken:
            port += 1
            continue
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
            listening.listen(128)
        except OSError:
            listening.close()
            port += 1
            if port > 65535:
                fix = "end what holds the ports from 8701 on, and start again"
                raise failure("GF623", "gateways", "no free port from 8701 on", fix=fix) from None
        else:
            listening.setblocking(False)
            return listening, port
