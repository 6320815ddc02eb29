"""Where records come from and go to. Reading and writing are two types; only `publish` receives a `LogWriter`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Record:
    """One record as the log holds it. `headers` are hints: unsigned, they never decide."""

    offset: int
    value: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one read gave: records in order, where to go on, whether that is the end of the log.

    `rewound` says that the asked offset is not on this log (truncated or recreated): these records start at its
    beginning.
    """

    records: tuple[Record, ...]
    next_offset: int
    at_end: bool
    rewound: bool = False


class LogUnavailableError(Exception):
    """The log could not be read or written in time. It says nothing about what the log holds."""


class LogReader(Protocol):
    """Reads one log by offset; holds no position of its own."""

    def read(self, offset: int, timeout: float) -> Batch:
        """Read from `offset`, at most `timeout` seconds. Raises `LogUnavailableError`."""
        ...

    def close(self) -> None:
        """Let go of connections and files."""
        ...


class LogWriter(Protocol):
    """Appends to one log."""

    def append(self, envelopes: Sequence[bytes]) -> None:
        """Append envelopes in order and return when all are acknowledged.

        Raises `LogUnavailableError` when that is not known: some, all or none may then be on the log, so read back.
        """
        ...

    def close(self) -> None:
        """Let go of connections and files."""
        ...
