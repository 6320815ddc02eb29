from __future__ import annotations

import base64
import hashlib

from contract.vectorgen.families._tokens import certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from hypothesis import given
from hypothesis import strategies as st

from gatefleet.contract.entities import CredentialKind
from gatefleet.decide.base64url import encode_url
from gatefleet.decide.credentials import Presented, thumbprint_of


def test_a_thumbprint_is_the_one_that_an_x509_library_computes() -> None:
    parsed = x509.load_pem_x509_certificate(certificate().encode())
    assert thumbprint_of(certificate()) == encode_url(parsed.fingerprint(hashes.SHA256()))


@given(st.binary(min_size=1, max_size=200), st.integers(1, 80), st.sampled_from(["\n", "\r\n", " \t\n"]))
def test_line_lengths_and_line_ends_of_pem_do_not_change_the_thumbprint(der: bytes, width: int, end: str) -> None:
    text = base64.b64encode(der).decode()
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    pem = end.join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"])
    assert thumbprint_of(pem) == encode_url(hashlib.sha256(der).digest())


@given(st.text(max_size=80))
def test_a_text_without_armour_has_no_thumbprint(text: str) -> None:
    assert thumbprint_of(text) is None


def test_what_was_presented_is_not_shown() -> None:
    assert "s3cr3t" not in repr(Presented(CredentialKind.API_KEY, "k.s3cr3t"))
