"""The policy under which the vectors of tokens and decisions are decided: one shop's orders gateway."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from contract.vectorgen.families._forgery import SMALL_ORDER_KEYS, loosened
from contract.vectorgen.families._tokens import (
    AUDIENCE,
    LATER,
    NOW,
    OMIT,
    PARTNERS,
    WORKFORCE,
    b64,
    canonical,
    certificate,
    changed,
    jwk,
    secret,
    thumbprint,
)


def issuer(url: str, **members: Any) -> dict[str, Any]:
    """An issuer's value with the key `ed`, some members changed."""
    good = {
        "issuer": url,
        "typ": ["at+jwt"],
        "scope_claim": "scope",
        "client_id_claim": "client_id",
        "clock_skew": 30,
        "max_lifetime": 3600,
        "keys": {"ed": {"alg": "EdDSA", "jwk": jwk("issuer-ed25519"), "state": "active"}},
    }
    return changed(good, members)


def scope(when_stale: str = "check", state: str = "active") -> dict[str, Any]:
    """A scope's value."""
    return {"state": state, "when_stale": when_stale}


def client(*scopes: str, **members: Any) -> dict[str, Any]:
    """A client of `workforce` with these grants, some members changed."""
    good = {"state": "active", "issuer": "workforce", "scopes": {name: {} for name in scopes} or OMIT}
    return changed(good, members)


def any_of(*sets: list[str], credentials: tuple[str, ...] = ("jwt",), **members: Any) -> dict[str, Any]:
    """A route that asks for one of these sets."""
    return {"any_of": [list(one) for one in sets], "credentials": list(credentials), **members}


