"""Every gateway of a fleet on loopback: each API on a port of its own, all in one thread, the authorizers in others."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from gatefleet.local.gateway.api import Api
from gatefleet.local.gateway.emulator import Authorizer, Emulator
from gatefleet.local.gateway.server import Server
from gatefleet.model.types import Backend
from gatefleet.problems import failure

FIRST_PORT = 8701
WAITING_AUTHORIZERS = 64  # threads: how many requests wait for an authorizer at once
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
        self._pool = ThreadPoolExecutor(WAITING_AUTHORIZERS, thread_name_prefix="authorizer")
        self._emulators: dict[str, Emulator] = {}
        self._sockets: list[socket.socket] = []
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._servers: list[Server] = []
        port = first_port
        try:
            for gateway, api in sorted(apis.items()):
                emulator = Emulator(
                    api, authorizers[gateway], self._pool, write_line=write_line, explain=explain, url_of=url_of
                )
                listening, port = _listen(port)
                self._sockets.append(listening)
                self._emulators[gateway] = emulator
                self._servers.append(Server(emulator, listening))
                self.addresses[gateway] = f"http://127.0.0.1:{port}"
                port += 1
        except BaseException:
            self.stop()
            raise

    def start(self) -> None:
        """Answer requests from now on."""
        self._thread = threading.Thread(target=self._loop.run_forever, name="gateways", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._begin(), self._loop).result(START_SECONDS)

    def apply(self, apis: Mapping[str, Api]) -> None:
        """Change the gateways that are known here; what a request began with, it ends with."""
        for gateway, emulator in self._emulators.items():
            if gateway in apis and apis[gateway] != emulator.api:
                self._loop.call_soon_threadsafe(emulator.apply, apis[gateway])

    def stop(self) -> None:
        """Answer no more, and let go of the ports."""
        if self._thread is not None:
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(START_SECONDS)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(START_SECONDS)
            self._thread = None
        for listening in self._sockets:
            listening.close()
        if not self._loop.is_closed():
            self._loop.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _begin(self) -> None:
        for server in self._servers:
            await server.start()

    async def _end(self) -> None:
        await asyncio.gather(*(server.stop() for server in self._servers))
        await self._loop.shutdown_asyncgens()


def _listen(port: int) -> tuple[socket.socket, int]:
    """A listening socket on 127.0.0.1 at the first free port from `port` on."""
    while True:
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
