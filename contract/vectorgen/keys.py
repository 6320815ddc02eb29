"""Test keys and signatures that come out the same every time.

The private keys of `contract/vectors/testkeys/` are published: they are for vectors, and nothing may trust them.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

TESTKEYS = Path(__file__).parent.parent / "vectors" / "testkeys"

PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@cache
def private_key(name: str) -> PrivateKey:
    """The test key of that name."""
    key = serialization.load_pem_private_key((TESTKEYS / f"{name}.pem").read_bytes(), password=None)
    assert isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return key


def spki(name: str) -> bytes:
    """Its public half as DER SubjectPublicKeyInfo."""
    return (
        private_key(name)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def key_id(name: str) -> str:
    """SHA-256 of its SPKI, hex: the key id in envelopes."""
    return hashlib.sha256(spki(name)).hexdigest()


def sign(name: str, message: bytes) -> bytes:
    """Sign with its usual algorithm: Ed25519, ECDSA with SHA-256 (DER, RFC 6979) or RSASSA-PKCS1-v1_5 with SHA-256."""
    key = private_key(name)
    match key:
        case ed25519.Ed25519PrivateKey():
            return key.sign(message)
        case ec.EllipticCurvePrivateKey():
            return key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        case rsa.RSAPrivateKey():
            return key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def sign_pss(name: str, message: bytes, salt: bytes | None = None) -> bytes:
    """RSASSA-PSS with SHA-256 and a fixed salt (RFC 8017 section 9.1.1), by default the digest of the message.

    Libraries draw the salt at random, and then no two runs write the same file.
    """
    key = private_key(name)
    assert isinstance(key, rsa.RSAPrivateKey)
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    bits = modulus.bit_length() - 1
    length = -(-bits // 8)
    digest = hashlib.sha256(message).digest()
    salt = digest if salt is None else salt
    hashed = hashlib.sha256(bytes(8) + digest + salt).digest()
    block = bytes(length - len(salt) - len(hashed) - 2) + b"\x01" + salt
    masked = int.from_bytes(block) ^ int.from_bytes(_mask(hashed, len(block)))
    masked &= (1 << (bits - 8 * (length - len(block)))) - 1
    encoded = masked.to_bytes(len(block)) + hashed + b"\xbc"
    return pow(int.from_bytes(encoded), numbers.d, modulus).to_bytes(-(-modulus.bit_length() // 8))


def make_key(name: str, kind: str) -> Path:
    """Make a test key; one that exists is never replaced."""
    key: PrivateKey
    match kind:
        case "ed25519":
            key = ed25519.Ed25519PrivateKey.generate()
        case "p256":
            key = ec.generate_private_key(ec.SECP256R1())
        case _:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = TESTKEYS / f"{name}.pem"
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with path.open("xb") as file:
        file.write(pem)
    return path


def _mask(seed: bytes, length: int) -> bytes:
    # MGF1, RFC 8017 appendix B.2.1.
    blocks = (hashlib.sha256(seed + counter.to_bytes(4)).digest() for counter in range(-(-length // 32)))
    return b"".join(blocks)[:length]
