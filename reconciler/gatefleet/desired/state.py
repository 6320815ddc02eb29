"""The state of one environment: every entity by key, in the bytes that are hashed and put on the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from gatefleet.contract.digests import state_digest, value_digests


@dataclass(frozen=True)
class State:
    """Entity key → value, a string holding canonical JSON, in byte order of the keys (docs/reference/log.md)."""

    entities: Mapping[str, str]

    @cached_property
    def digests(self) -> Mapping[str, bytes]:
        """The raw SHA-256 of each value, by key."""
        return value_digests(self.entities)

    @cached_property
    def digest(self) -> str:
        """The state digest: equal digests are equal policies."""
        return state_digest(self.digests)

    def of_kind(self, kind: str) -> Mapping[str, str]:
        """The entities of one kind (`issuer`, `scope`, `client`, `gateway`), by key."""
        return {key: value for key, value in self.entities.items() if key.startswith(f"{kind}/")}
