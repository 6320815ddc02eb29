"""Canonical vectors: bytes, digests and entity values, each by itself (docs/reference/log.md, "Bytes" and "Entities").

`given.operation` says what is asked; the other members of `given` are its input, byte strings in base64:
`canonicalize` (`json`) → `canonical`, the RFC 8785 bytes; `digest` (`data`) and `state` (`entities`) → `digest`;
`encode` (`payloadType`, `payload`) → `encoded`, DSSE's pre-authentication encoding; `read_json` (`json`) → `outcome`;
`read_entity` (`key`, `value`) → `outcome`, and the `canonical` bytes of the value when it is accepted.
`outcome` is accepted or malformed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families import _canonical_entities, _canonical_forms
from contract.vectorgen.families._records import b64


def cases() -> Iterator[Case]:
    """By file: bytes, digests, json, entities, forms."""
    yield from _bytes()
    yield from _digests()
    yield from _json()
    yield from _canonical_entities.cases()
    yield from _canonical_forms.cases()


def accepts(expect: Mapping[str, Any]) -> bool:
    """Whatever is not refused."""
    return bool(expect.get("outcome", "accepted") == "accepted")


# --- bytes ------------------------------------------------------------------------------------------------------------


def _bytes() -> Iterator[Case]:
    def canonical(name: str, comment: str, clause: str, text: str, out: str) -> Case:
        given = {"operation": "canonicalize", "json": b64(text.encode())}
        return Case(name, comment, given, {"canonical": b64(out.encode())}, {"rfc8785": clause}, group="bytes")

    yield canonical("empty-object", "an object without members has no white space", "3.2.1", "{ }", "{}")
    yield canonical(
        "white-space",
        "white space between tokens is left out, and within strings kept",
        "3.2.1",
        '{"a" : [ 1 ,\t"x  y"\n] }',
        '{"a":[1,"x  y"]}',
    )
    yield canonical(
        "literals", "null, true and false stay as they are", "3.2.2.1", "[null,true,false]", "[null,true,false]"
    )
    yield canonical(
        "string-escapes",
        "control characters have their short escapes, others \\u00xx in lower case, and a slash has none",
        "3.2.2.2",
        r'"\b\f\n\r\t\"\\\/\u000F\u001f\u0000"',
        r'"\b\f\n\r\t\"\\/\u000f\u001f\u0000"',
    )
    yield canonical(
        "string-unescaped",
        "what needs no escape is written as UTF-8",
        "3.2.2.2",
        r'"\u20ac\u0041\u007f\ud83d\ude02\u2028"',
        '"€A\x7f😂\u2028"',
    )
    yield canonical(
        "string-not-normalised",
        "a letter and its composed form stay two different strings",
        "3.1",
        r'["A\u030a","\u00c5"]',
        '["A\u030a","\u00c5"]',
    )
    yield canonical(
        "members-sorted",
        "members are sorted, and the members of inner objects by themselves",
        "3.2.3",
        '{"b":{"d":1,"c":2},"a":0,"B":3}',
        '{"B":3,"a":0,"b":{"c":2,"d":1}}',
    )
    yield canonical("arrays-not-sorted", "the order of an array is its meaning", "3.2.3", "[3,1,2]", "[3,1,2]")
    yield canonical(
        "members-sorted-by-utf16",
        "members are sorted by UTF-16 code units, so an emoji stands before a Hebrew presentation form",
        "3.2.3",
        r'{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",'
        r'"\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}',
        '{"\\r":"Carriage Return","1":"One","\x80":"Control","ö":"Latin Small Letter O With Diaeresis",'
        '"€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    )
    yield canonical(
        "integers",
        "integers are written without sign or leading zeros where they need none",
        "3.2.2.3",
        "[0,1,-1,9007199254740991,-9007199254740991]",
        "[0,1,-1,9007199254740991,-9007199254740991]",
    )


# --- digests ----------------------------------------------------------------------------------------------------------


def _digests() -> Iterator[Case]:
    def hashed(name: str, comment: str, data: bytes, digest: str) -> Case:
        given = {"operation": "digest", "data": b64(data)}
        return Case(name, comment, given, {"digest": digest}, {"log": "Bytes", "fips180": "6.2"}, group="digests")

    def state(name: str, comment: str, entities: list[tuple[str, str]], digest: str) -> Case:
        given = {"operation": "state", "entities": [{"key": key, "value": value} for key, value in entities]}
        return Case(name, comment, given, {"digest": digest}, {"log": "Bytes"}, group="digests")

    yield hashed(
        "digest-of-nothing",
        "the digest of no bytes is the one of SHA-256",
        b"",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    )
    yield hashed(
        "digest-of-abc",
        "digests are written in lowercase hex",
        b"abc",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    )
    active, revoked = '{"state":"active","when_stale":"check"}', '{"state":"revoked","when_stale":"check"}'
    yield state(
        "state-of-nothing",
        "the state of no entities is the digest of no bytes",
        [],
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    )
    yield state(
        "state-of-one",
        "a key, a zero byte and the raw digest of the value are hashed, not the value itself",
        [("scope/orders:read", active)],
        STATES["one"],
    )
    yield state(
        "state-in-any-order",
        "the state does not depend on the order in which entities are held",
        [("scope/orders:write", revoked), ("scope/orders:read", active)],
        STATES["two"],
    )
    yield state(
        "state-in-byte-order",
        "keys are ordered by bytes, so the slash of a longer key counts",
        [("client/b", active), ("client/B", active), ("client/a-b", active), ("client/a", active)],
        STATES["four"],
    )
    yield state(
        "state-of-other-bytes",
        "a value with a blank in it is another value",
        [("scope/orders:read", active.replace(":", ": ", 1))],
        STATES["blank"],
    )

    def encoded(name: str, comment: str, kind: str, payload: bytes, out: bytes) -> Case:
        given = {"operation": "encode", "payloadType": kind, "payload": b64(payload)}
        return Case(name, comment, given, {"encoded": b64(out)}, {"dsse": "protocol"}, group="digests")

    yield encoded(
        "encoding-of-dsse",
        "the pre-authentication encoding is that of DSSE's own example",
        "http://example.com/HelloWorld",
        b"hello world",
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world",
    )
    yield encoded("encoding-of-nothing", "an empty type and payload keep their blanks", "", b"", b"DSSEv1 0  0 ")
    yield encoded(
        "encoding-counts-bytes",
        "lengths count bytes, not characters",
        "text/plain",
        "€\x00".encode(),
        b"DSSEv1 10 text/plain 4 \xe2\x82\xac\x00",
    )


# SHA-256 over key ‖ 0x00 ‖ SHA-256(value) in byte order of the keys, computed apart from every build.
STATES = {
    "one": "5b36b8424e9d1562d481b83c0e35ff537897730ad38338830520ac0bd74fa0c4",
    "two": "ed18380334cd110fae418454319a490ce3c18b5270de44ba21e71bede7c3fc9b",
    "four": "cfcedc484cd88e465c6d1f5ab4d47a476d8203f2ac4b435dcc8f0d7137c46882",
    "blank": "946a08e06decaa7f4f2ee028ad0e6295eecb069b1d6bce728673fc054989f8f7",
}


# --- strict JSON ------------------------------------------------------------------------------------------------------


def _json() -> Iterator[Case]:
    def case(name: str, comment: str, text: bytes, outcome: str, neighbour: str | None, **spec: str) -> Case:
        given = {"operation": "read_json", "json": b64(text)}
        return Case(name, comment, given, {"outcome": outcome}, {"log": "Bytes"} | spec, neighbour, "json")

    for name, comment, text, spec in _ACCEPTED_JSON:
        yield case(name, comment, text, "accepted", None, **spec)
    for name, comment, text, neighbour, spec in _REFUSED_JSON:
        yield case(name, comment, text, "malformed", neighbour, **spec)


_DEEP = b"[" * 64 + b"]" * 64
_ACCEPTED_JSON: list[tuple[str, str, bytes, dict[str, str]]] = [
    ("json-object", "an object with members of every kind is read", b'{"a":[1,"x",true,null,{}]}', {"rfc8259": "2"}),
    ("json-scalar", "a text may be one number", b"0", {"rfc8259": "2"}),
    (
        "json-white-space",
        "blanks, tabs, line feeds and carriage returns stand between tokens",
        b"\r\n\t [ 1 ] ",
        {"rfc8259": "2"},
    ),
    ("json-64-levels", "64 arrays within each other are the most", _DEEP, {}),
    (
        "json-largest-integer",
        "2^53 - 1 is the largest integer",
        b"[9007199254740991,-9007199254740991]",
        {"rfc8259": "6"},
    ),
    ("json-fraction", "a fraction is JSON, though it never fits a shape", b"[1.5,1e2,-0]", {"rfc8259": "6"}),
    ("json-surrogate-pair", "an escaped pair of surrogates is one character", rb'"\ud83d\ude00"', {"rfc8259": "7"}),
    ("json-escaped-zero", "an escaped zero byte is a character like others", rb'"\u0000"', {"rfc8259": "7"}),
    (
        "json-same-name-in-two-objects",
        "a name may come again in another object",
        b'[{"a":1},{"a":{"a":1}}]',
        {"rfc8259": "4"},
    ),
    (
        "json-prototype-name",
        "a member called __proto__ is a member like others",
        b'{"__proto__":1,"constructor":2}',
        {},
    ),
    ("json-number-of-40", "40 characters are the longest number", b"0." + b"1" * 38, {}),
]
_REFUSED_JSON: list[tuple[str, str, bytes, str, dict[str, str]]] = [
    ("json-empty", "no bytes are no JSON", b"", "json-scalar", {"rfc8259": "2"}),
    ("json-two-texts", "two texts after each other are not one", b"{} {}", "json-object", {"rfc8259": "2"}),
    ("json-byte-order-mark", "a byte order mark is refused", b"\xef\xbb\xbf{}", "json-object", {"rfc8259": "8.1"}),
    ("json-utf16", "JSON in UTF-16 is refused", "{}".encode("utf-16"), "json-object", {"rfc8259": "8.1"}),
    ("json-overlong-utf8", "a slash in two bytes is no UTF-8", b'"\xc0\xaf"', "json-object", {"rfc3629": "3"}),
    (
        "json-surrogate-in-utf8",
        "a surrogate in three bytes is no UTF-8",
        b'"\xed\xa0\x80"',
        "json-object",
        {"rfc3629": "3"},
    ),
    ("json-cut-utf8", "a character that is cut off is no UTF-8", b'"\xe2\x82"', "json-object", {"rfc3629": "3"}),
    ("json-name-twice", "a name that comes twice has two values", b'{"a":1,"a":1}', "json-object", {"rfc8259": "4"}),
    (
        "json-name-twice-by-escape",
        "an escape does not make another name",
        rb'{"a":1,"\u0061":2}',
        "json-object",
        {"rfc8259": "4"},
    ),
    (
        "json-name-twice-deep",
        "a name that comes twice far inside has two values too",
        b'[[{"b":{"a":1,"a":2}}]]',
        "json-same-name-in-two-objects",
        {"rfc8259": "4"},
    ),
    ("json-empty-name-twice", "an empty name can come twice as well", b'{"":1,"":2}', "json-object", {"rfc8259": "4"}),
    ("json-65-levels", "65 arrays within each other are too many", b"[" + _DEEP + b"]", "json-64-levels", {}),
    (
        "json-65-levels-of-objects",
        "the innermost empty object is a level",
        b'{"a":' * 64 + b"{}" + b"}" * 64,
        "json-64-levels",
        {},
    ),
    ("json-100000-levels", "a text that only opens arrays exhausts no stack", b"[" * 100_000, "json-64-levels", {}),
    (
        "json-integer-2-53",
        "2^53 equals 2^53 + 1 for many readers",
        b"9007199254740992",
        "json-largest-integer",
        {"rfc8259": "6"},
    ),
    (
        "json-integer-minus-2-53",
        "-2^53 is out of range like 2^53",
        b"-9007199254740992",
        "json-largest-integer",
        {"rfc8259": "6"},
    ),
    (
        "json-integer-of-41",
        "an integer of 41 digits is refused before it is computed",
        b"1" * 41,
        "json-largest-integer",
        {},
    ),
    ("json-number-of-41", "41 characters are too long for a number", b"0." + b"1" * 39, "json-number-of-40", {}),
    ("json-nan", "NaN is no JSON number", b"NaN", "json-fraction", {"rfc8259": "6"}),
    ("json-infinity", "Infinity is no JSON number", b"-Infinity", "json-fraction", {"rfc8259": "6"}),
    ("json-leading-zero", "a number does not begin with a zero", b"01", "json-scalar", {"rfc8259": "6"}),
    ("json-plus", "a number has no plus sign", b"+1", "json-scalar", {"rfc8259": "6"}),
    ("json-bare-fraction", "a number has a digit before its point", b".5", "json-fraction", {"rfc8259": "6"}),
    ("json-bare-point", "a number has a digit after its point", b"1.", "json-fraction", {"rfc8259": "6"}),
    ("json-hex", "a number is written in decimal", b"0x10", "json-scalar", {"rfc8259": "6"}),
    ("json-trailing-comma", "a comma is followed by another member", b'{"a":1,}', "json-object", {"rfc8259": "4"}),
    ("json-comment", "a comment is no JSON", b"{/**/}", "json-object", {"rfc8259": "2"}),
    ("json-single-quotes", "strings have double quotes", b"{'a':1}", "json-object", {"rfc8259": "7"}),
    ("json-bare-name", "the name of a member has quotes", b"{a:1}", "json-object", {"rfc8259": "4"}),
    (
        "json-control-character",
        "a line feed within a string is escaped",
        b'"a\nb"',
        "json-escaped-zero",
        {"rfc8259": "7"},
    ),
    ("json-zero-byte", "a zero byte within a string is escaped", b'"\x00"', "json-escaped-zero", {"rfc8259": "7"}),
    ("json-unknown-escape", "there is no escape for an x", rb'"\x41"', "json-escaped-zero", {"rfc8259": "7"}),
    ("json-short-escape", "an escape has four hex digits", rb'"\u41"', "json-escaped-zero", {"rfc8259": "7"}),
    (
        "json-lone-high-surrogate",
        "a high surrogate alone is no character",
        rb'"\ud83d"',
        "json-surrogate-pair",
        {"rfc8259": "8.2"},
    ),
    (
        "json-lone-low-surrogate",
        "a low surrogate alone is no character",
        rb'"\ude00"',
        "json-surrogate-pair",
        {"rfc8259": "8.2"},
    ),
    (
        "json-swapped-surrogates",
        "a pair of surrogates the wrong way round is no character",
        rb'"\ude00\ud83d"',
        "json-surrogate-pair",
        {"rfc8259": "8.2"},
    ),
    (
        "json-lone-surrogate-in-a-name",
        "a name is text like any other",
        rb'{"\ud83d":1}',
        "json-surrogate-pair",
        {"rfc8259": "8.2"},
    ),
    ("json-form-feed", "a form feed is no white space of JSON", b"\x0c1", "json-white-space", {"rfc8259": "2"}),
    (
        "json-no-break-space",
        "a no-break space is no white space of JSON",
        "\u00a01".encode(),
        "json-white-space",
        {"rfc8259": "2"},
    ),
]
