"""Desired against head, as data: which entities come, change and go. Printing and publishing only read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gatefleet.access import Effect, effect
from gatefleet.contract.entities import Entity, kind_of
from gatefleet.contract.entity_values import entity_json, read_entity
from gatefleet.contract.shape import Malformed
from gatefleet.plan.differences import Difference, differences
from gatefleet.problems import failure


@dataclass(frozen=True, slots=True)
class Add:
    """A key that head does not have; `after` is its value, as the log carries it."""

    key: str
    after: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class Replace:
    """A key whose value differs from head's, and in what."""

    key: str
    before: str
    after: str
    effect: Effect
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Remove:
    """A key that head has and desired does not."""

    key: str
    before: str
    effect: Effect


Change = Add | Replace | Remove


def changes(desired: Mapping[str, str], head: Mapping[str, str]) -> tuple[Change, ...]:
    """What turns `head` into `desired` (entity values by key), sorted by key. Equal values are no change.

    Raises GF501 when a changed value is none that a follower would accept.
    """
    keys = [key for key, value in desired.items() if head.get(key) != value]
    keys += [key for key in head if key not in desired]
    return tuple(_change(key, head.get(key), desired.get(key)) for key in sorted(keys))


def per_kind(keys: tuple[str, ...]) -> dict[str, int]:
    """How many of the keys are of each kind, as the blast limit counts them."""
    counts: dict[str, int] = {}
    for key in keys:
        counts[kind_of(key)] = counts.get(kind_of(key), 0) + 1
    return dict(sorted(counts.items()))


def _change(key: str, before: str | None, after: str | None) -> Change:
    old, new = _read(key, before), _read(key, after)
    what = effect(old, new)
    if before is None and after is not None:
        return Add(key, after, what)
    if after is None and before is not None:
        return Remove(key, before, what)
    assert before is not None and after is not None and old is not None and new is not None
    return Replace(key, before, after, what, differences(entity_json(old), entity_json(new)))


def _read(key: str, value: str | None) -> Entity | None:
    if value is None:
        return None
    try:
        return read_entity(key, value)
    except Malformed as error:
        raise failure(
            "GF501", key, f"is no entity that a follower accepts: {error}", fix="run `gatefleet validate`"
        ) from None
