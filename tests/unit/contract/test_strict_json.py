from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import naive_json

from gatefleet.contract import strict_json
from gatefleet.contract.strict_json import NotStrictJson, OpaqueNumber

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
# What readers disagree about, put anywhere into a text.
PIECES = st.sampled_from(
    [b'"', b"\\", b"\\u", b"\\ud83d", b"\\ude00", b"\\u0061", b'"a":', b"{", b"}", b"[", b"]", b",", b":", b"0", b"-0"]
    + [b"1e5", b".5", b"9007199254740992", b"1" * 41, b"\x00", b"\x1f", b"\x7f", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80"]
    + [
        b"\xef\xbb\xbf",
        b"\xe2\x80\xa8",
        b"NaN",
        b"Infinity",
        b"null",
        b"//",
        b"/**/",
        b"\x0b",
        b"\x0c",
        b"\xc2\xa0",
        b"\n",
    ]
)


@settings(deadline=None, max_examples=1500)
@given(VALUES, st.lists(st.tuples(st.integers(0, 200), st.integers(0, 3), PIECES), max_size=3), st.booleans())
def test_every_text_is_read_as_an_independent_reader_reads_it(
    value: Any, edits: list[tuple[int, int, bytes]], ascii_only: bool
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    for place, removed, piece in edits:
        at = place % (len(text) + 1)
        text = text[:at] + piece + text[at + removed :]
    assert _read(text) == _read_naively(text)


@settings(deadline=None, max_examples=500)
@given(st.binary(max_size=40))
def test_random_bytes_are_read_as_an_independent_reader_reads_them(data: bytes) -> None:
    assert _read(data) == _read_naively(data)


@pytest.mark.parametrize("inside", ["", "1", '"x"', '{"a":[]}'])
@pytest.mark.parametrize("around", range(60, 67))
def test_sixty_four_arrays_and_objects_may_be_open_at_once(around: int, inside: str) -> None:
    text = ("[" * around + inside + "]" * around).encode()
    assert _read(text) == _read_naively(text)


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 5000 + b"]" * 5000])
def test_nesting_exhausts_no_stack(text: bytes) -> None:
    with pytest.raises(NotStrictJson):
        strict_json.parse(text)


def test_an_opaque_number_equals_no_integer() -> None:
    assert strict_json.parse(b"[1.0, 1e0, -0]") == [OpaqueNumber("1.0"), OpaqueNumber("1e0"), OpaqueNumber("-0")]
    assert strict_json.parse(b"1.0") != 1


def _read(data: bytes) -> Any:
    try:
        return _tagged(strict_json.parse(data))
    except NotStrictJson:
        return "refused"


def _read_naively(data: bytes) -> Any:
    try:
        return naive_json.read(data)
    except naive_json.Refused:
        return "refused"


def _tagged(value: Any) -> Any:
    match value:
        case None:
            return ("null", None)
        case bool():
            return ("boolean", value)
        case int():
            return ("integer", value)
        case str():
            return ("string", value)
        case OpaqueNumber(text):
            return ("opaque", text)
        case list():
            return ("array", [_tagged(item) for item in value])
    return ("object", {name: _tagged(item) for name, item in value.items()})
