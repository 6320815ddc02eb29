"""A fleet on loopback: every gateway of a repository on a port of its own, each behind its own authorizer and floor."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import uvicorn

from gatefleet.contract.entities import Following
from gatefleet.local.front import Front, server_of
from gatefleet.local.reference import READ_SECONDS, ReferenceAuthorizer
from gatefleet.log.follow import Follower
from gatefleet.log.opening import Refused, open_floor
from gatefleet.log.transport import LogReader
from gatefleet.log.trust import Trust
from gatefleet.model.types import DEVELOPMENT
from gatefleet.problems import failure

POLL_SECONDS = 0.02  # how often a local follower looks for something new
FIRST_PORT = 8701


class Fleet:
    """Gateways by id. `start` returns when all listen, `stop` ends it. Only `development` is ever served here."""

    def __init__(
        self,
        floors: Mapping[str, bytes],
        trust: Trust,
        open_reader: Callable[[], LogReader],
        error_type_base: str,
        decisions: Path,
    ) -> None:
        if trust.environment != DEVELOPMENT:
            raise failure(
                "GF622", trust.environment, "only the environment `development` is served on this machine",
                fix="loopback issuers and file keys must never stand in for the real ones",
            )  # fmt: skip
        self._decisions = decisions.open("a", encoding="utf-8", buffering=1)
        self._writing = threading.Lock()
        self._stopping = threading.Event()
        self.authorizers: dict[str, ReferenceAuthorizer] = {}
        self.addresses: dict[str, str] = {}
        self._servers: list[uvicorn.Server] = []
        self._sockets: list[socket.socket] = []
        self._readers: list[LogReader] = []
        self._threads: list[threading.Thread] = []
        try:
            self._prepare(floors, trust, open_reader, error_type_base)
        except BaseException:
            self.stop()
            raise

    def start(self) -> None:
        """Listen and follow; returns when every gateway answers."""
        for thread in self._threads:
            thread.start()
        while not all(server.started for server in self._servers):
            if not self._threads[0].is_alive():
                raise failure(
                    "GF623", "fleet", "the gateways did not start", fix="run again with GATEFLEET_TRACEBACK=1"
                )
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop listening and following, also when nothing was started."""
        self._stopping.set()
        for server in self._servers:
            server.should_exit = True
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=10)
        for listening in self._sockets:
            listening.close()
        for reader in self._readers:
            reader.close()
        self._decisions.close()

    def _prepare(
        self, floors: Mapping[str, bytes], trust: Trust, open_reader: Callable[[], LogReader], error_type_base: str
    ) -> None:
        port = FIRST_PORT
        for gateway_id, envelope in sorted(floors.items()):
            follower = self._follower(gateway_id, envelope, trust, open_reader)
            authorizer = ReferenceAuthorizer(follower, self._write)
            gateway = follower.view.gateway
            if gateway is None:  # a floor is rendered for gateways only
                continue
            listening, port = _listen(port)
            self._sockets.append(listening)
            self._servers.append(server_of(Front(gateway_id, gateway, authorizer, error_type_base)))
            self.authorizers[gateway_id] = authorizer
            self.addresses[gateway_id] = f"http://127.0.0.1:{port}"
            port += 1
        self._threads.append(threading.Thread(target=self._serve, name="fronts", daemon=True))
        self._threads += [
            threading.Thread(target=self._follow, args=(one.follower,), name=f"follow {gateway_id}", daemon=True)
            for gateway_id, one in self.authorizers.items()
            if one.follower.follows
        ]

    def _follower(
        self, gateway_id: str, envelope: bytes, trust: Trust, open_reader: Callable[[], LogReader]
    ) -> Follower:
        floor = open_floor(envelope, trust)
        if isinstance(floor, Refused):
            raise failure(
                "GF624", gateway_id, f"its floor is refused: {floor.reason}, {floor.what}", fix="render again"
            )
        if floor.gateway != gateway_id:
            raise failure("GF624", gateway_id, f"its floor is that of {floor.gateway}", fix="render again")
        follower = Follower(floor, trust, None)
        gateway = follower.view.gateway
        if gateway is not None and gateway.following is Following.FOLLOW:
            self._readers.append(open_reader())
            follower = Follower(floor, trust, self._readers[-1])
        return follower

    def _serve(self) -> None:
        async def all_of_them() -> None:
            pairs = zip(self._servers, self._sockets, strict=True)
            await asyncio.gather(*(server.serve(sockets=[listening]) for server, listening in pairs))

        asyncio.run(all_of_them())

    def _follow(self, follower: Follower) -> None:
        # A process that is never frozen may follow between decisions; Lambda reads inside invocations.
        while not self._stopping.wait(POLL_SECONDS):
            if not follower.pausing(time.time()):
                follower.read(time.time, timeout=READ_SECONDS)

    def _write(self, line: str) -> None:
        with self._writing:
            self._decisions.write(line + "\n")


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
                raise failure("GF623", "fleet", "no free port from 8701 on") from None
        else:
            return listening, port
