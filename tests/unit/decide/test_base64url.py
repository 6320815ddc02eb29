from __future__ import annotations

import base64
import itertools
import string

from hypothesis import given
from hypothesis import strategies as st

from gatefleet.decide.base64url import decode_standard, decode_url, encode_url


@given(st.binary(max_size=64))
def test_every_byte_string_has_its_one_text(data: bytes) -> None:
    assert decode_url(encode_url(data)) == data
    assert decode_standard(base64.b64encode(data).decode()) == data


def test_no_other_text_of_up_to_three_characters_is_taken() -> None:
    alphabet = string.ascii_letters + string.digits + "-_+/= \n."
    texts = ["".join(text) for length in range(4) for text in itertools.product(alphabet, repeat=length)]
    canonical = {
        encode_url(bytes(data)) for length in range(3) for data in itertools.product(range(256), repeat=length)
    }
    assert {text for text in texts if decode_url(text) is not None} == canonical


@given(st.text(alphabet="ABab01-_+/=", max_size=12))
def test_a_text_that_is_taken_is_the_encoding_of_what_it_gives(text: str) -> None:
    url, standard = decode_url(text), decode_standard(text)
    assert url is None or encode_url(url) == text
    assert standard is None or base64.b64encode(standard).decode() == text
