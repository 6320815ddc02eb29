"""A second opinion on strict JSON: a reader by hand over the grammar of RFC 8259, refusing what decision.md refuses.

It is slow and plain, shares nothing with `json`, and gives values as tagged tuples so that no two kinds compare equal.
"""

from __future__ import annotations

import re
from typing import Any

_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_HEX = re.compile(rb"[0-9A-Fa-f]{4}")
_SHORT = {
    ord('"'): '"',
    ord("\\"): "\\",
    ord("/"): "/",
    ord("b"): "\b",
    ord("f"): "\f",
    ord("n"): "\n",
    ord("r"): "\r",
    ord("t"): "\t",
}


class Refused(Exception):
    """The bytes are no strict JSON."""


def read(data: bytes) -> Any:
    """The value as tagged tuples. Raises `Refused`."""
    value, end = _value(data, _blank(data, 0), 0)
    if _blank(data, end) != len(data):
        raise Refused
    return value


def _value(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    head = data[at : at + 1]
    if head == b"{":
        return _members(data, at + 1, depth + 1)
    if head == b"[":
        return _items(data, at + 1, depth + 1)
    if head == b'"':
        text, at = _string(data, at + 1)
        return ("string", text), at
    for word, value in ((b"true", ("boolean", True)), (b"false", ("boolean", False)), (b"null", ("null", None))):
        if data.startswith(word, at):
            return value, at + len(word)
    number = _NUMBER.match(data, at)
    if number is None:
        raise Refused
    return _number(number), number.end()


def _number(match: re.Match[bytes]) -> Any:
    text = match[0].decode()
    if len(text) > 40:
        raise Refused
    if match[1] or match[2] or text == "-0":
        return ("opaque", text)
    if not -(2**53) < int(text) < 2**53:
        raise Refused
    return ("integer", int(text))


def _members(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > 64:
        raise Refused
    members: dict[str, Any] = {}
    at = _blank(data, at)
    if data[at : at + 1] == b"}":
        return ("object", members), at + 1
    while True:
        if data[at : at + 1] != b'"':
            raise Refused
        name, at = _string(data, at + 1)
        at = _blank(data, at)
        if name in members or data[at : at + 1] != b":":
            raise Refused
        members[name], at = _value(data, _blank(data, at + 1), depth)
        at = _blank(data, at)
        if data[at : at + 1] == b"}":
            return ("object", members), at + 1
        if data[at : at + 1] != b",":
            raise Refused
        at = _blank(data, at + 1)


def _items(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > 64:
        raise Refused
    items: list[Any] = []
    at = _blank(data, at)
    if data[at : at + 1] == b"]":
        return ("array", items), at + 1
    while True:
        item, at = _value(data, at, depth)
        items.append(item)
        at = _blank(data, at)
        if data[at : at + 1] == b"]":
            return ("array", items), at + 1
        if data[at : at + 1] != b",":
            raise Refused
        at = _blank(data, at + 1)


def _string(data: bytes, at: int) -> tuple[str, int]:
    units: list[int] = []  # UTF-16, where a lone surrogate is plain to see
    while True:
        if at >= len(data) or data[at] < 0x20:
            raise Refused
        if data[at] == ord('"'):
            break
        if data[at] == ord("\\"):
            at = _escape(data, at + 1, units)
            continue
        size = 1 if data[at] < 0x80 else 2 if data[at] < 0xE0 else 3 if data[at] < 0xF0 else 4
        try:
            char = data[at : at + size].decode("utf-8")
        except UnicodeDecodeError:
            raise Refused from None
        encoded = char.encode("utf-16-be")
        units += [int.from_bytes(encoded[i : i + 2]) for i in range(0, len(encoded), 2)]
        at += size
    try:
        return b"".join(unit.to_bytes(2) for unit in units).decode("utf-16-be"), at + 1
    except UnicodeDecodeError:
        raise Refused from None


def _escape(data: bytes, at: int, units: list[int]) -> int:
    if at >= len(data):
        raise Refused
    if data[at] == ord("u"):
        if not _HEX.match(data, at + 1):
            raise Refused
        units.append(int(data[at + 1 : at + 5], 16))
        return at + 5
    if data[at] not in _SHORT:
        raise Refused
    units.append(ord(_SHORT[data[at]]))
    return at + 1


def _blank(data: bytes, at: int) -> int:
    while data[at : at + 1] in (b" ", b"\t", b"\n", b"\r"):
        at += 1
    return at
