"""Step 6: the form of a token and of its header."""

from __future__ import annotations

import json
from collections.abc import Iterator

from contract.vectorgen import keys
from contract.vectorgen.cases import Case
from contract.vectorgen.families import _forgery as forgery
from contract.vectorgen.families._token_cases import MALFORMED, accepted, extended, json_of, refused
from contract.vectorgen.families._tokens import (
    b64,
    claims,
    header,
    token,
)


def cases() -> Iterator[Case]:
    """In the order of the steps."""
    for group in (_form, _header):
        yield from group()


def _form() -> Iterator[Case]:
    good = token()
    head, body, signature = good.split(".")
    yield accepted(
        "good-eddsa", "a token of RFC 9068 signed with Ed25519 counts", good, group="form", rfc9068="4", rfc8037="3.1"
    )
    texts = {
        "empty": ("an empty text is no token", ""),
        "one-part": ("a text without dots is no token", "token"),
        "two-parts": ("a token without its signature part is refused, also as an unsecured one", f"{head}.{body}"),
        "four-parts": ("a fourth part is refused instead of ignored", f"{good}.{signature}"),
        "jwe": (
            "five parts are a JWE, which this authorizer does not decrypt",
            f"{head}.{body}.{signature}.{head}.{body}",
        ),
        "json-serialization": (
            "the flattened JSON serialisation carries the same signature and is not an access token",
            json_of({"protected": head, "payload": body, "signature": signature}),
        ),
        "empty-header": ("an empty header part is no JSON", f".{body}.{signature}"),
        "empty-claims": ("an empty claims part, as with a detached payload, is no JSON", f"{head}..{signature}"),
        "padded-header": ("padding in the header is refused, other readers drop it", f"{head}=.{body}.{signature}"),
        "padded-claims": ("padding in the claims is refused, other readers drop it", f"{head}.{body}=.{signature}"),
        "padded-signature": ("padding at the end is refused, other readers drop it", f"{good}=="),
        "standard-alphabet": (
            "plus and slash are base64, not base64url, and some decoders take both",
            f"{head}.{body}.{signature[:-6]}+/{signature[-4:]}",
        ),
        "leading-space": ("a space before the token is not trimmed", f" {good}"),
        "trailing-newline": (
            "a line feed at the end is not trimmed, nor taken by a regular expression's end",
            f"{good}\n",
        ),
        "inner-newline": (
            "a line feed inside base64 is not skipped as MIME decoders do",
            f"{head}.{body[:8]}\n{body[8:]}.{signature}",
        ),
        "nul-at-end": ("a NUL at the end does not end the text early", f"{good}\0"),
        "fullwidth-dot": ("a fullwidth full stop is no dot", good.replace(".", "\uff0e", 1)),
        "greek-letter": (
            "a letter outside ASCII is skipped by some base64 decoders",
            f"{head}.{body}.{signature}\u03b1",
        ),
        "loose-bits-in-signature": (
            "unused last bits of the signature are set: a second text for the same bytes",
            f"{head}.{body}.{forgery.loosened(signature)}",
        ),
        "loose-bits-in-header": (
            "unused last bits of the header are set: a second text for the same bytes",
            _signed_parts(forgery.loosened(b64(json_of(header(x=1)).encode())), body),
        ),
        "impossible-length": ("a part of 4n + 1 characters is no base64 of anything", f"{head}.{body}.{signature}AAA"),
    }
    for name, (comment, text) in texts.items():
        yield refused(
            name, comment, text, MALFORMED, neighbour="good-eddsa", group="form", rfc7515="7.1", rfc4648="3.5"
        )
    for name, comment, length, fits in (
        ("longest", "a token of 8,192 characters is the longest that counts", 8192, True),
        ("too-long", "a token of 8,193 characters is refused before anything is decoded", 8193, False),
    ):
        text = _of_length(length)
        if fits:
            yield accepted(name, comment, text, group="form", decision="6 malformed")
        else:
            yield refused(name, comment, text, MALFORMED, neighbour="longest", group="form", decision="6 malformed")


def _signed_parts(head: str, body: str) -> str:
    message = f"{head}.{body}"
    return f"{message}.{b64(keys.sign('issuer-ed25519', message.encode()))}"


def _of_length(length: int) -> str:
    for filler in range(5700, 6100):
        for more in ("", "x", "xx"):
            text = token(header(note=more), claims(note="x" * filler))
            if len(text) == length:
                return text
    raise ValueError(length)


