"""What the parsers of all kinds share: the document being read, and values that a schema alone cannot decide."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_network
from typing import Any

from gatefleet.problems import Problem
from gatefleet.source import Document


class Reading:
    """One document being parsed; problems are noted and parsing goes on with the nearest value that can be meant."""

    def __init__(self, document: Document, problems: list[Problem]) -> None:
        self.document = document
        self._problems = problems

    def problem(self, code: str, pointer: tuple[str | int, ...], what: str, *, why: str = "", fix: str = "") -> None:
        """Note a problem at a member."""
        self._problems.append(Problem(code, self.document.place(*pointer), what, why, fix))

    def seconds(self, text: str, *pointer: str | int) -> int:
        """UTC seconds of `2026-12-31T00:00:00Z`; the schema has checked the form, the calendar decides (GF033)."""
        found = _seconds(text)
        if found is None:
            self.problem("GF033", pointer, f"`{text[:10]}` is no day of the calendar", fix="correct the date")
            return self.seconds(f"{text[:8]}28{text[10:]}", *pointer)  # near enough for the checks that follow
        return found

    def seconds_of(self, members: Mapping[str, Any], name: str, *pointer: str | int) -> int | None:
        """The time in an optional member, None when it is absent."""
        text = members.get(name)
        return None if text is None else self.seconds(text, *pointer, name)

    def network(self, text: str, *pointer: str | int) -> str:
        """A network in CIDR form. Another spelling than the canonical one is GF034; what is none, the checks say."""
        canonical = _canonical_network(text)
        if canonical not in (None, text):
            why = "one network has one spelling, so that it can be searched for and compared"
            self.problem(
                "GF034", pointer, f"`{text}` is usually written otherwise", why=why, fix=f"write `{canonical}`"
            )
        return text

    def exactly_one(
        self, code: str, members: Mapping[str, Any], names: tuple[str, ...], *pointer: str | int
    ) -> str | None:
        """The one of `names` that is there; a problem and None when it is none or several."""
        present = [name for name in names if name in members]
        if len(present) == 1:
            return present[0]
        listed = f"{', '.join(f'`{name}`' for name in names[:-1])} and `{names[-1]}`"
        if not present:
            self.problem(code, pointer, f"none of {listed} is here", fix="write exactly one of them")
        else:
            ordered = [name for name in members if name in present]
            both = " and ".join(f"`{name}`" for name in ordered)
            self.problem(
                code, (*pointer, ordered[1]), f"{both} contradict each other", fix=f"write exactly one of {listed}"
            )
        return None


@lru_cache(maxsize=8192)
def _seconds(text: str) -> int | None:
    try:
        return calendar.timegm(datetime.fromisoformat(text).utctimetuple())
    except ValueError:
        return None


@lru_cache(maxsize=8192)
def _canonical_network(text: str) -> str | None:
    try:
        return str(ip_network(text))
    except ValueError:
        return None
