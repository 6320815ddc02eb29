"""Signatures as an attacker makes them: right in every respect but one."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Mapping
from typing import Any

from contract.vectorgen import keys
from contract.vectorgen.families._tokens import b64, claims, jwk, raw_signature, signing_input
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493

# DER of DigestInfo up to the digest (RFC 8017 section 9.2, note 1).
SHA1_INFO = bytes.fromhex("3021300906052b0e03021a05000414")
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
SHA256_INFO_NO_NULL = bytes.fromhex("302f300b0609608648016503040201" + "0420")
SHA512_INFO = bytes.fromhex("3051300d060960864801650304020305000440")

# Ed25519 public keys of points whose order divides 8, by what somebody might take them for.
SMALL_ORDER_KEYS = {
    "zeros": bytes(32),
    "zeros-with-sign": bytes(31) + b"\x80",
    "neutral": b"\x01" + bytes(31),
    "neutral-not-reduced": (2**255 - 19 + 1).to_bytes(32, "little"),
    "order-2": (2**255 - 19 - 1).to_bytes(32, "little"),
    "order-8": bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    "order-8-other": bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
}

_ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def public_jwk(name: str) -> dict[str, str]:
    """A test key as it would stand in a header's `jwk`."""
    return jwk(name)


def public_pem(name: str) -> bytes:
    """A test key's public half as PEM text: what anybody can download, and some verifiers take as an HMAC secret."""
    return (
        keys.private_key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def loosened(text: str) -> str:
    """Another base64url text for the same bytes: an unused last bit set."""
    assert len(text) % 4, "no unused bits"
    return text[:-1] + _ALPHABET[_ALPHABET.index(text[-1]) | 1]


def r_and_s(message: bytes) -> tuple[int, int]:
    """The ES256 signature of the issuer's P-256 key as two numbers."""
    signature = raw_signature("issuer-p256", message)
    return int.from_bytes(signature[:32]), int.from_bytes(signature[32:])


def pair(r: int, s: int) -> bytes:
    """r ‖ s."""
    return r.to_bytes(32) + s.to_bytes(32)


def high_s(message: bytes) -> bytes:
    """The signature's other form: n - s where s is low, s where it is not."""
    r, s = r_and_s(message)
    return pair(r, max(s, P256_ORDER - s))


def s_plus_order(signature: bytes) -> bytes:
    """An Ed25519 signature with S + L for S."""
    s = int.from_bytes(signature[32:], "little") + ED25519_ORDER
    return signature[:32] + s.to_bytes(32, "little")


def pkcs1(inside: bytes, *, after: bytes = b"", kind: int = 1) -> bytes:
    """A raw RSA signature of the issuer's key over a padded block with `inside` at its end, or before `after`."""
    key = keys.private_key("issuer-rsa")
    assert isinstance(key, rsa.RSAPrivateKey)
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    length = -(-modulus.bit_length() // 8)
    block = b"\x00" + bytes([kind]) + b"\xff" * (length - 3 - len(inside) - len(after)) + b"\x00" + inside + after
    return pow(int.from_bytes(block), numbers.d, modulus).to_bytes(length)


def jti_for_leading_zero(head: Mapping[str, Any]) -> str:
    """A `jti` with which the RS256 signature begins with a zero byte (one in 256 does)."""
    for number in range(10_000):
        signature = keys.sign("issuer-rsa", signing_input(head, claims(jti=f"zero-{number}")).encode())
        if signature[0] == 0:
            return f"zero-{number}"
    raise ValueError("no signature begins with a zero byte")


def jti_for_first_byte(head: Mapping[str, Any], part: str, byte: int) -> str:
    """A `jti` with which r or s of the ES256 signature begins with this byte (one in 256 does)."""
    for number in range(10_000):
        signature = raw_signature("issuer-p256", signing_input(head, claims(jti=f"{part}-{number}")).encode())
        if signature[0 if part == "r" else 32] == byte:
            return f"{part}-{number}"
    raise ValueError("no signature begins with that byte")


def under_small_order(head: Mapping[str, Any], key: bytes) -> str:
    """A token that verifies under an Ed25519 key of small order: for one message in eight (or more) S = 0 and R = the
    neutral element is a good signature, and nobody needs a private key."""
    neutral = b"\x01" + bytes(31)
    for number in range(1000):
        message = signing_input(head, claims(jti=f"forged-{number}"))
        challenge = hashlib.sha512(neutral + key + message.encode()).digest()
        if int.from_bytes(challenge, "little") % ED25519_ORDER % 8 == 0:
            return f"{message}.{b64(neutral + bytes(32))}"
    raise ValueError("no message was forged")
