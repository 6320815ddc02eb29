"""Random policies of one gateway: small pools of names, so that entities meet each other, and every edge of a time."""

from __future__ import annotations

import hashlib
from typing import Any

from contract.vectorgen.families._tokens import AUDIENCE, NOW, PARTNERS, WORKFORCE, certificate, jwk, secret, thumbprint
from tests.differential.randomness import Dice

GATEWAY = "orders/orders"
SCOPES = ("orders:read", "orders:write", "orders:refund", "orders:admin", "a")
CLIENTS = ("reader", "writer", "constructor", "toString", "a.b", "Reader")
ISSUERS = {"workforce": WORKFORCE, "partners": PARTNERS, "twin": PARTNERS, "slash": WORKFORCE[:-1]}
PRESENT = {"workforce": 0.95, "partners": 0.8, "twin": 0.15, "slash": 0.3}
API_KEYS = ("constructor", "nightly", "k-1", "K_1", "k-2", "k-3", "k-4", "k-5", "k-6", "k-7", "k-8")
CERTIFICATES = tuple(range(1, 12))
THUMBPRINTS = {serial: thumbprint(certificate(serial)) for serial in CERTIFICATES}
CLAIMS = ("client_id", "azp", "sub", "scope", "scp", "constructor", "__proto__")
AUDIENCES = (AUDIENCE, "urn:example:orders", AUDIENCE + "/", AUDIENCE.upper())
ADDRESSES = ("192.0.2.0/24", "192.0.2.10/32", "0.0.0.0/0", "::/0", "2001:db8::/32", "2001:db8:7::/48", "::1/128")

# Keys by name: algorithm and the test key that holds the private half.
KEYS = {
    "ed": ("EdDSA", "issuer-ed25519"),
    "ed-2": ("EdDSA", "other-ed25519"),
    "es": ("ES256", "issuer-p256"),
    "rs": ("RS256", "issuer-rsa"),
    "ps": ("PS256", "issuer-rsa"),
    "weak": ("RS256", "weak-rsa"),
    "constructor": ("EdDSA", "issuer-ed25519"),
}

ROUTES = (
    "GET /orders",
    "POST /orders",
    "GET /orders/{id}",
    "ANY /orders/{id}",
    "GET /orders/{id}/items/{item}",
    "GET /files/{proxy+}",
    "ANY /files/{proxy+}",
    "GET /files/readme",
    "GET /files/private/{name}",
    "GET /Files/Readme",
    "GET /files/a/{rest+}",
    "ANY /{all+}",
    "$default",
    "GET /",
    "GET /any",
    "ANY /any",
)


def a_policy(dice: Dice) -> dict[str, Any]:
    """Entities by key, as objects; now and then without one that others name."""
    entities: dict[str, Any] = {f"gateway/{GATEWAY}": _gateway(dice)}
    entities |= {f"scope/{name}": _scope(dice) for name in SCOPES if dice.chance(0.9)}
    entities |= {f"issuer/{name}": _issuer(dice, url) for name, url in ISSUERS.items() if dice.chance(PRESENT[name])}
    entities |= {f"client/{name}": _client(dice) for name in CLIENTS if dice.chance(0.8)}
    if dice.chance(0.03):
        del entities[f"gateway/{GATEWAY}"]
    return entities


def _gateway(dice: Dice) -> dict[str, Any]:
    routes = {key: _route(dice) for key in dice.some(ROUTES, 9) or [ROUTES[0]]}
    if dice.chance(0.3):
        # Whether one route shadows another depends on what exactly differs between their demands.
        model = {"any_of": [["orders:read"]], "credentials": ["jwt"]}
        routes |= {
            key: model | {"claims": {"level": dice.one((1, 1, True, "1"))}} for key in dice.some(tuple(routes), 3)
        }
    return {
        "api": dice.one(("http", "rest")),
        "audience": sorted(set(dice.some(AUDIENCES, 2)) | {AUDIENCE}),
        "policy": dice.one(("follow", "follow", "floor_only")),
        "max_staleness": 2,
        "deny_after": dice.one((0, 1, 60)),
        "result_ttl": 0,
        "routes": routes,
    }


