"""Makes a case that two builds answer differently as small as it gets, and writes it as a vector."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from tests.differential.cases import Case

MOST_ROUNDS = 40
# Lists and maps of which any part may be left out; of an event anything may.
_COLLECTIONS = ("records", "revisions", "entities")


def shrunk(case: Case, differ: Callable[[Sequence[Case]], list[bool]]) -> Case:
    """The case with everything left out that the difference does not need."""
    for _ in range(MOST_ROUNDS):
        smaller = list(_smaller(case))
        if not smaller:
            return case
        still = differ(smaller)
        found = next((one for one, differs in zip(smaller, still, strict=True) if differs), None)
        if found is None:
            return case
        case = found
    return case


def as_vector(case: Case, expect: Any, seed: int) -> str:
    """The case in the form of a vector, with what the reference answers, and its fixtures."""
    vector = {"id": f"{case.family}-new", "name": f"found-by-seed-{seed}", "given": case.given, "expect": expect}
    text = json.dumps(vector, indent=1)
    return text + ("\non " + json.dumps(case.fixtures) if case.fixtures else "")


def _smaller(case: Case) -> Iterator[Case]:
    """The case with one entity, record, revision or member of its event left out."""
    for name in case.fixtures.get("views", {}):
        for key in case.fixtures["views"][name]["entities"]:
            yield replace(case, fixtures=_without(case.fixtures, ("views", name, "entities", key)))
    for name in _COLLECTIONS:
        inside = case.given.get(name, ())
        for place in inside if isinstance(inside, dict) else range(len(inside)):
            yield replace(case, given=_without(case.given, (name, place)))
    for path in _paths(case.given.get("event"), ("event",)):
        yield replace(case, given=_without(case.given, path))


def _without(value: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    changed = copy.deepcopy(value)
    inside: Any = changed
    for name in path[:-1]:
        inside = inside[name]
    del inside[path[-1]]
    return changed


def _paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if not isinstance(value, dict | list):
        return
    for name in value if isinstance(value, dict) else range(len(value)):
        yield (*path, name)
        yield from _paths(value[name], (*path, name))
