from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.local_policy import an_issuer
from tests.support.states import a_gateway, a_scope, value

from gatefleet.contract.digests import GENESIS_PARENT, Position
from gatefleet.contract.entities import Client
from gatefleet.decide import Holdings, View
from gatefleet.decide.outcome import Deny
from gatefleet.decide.token import read_token, verify
from gatefleet.local.tokens import DevelopmentIssuer
from gatefleet.problems import GatefleetError

NOW = 1_800_000_000
URL = "http://127.0.0.1/issuer"


@pytest.fixture
def issuer(tmp_path: Path) -> DevelopmentIssuer:
    return DevelopmentIssuer.create(tmp_path / "issuer.pem", URL)


def verified(issuer: DevelopmentIssuer, token: str, now: int = NOW) -> object:
    entities = {
        "gateway/a/b": a_gateway(**{"GET /": "read"}),
        "scope/read": a_scope(),
        "client/shop": Client(True, "workforce", {"read": None}),
        "issuer/workforce": an_issuer(issuer),
    }
    view = View(Holdings.build("a/b", {k: value(e) for k, e in entities.items()}), Position(1, 1, GENESIS_PARENT))
    unverified = read_token(token)
    assert not isinstance(unverified, Deny)
    return verify(unverified, view, now)


def test_a_minted_token_verifies_under_the_key_that_the_policy_lists(issuer: DevelopmentIssuer) -> None:
    token = issuer.mint("shop", ["read", "write"], "https://api.example.com", NOW, claims={"department": "support"})
    found = verified(issuer, token)
    assert not isinstance(found, Deny)
    assert (found.client_id, found.scopes, found.issued_at) == ("shop", frozenset({"read", "write"}), NOW)  # type: ignore[attr-defined]
    assert found.claims["department"] == "support"  # type: ignore[attr-defined]


def test_a_minted_token_ends_after_its_lifetime_and_the_issuers_skew(issuer: DevelopmentIssuer) -> None:
    token = issuer.mint("shop", ["read"], "https://api.example.com", NOW, lifetime=60)
    assert not isinstance(verified(issuer, token, NOW + 89), Deny)
    assert isinstance(verified(issuer, token, NOW + 90), Deny)


def test_a_key_that_was_written_is_read_again_as_the_same_issuer(issuer: DevelopmentIssuer, tmp_path: Path) -> None:
    again = DevelopmentIssuer.load(tmp_path / "issuer.pem", URL)
    assert (again.kid, again.public_jwk) == (issuer.kid, issuer.public_jwk)


def test_only_the_owner_can_read_the_key_and_nothing_shows_it(issuer: DevelopmentIssuer, tmp_path: Path) -> None:
    assert (tmp_path / "issuer.pem").stat().st_mode & 0o777 == 0o600
    assert set(issuer.public_jwk) == {"kty", "crv", "x", "y"}
    assert repr(issuer) == f"DevelopmentIssuer({URL}, {issuer.kid})"


def test_a_key_is_never_overwritten(issuer: DevelopmentIssuer, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        DevelopmentIssuer.create(tmp_path / "issuer.pem", URL)
    assert DevelopmentIssuer.load(tmp_path / "issuer.pem", URL).kid == issuer.kid


@pytest.mark.parametrize("content", [None, b"", b"no key", "public", "p384", "encrypted"])
def test_what_is_no_p256_private_key_is_refused_and_not_shown(tmp_path: Path, content: bytes | str | None) -> None:
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else _pem(content))
    with pytest.raises(GatefleetError) as refused:
        DevelopmentIssuer.load(path, URL)
    assert [problem.code for problem in refused.value.problems] == ["GF621"]
    assert "BEGIN" not in str(refused.value)


def _pem(kind: str) -> bytes:
    key = ec.generate_private_key(ec.SECP384R1() if kind == "p384" else ec.SECP256R1())
    if kind == "public":
        return key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    encryption = serialization.BestAvailableEncryption(b"x") if kind == "encrypted" else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