def _route(dice: Dice) -> dict[str, Any]:
    if dice.chance(0.05):
        return {"public": True}
    demand: dict[str, Any] = {"any_client": True}
    if dice.chance(0.85):
        sets = [sorted(dice.some(SCOPES, 2)) or ["orders:read"] for _ in range(dice.one((1, 1, 2, 3)))]
        demand = {"any_of": sorted({tuple(one) for one in sets})}
    kinds = sorted({*dice.some(("api_key", "certificate", "jwt"), 2), dice.one(("jwt", "jwt", "jwt", "api_key"))})
    claims = {name: dice.one(("acme", 3, True, 1, False, 0)) for name in dice.some(("tenant", "level", "sub"), 2)}
    return demand | {"credentials": kinds} | ({"claims": claims} if claims and dice.chance(0.3) else {})


def _scope(dice: Dice) -> dict[str, Any]:
    state = dice.one(("active", "active", "active", "active", "revoked"))
    return {"state": state, "when_stale": dice.one(("serve", "check", "deny"))}


def _issuer(dice: Dice, url: str) -> dict[str, Any]:
    usual = dice.chance(0.8)
    return {
        "issuer": url,
        "typ": dice.one((["at+jwt"], ["JWT", "application/at+jwt"], ["AT+JWT"], ["a/b"], ["application/a/b"])),
        "scope_claim": "scope" if usual else dice.one(CLAIMS),
        "client_id_claim": "client_id" if usual else dice.one(CLAIMS),
        "clock_skew": dice.one((0, 30)),
        "max_lifetime": dice.one((600, 3600, 0)),
        "keys": {name: _key(dice, *KEYS[name]) for name in sorted({"ed", *dice.some(tuple(KEYS), 4)})},
    }


def _key(dice: Dice, alg: str, name: str) -> dict[str, Any]:
    public = jwk(name)
    if dice.chance(0.05):
        member = dice.one([member for member in public if member not in ("kty", "crv")])
        at = dice.random.randrange(len(public[member]))
        public = public | {member: public[member][:at] + dice.one("AQg8_-") + public[member][at + 1 :]}
    key = {"alg": alg, "jwk": public, "state": dice.one(("active", "active", "active", "retiring", "next", "revoked"))}
    return key | ({"not_after": dice.near(NOW)} if dice.chance(0.2) else {})


def _client(dice: Dice) -> dict[str, Any]:
    client: dict[str, Any] = {"state": dice.one(("active", "active", "active", "active", "suspended"))}
    if dice.chance(0.85):
        client["issuer"] = dice.one(("workforce", "workforce", "workforce", "partners", "twin", "slash", "nobody"))
    grants = {name: {"until": dice.near(NOW)} if dice.chance(0.15) else {} for name in dice.some(SCOPES, 4)}
    if grants:
        client["scopes"] = grants
    if dice.chance(0.15):
        client["tokens_not_before"] = dice.near(NOW - 60)
    for member, names in (("denied_jti", ("token-1", "token-2")), ("denied_sub", ("user-1", "user-2"))):
        if dice.chance(0.15):
            client[member] = {dice.one(names): dice.near(NOW)}
    if dice.chance(0.25):
        client["addresses"] = sorted(dice.some(ADDRESSES, 2)) or ["192.0.2.0/24"]
    if dice.chance(0.5):
        ids = dice.some(API_KEYS, 2) or ["nightly"]
        digests = {one: hashlib.sha256(secret(one).encode()).hexdigest() for one in ids}
        client["api_keys"] = {
            one: {"sha256": hexed, "expires": dice.near(NOW) if dice.chance(0.2) else NOW + 86400}
            for one, hexed in digests.items()
        }
    if dice.chance(0.5):
        serials = dice.some(CERTIFICATES, 2) or [1]
        client["certificates"] = sorted(THUMBPRINTS[one] for one in serials)
    return client
