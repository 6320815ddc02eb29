"""A fleet on loopback behind the reference authorizer: each gateway on its floor, following the log in this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from gatefleet.contract.entities import Following
from gatefleet.local.gateway.api import Api
from gatefleet.local.gateways import Gateways
from gatefleet.local.reference import READ_SECONDS, ReferenceAuthorizer
from gatefleet.log.follow import Follower
from gatefleet.log.opening import Refused, open_floor
from gatefleet.log.transport import LogReader
from gatefleet.log.trust import Trust
from gatefleet.model.types import DEVELOPMENT
from gatefleet.problems import failure

POLL_SECONDS = 0.02  # how often a local follower looks for something new


class Fleet:
    """Gateways by id. `start` returns when all listen, `stop` ends it. Only `development` is ever served here.

    `decisions` gets a line of JSON for each decision, `requests` one for each request.
    """

    def __init__(
        self,
        floors: Mapping[str, bytes],
        trust: Trust,
        open_reader: Callable[[], LogReader],
        apis: Mapping[str, Api],
        *,
        decisions: Path,
        requests: Path,
    ) -> None:
        refuse_all_but_development(trust)
        self._decisions = LineFile(decisions)
        self._requests = LineFile(requests)
        self._stopping = threading.Event()
        self._readers: list[LogReader] = []
        self._threads: list[threading.Thread] = []
        self._gateways: Gateways | None = None
        self.authorizers: dict[str, ReferenceAuthorizer] = {}
        try:
            for gateway_id, envelope in sorted(floors.items()):
                follower = self._follower(gateway_id, envelope, trust, open_reader)
                self.authorizers[gateway_id] = ReferenceAuthorizer(follower, self._decisions.write)
            deployed = {gateway_id: api for gateway_id, api in apis.items() if gateway_id in floors}
            self._gateways = Gateways(deployed, self.authorizers, write_line=self._requests.write)
        except BaseException:
            self.stop()
            raise

    @property
    def addresses(self) -> Mapping[str, str]:
        """The URL of each gateway."""
        return {} if self._gateways is None else self._gateways.addresses

    def start(self) -> None:
        """Listen and follow; returns when every gateway answers."""
        assert self._gateways is not None
        self._threads += [
            threading.Thread(target=self._follow, args=(one.follower,), name=f"follow {gateway_id}", daemon=True)
            for gateway_id, one in self.authorizers.items()
            if one.follower.follows
        ]
        for thread in self._threads:
            thread.start()
        self._gateways.start()

    def stop(self) -> None:
        """Stop listening and following, also when nothing was started."""
        self._stopping.set()
        if self._gateways is not None:
            self._gateways.stop()
        for thread in self._threads:
            thread.join(timeout=10)
        for reader in self._readers:
            reader.close()
        self._decisions.close()
        self._requests.close()

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

    def _follow(self, follower: Follower) -> None:
        # A process that is never frozen may follow between decisions; Lambda reads inside invocations.
        while not self._stopping.wait(POLL_SECONDS):
            if not follower.pausing(time.time()):
                follower.read(time.time, timeout=READ_SECONDS)


def refuse_all_but_development(trust: Trust) -> None:
    """Raises GF622 where the trust document is that of another environment."""
    if trust.environment != DEVELOPMENT:
        raise failure(
            "GF622", trust.environment, "only the environment `development` is served on this machine",
            fix="loopback issuers and file keys must never stand in for the real ones",
        )  # fmt: skip


class LineFile:
    """A file that several threads append lines to."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._writing = threading.Lock()

    def write(self, line: str) -> None:
        """Append one line; after `close` nothing is written."""
        with self._writing:
            if not self._file.closed:
                self._file.write(line + "\n")

    def close(self) -> None:
        """Close the file."""
        with self._writing:
            self._file.close()
