"""What both builds and their peers decide in a run: one event, one policy, tokens that nobody has seen before.

The policy is one gateway of 20,000 routes with 10,000 clients. Keys and tokens are made anew in each run, so that no
private key is kept; everything else is the same every time. `write_workload` leaves one JSON file:

now        UTC seconds at which every token is valid
gateway    id of the gateway
position   `{epoch, revision, digest}` of the view
entities   key to value, the text that stands on the log
event      the event's JSON text; `TOKEN` stands where the token belongs
route      the route that it calls, and `scope`, which that route demands
issuer, audience, jwks   what a JWT library needs besides
tokens     algorithm to its tokens, each for another client; `signing_input` and `signature` are theirs
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from joserfc.util import urlsafe_b64encode

from gatefleet.contract.entities import Algorithm

CLIENTS = 10_000
RESOURCES = 5_000  # four routes each
SCOPES = 200
# A cache of verified tokens is to miss: more tokens than it may hold, taken in turn.
TOKENS = 2_500
GATEWAY = "orders/orders"
ISSUER = "https://login.example.com/"
AUDIENCE = "https://api.example.com/orders"
LIFETIME = 3600
EVENT = Path(__file__).with_name("event.json")


def write_workload(path: Path, tokens: int = TOKENS) -> None:
    """Make the workload of a run and write it to `path`."""
    now = int(time.time())
    event = json.loads(EVENT.read_text())
    signers = [_Rsa(Algorithm.RS256), _Rsa(Algorithm.PS256), _P256(), _Ed25519()]
    workload = {
        "now": now,
        "gateway": GATEWAY,
        "position": {"epoch": 1, "revision": 42, "digest": "5c" * 32},
        "entities": _entities({signer.alg: signer.jwk for signer in signers}),
        "event": json.dumps(event, separators=(",", ":")),
        "route": event["routeKey"],
        "scope": _scope_of(7, "write"),
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "jwks": {"keys": [{**signer.jwk, "kid": signer.alg, "alg": signer.alg} for signer in signers]},
        "tokens": {signer.alg: [_token(signer, number, now) for number in range(tokens)] for signer in signers},
    }
    path.write_text(json.dumps(workload))


def client_id(number: int) -> str:
    """The id of a client."""
    return f"client-{number % CLIENTS:05}"


def _scope_of(resource: int, right: str) -> str:
    return f"orders-{resource % (SCOPES // 2):03}:{right}"


def _entities(jwks: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    entities: dict[str, Any] = {
        f"gateway/{GATEWAY}": {
            "api": "http",
            "audience": [AUDIENCE],
            "policy": "follow",
            "max_staleness": 2,
            "deny_after": 60,
            "result_ttl": 0,
            "routes": {route: _route(scope) for number in range(RESOURCES) for route, scope in _routes(number)},
        },
        "issuer/workforce": {
            "issuer": ISSUER,
            "typ": ["at+jwt"],
            "scope_claim": "scope",
            "client_id_claim": "client_id",
            "clock_skew": 30,
            "max_lifetime": LIFETIME,
            "keys": {alg: {"alg": alg, "jwk": jwk, "state": "active"} for alg, jwk in jwks.items()},
        },
    }
    for number in range(SCOPES // 2):
        entities[f"scope/{_scope_of(number, 'read')}"] = {"state": "active", "when_stale": "serve"}
        entities[f"scope/{_scope_of(number, 'write')}"] = {"state": "active", "when_stale": "check"}
    for number in range(CLIENTS):
        entities[f"client/{client_id(number)}"] = {
            "state": "active",
            "issuer": "workforce",
            "scopes": {scope: {} for scope in _grants(number)},
        }
    return {key: json.dumps(entities[key], separators=(",", ":"), sort_keys=True) for key in sorted(entities)}


def _routes(number: int) -> list[tuple[str, str]]:
    read, write, at = _scope_of(number, "read"), _scope_of(number, "write"), f"/orders-{number}"
    return [
        (f"GET {at}", read),
        (f"GET {at}/{{id}}", read),
        (f"POST {at}/{{id}}/items", write),
        (f"DELETE {at}/{{id}}", write),
    ]


def _route(scope: str) -> dict[str, Any]:
    return {"any_of": [[scope]], "credentials": ["jwt"]}


def _grants(number: int) -> list[str]:
    """Every client may call the event's route, and something of its own."""
    return sorted({_scope_of(7, "read"), _scope_of(7, "write"), _scope_of(number, "read")})


def _token(signer: _Signer, number: int, now: int) -> dict[str, str]:
    header = {"typ": "at+jwt", "alg": signer.alg, "kid": signer.alg}
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": client_id(number * 7),
        "client_id": client_id(number * 7),
        "iat": now - 60,
        "exp": now - 60 + LIFETIME,
        "jti": f"{signer.alg}-{number:016x}",
        "scope": f"{_scope_of(7, 'read')} {_scope_of(7, 'write')}",
    }
    signing_input = ".".join(_encoded(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    signature = _encoded(signer.sign(signing_input.encode()))
    return {"signing_input": signing_input, "signature": signature}


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode()


def _integer(number: int, length: int) -> str:
    return _encoded(number.to_bytes(length, "big"))


class _Signer:
    """A key of this run: `jwk` is its public half."""

    alg: Algorithm
    jwk: dict[str, str]

    def sign(self, data: bytes) -> bytes:
        raise NotImplementedError


class _Rsa(_Signer):
    def __init__(self, alg: Algorithm) -> None:
        self.alg = alg
        self._key = rsa.generate_private_key(65537, 2048)
        self.jwk = {"kty": "RSA", "n": _integer(self._key.public_key().public_numbers().n, 256), "e": "AQAB"}
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        self._padding = padding.PKCS1v15() if alg is Algorithm.RS256 else pss

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data, self._padding, hashes.SHA256())


class _P256(_Signer):
    def __init__(self) -> None:
        self.alg = Algorithm.ES256
        self._key = ec.generate_private_key(ec.SECP256R1())
        point = self._key.public_key().public_numbers()
        self.jwk = {"kty": "EC", "crv": "P-256", "x": _integer(point.x, 32), "y": _integer(point.y, 32)}

    def sign(self, data: bytes) -> bytes:
        r, s = utils.decode_dss_signature(self._key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class _Ed25519(_Signer):
    def __init__(self) -> None:
        self.alg = Algorithm.EDDSA
        self._key = ed25519.Ed25519PrivateKey.generate()
        self.jwk = {"kty": "OKP", "crv": "Ed25519", "x": _encoded(self._key.public_key().public_bytes_raw())}

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)
