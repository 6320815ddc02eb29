"""One strict JSON reader for whatever others wrote: tokens, envelopes, payloads, floors.

RFC 8259 leaves duplicate members, huge numbers and lone surrogates to the reader, and readers differ, which is how two
parties come to see two documents in the same bytes. This one refuses all of it (docs/reference/log.md, "Bytes").
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

MAX_DEPTH = 64
MAX_INTEGER = 2**53 - 1
MAX_NUMBER_LENGTH = 40


class NotStrictJson(ValueError):
    """The bytes are no JSON text this reader accepts."""


@dataclass(frozen=True, slots=True)
class OpaqueNumber:
    """A JSON number that is no plain integer (a fraction, an exponent, `-0`): kept as text and equal to no integer."""

    text: str


def parse(data: bytes) -> Any:
    """Read one JSON text.

    Objects become `dict`, integers `int` (at most 2^53 - 1 either way), other numbers `OpaqueNumber`.
    Raises `NotStrictJson` on bad UTF-8, a byte order mark, duplicate members, lone surrogates, nesting deeper than 64,
    an integer out of range, a number longer than 40 characters, or anything RFC 8259 does not allow.
    """
    try:
        text = data.decode("utf-8")
        value = _decoder.decode(text)
    except NotStrictJson:
        raise
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise NotStrictJson(type(error).__name__) from None
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(value)
    if "\\u" in text:
        _check_surrogates(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotStrictJson("duplicate member")
    return members


def _integer(text: str) -> int | OpaqueNumber:
    if len(text) > MAX_NUMBER_LENGTH:
        raise NotStrictJson("number too long")
    if text == "-0":
        return OpaqueNumber(text)
    number = int(text)
    if abs(number) > MAX_INTEGER:
        raise NotStrictJson("integer out of range")
    return number


def _other_number(text: str) -> OpaqueNumber:
    if len(text) > MAX_NUMBER_LENGTH:
        raise NotStrictJson("number too long")
    return OpaqueNumber(text)


def _constant(name: str) -> NoReturn:
    raise NotStrictJson(f"{name} is no JSON")


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_other_number, parse_constant=_constant
)


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [part for part in level if isinstance(part, (dict, list))]
        if not level:
            return
        level = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer)]
    raise NotStrictJson("nested too deeply")


def _check_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False, default=lambda number: number.text).encode("utf-8")
    except UnicodeEncodeError:
        raise NotStrictJson("lone surrogate") from None