def gateway(routes: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    """A gateway's value with these routes, some members changed."""
    good = {
        "api": "http",
        "audience": [AUDIENCE, "urn:example:orders"],
        "policy": "follow",
        "max_staleness": 2,
        "deny_after": 60,
        "result_ttl": 0,
        "routes": dict(routes),
    }
    return changed(good, members)


ROUTES: dict[str, Any] = {
    "$default": any_of(["orders:admin"]),
    "ANY /any": any_of(["orders:read"]),
    "ANY /deep/er/{proxy+}": any_of(["orders:read"]),
    "ANY /docs/{proxy+}": any_of(["orders:admin"]),
    "ANY /files/{proxy+}": any_of(["orders:read"]),
    "ANY /flags/{proxy+}": any_of(["orders:read"], claims={"level": 1}),
    "ANY /tags/{proxy+}": any_of(["orders:read"]),
    "DELETE /orders/{id}": any_of(["orders:refund"]),
    "GET /any/strict": any_of(["orders:admin"]),
    "GET /both": any_of(["orders:archive", "orders:read", "orders:refund"]),
    "GET /cancelled": any_of(["orders:cancel"], ["orders:read"]),
    "GET /claims": any_of(["orders:read"], claims={"level": 3, "staff": True, "tenant": "acme"}),
    "GET /deep/other": any_of(["orders:admin"]),
    "GET /docs/{proxy+}": any_of(["orders:read"]),
    "GET /either": any_of(["orders:archive", "orders:read"], ["orders:refund"]),
    "GET /files/private/{name}": any_of(["orders:admin"]),
    "GET /files/readme": any_of(["orders:read"]),
    "GET /files/status": {"public": True},
    "GET /flags/same": any_of(["orders:read"], claims={"level": 1}),
    "GET /flags/set": any_of(["orders:read"], claims={"level": True}),
    "GET /health": {"public": True},
    "GET /key-or-certificate": any_of(["orders:read"], credentials=("api_key", "certificate")),
    "GET /list": any_of(["orders:list"]),
    "GET /me": {"any_client": True, "credentials": ["jwt"]},
    "GET /mixed": any_of(["orders:read"], credentials=("api_key", "certificate", "jwt")),
    "GET /odd}/x": any_of(["orders:read"]),
    "GET /odd/a+}": any_of(["orders:read"]),
    "GET /odd/{a+": any_of(["orders:read"]),
    "GET /{odd/x": any_of(["orders:read"]),
    "GET /old": any_of(["orders:legacy"]),
    "GET /orders": any_of(["orders:read"]),
    "GET /orders/{id}": any_of(["orders:read"]),
    "GET /terminal": any_of(["orders:read"], credentials=("certificate",)),
    "GET /tags/secret": any_of(["orders:read"], claims={"tenant": "acme"}),
    "GET /tenant-key": any_of(["orders:read"], credentials=("api_key",), claims={"tenant": "acme"}),
    "GET /{kind}/latest": any_of(["orders:admin"]),
    "POST /orders": any_of(["orders:admin", "orders:read"], ["orders:write"]),
}

SCOPES: dict[str, Any] = {
    "scope/orders:admin": scope(),
    "scope/orders:archive": scope("serve"),
    "scope/orders:cancel": scope("deny"),
    "scope/orders:legacy": scope(state="revoked"),
    "scope/orders:list": scope("serve"),
    "scope/orders:read": scope(),
    "scope/orders:refund": scope("deny"),
    "scope/orders:write": scope(),
}


def _keys() -> dict[str, Any]:
    ed, rs = jwk("issuer-ed25519"), jwk("issuer-rsa")
    return {
        "ed": {"alg": "EdDSA", "jwk": ed, "state": "active"},
        "ending": {"alg": "EdDSA", "jwk": ed, "state": "active", "not_after": NOW},
        "es": {"alg": "ES256", "jwk": jwk("issuer-p256"), "state": "active"},
        "exponent-3": {"alg": "RS256", "jwk": jwk("exponent-3-rsa"), "state": "active"},
        "lasting": {"alg": "EdDSA", "jwk": ed, "state": "active", "not_after": NOW + 1},
        "next": {"alg": "EdDSA", "jwk": ed, "state": "next"},
        "odd": {"alg": "EdDSA", "jwk": jwk("odd-ed25519"), "state": "active"},
        "loose": {"alg": "RS256", "jwk": {**rs, "n": loosened(rs["n"])}, "state": "active"},
        "off-curve": {"alg": "ES256", "jwk": {**jwk("issuer-p256"), "y": jwk("other-p256")["y"]}, "state": "active"},
        "ps": {"alg": "PS256", "jwk": rs, "state": "active"},
        "retiring": {"alg": "EdDSA", "jwk": ed, "state": "retiring"},
        "revoked": {"alg": "EdDSA", "jwk": ed, "state": "revoked"},
        "rs": {"alg": "RS256", "jwk": rs, "state": "active"},
        "rs-2047": {"alg": "RS256", "jwk": jwk("too-short-rsa"), "state": "active"},
        "rs-4096": {"alg": "RS256", "jwk": jwk("longest-rsa"), "state": "active"},
        "rs-4097": {"alg": "RS256", "jwk": jwk("too-long-rsa"), "state": "active"},
        "shared": {"alg": "EdDSA", "jwk": ed, "state": "active"},
        "short": {"alg": "EdDSA", "jwk": {**ed, "x": b64(_decoded(ed["x"])[:31])}, "state": "active"},
        "weak": {"alg": "RS256", "jwk": jwk("weak-rsa"), "state": "active"},
        "zero-led": {"alg": "RS256", "jwk": {**rs, "n": b64(b"\0" + _decoded(rs["n"]))}, "state": "active"},
        **{
            name: {"alg": "EdDSA", "jwk": {**ed, "x": b64(point)}, "state": "active"}
            for name, point in SMALL_ORDER_KEYS.items()
        },
    }


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _issuers() -> dict[str, Any]:
    partner_keys = {
        "partner": {"alg": "EdDSA", "jwk": jwk("other-ed25519"), "state": "active"},
        "shared": {"alg": "EdDSA", "jwk": jwk("other-ed25519"), "state": "active"},
    }
    twin = "https://twin.example.org"
    return {
        "issuer/partners": issuer(
            PARTNERS,
            typ=["JWT", "application/at+jwt"],
            scope_claim="scp",
            client_id_claim="azp",
            clock_skew=0,
            max_lifetime=600,
            keys=partner_keys,
        ),
        "issuer/twin-a": issuer(twin),
        "issuer/twin-b": issuer(twin),
        "issuer/workforce": issuer(WORKFORCE, keys=_keys()),
    }


def _api_keys(*ids: str, **expires: int) -> dict[str, Any]:
    return {
        key_id: {
            "sha256": hashlib.sha256(secret(key_id).encode()).hexdigest(),
            "expires": expires.get(key_id.replace("-", "_"), LATER),
        }
        for key_id in ids
    }


def _zeros(length: int) -> str:
    # Whether bytes are a certificate is the handshake's matter; the thumbprint of any can be listed.
    return b64(hashlib.sha256(bytes(length)).digest())


def _clients() -> dict[str, Any]:
    return {
        "client/admin": client("orders:admin", "orders:read", "orders:write"),
        "client/at-home": client("orders:read", addresses=["192.0.2.0/24", "198.51.100.7/32", "2001:db8:7::/48"]),
        "client/batch": client(
            "orders:read",
            issuer=OMIT,
            api_keys=_api_keys(*("claimed-twice", "ended", "lasting", "nightly"), ended=NOW, lasting=NOW + 1),
        ),
        "client/ended": client(scopes={"orders:read": {"until": NOW}}),
        "client/ending": client(scopes={"orders:read": {"until": NOW + 1}}),
        "client/ghost": client("ghost", "orders:read"),
        "client/keyless": client("orders:read", issuer=OMIT),
        "client/legacy": client("orders:legacy", "orders:read"),
        "client/partner": client("orders:read", issuer="partners"),
        "client/reader": client(
            "orders:read",
            denied_jti={"denied": NOW + 1, "forgiven": NOW},
            denied_sub={"user-denied": NOW + 1, "user-forgiven": NOW},
        ),
        "client/refunder": client("orders:archive", "orders:cancel", "orders:list", "orders:read", "orders:refund"),
        "client/suspended": client("orders:read", state="suspended"),
        "client/suspended-batch": client(
            "orders:read",
            issuer=OMIT,
            state="suspended",
            api_keys=_api_keys("claimed-twice", "suspended"),
        ),
        "client/switched": client("orders:read", tokens_not_before=NOW - 100),
        "client/terminal": client(
            "orders:read",
            issuer=OMIT,
            certificates=sorted([thumbprint(certificate()), thumbprint(certificate(3)), _zeros(16384), _zeros(16385)]),
        ),
        "client/terminal-2": client("orders:read", issuer=OMIT, certificates=[thumbprint(certificate(3))]),
        "client/twin": client("orders:read", issuer="twin-a"),
        "client/twin-2": client("orders:read", issuer="twin-b"),
        "client/without-bytes": client("orders:read", issuer=OMIT, certificates=[_zeros(0)]),
        "client/writer": client("orders:read", "orders:write"),
    }


REST_ROUTES: dict[str, Any] = {
    "ANY /": {"any_client": True, "credentials": ["jwt"]},
    "ANY /orders": any_of(["orders:read"]),
    "ANY /{proxy+}": any_of(["orders:read"]),
    "DELETE /orders/{id}": any_of(["orders:refund"]),
    "GET /odd/*/$x": any_of(["orders:read"]),
    "GET /orders/{id}": any_of(["orders:read"]),
    "GET /orders/{id}/lines/{line}": any_of(["orders:read"]),
    "GET /terminal": any_of(["orders:read"], credentials=("api_key", "certificate")),
    "POST /orders": any_of(["orders:write"]),
}


@cache
def _entities(api: str) -> tuple[tuple[str, str], ...]:
    routes = ROUTES if api == "http" else REST_ROUTES
    whole = {**SCOPES, **_issuers(), **_clients(), "gateway/orders/orders": gateway(routes, api=api)}
    if api == "none":
        del whole["gateway/orders/orders"]
    written = {key: canonical(value) for key, value in sorted(whole.items())}
    # Canonical is the publisher's duty: a follower reads any strict JSON of the right shape.
    unsorted = '{"scopes":{"orders:write":{},"orders:read":{},"orders:admin":{}},"issuer":"workforce","state":"active"}'
    return tuple(sorted((written | {"client/unsorted": unsorted}).items()))


def views() -> dict[str, Any]:
    """The policies that cases name: `http` and `rest` are the same policy on both kinds, `none` lacks the gateway."""
    return {
        api: {
            "gateway": "orders/orders",
            "position": {"epoch": 1, "revision": 42, "digest": "5c" * 32},
            "entities": dict(_entities(api)),
        }
        for api in ("http", "rest", "none")
    }
