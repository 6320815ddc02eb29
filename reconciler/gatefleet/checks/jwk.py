"""Whether a JWK is a public key that every build of the authorizer can verify with: plain arithmetic, no key is made.

A key that verifies nothing denies everybody, and says so only when the first token arrives. What a key must be stands
in docs/reference/decision.md, step 12; here it is asked before the merge (RFC 7518 section 6, RFC 8032 section 5.1.3).
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from gatefleet.contract.entities import Algorithm

RSA_BITS = range(2048, 4097)
RSA_EXPONENT = "AQAB"  # 65537

_MEMBERS = {
    Algorithm.RS256: {"kty", "n", "e"},
    Algorithm.PS256: {"kty", "n", "e"},
    Algorithm.ES256: {"kty", "crv", "x", "y"},
    Algorithm.EDDSA: {"kty", "crv", "x"},
}
_TYPES = {
    Algorithm.RS256: ("RSA", None),
    Algorithm.PS256: ("RSA", None),
    Algorithm.ES256: ("EC", "P-256"),
    Algorithm.EDDSA: ("OKP", "Ed25519"),
}
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")

# P-256 (SP 800-186 section 3.2.1.3): y² = x³ - 3x + b over the field of p.
_P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
_P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B

# Ed25519 (RFC 8032 section 5.1): -x² + y² = 1 + d x² y² over the field of p.
_P25519 = 2**255 - 19
_D25519 = -121665 * pow(121666, -1, _P25519) % _P25519


def wrong_shape(alg: Algorithm, jwk: Mapping[str, str]) -> str | None:
    """What keeps the JWK from being a key of that algorithm at all; None: nothing."""
    kty, crv = _TYPES[alg]
    wanted = f"`kty: {kty}`" + (f" and `crv: {crv}`" if crv else "")
    if jwk.get("kty") != kty or jwk.get("crv") != crv:
        return f"{alg} needs a JWK with {wanted}"
    if jwk.keys() != _MEMBERS[alg]:
        return f"a JWK for {alg} has the members {', '.join(sorted(_MEMBERS[alg]))} and no other"
    return None


def weak(alg: Algorithm, jwk: Mapping[str, str]) -> str | None:
    """What makes a well-shaped JWK unfit to verify with; None: nothing. The answer never contains the key."""
    match alg:
        case Algorithm.RS256 | Algorithm.PS256:
            return _weak_rsa(jwk["n"], jwk["e"])
        case Algorithm.ES256:
            return _weak_p256(jwk["x"], jwk["y"])
        case Algorithm.EDDSA:
            return _weak_ed25519(jwk["x"])


def same_key(jwk: Mapping[str, str]) -> tuple[str, ...]:
    """Equal for two JWKs that are the same public key, whatever algorithms they are listed for."""
    return tuple(f"{name}={jwk[name]}" for name in sorted(jwk))


def _weak_rsa(n_text: str, e_text: str) -> str | None:
    n_bytes = _decoded(n_text)
    if n_bytes is None or n_bytes[0] == 0:
        return "`n` is an unsigned big-endian integer in base64url, without padding and leading zero bytes"
    n = int.from_bytes(n_bytes, "big")
    if n.bit_length() not in RSA_BITS:
        return f"the modulus has {n.bit_length()} bits, it must have {RSA_BITS[0]} to {RSA_BITS[-1]}"
    if n % 2 == 0:
        return "the modulus is even, so it is no product of two large primes"
    if e_text != RSA_EXPONENT:
        return f"the public exponent must be 65537, that is `e: {RSA_EXPONENT}`"
    return None


def _weak_p256(x_text: str, y_text: str) -> str | None:
    x_bytes, y_bytes = _decoded(x_text), _decoded(y_text)
    if x_bytes is None or y_bytes is None or len(x_bytes) != 32 or len(y_bytes) != 32:
        return "`x` and `y` are 32 bytes each, in base64url without padding"
    x, y = int.from_bytes(x_bytes, "big"), int.from_bytes(y_bytes, "big")
    if x >= _P256 or y >= _P256 or (y * y - (x * x * x - 3 * x + _P256_B)) % _P256:
        return "the point (x, y) is not on the curve P-256"
    return None


def _weak_ed25519(x_text: str) -> str | None:
    data = _decoded(x_text)
    if data is None or len(data) != 32:
        return "`x` is 32 bytes in base64url without padding"
    y = int.from_bytes(data, "little") & (2**255 - 1)
    sign = data[31] >> 7
    if y >= _P25519:
        return "`x` is no encoded point of the curve Ed25519"
    x_squared = (y * y - 1) * pow(_D25519 * y * y + 1, -1, _P25519) % _P25519
    if (x_squared and pow(x_squared, (_P25519 - 1) // 2, _P25519) != 1) or (not x_squared and sign):
        return "`x` is no encoded point of the curve Ed25519"
    if _small_order(x_squared, y):
        return "the point has small order: anybody can make signatures that it verifies"
    return None


def _small_order(x_squared: int, y: int) -> bool:
    """Whether eight times the point is the neutral one; doubling needs only x² and y² (RFC 8032 section 5.1.4)."""
    y_squared = y * y % _P25519
    for _ in range(3):
        # 2(x, y) = (2xy / (1 + d x² y²), (y² + x²) / (1 - d x² y²))
        product = _D25519 * x_squared * y_squared % _P25519
        doubled_x_squared = 4 * x_squared * y_squared * pow(1 + product, -2, _P25519) % _P25519
        y = (y_squared + x_squared) * pow(1 - product, -1, _P25519) % _P25519
        x_squared, y_squared = doubled_x_squared, y * y % _P25519
    return x_squared == 0 and y == 1


def _decoded(text: str) -> bytes | None:
    """The bytes of exact base64url (RFC 7515 section 2): no padding, no stray characters or bits; None: it is not."""
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        return None
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return data if urlsafe_b64encode(data).rstrip(b"=").decode() == text else None