def _header() -> Iterator[Case]:
    good = header()
    yield accepted(
        "header-with-space",
        "JSON whitespace in a header is allowed, the signature is over the text as sent",
        token(b' {"typ" : "at+jwt",\r\n"alg":"EdDSA",\t"kid":"ed"} '),
        group="header",
        rfc8259="2",
    )
    yield accepted(
        "header-with-foreign-key",
        "jwk, jku, x5u and x5c are not read: the policy's key signed, so the token counts",
        token({**good, "jwk": {"kty": "oct", "k": "AA"}, "jku": "https://evil.example", "x5u": "x", "x5c": ["x"]}),
        group="header",
        rfc8725="3.10",
    )
    yield accepted(
        "header-at-depth-64",
        "64 arrays and objects open at once are allowed",
        token(extended(good, f'"x":{"[" * 63}{"]" * 63}')),
        group="header",
        decision="Strict JSON",
    )
    texts: dict[str, tuple[str, bytes]] = {
        "header-not-json": ("a header that is no JSON", b"typ=at+jwt"),
        "header-array": ("a header that is an array has no members", f"[{json_of(good)}]".encode()),
        "header-string": (
            "a header that is a string with JSON in it is not read twice",
            json.dumps(json_of(good)).encode(),
        ),
        "header-null": ("a header that is null has no members", b"null"),
        "header-twice": ("a second value after the header is not ignored", f"{json_of(good)}{json_of(good)}".encode()),
        "header-duplicate-alg": (
            "two alg members: some readers take the first, some the last",
            extended(good, '"alg":"none"'),
        ),
        "header-duplicate-escaped": (
            "a member repeated under an escaped name is the same member",
            extended(good, '"\\u006bid":"retiring"'),
        ),
        "header-byte-order-mark": (
            "a byte order mark before JSON is not skipped",
            b"\xef\xbb\xbf" + json_of(good).encode(),
        ),
        "header-bad-utf8": ("a header with a byte that is no UTF-8", json_of(good).encode()[:-1] + b',"x":"\xff"}'),
        "header-overlong-utf8": (
            "an overlong encoding of a slash is no UTF-8",
            json_of(good).encode()[:-1] + b',"x":"\xc0\xaf"}',
        ),
        "header-utf16": (
            "a header in UTF-16 is no UTF-8, although JSON readers may detect it",
            json_of(good).encode("utf-16-le"),
        ),
        "header-lone-surrogate": (
            "a lone surrogate becomes another character in some readers",
            extended(good, '"x":"\\ud800"'),
        ),
        "header-lone-surrogate-name": ("a lone surrogate in a name", extended(good, '"\\udfff":1')),
        "header-depth-65": (
            "65 arrays and objects open at once are too many",
            extended(good, f'"x":{"[" * 64}{"]" * 64}'),
        ),
        "header-depth-3000": (
            "deep nesting is refused and exhausts no stack",
            extended(good, f'"x":{"[" * 2500}{"]" * 2500}'),
        ),
        "header-trailing-comma": ("a comma after the last member is no JSON", json_of(good).encode()[:-1] + b",}"),
        "header-comment": ("a comment is no JSON", json_of(good).encode()[:-1] + b"/**/}"),
        "header-single-quotes": ("single quotes are no JSON", json_of(good).replace('"', "'").encode()),
        "header-nan": ("NaN is no value of JSON", extended(good, '"x":NaN')),
        "header-control-character": (
            "a control character in a string is escaped in JSON or absent",
            extended(good, '"x":"\n"'),
        ),
        "header-big-integer": (
            "an integer of 2^53 is read as different numbers by different readers",
            extended(good, '"x":9007199254740992'),
        ),
        "header-long-number": ("a number of 41 characters is refused", extended(good, '"x":0.' + "1" * 39)),
        "header-leading-zero": ("a number with a leading zero is no JSON", extended(good, '"x":01')),
        "crit-exp": (
            "an extension marked critical is not understood here",
            json_of({**good, "crit": ["exp"], "exp": 1}).encode(),
        ),
        "crit-empty": ("an empty crit list is refused like any other", json_of({**good, "crit": []}).encode()),
        "crit-null": ("a crit of null is there, and refused", json_of({**good, "crit": None}).encode()),
        "b64-false": ("an unencoded payload would be read in two ways", json_of({**good, "b64": False}).encode()),
        "b64-true": ("b64 is refused whatever it says", json_of({**good, "b64": True}).encode()),
        "zip-deflate": (
            "a compressed payload is a JWE's, and would be read in two ways",
            json_of({**good, "zip": "DEF"}).encode(),
        ),
    }
    for name, (comment, text) in texts.items():
        neighbour = {"header-depth-65": "header-at-depth-64", "header-depth-3000": "header-at-depth-64"}.get(
            name, "header-with-space"
        )
        clause = (
            {"rfc7515": "4.1.11", "rfc7797": "3"} if name[:3] in ("cri", "b64", "zip") else {"decision": "Strict JSON"}
        )
        yield refused(name, comment, token(text), MALFORMED, neighbour=neighbour, group="header", **clause)
