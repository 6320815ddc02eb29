"""Access tokens for development (RFC 9068), signed by a generated key that only a `development` policy trusts."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from gatefleet.problems import failure


@dataclass(frozen=True, slots=True)
class DevelopmentIssuer:
    """An issuer whose private key is a file of this machine; P-256, so its tokens are ES256."""

    url: str
    kid: str
    _key: ECKey

    @classmethod
    def create(cls, path: Path, url: str) -> DevelopmentIssuer:
        """Make a key in a new file that only its owner can read."""
        key = ECKey.generate_key("P-256", private=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key.as_pem(private=True))
        return cls(url, key.thumbprint(), key)

    @classmethod
    def load(cls, path: Path, url: str) -> DevelopmentIssuer:
        """Read the key again. Raises GF621 when the file holds none."""
        fix = "give the issuer.key.pem that was made with the environment `development`"
        try:
            pem = path.read_bytes()
            private = serialization.load_pem_private_key(pem, password=None)
        except OSError as error:
            raise failure("GF621", str(path), f"cannot be read: {error.strerror}", fix=fix) from None
        except (ValueError, TypeError, UnsupportedAlgorithm):
            private = None
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
            raise failure("GF621", str(path), "is no unencrypted P-256 private key in PEM", fix=fix)
        key = ECKey.import_key(pem)
        return cls(url, key.thumbprint(), key)

    @property
    def public_jwk(self) -> Mapping[str, str]:
        """The members that the policy needs: `kty`, `crv`, `x`, `y` (RFC 7518 section 6.2.1)."""
        jwk = self._key.as_dict(private=False)
        return {name: str(jwk[name]) for name in ("kty", "crv", "x", "y")}

    def mint(
        self,
        client_id: str,
        scopes: Sequence[str],
        audience: str,
        now: int,
        *,
        claims: Mapping[str, object] | None = None,
        lifetime: int = 600,
    ) -> str:
        """A compact access token for the client, valid from `now` for `lifetime` seconds."""
        header = {"alg": "ES256", "typ": "at+jwt", "kid": self.kid}
        payload = {
            "iss": self.url,
            "aud": audience,
            "sub": client_id,
            "client_id": client_id,
            "scope": " ".join(scopes),
            "iat": now,
            "exp": now + lifetime,
            "jti": secrets.token_urlsafe(12),
            **(claims or {}),
        }
        return jwt.encode(header, payload, self._key)

    def __repr__(self) -> str:
        return f"DevelopmentIssuer({self.url}, {self.kid})"
