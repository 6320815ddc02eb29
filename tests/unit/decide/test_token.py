from __future__ import annotations

import base64
import json
from typing import Any

from contract.vectorgen.families._policy import views
from contract.vectorgen.families._tokens import NOW, b64, claims, header, token
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.reference import view_of

from gatefleet.decide import Deny
from gatefleet.decide.token import VerifiedToken, read_token, verify

VIEW = view_of(views()["http"])
GOOD = {
    "EdDSA": token(),
    "ES256": token(header(alg="ES256", kid="es"), key="issuer-p256"),
    "RS256": token(header(alg="RS256", kid="rs"), key="issuer-rsa"),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def _verified(text: str) -> VerifiedToken | Deny:
    unverified = read_token(text)
    return unverified if isinstance(unverified, Deny) else verify(unverified, VIEW, NOW)


def test_the_good_tokens_are_good() -> None:
    assert all(isinstance(_verified(text), VerifiedToken) for text in GOOD.values())


@settings(deadline=None, max_examples=1500)
@given(st.sampled_from(sorted(GOOD)), st.integers(0, 10_000), st.characters(codec="utf-8"), st.sampled_from("rid"))
def test_a_token_with_one_character_changed_removed_or_added_counts_for_nothing(
    alg: str, place: int, char: str, how: str
) -> None:
    good = GOOD[alg]
    at = place % len(good)
    changed = {
        "r": good[:at] + char + good[at + 1 :],
        "i": good[:at] + char + good[at:],
        "d": good[:at] + good[at + 1 :],
    }
    if changed[how] != good:
        assert isinstance(_verified(changed[how]), Deny)


@settings(deadline=None, max_examples=600)
@given(st.sampled_from(sorted(GOOD)), st.integers(0, 2**12), st.integers(0, 2))
def test_a_token_with_one_bit_of_its_bytes_changed_counts_for_nothing(alg: str, place: int, which: int) -> None:
    parts = GOOD[alg].split(".")
    data = bytearray(base64.urlsafe_b64decode(parts[which] + "=="))
    data[place // 8 % len(data)] ^= 1 << place % 8
    parts[which] = b64(bytes(data))
    assert isinstance(_verified(".".join(parts)), Deny)


@settings(deadline=None, max_examples=600)
@given(st.binary(max_size=30), st.binary(max_size=30), st.binary(max_size=70))
def test_no_three_parts_of_random_bytes_count(head: bytes, body: bytes, signature: bytes) -> None:
    assert isinstance(_verified(f"{b64(head)}.{b64(body)}.{b64(signature)}"), Deny)


@settings(deadline=None, max_examples=600)
@given(st.text(max_size=60))
def test_no_random_text_counts(text: str) -> None:
    assert isinstance(_verified(text), Deny)


@settings(deadline=None, max_examples=800)
@given(
    st.dictionaries(st.sampled_from([*header(), "crit", "jwk"]), JSON, min_size=1),
    st.dictionaries(st.sampled_from([*claims(), "nbf", "cnf"]), JSON),
)
def test_a_signed_token_with_members_of_any_type_raises_nothing(head: dict[str, Any], body: dict[str, Any]) -> None:
    outcome = _verified(token({**header(), **head}, json.dumps({**claims(), **body}).encode()))
    assert isinstance(outcome, VerifiedToken | Deny)
    if isinstance(outcome, VerifiedToken):
        # Whatever was put into other members, the ones that were checked are what they were.
        assert outcome.claims["iss"] == claims()["iss"]
        assert not {"crit", "b64", "zip"} & head.keys()


def test_a_token_does_not_show_what_it_carries() -> None:
    unverified = read_token(token(body=claims(email="someone@example.com")))
    verified = _verified(token(body=claims(email="someone@example.com")))
    assert "someone" not in repr(unverified)
    assert "someone" not in repr(verified)
