"""Reads JSON values into typed ones, closed: unknown and missing members and other types are refused, by path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")
_REQUIRED: Any = object()

HEX_DIGEST = re.compile(r"[0-9a-f]{64}")


class Malformed(ValueError):
    """A value of another shape than the contract's; the message names the member, never the value."""


class Members:
    """The members of one JSON object, taken one by one; `done` refuses what is left over."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise Malformed(f"{where}: not an object")
        self._left = dict(value)
        self._where = where

    def take(self, name: str, read: Callable[[Any, str], T], default: T = _REQUIRED) -> T:
        """Read one member with `read(value, path)`; without a default it must be there."""
        if name not in self._left:
            if default is _REQUIRED:
                raise Malformed(f"{self._where}.{name}: missing")
            return default
        return read(self._left.pop(name), f"{self._where}.{name}")

    def has(self, name: str) -> bool:
        """Whether a member of that name is still to be taken."""
        return name in self._left

    def done(self) -> None:
        """Refuse members that nobody took."""
        if self._left:
            raise Malformed(f"{self._where}.{min(self._left)[:64]!a}: unknown member")


def text(value: Any, where: str) -> str:
    """A non-empty string."""
    if not isinstance(value, str) or not value:
        raise Malformed(f"{where}: not a non-empty string")
    return value


def natural(value: Any, where: str) -> int:
    """An integer from 0 to 2^53 - 1 (the reader has bounded it already)."""
    if type(value) is not int or value < 0:
        raise Malformed(f"{where}: not a whole number from 0")
    return value


def flag(value: Any, where: str) -> bool:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise Malformed(f"{where}: not a boolean")
    return value


def matching(pattern: re.Pattern[str]) -> Callable[[Any, str], str]:
    """A reader of strings that match the whole pattern."""

    def read(value: Any, where: str) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise Malformed(f"{where}: not of the form {pattern.pattern}")
        return value

    return read


hex_digest = matching(HEX_DIGEST)


def one_of(kind: Callable[[str], T]) -> Callable[[Any, str], T]:
    """A reader of one string enumeration."""

    def read(value: Any, where: str) -> T:
        try:
            return kind(text(value, where))
        except Malformed:
            raise
        except ValueError:
            raise Malformed(f"{where}: not one of the known values") from None

    return read


def list_of(read: Callable[[Any, str], T], *, least: int = 1) -> Callable[[Any, str], tuple[T, ...]]:
    """A reader of arrays with at least `least` items, each read by `read`."""

    def read_list(value: Any, where: str) -> tuple[T, ...]:
        if not isinstance(value, list) or len(value) < least:
            raise Malformed(f"{where}: not a list of at least {least}")
        return tuple(read(item, f"{where}[{index}]") for index, item in enumerate(value))

    return read_list


def map_of(
    key: Callable[[Any, str], str], read: Callable[[Any, str], T], *, least: int = 1
) -> Callable[[Any, str], Mapping[str, T]]:
    """A reader of objects used as maps: every name read by `key`, every value by `read`."""

    def read_map(value: Any, where: str) -> Mapping[str, T]:
        if not isinstance(value, dict) or len(value) < least:
            raise Malformed(f"{where}: not an object with at least {least} members")
        return {key(name, where): read(item, f"{where}.{name}") for name, item in value.items()}

    return read_map
