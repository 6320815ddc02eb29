"""Step 6: the claims of a token as JSON and by type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._token_cases import MALFORMED, accepted, extended, json_of, refused
from contract.vectorgen.families._tokens import (
    AUDIENCE,
    NOW,
    OMIT,
    WORKFORCE,
    claims,
    token,
)


def cases() -> Iterator[Case]:
    """In the order of the steps."""
    for group in (_claims,):
        yield from group()


def _claims() -> Iterator[Case]:
    group = "claims"
    good = claims()
    yield accepted(
        "largest-integer",
        "an integer of 2^53 - 1 in a claim that nobody reads is allowed",
        token(body=extended(good, '"x":9007199254740991,"y":-9007199254740991')),
        group=group,
        rfc7493="2.2",
    )
    yield accepted(
        "opaque-numbers",
        "fractions and exponents in claims that nobody reads are allowed, however large their value",
        token(body=extended(good, '"x":0.5,"y":1e400,"z":-0,"w":0.' + "1" * 38)),
        group=group,
        decision="Strict JSON",
    )
    yield accepted(
        "surrogate-pair",
        "an escaped surrogate pair is one character",
        token(body=extended(good, '"x":"\\ud83d\\ude00"')),
        group=group,
        rfc8259="7",
    )
    yield accepted(
        "prototype-claim",
        "claims named like an object's own properties are claims like others",
        token(body=extended(good, '"__proto__":{"scope":"orders:admin"},"constructor":1')),
        group=group,
        ecma262="10.4.7",
    )
    yield accepted(
        "no-sub-no-jti",
        "sub and jti may be absent, a client's own token has no subject",
        token(body=claims(sub=OMIT, jti=OMIT)),
        group=group,
        rfc7519="4.1",
    )
    yield accepted(
        "longest-names",
        "jti and sub of 256 visible characters are the longest",
        token(body=claims(jti="j" * 256, sub="s" * 256)),
        group=group,
        decision="6 malformed",
    )
    yield accepted(
        "nbf-now", "an nbf of this second has begun", token(body=claims(nbf=NOW)), group=group, rfc7519="4.1.5"
    )
    raw: dict[str, tuple[str, bytes, str]] = {
        "claims-not-json": ("claims that are no JSON", b"sub=user-1", "largest-integer"),
        "claims-array": ("claims in an array are no claims set", f"[{json_of(good)}]".encode(), "largest-integer"),
        "claims-nested-token": ("a token inside a token is not unwrapped", token().encode(), "largest-integer"),
        "claims-duplicate-exp": (
            "two exp members: some readers take the first, some the last",
            extended(good, f'"exp":{NOW + 9}'),
            "largest-integer",
        ),
        "claims-duplicate-scope": (
            "a second scope member under an escaped name is the same member",
            extended(good, '"sc\\u006fpe":"orders:admin"'),
            "largest-integer",
        ),
        "claims-duplicate-nested": (
            "a duplicate member inside a claim that nobody reads is refused too",
            extended(good, '"x":{"a":1,"a":2}'),
            "largest-integer",
        ),
        "claims-bad-utf8": (
            "a claim with half a character",
            json_of(good).encode()[:-1] + b',"x":"\xe2\x82"}',
            "surrogate-pair",
        ),
        "claims-lone-surrogate": (
            "half a surrogate pair is no character",
            extended(good, '"x":"\\ud83d"'),
            "surrogate-pair",
        ),
        "claims-encoded-surrogate": (
            "a surrogate in UTF-8 form is no UTF-8",
            json_of(good).encode()[:-1] + b',"x":"\xed\xa0\xbd\xed\xb8\x80"}',
            "surrogate-pair",
        ),
        "claims-big-integer": (
            "an integer of 2^53 is out of range",
            extended(good, '"x":9007199254740992'),
            "largest-integer",
        ),
        "claims-small-integer": (
            "an integer of -2^53 is out of range",
            extended(good, '"x":-9007199254740992'),
            "largest-integer",
        ),
        "claims-long-number": (
            "a number of 41 characters is too long",
            extended(good, '"x":0.' + "1" * 39),
            "opaque-numbers",
        ),
        "claims-depth-65": (
            "65 open objects are too many",
            extended(good, '"x":' + '{"a":' * 63 + "{}" + "}" * 63 + ',"y":' + "[" * 64 + "]" * 64),
            "largest-integer",
        ),
        "exp-exponent": (
            "an exp with an exponent is no integer here",
            extended(claims(exp=OMIT), f'"exp":{(NOW + 540) // 100}e2'),
            "good-eddsa",
        ),
        "exp-fraction": (
            "an exp with a fraction of zero is no integer here",
            extended(claims(exp=OMIT), f'"exp":{NOW + 540}.0'),
            "good-eddsa",
        ),
        "iat-minus-zero": (
            "an iat of minus zero is no integer here",
            extended(claims(iat=OMIT), '"iat":-0'),
            "good-eddsa",
        ),
    }
    for name, (comment, body, neighbour) in raw.items():
        yield refused(
            name,
            comment,
            token(body=body),
            MALFORMED,
            neighbour=neighbour,
            group=group,
            rfc7519="4",
            decision="Strict JSON",
        )
    typed: dict[str, tuple[str, dict[str, Any]]] = {
        "exp-missing": ("a token without exp would live for ever", {"exp": OMIT}),
        "exp-null": ("an exp of null is there and no integer", {"exp": None}),
        "exp-string": ("an exp as text is not converted", {"exp": str(NOW + 540)}),
        "exp-boolean": ("a boolean true is not the number 1", {"exp": True}),
        "exp-list": ("an exp in a list is no integer", {"exp": [NOW + 540]}),
        "exp-negative": ("an exp below 0 is refused", {"exp": -1}),
        "iat-missing": ("a token without iat has no lifetime and escapes tokens_not_before", {"iat": OMIT}),
        "iat-string": ("an iat as text is not converted", {"iat": str(NOW)}),
        "iat-null": ("an iat of null is no integer", {"iat": None}),
        "iat-negative": ("an iat below 0 is refused", {"iat": -1}),
        "exp-equals-iat": ("a token of no lifetime is refused also within the skew", {"iat": NOW, "exp": NOW}),
        "exp-before-iat": ("a token that ends before it begins", {"iat": NOW + 10, "exp": NOW + 5}),
        "nbf-string": ("an nbf as text is not converted", {"nbf": str(NOW)}),
        "nbf-null": ("an nbf of null is there and no integer", {"nbf": None}),
        "nbf-negative": ("an nbf below 0 is refused", {"nbf": -1}),
        "iss-number": ("an iss that is a number", {"iss": 5}),
        "iss-list": ("an iss in a list is not unwrapped", {"iss": [WORKFORCE]}),
        "iss-null": ("an iss of null is there and no string", {"iss": None}),
        "aud-number": ("an aud that is a number", {"aud": 5}),
        "aud-object": ("an aud that is an object does not count by its members", {"aud": {AUDIENCE: True}}),
        "aud-null": ("an aud of null is there and no string", {"aud": None}),
        "aud-mixed-list": ("one member of aud that is no string spoils the list", {"aud": [AUDIENCE, 5]}),
        "aud-nested-list": ("an aud in a list of lists is not flattened", {"aud": [[AUDIENCE]]}),
        "jti-number": ("a jti that is a number could not be denied", {"jti": 7}),
        "jti-empty": ("an empty jti could not be denied", {"jti": ""}),
        "jti-too-long": ("a jti of 257 characters could not be denied", {"jti": "j" * 257}),
        "jti-unicode": ("a jti outside ASCII has several spellings", {"jti": "t\u00f6ken"}),
        "sub-null": ("a sub of null is there and no string", {"sub": None}),
        "sub-empty": ("an empty sub would look like no subject", {"sub": ""}),
        "sub-line-feed": ("a line feed in sub would reach back ends and logs", {"sub": "user-1\nadmin"}),
        "sub-unicode": ("a sub outside ASCII has several spellings", {"sub": "us\u00e9r"}),
        "sub-object": ("a sub that is an object", {"sub": {"id": 1}}),
    }
    neighbours = {"nbf": "nbf-now", "jti": "longest-names", "sub": "longest-names"}
    for name, (comment, changed) in typed.items():
        neighbour = neighbours.get(name[:3], "good-eddsa")
        yield refused(
            name, comment, token(body=claims(**changed)), MALFORMED, neighbour=neighbour, group=group, rfc7519="4.1"
        )
