from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from gatefleet.log.keys import FileSigner, KeyAlgorithm, new_key, public_key, readable_by_others
from gatefleet.problems import GatefleetError, Severity

PKCS8 = serialization.PrivateFormat.PKCS8
TRADITIONAL = serialization.PrivateFormat.TraditionalOpenSSL


def pem(key: object, form: serialization.PrivateFormat = PKCS8, password: bytes | None = None) -> bytes:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, encryption)  # type: ignore[attr-defined, no-any-return]


def refusal(path: Path) -> str:
    with pytest.raises(GatefleetError) as caught:
        FileSigner.load(path)
    (problem,) = caught.value.problems
    assert problem.place.path == str(path)
    return problem.code


@pytest.mark.parametrize("alg", KeyAlgorithm)
def test_a_new_key_signs_what_its_public_key_verifies(tmp_path: Path, alg: KeyAlgorithm) -> None:
    made = new_key(tmp_path / "a.pem", alg)
    loaded = FileSigner.load(tmp_path / "a.pem")
    assert loaded.spki == made.spki
    assert loaded.keyid == hashlib.sha256(made.spki).hexdigest()
    assert loaded.public.alg is alg
    signature = loaded.sign(b"message")
    assert public_key(made.spki).verifies(signature, b"message")
    assert not public_key(made.spki).verifies(signature, b"messagf")
    assert not public_key(made.spki).verifies(signature[:-1] + bytes([signature[-1] ^ 1]), b"message")


@pytest.mark.parametrize("alg", KeyAlgorithm)
def test_signing_twice_gives_the_same_signature(tmp_path: Path, alg: KeyAlgorithm) -> None:
    signer = new_key(tmp_path / "a.pem", alg)
    assert signer.sign(b"message") == signer.sign(b"message")


def test_a_new_key_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    new_key(tmp_path / "a.pem")
    assert (tmp_path / "a.pem").stat().st_mode & 0o777 == 0o600
    assert readable_by_others(tmp_path / "a.pem") == ()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_key_file_that_is_open_to_others_is_a_warning(tmp_path: Path, mode: int) -> None:
    new_key(tmp_path / "a.pem")
    (tmp_path / "a.pem").chmod(mode)
    (problem,) = readable_by_others(tmp_path / "a.pem")
    assert (problem.code, problem.severity) == ("GF615", Severity.WARNING)
    assert f"{mode:o}" in problem.what
    assert FileSigner.load(tmp_path / "a.pem").keyid


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    before = new_key(tmp_path / "a.pem")
    with pytest.raises(GatefleetError) as caught:
        new_key(tmp_path / "a.pem")
    assert caught.value.problems[0].code == "GF614"
    assert FileSigner.load(tmp_path / "a.pem").keyid == before.keyid


def test_a_key_cannot_be_made_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(GatefleetError) as caught:
        new_key(tmp_path / "missing" / "a.pem")
    assert caught.value.problems[0].code == "GF610"


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "missing.pem") == "GF610"
    assert refusal(tmp_path) == "GF610"
    with pytest.raises(GatefleetError) as caught:
        readable_by_others(tmp_path / "missing.pem")
    assert caught.value.problems[0].code == "GF610"


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("GF611", lambda: b""),
        ("GF611", lambda: b"secret-not-a-key"),
        ("GF611", lambda: b"-----BEGIN PRIVATE KEY-----\nsecret-not-base64!\n-----END PRIVATE KEY-----\n"),
        ("GF611", lambda: b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"),
        ("GF611", lambda: b"x" * 20_000),
        ("GF611", lambda: pem(ec.generate_private_key(ec.SECP256R1()), TRADITIONAL)),
        ("GF611", lambda: pem(rsa.generate_private_key(65537, 2048), TRADITIONAL)),
        ("GF612", lambda: pem(ed25519.Ed25519PrivateKey.generate(), PKCS8, b"secret")),
        ("GF613", lambda: pem(rsa.generate_private_key(65537, 2048))),
        ("GF613", lambda: pem(ed448.Ed448PrivateKey.generate())),
        ("GF613", lambda: pem(ec.generate_private_key(ec.SECP384R1()))),
        ("GF613", lambda: pem(ec.generate_private_key(ec.SECP256K1()))),
    ],
)
def test_anything_but_a_plain_key_of_the_two_kinds_is_refused_by_kind(
    tmp_path: Path, code: str, data: Callable[[], bytes]
) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(data())
    assert refusal(path) == code


def test_a_public_key_is_no_signing_key(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    path.write_bytes(public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    assert refusal(path) == "GF611"


def test_nothing_of_a_key_shows_in_messages_or_in_its_representation(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    text = pem(ed25519.Ed25519PrivateKey.generate())
    secret = text.splitlines()[1].decode()
    path.write_bytes(text.replace(b"-----END", b"!-----END"))
    with pytest.raises(GatefleetError) as caught:
        FileSigner.load(path)
    assert secret not in str(caught.value)
    assert caught.value.__cause__ is None
    path.write_bytes(text)
    assert secret not in repr(FileSigner.load(path))


def test_a_key_has_one_encoding() -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    usual = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert public_key(usual).alg is KeyAlgorithm.ECDSA_P256
    point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    compressed = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + point
    assert serialization.load_der_public_key(compressed) == public
    for other in (compressed, usual + b"\x00", usual[:-1], b"", b"\x30"):
        with pytest.raises(ValueError, match=r"encoding|SubjectPublicKeyInfo"):
            public_key(other)


def test_another_curve_is_no_key_of_the_log() -> None:
    public = ec.generate_private_key(ec.SECP384R1()).public_key()
    with pytest.raises(ValueError, match="neither"):
        public_key(public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
