"""Makes a case that two builds answer differently as small as it gets, and writes it as a vector."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from tests.differential.cases import Case

MOST_ROUNDS = 30
# What is asked belongs to the case; without it there is none.
_KEPT = frozenset({"view", "now", "freshness", "state", "read_failed", "operation", "decision_id", "latency_ms"})


def shrunk(case: Case, differ: Callable[[Sequence[Case]], list[bool]]) -> Case:
    """The case with everything left out that the difference does not need."""
    for _ in range(MOST_ROUNDS):
        smaller = [replace(case, given=given) for given in _smaller(case.given)]
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


def _smaller(value: Any) -> Iterator[Any]:
    """The value with one member, item or part of a text left out, large ones first."""
    places = list(_paths(value))
    for path in places:
        changed = copy.deepcopy(value)
        inside = changed
        for name in path[:-1]:
            inside = inside[name]
        del inside[path[-1]]
        yield changed


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        names: list[Any] = [name for name in value if name not in _KEPT]
    elif isinstance(value, list):
        names = list(range(len(value)))
    else:
        return
    for name in names:
        yield (*path, name)
        yield from _paths(value[name], (*path, name))
