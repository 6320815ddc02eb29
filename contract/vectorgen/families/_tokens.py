"""Bytes, tokens and certificates of the vectors, made by their definitions; nothing here asks a build."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import rfc8785
from contract.vectorgen import keys
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

NOW = 1793534400  # 2026-11-01T12:00:00Z
LATER = NOW + 86400 * 365
AUDIENCE = "https://api.example.com/orders"
WORKFORCE = "https://login.example.com/"
PARTNERS = "https://partners.example.net"


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def secret(key_id: str) -> str:
    """The API key of an id: `<id>.<secret>`, the secret made of the id, since vectors have none to keep."""
    return f"{key_id}.{b64(hashlib.sha256(key_id.encode()).digest())}"


def canonical(value: Any) -> str:
    """RFC 8785, as a string."""
    return rfc8785.dumps(value).decode()


def state_digest(entities: Mapping[str, str]) -> str:
    """The state digest by its definition."""
    whole = b"".join(
        key.encode() + b"\0" + hashlib.sha256(value.encode()).digest() for key, value in sorted(entities.items())
    )
    return hashlib.sha256(whole).hexdigest()


def jwk(name: str) -> dict[str, str]:
    """The public half of a test key as a JWK."""
    public = keys.private_key(name).public_key()
    match public:
        case rsa.RSAPublicKey():
            numbers = public.public_numbers()
            return {"kty": "RSA", "n": b64(_big_endian(numbers.n)), "e": b64(_big_endian(numbers.e))}
        case ec.EllipticCurvePublicKey():
            point = public.public_numbers()
            return {"kty": "EC", "crv": "P-256", "x": b64(point.x.to_bytes(32)), "y": b64(point.y.to_bytes(32))}
        case _:
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}


def raw_signature(name: str, message: bytes) -> bytes:
    """A JWS signature: what `keys.sign` gives, ECDSA as r ‖ s (RFC 7518 section 3.4)."""
    signature = keys.sign(name, message)
    if not isinstance(keys.private_key(name), ec.EllipticCurvePrivateKey):
        return signature
    r, s = decode_dss_signature(signature)
    return r.to_bytes(32) + s.to_bytes(32)


def _big_endian(number: int) -> bytes:
    return number.to_bytes(-(-number.bit_length() // 8))


OMIT = object()
"""As a value: leave the member out."""


def header(**members: Any) -> dict[str, Any]:
    """A good header of the `ed` key, with some members changed."""
    return changed({"typ": "at+jwt", "alg": "EdDSA", "kid": "ed"}, members)


def claims(**members: Any) -> dict[str, Any]:
    """Good claims of client `reader`, with some members changed."""
    good = {
        "iss": WORKFORCE,
        "aud": AUDIENCE,
        "sub": "user-1",
        "client_id": "reader",
        "iat": NOW - 60,
        "exp": NOW + 540,
        "jti": "token-1",
        "scope": "orders:read",
    }
    return changed(good, members)


def token(
    head: Mapping[str, Any] | bytes | None = None,
    body: Mapping[str, Any] | bytes | None = None,
    key: str = "issuer-ed25519",
    signature: bytes | None = None,
) -> str:
    """A compact JWS; header and claims as objects or as bytes, signed by a test key unless a signature is given."""
    head = header() if head is None else head
    body = claims() if body is None else body
    message = signing_input(head, body)
    return f"{message}.{b64(raw_signature(key, message.encode()) if signature is None else signature)}"


def signing_input(head: Mapping[str, Any] | bytes, body: Mapping[str, Any] | bytes) -> str:
    """What a JWS signs, as text."""
    return f"{b64(_bytes(head))}.{b64(_bytes(body))}"


def _bytes(part: Mapping[str, Any] | bytes) -> bytes:
    return part if isinstance(part, bytes) else json.dumps(part, separators=(",", ":")).encode()


def changed(good: dict[str, Any], members: Mapping[str, Any]) -> dict[str, Any]:
    """The object with some members changed, and without those that are OMIT."""
    return {name: value for name, value in {**good, **members}.items() if value is not OMIT}


def bearer(**members: Any) -> str:
    """The `Authorization` value of a good token, some claims changed."""
    return f"Bearer {token(body=claims(**members))}"


@cache
def certificate(serial: int = 1) -> str:
    """A client certificate in PEM, the same every time: Ed25519 signatures are deterministic."""
    key = keys.private_key("client-ed25519")
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "terminal.example.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .sign(key, None)
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def thumbprint(pem: str) -> str:
    """`x5t#S256`: base64url of SHA-256 over the DER."""
    der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(serialization.Encoding.DER)
    return b64(hashlib.sha256(der).digest())
