"""What the demo tells, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the story that took `seconds`; `lines` are what one sees of it."""

    title: str
    seconds: float
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """A command that was run in the clone, and what it printed."""

    typed: str
    printed: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Turned:
    """How long after the merge, and after the log had the revision, each gateway first answered `status`."""

    title: str
    status: int
    after_merge: Mapping[str, float]
    published_at: float


Beat = Step | Command | Turned
