"""Keys that a maintained library makes or loads are accepted, and those it refuses are not."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from gatefleet.checks.jwk import same_key, weak
from gatefleet.contract.entities import Algorithm

P25519 = 2**255 - 19


def b64(data: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def ec_jwk(x: int, y: int) -> dict[str, str]:
    """A P-256 JWK."""
    return {"kty": "EC", "crv": "P-256", "x": b64(x.to_bytes(32, "big")), "y": b64(y.to_bytes(32, "big"))}


def ed_jwk(key: bytes) -> dict[str, str]:
    """An Ed25519 JWK."""
    return {"kty": "OKP", "crv": "Ed25519", "x": b64(key)}


@given(st.binary(min_size=32, max_size=32))
def test_every_ed25519_key_is_accepted(seed: bytes) -> None:
    public = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert weak(Algorithm.EDDSA, ed_jwk(public)) is None


@given(st.integers(1, 2**250))
def test_every_p256_key_is_accepted_and_its_neighbours_are_not(secret: int) -> None:
    numbers = ec.derive_private_key(secret, ec.SECP256R1()).public_key().public_numbers()
    assert weak(Algorithm.ES256, ec_jwk(numbers.x, numbers.y)) is None
    assert weak(Algorithm.ES256, ec_jwk(numbers.x, numbers.y ^ 1)) is not None


@given(st.integers(0, 2**256 - 1), st.integers(0, 2**256 - 1))
def test_a_pair_of_numbers_is_a_p256_key_where_the_library_takes_it(x: int, y: int) -> None:
    try:
        ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        taken = True
    except ValueError:
        taken = False
    assert (weak(Algorithm.ES256, ec_jwk(x, y)) is None) == taken


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_rsa_keys_of_usual_sizes_are_accepted(bits: int) -> None:
    n = rsa.generate_private_key(65537, bits).public_key().public_numbers().n
    assert weak(Algorithm.PS256, {"kty": "RSA", "n": b64(n.to_bytes(bits // 8, "big")), "e": "AQAB"}) is None


@pytest.mark.parametrize(
    "encoding",
    [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ],
)
def test_the_eight_points_of_small_order_are_refused(encoding: str) -> None:
    assert "small order" in (weak(Algorithm.EDDSA, ed_jwk(bytes.fromhex(encoding))) or "")


@given(st.integers(P25519, 2**255 - 1))
def test_a_second_encoding_of_an_ed25519_key_is_refused(y: int) -> None:
    assert weak(Algorithm.EDDSA, ed_jwk(y.to_bytes(32, "little"))) is not None


def test_what_is_said_never_holds_the_key() -> None:
    jwk = ec_jwk(1, 1)
    assert jwk["x"] not in (weak(Algorithm.ES256, jwk) or "")


def test_one_key_for_two_algorithms_is_one_key() -> None:
    jwk = {"kty": "RSA", "n": "abc", "e": "AQAB"}
    assert same_key(jwk) == same_key(dict(reversed(jwk.items())))
    assert same_key(jwk) != same_key({**jwk, "n": "abd"})
