"""What differs between two JSON values of one entity, member by member: the part of a change that a reviewer reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str, ...]
ABSENT = None  # the contract's JSON has no null, so None can stand for a member that is not there


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference at a path of member names. `before` or `after` is None where there is nothing.

    Lists are sets in this contract: an item that came or went is a difference of its own, at the path of its list.
    """

    path: Path
    before: Any
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """All differences between the JSON objects of one entity, sorted by path; an added map counts entry by entry."""
    return tuple(_members((), before, after))


def _members(path: Path, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted(before.keys() | after.keys()):
        yield from _between((*path, name), before.get(name, ABSENT), after.get(name, ABSENT))


def _between(path: Path, before: Any, after: Any) -> Iterator[Difference]:
    if same(before, after):
        return
    if is_opaque(path):
        yield Difference(path, before, after)
    elif isinstance(before, dict) and isinstance(after, dict):
        yield from _members(path, before, after)
    elif _is_map(path, before, after):
        yield from _members(path, before or {}, after or {})
    elif isinstance(before, list) and isinstance(after, list):
        yield from (Difference(path, item, ABSENT) for item in before if item not in after)
        yield from (Difference(path, ABSENT, item) for item in after if item not in before)
    else:
        yield Difference(path, before, after)


def same(one: Any, other: Any) -> bool:
    """Equality as JSON has it: 1 and true are two values, which Python takes for one."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def is_opaque(path: Path) -> bool:
    """Whether the value at this path means something only as a whole: an issuer key's JWK."""
    return len(path) == 3 and path[0] == "keys" and path[2] == "jwk"


def _is_map(path: Path, before: Any, after: Any) -> bool:
    # Every object directly below an entity is a map (keys, scopes, routes, …), so one that came or went is its entries.
    return len(path) == 1 and isinstance(after if before is ABSENT else before, dict) and ABSENT in (before, after)
