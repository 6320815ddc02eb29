"""The steps of a publication, told to whoever watches: progress for people, and the places where tests interrupt it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Step(StrEnum):
    """What has just been done. Nothing is undone after any of them: the next run goes on from there."""

    READ = "read"
    SET_ASIDE = "set aside"
    BACKFILLED = "backfilled"
    RESTORED = "restored"
    PLANNED = "planned"
    ARCHIVED = "archived"
    APPENDED = "appended"
    UNCLEAR = "unclear"
    LOST_RACE = "lost race"
    READ_BACK = "read back"
    SNAPSHOT_ARCHIVED = "snapshot archived"
    SNAPSHOT_APPENDED = "snapshot appended"
    NO_SNAPSHOT = "no snapshot"


Watch = Callable[[Step, str], None]
"""Called after each step with what it was about, on one line."""


def unwatched(step: Step, what: str) -> None:
    """Nobody watches."""
