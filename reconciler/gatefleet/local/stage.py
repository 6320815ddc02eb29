"""Where the demo's policy log lives, and how it is taken away: a file that is moved, or a broker that is killed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from gatefleet.local.broker import Broker
from gatefleet.local.chaos_proxy import HOST, ChaosProxy
from gatefleet.local.kafka.access import AUTHORIZER, BrokerAccess
from gatefleet.log.address import open_reader
from gatefleet.log.transport import LogReader
from gatefleet.model.types import DEVELOPMENT

_PROXIED = "PROXIED"


class Stage(Protocol):
    """A log that can be taken away and brought back."""

    @property
    def address(self) -> str:
        """For `--log`."""
        ...

    def open_reader(self) -> LogReader:
        """A reader of it."""
        ...

    def take_away(self) -> str:
        """Make it unreadable; says how."""
        ...

    def bring_back(self) -> str:
        """Make it readable again; says how."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class FileStage:
    """The log is a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def address(self) -> str:
        """For `--log`."""
        return f"file:{self._path}"

    def open_reader(self) -> LogReader:
        """A reader of the file."""
        return open_reader(self.address, {})

    def take_away(self) -> str:
        """Move the file."""
        self._path.rename(self._path.with_suffix(".away"))
        return "moved its file away"

    def bring_back(self) -> str:
        """Move it back."""
        self._path.with_suffix(".away").rename(self._path)
        return "moved its file back"

    def close(self) -> None:
        """Nothing runs."""


class KafkaStage:
    """The log is a topic of a real Apache Kafka on loopback. `announce` is told what takes long.

    `proxy` stands between it and the authorizers, on a listener with TLS and SCRAM; publishers go past it.
    """

    def __init__(self, topic: str, announce: Callable[[str], None], proxy: ChaosProxy | None = None) -> None:
        self.topic = topic
        self._announce = announce
        self._proxy = proxy
        announce("Starting Apache Kafka; the first time, Maven copies it to this machine, which may take minutes …")
        self._broker = Broker(advertised={} if proxy is None else {_PROXIED: proxy.port}).__enter__()
        if proxy is not None:
            proxy.target = (HOST, self._broker.port(_PROXIED))
        self._broker.access.grant(DEVELOPMENT)

    @property
    def access(self) -> BrokerAccess:
        """For what is done *to* the log."""
        return self._broker.access

    @property
    def variables(self) -> Mapping[str, str]:
        """What tells an authorizer its way in, on top of the address."""
        if self._proxy is None:
            return {}
        settings = replace(self.access.settings(AUTHORIZER), bootstrap=(self._proxy.address,))
        return {"GATEFLEET_LOG": f"kafka:{settings.servers}/{self.topic}", **settings.variables()}

    @property
    def bootstrap(self) -> str:
        """HOST:PORT of its plaintext listener."""
        return self._broker.access.addresses["PLAINTEXT"]

    @property
    def address(self) -> str:
        """For `--log`."""
        return f"kafka:{self.bootstrap}/{self.topic}"

    def open_reader(self) -> LogReader:
        """A reader of the topic."""
        return open_reader(self.address, {})

    def take_away(self) -> str:
        """Kill the broker."""
        self._broker.kill()
        return "killed the broker (kill -9)"

    def bring_back(self) -> str:
        """Start it again with the same data."""
        self._announce("Starting Apache Kafka again …")
        self._broker.start()
        return "started the broker again"

    def close(self) -> None:
        """Stop the broker and remove its data."""
        self._announce("Stopping Apache Kafka …")
        self._broker.close()
