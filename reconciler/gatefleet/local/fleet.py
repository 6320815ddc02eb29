"""A fleet on loopback behind the reference authorizer: each gateway on its floor, following the log in this process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from gatefleet.local.authorizers import ReferenceAuthorizers
from gatefleet.local.gateway.api import Api
from gatefleet.local.gateways import Gateways
from gatefleet.local.reference import ReferenceAuthorizer
from gatefleet.log.transport import LogReader
from gatefleet.log.trust import Trust


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
        self._decisions = LineFile(decisions)
        self._requests = LineFile(requests)
        self._gateways: Gateways | None = None
        self._authorizers: ReferenceAuthorizers | None = None
        try:
            self._authorizers = ReferenceAuthorizers(trust, open_reader, self._decisions.write)
            behind = {gateway: self._authorizers.bring(gateway, floor) for gateway, floor in sorted(floors.items())}
            deployed = {gateway: api for gateway, api in apis.items() if gateway in floors}
            self._gateways = Gateways(deployed, behind, write_line=self._requests.write)
        except BaseException:
            self.stop()
            raise

    @property
    def authorizers(self) -> Mapping[str, ReferenceAuthorizer]:
        """The authorizer of each gateway."""
        return {} if self._authorizers is None else self._authorizers.by_gateway

    @property
    def addresses(self) -> Mapping[str, str]:
        """The URL of each gateway."""
        return {} if self._gateways is None else self._gateways.addresses

    def start(self) -> None:
        """Listen and follow; returns when every gateway answers."""
        assert self._gateways is not None
        assert self._authorizers is not None
        self._authorizers.follow()
        self._gateways.start()

    def stop(self) -> None:
        """Stop listening and following, also when nothing was started."""
        if self._gateways is not None:
            self._gateways.stop()
        if self._authorizers is not None:
            self._authorizers.close()
        self._decisions.close()
        self._requests.close()


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
