"""Digests and positions: what two parties compare to know that they hold the same policy."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

GENESIS_PARENT = "0" * 64


def digest(data: bytes) -> str:
    """SHA-256 in lowercase hex."""
    return hashlib.sha256(data).hexdigest()


def value_digests(entities: Mapping[str, str]) -> dict[str, bytes]:
    """The raw 32-byte SHA-256 of each entity value, by key."""
    return {key: hashlib.sha256(value.encode()).digest() for key, value in entities.items()}


def state_digest(digests: Mapping[str, bytes]) -> str:
    """SHA-256 over key ‖ 0x00 ‖ value digest of all entities, in byte order of the (ASCII) keys.

    Over every entity of an environment this is the state, over those of one gateway's view the view digest.
    """
    whole = hashlib.sha256()
    for key in sorted(digests):
        whole.update(key.encode("ascii"))
        whole.update(b"\x00")
        whole.update(digests[key])
    return whole.hexdigest()


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a follower stands on the chain: epoch, revision and the SHA-256 of that revision's payload bytes."""

    epoch: int
    revision: int
    digest: str

    def __str__(self) -> str:
        return f"{self.epoch}/{self.revision}"
