"""The entities of a log as revisions change them, with the state digest after each at little cost."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Mapping

from gatefleet.log.payloads import Change


class RunningState:
    """Entities by key. `digest` hashes prepared pieces, so a revision costs its changes and one pass of SHA-256."""

    def __init__(self, entities: Mapping[str, str] | None = None) -> None:
        self.entities: dict[str, str] = {}
        self._keys: list[str] = []
        self._pieces: list[bytes] = []
        self.apply(Change(key, value) for key, value in sorted((entities or {}).items()))

    def apply(self, changes: Iterable[Change]) -> tuple[str, ...]:
        """Make the changes; gives the keys that were to be removed and are not there."""
        absent = []
        for change in changes:
            at = bisect_left(self._keys, change.key)
            held = change.key in self.entities
            if change.value is not None:
                self.entities[change.key] = change.value
                piece = change.key.encode("ascii") + b"\x00" + hashlib.sha256(change.value.encode()).digest()
                self._keys[at : at + held] = [change.key]
                self._pieces[at : at + held] = [piece]
            elif held:
                del self.entities[change.key], self._keys[at], self._pieces[at]
            else:
                absent.append(change.key)
        return tuple(absent)

    def digest(self) -> str:
        """The state digest (`contract.digests.state_digest`) of the entities."""
        return hashlib.sha256(b"".join(self._pieces)).hexdigest()
