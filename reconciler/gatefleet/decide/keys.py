"""Signature verification under an issuer's key: exact lengths and ranges here, the primitive from `cryptography`.

Step 12 of docs/reference/decision.md. A key that the contract does not call usable verifies nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from gatefleet.contract.entities import Algorithm, IssuerKey
from gatefleet.decide.base64url import decode_url

Verifier = Callable[[bytes, bytes], bool]
"""Takes message and signature, and says whether the signature is good."""

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
_ED25519_FIELD = 2**255 - 19
# RFC 8032 gives no rule for points of small order; under such a "key" anybody can sign.
_SMALL_ORDER_Y = frozenset(
    {
        0,
        1,
        _ED25519_FIELD - 1,
        int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
        int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
    }
)
_EXPONENT = 65537


def signed_by(key: IssuerKey, message: bytes, signature: bytes) -> bool:
    """Whether `signature` over `message` is good under `key`; never when the key is unusable."""
    verifier = _verifier(key.alg, tuple(sorted(key.jwk.items())))
    return verifier is not None and verifier(message, signature)


def usable(alg: Algorithm, jwk: Mapping[str, str]) -> bool:
    """Whether a public JWK is one under which signatures can verify."""
    return _verifier(alg, tuple(sorted(jwk.items()))) is not None


@functools.lru_cache(maxsize=1024)
def _verifier(alg: Algorithm, jwk: tuple[tuple[str, str], ...]) -> Verifier | None:
    members = {name: decode_url(text) for name, text in jwk}
    match alg:
        case Algorithm.RS256 | Algorithm.PS256:
            return _rsa(alg, members.get("n"), members.get("e"))
        case Algorithm.ES256:
            return _p256(members.get("x"), members.get("y"))
        case Algorithm.EDDSA:
            return _ed25519(members.get("x"))


def _rsa(alg: Algorithm, modulus: bytes | None, exponent: bytes | None) -> Verifier | None:
    if not modulus or exponent != _EXPONENT.to_bytes(3):
        return None
    n = int.from_bytes(modulus)
    if modulus[0] == 0 or n % 2 == 0 or not 2048 <= n.bit_length() <= 4096:
        return None
    key = rsa.RSAPublicNumbers(_EXPONENT, n).public_key()
    # RFC 7518 section 3.5: the salt is as long as the digest.
    scheme = padding.PKCS1v15() if alg is Algorithm.RS256 else padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size)

    def verify(message: bytes, signature: bytes) -> bool:
        return len(signature) == len(modulus) and _good(lambda: key.verify(signature, message, scheme, SHA256()))

    return verify


def _p256(x: bytes | None, y: bytes | None) -> Verifier | None:
    if x is None or y is None or len(x) != 32 or len(y) != 32:
        return None
    try:
        key = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()).public_key()
    except ValueError:  # not a point on the curve
        return None

    def verify(message: bytes, signature: bytes) -> bool:
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        if len(signature) != 64 or not (0 < r < _P256_ORDER and 0 < s < _P256_ORDER):
            return False
        return _good(lambda: key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256())))

    return verify


def _ed25519(x: bytes | None) -> Verifier | None:
    if x is None or len(x) != 32:
        return None
    y = int.from_bytes(x, "little") & (2**255 - 1)
    if y >= _ED25519_FIELD or y in _SMALL_ORDER_Y:
        return None
    key = ed25519.Ed25519PublicKey.from_public_bytes(x)

    def verify(message: bytes, signature: bytes) -> bool:
        if len(signature) != 64 or int.from_bytes(signature[32:], "little") >= _ED25519_ORDER:
            return False
        return _good(lambda: key.verify(signature, message))

    return verify


def _good(verify: Callable[[], None]) -> bool:
    try:
        verify()
    except InvalidSignature:
        return False
    return True
