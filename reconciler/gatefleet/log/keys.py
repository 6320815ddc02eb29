"""Signature keys of the log: Ed25519 (RFC 8032) and ECDSA on P-256 with SHA-256, signed with and verified.

A key is known by the SHA-256 of its SubjectPublicKeyInfo (RFC 5280 section 4.1), and by one encoding only: a second
encoding would be a second id, and one key could then stand for two in a threshold.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from gatefleet.contract.digests import digest
from gatefleet.problems import Place, Problem, Severity, failure

LONGEST_KEY_FILE = 16 * 1024


class KeyAlgorithm(StrEnum):
    """What a key of the log can be."""

    ED25519 = "ed25519"
    ECDSA_P256 = "ecdsa-p256"


class Signer(Protocol):
    """Signs for one key, wherever its private half lives (a file here, a key service elsewhere)."""

    @property
    def keyid(self) -> str:
        """SHA-256 of the SPKI, lowercase hex."""
        ...

    @property
    def spki(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign: 64 bytes (Ed25519) or a DER ECDSA-Sig-Value over SHA-256 (P-256)."""
        ...


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One verification key; made by `public_key`, so `spki` is its one accepted encoding."""

    alg: KeyAlgorithm
    spki: bytes

    @property
    def keyid(self) -> str:
        """SHA-256 of the SPKI, lowercase hex."""
        return digest(self.spki)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether `signature` over `message` is this key's."""
        key = _loaded(self.spki)
        try:
            if isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(signature, message)
            else:
                key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


def public_key(spki: bytes) -> PublicKey:
    """Read a DER SubjectPublicKeyInfo. Raises `ValueError` when it is no Ed25519 or P-256 key in its usual encoding."""
    key = _loaded(spki)
    return PublicKey(_algorithm(key), spki)


@dataclass(frozen=True, slots=True)
class FileSigner:
    """A signer whose private key was read from a file. Signing is deterministic (RFC 8032, RFC 6979)."""

    public: PublicKey
    _private: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey

    @classmethod
    def load(cls, path: Path | str) -> FileSigner:
        """Read an unencrypted PEM PKCS#8 key. Raises GF610 to GF613, never naming anything the file holds."""
        return _signer(_read_key_file(Path(path)), str(path))

    @property
    def keyid(self) -> str:
        """SHA-256 of the SPKI, lowercase hex."""
        return self.public.keyid

    @property
    def spki(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""
        return self.public.spki

    def sign(self, message: bytes) -> bytes:
        """Sign `message`; the same message gives the same signature."""
        if isinstance(self._private, ed25519.Ed25519PrivateKey):
            return self._private.sign(message)
        return self._private.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))

    def __repr__(self) -> str:
        return f"FileSigner({self.public.alg}, {self.keyid})"


def new_key(path: Path | str, alg: KeyAlgorithm = KeyAlgorithm.ED25519) -> FileSigner:
    """Make a key, write it to a new file that only its owner can read, and give its signer. Raises GF610, GF614."""
    private: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
    if alg is KeyAlgorithm.ED25519:
        private = ed25519.Ed25519PrivateKey.generate()
    else:
        private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
    except FileExistsError:
        raise failure(
            "GF614",
            str(path),
            "is there already, and a key is never overwritten",
            fix="choose another name, or move the old key away",
        ) from None
    except OSError as error:
        raise failure("GF610", str(path), f"cannot be written: {error.strerror}") from None
    return _signer(pem, str(path))


def readable_by_others(path: Path | str) -> tuple[Problem, ...]:
    """The warning GF615 when group or world may read a key file, to show beside whatever is done with the key.

    A warning, since containers and mounted secrets often cannot choose their mode.
    """
    try:
        mode = Path(path).stat().st_mode
    except OSError as error:
        raise failure("GF610", str(path), f"cannot be read: {error.strerror}") from None
    if not mode & 0o077:
        return ()
    return (
        Problem(
            "GF615",
            Place(str(path)),
            f"is open to others (mode {mode & 0o777:03o})",
            "whoever reads a signing key can publish policy",
            f"chmod 600 {path}",
            Severity.WARNING,
        ),
    )


# --- details ----------------------------------------------------------------------------------------------------------


def _read_key_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST_KEY_FILE + 1)
    except OSError as error:
        raise failure(
            "GF610",
            str(path),
            f"cannot be read: {error.strerror}",
            fix="name a key file; `gatefleet keys new --out DIR` makes one",
        ) from None
    if len(data) > LONGEST_KEY_FILE:
        raise failure("GF611", str(path), f"is longer than {LONGEST_KEY_FILE} bytes: no PEM key")
    return data


def _signer(pem: bytes, place: str) -> FileSigner:
    wanted = "give an unencrypted PEM PKCS#8 key (`-----BEGIN PRIVATE KEY-----`), Ed25519 or P-256"
    if b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in pem:
        raise failure("GF612", place, "is encrypted, and gatefleet asks for no passwords", fix=wanted)
    if b"-----BEGIN PRIVATE KEY-----" not in pem:
        raise failure("GF611", place, "is no PEM PKCS#8 private key", fix=wanted)
    try:
        private = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise failure("GF611", place, "is no PEM PKCS#8 private key that can be read", fix=wanted) from None
    if not isinstance(private, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey):
        raise failure("GF613", place, "is neither an Ed25519 nor a P-256 key", fix=wanted)
    spki = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    try:
        return FileSigner(public_key(spki), private)
    except ValueError:
        raise failure("GF613", place, "is neither an Ed25519 nor a P-256 key", fix=wanted) from None


@lru_cache(maxsize=64)
def _loaded(spki: bytes) -> ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey:
    try:
        key = serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("no DER SubjectPublicKeyInfo of a known kind") from None
    match key:
        case ed25519.Ed25519PublicKey() | ec.EllipticCurvePublicKey(curve=ec.SECP256R1()):
            pass
        case _:
            raise ValueError("neither an Ed25519 nor a P-256 key")
    usual = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if usual != spki:
        raise ValueError("an unusual encoding of the key (a compressed point, explicit parameters, trailing bytes)")
    return key


def _algorithm(key: ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey) -> KeyAlgorithm:
    return KeyAlgorithm.ED25519 if isinstance(key, ed25519.Ed25519PublicKey) else KeyAlgorithm.ECDSA_P256
