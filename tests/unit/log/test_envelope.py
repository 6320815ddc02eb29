from __future__ import annotations

import json

import pytest
from tests.support.logs import PUBLISHER, SECOND

from gatefleet.contract.shape import Malformed
from gatefleet.log.envelope import MAX_ENVELOPE, REVISION, pae, parse_envelope, seal


def test_what_was_sealed_is_read_back_with_its_signatures() -> None:
    envelope = parse_envelope(seal(REVISION, b"payload", [PUBLISHER, SECOND]))
    assert (envelope.payload_type, envelope.payload) == (REVISION, b"payload")
    by_key = {one.keyid: one.sig for one in envelope.signatures}
    assert by_key.keys() == {PUBLISHER.keyid, SECOND.keyid}
    for signer in (PUBLISHER, SECOND):
        assert signer.public.verifies(by_key[signer.keyid], pae(REVISION, b"payload"))


def test_the_order_of_signers_does_not_show() -> None:
    assert seal(REVISION, b"x", [PUBLISHER, SECOND]) == seal(REVISION, b"x", [SECOND, PUBLISHER])


def test_an_envelope_is_one_line() -> None:
    assert b"\n" not in seal(REVISION, b"line\nline\n", [PUBLISHER])


def test_a_problem_names_the_member_and_not_its_value() -> None:
    value = json.loads(seal(REVISION, b"secret", [PUBLISHER]))
    value["signatures"][0]["sig"] = "secret!"
    with pytest.raises(Malformed, match=r"envelope\.signatures\[0\]\.sig") as caught:
        parse_envelope(json.dumps(value).encode())
    assert "secret" not in str(caught.value)


def test_an_envelope_above_16_mib_is_not_parsed() -> None:
    with pytest.raises(Malformed, match="16 MiB"):
        parse_envelope(b" " * (MAX_ENVELOPE + 1))
