from __future__ import annotations

import base64

import pytest
from contract.vectorgen.families import _forgery as forgery
from contract.vectorgen.families._forgery import public_jwk
from contract.vectorgen.families._tokens import header
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gatefleet.contract.entities import Algorithm, IssuerKey, KeyState
from gatefleet.decide.base64url import encode_url
from gatefleet.decide.keys import signed_by, usable

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P


@pytest.mark.parametrize("name", sorted(forgery.SMALL_ORDER_KEYS))
def test_the_forged_tokens_of_the_vectors_do_verify_under_their_keys(name: str) -> None:
    """Else the vectors of small order would prove nothing: the primitive itself takes these signatures."""
    point = forgery.SMALL_ORDER_KEYS[name]
    message, _, signature = forgery.under_small_order(header(kid=name), point).rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    Ed25519PublicKey.from_public_bytes(point).verify(raw, message.encode())
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": encode_url(point)}
    assert not signed_by(IssuerKey(Algorithm.EDDSA, jwk, KeyState.ACTIVE), message.encode(), raw)


def test_the_keys_refused_for_small_order_are_those_that_arithmetic_finds() -> None:
    """The points whose eightfold is the neutral element, found by doubling three times."""
    refused = [y for y in _candidates() if not usable(Algorithm.EDDSA, _ed25519(y))]
    small = [y for y in _candidates() if _x(y) is not None and _doubled(_doubled(_doubled((_x(y) or 0, y)))) == (0, 1)]
    assert sorted(refused) == sorted(small)
    assert len(small) == 5


@pytest.mark.parametrize("y", [P, P + 1, P + 18, 2**255 - 1])
def test_a_y_that_is_not_below_the_prime_is_another_text_for_a_smaller_one(y: int) -> None:
    assert not usable(Algorithm.EDDSA, _ed25519(y))


@pytest.mark.parametrize(
    ("alg", "name"),
    [
        (Algorithm.RS256, "issuer-rsa"),
        (Algorithm.PS256, "issuer-rsa"),
        (Algorithm.ES256, "issuer-p256"),
        (Algorithm.EDDSA, "issuer-ed25519"),
    ],
)
def test_a_usable_key_is_unusable_with_any_member_cut_padded_or_missing(alg: Algorithm, name: str) -> None:
    good = public_jwk(name)
    assert usable(alg, good)
    for member in sorted(set(good) - {"kty", "crv"}):
        for worse in (good[member][:-1], good[member] + "=", "AA" + good[member], ""):
            assert not usable(alg, {**good, member: worse})
        assert not usable(alg, {key: value for key, value in good.items() if key != member})


def _candidates() -> list[int]:
    eight = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
    return [*range(40), *range(P - 40, P), eight, P - eight, eight + 1, P - eight - 1, P // 2]


def _ed25519(y: int) -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "x": encode_url(y.to_bytes(32, "little"))}


def _x(y: int) -> int | None:
    """RFC 8032 section 5.1.3, by the definition of the curve."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * pow(2, (P - 1) // 4, P) % P
    return root if root * root % P == square else None


def _doubled(point: tuple[int, int]) -> tuple[int, int]:
    """RFC 8032 section 5.1.4, in affine coordinates."""
    x, y = point
    product = D * x * x * y * y % P
    return 2 * x * y * pow(1 + product, -1, P) % P, (y * y + x * x) * pow(1 - product, -1, P) % P
