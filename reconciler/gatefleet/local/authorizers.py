"""The authorizers behind local gateways: the reference in this process, or real builds in processes of their own.

Both start from a floor in a file and follow the log by themselves. Only the environment `development` is ever served.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from gatefleet.contract.entities import Following
from gatefleet.local.gateway.emulator import Authorizer
from gatefleet.local.lambda_function import MOST_ENVIRONMENTS, LambdaFunction
from gatefleet.local.lambda_host import LambdaEnvironment
from gatefleet.local.reference import READ_SECONDS, ReferenceAuthorizer
from gatefleet.log.follow import Follower
from gatefleet.log.opening import Refused, open_floor
from gatefleet.log.payloads import Floor
from gatefleet.log.transport import LogReader
from gatefleet.log.trust import Trust
from gatefleet.model.types import DEVELOPMENT
from gatefleet.problems import failure

POLL_SECONDS = 0.02  # how often a local follower looks for something new
SWEEP_SECONDS = 10.0

WriteLine = Callable[[str], object]


class Authorizers(Protocol):
    """Authorizers by gateway id."""

    def bring(self, gateway: str, floor: bytes) -> Authorizer:
        """The gateway's authorizer, made from the floor if it is new; else the floor is what it starts from again."""
        ...

    def drop(self, gateway: str) -> None:
        """End that of a gateway which is gone."""
        ...

    def close(self) -> None:
        """End all."""
        ...


def refuse_all_but_development(trust: Trust) -> None:
    """Raises GF622 where the trust document is that of another environment."""
    if trust.environment != DEVELOPMENT:
        raise failure(
            "GF622", trust.environment, "only the environment `development` is served on this machine",
            fix="loopback issuers and file keys must never stand in for the real ones",
        )  # fmt: skip


class ReferenceAuthorizers:
    """The reference authorizer of each gateway, and a thread each that follows the log once `follow` was called."""

    def __init__(self, trust: Trust, open_reader: Callable[[], LogReader], write_line: WriteLine) -> None:
        refuse_all_but_development(trust)
        self._trust = trust
        self._open_reader = open_reader
        self._write_line = write_line
        self._following: dict[str, _Following] = {}
        self._started = False
        self.by_gateway: dict[str, ReferenceAuthorizer] = {}

    def bring(self, gateway: str, floor: bytes) -> Authorizer:
        """Raises GF624 when the floor is refused, or another gateway's."""
        opened = _opened(gateway, floor, self._trust)
        known = self.by_gateway.get(gateway)
        if known is not None and known.follower.follows and _follows(opened, self._trust):
            return known  # it holds what the floor says, or newer
        self.drop(gateway)
        reader = self._open_reader() if _follows(opened, self._trust) else None
        follower = Follower(opened, self._trust, reader)
        self.by_gateway[gateway] = ReferenceAuthorizer(follower, self._write_line)
        if reader is not None:
            self._following[gateway] = _Following(gateway, follower, reader)
            if self._started:
                self._following[gateway].thread.start()
        return self.by_gateway[gateway]

    def follow(self) -> None:
        """Follow the log from now on."""
        self._started = True
        for one in self._following.values():
            one.thread.start()

    def drop(self, gateway: str) -> None:
        """End that of a gateway which is gone."""
        self.by_gateway.pop(gateway, None)
        if (one := self._following.pop(gateway, None)) is not None:
            one.stop()

    def close(self) -> None:
        """End all, also when nothing was started."""
        for one in self._following.values():
            one.stopping.set()
        for gateway in list(self.by_gateway):
            self.drop(gateway)


def _opened(gateway: str, envelope: bytes, trust: Trust) -> Floor:
    floor = open_floor(envelope, trust)
    if isinstance(floor, Refused):
        raise failure("GF624", gateway, f"its floor is refused: {floor.reason}, {floor.what}", fix="render again")
    if floor.gateway != gateway:
        raise failure("GF624", gateway, f"its floor is that of {floor.gateway}", fix="render again")
    return floor


def _follows(floor: Floor, trust: Trust) -> bool:
    gateway = Follower(floor, trust, None).view.gateway
    return gateway is not None and gateway.following is Following.FOLLOW


@dataclass(slots=True)
class _Following:
    """The thread of one follower. A process that is never frozen may follow between decisions."""

    gateway: str
    follower: Follower
    reader: LogReader
    stopping: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, name=f"follow {self.gateway}", daemon=True)

    def stop(self) -> None:
        self.stopping.set()
        if self.thread.ident is not None:
            self.thread.join(timeout=10)
        self.reader.close()

    def _run(self) -> None:
        while not self.stopping.wait(POLL_SECONDS):
            if not self.follower.pausing(time.time()):
                self.follower.read(time.time, timeout=READ_SECONDS)


@dataclass(frozen=True, slots=True)
class Build:
    """An authorizer's build as a command, and the variables that every environment of it gets."""

    command: Sequence[str | Path]
    variables: Mapping[str, str] = field(default_factory=dict)


class LambdaAuthorizers:
    """A Lambda function for each gateway. `build_of` gives a gateway's build; floors are kept in `folder`.

    `trust_file` holds the trust document, `log` is the log's address. A floor that moved counts for the environments
    that start from then on, as a layer does; a gateway that does not follow gets new ones at once.
    """

    def __init__(
        self,
        trust: Trust,
        build_of: Callable[[str], Build],
        write_line: WriteLine,
        *,
        folder: Path,
        trust_file: Path,
        log: str,
        most: int = MOST_ENVIRONMENTS,
    ) -> None:
        refuse_all_but_development(trust)
        self._folder = folder
        self._trust = trust
        self._trust_file = trust_file
        self._log = log
        self._build_of = build_of
        self._write_line = write_line
        self._most = most
        self._floors: dict[str, bytes] = {}
        self._more: dict[str, str] = {}
        self._stopping = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep, name="sweep functions", daemon=True)
        self._sweeper.start()
        self.by_gateway: dict[str, LambdaFunction] = {}

    def bring(self, gateway: str, floor: bytes) -> Authorizer:
        """Raises GF624 when the floor is refused, or another gateway's."""
        opened = _opened(gateway, floor, self._trust)
        path = self._path(gateway)
        former = self._floors.get(gateway)
        if former != floor:
            written = path.with_suffix(".new")
            written.write_bytes(floor + b"\n")
            written.replace(path)
            self._floors[gateway] = floor
        function = self.by_gateway.get(gateway)
        make = self._maker(gateway, path)
        if function is None:
            function = self.by_gateway[gateway] = LambdaFunction(make, most=self._most)
        elif former != floor and not _follows(opened, self._trust):
            function.update(make)
        return function

    def deploy(self, variables: Mapping[str, str]) -> None:
        """Let another version of every function take over, with these variables besides; what was begun is ended."""
        self._more = dict(variables)
        for gateway, function in self.by_gateway.items():
            function.update(self._maker(gateway, self._path(gateway)))

    def drop(self, gateway: str) -> None:
        """End that of a gateway which is gone."""
        self._floors.pop(gateway, None)
        if (function := self.by_gateway.pop(gateway, None)) is not None:
            function.close()

    def close(self) -> None:
        """End all."""
        self._stopping.set()
        for gateway in list(self.by_gateway):
            self.drop(gateway)
        self._sweeper.join(timeout=10)

    def _path(self, gateway: str) -> Path:
        return self._folder / f"{gateway.replace('/', '_')}.floor.json"

    def _maker(self, gateway: str, floor: Path) -> Callable[[], LambdaEnvironment]:
        build = self._build_of(gateway)
        variables = {
            "GATEFLEET_FLOOR": str(floor),
            "GATEFLEET_TRUST": str(self._trust_file),
            "GATEFLEET_LOG": self._log,
            **build.variables,
            **self._more,
        }
        name = f"{gateway.replace('/', '_')}_{DEVELOPMENT}_authorizer"
        return lambda: LambdaEnvironment(
            build.command, variables, name=name, freezing=True, write_line=self._write_line
        )

    def _sweep(self) -> None:
        while not self._stopping.wait(SWEEP_SECONDS):
            for function in list(self.by_gateway.values()):
                function.sweep()
