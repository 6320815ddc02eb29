"""Random requests under a policy: most are valid in all but one or two respects, so that every step is reached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from contract.vectorgen import keys
from contract.vectorgen.families._events import http_event, rest_event
from contract.vectorgen.families._tokens import (
    AUDIENCE,
    NOW,
    WORKFORCE,
    b64,
    certificate,
    raw_signature,
    secret,
)
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from tests.differential.policies import (
    API_KEYS,
    AUDIENCES,
    CERTIFICATES,
    CLIENTS,
    ISSUERS,
    KEYS,
    ROUTES,
    SCOPES,
    THUMBPRINTS,
)
from tests.differential.randomness import ANYTHING, Dice, with_duplicates

SEGMENTS = (
    *("5", "a", "readme", "private", "x.y", "a%20b", "%2e%2e", "..", ".", "...", "%2F", "a;b", "..;x", "%00", "%5c"),
    *("\\", "\u2024", "\uff0e\uff0e", "%ef%bb%bf", "%ff", "%e2%82%ac", "%25", "%252e", "", "README", "Private", "a?b"),
    *("a#b", "live", "%7f", "\x7f", "\u00e9", "%C3%A9", "%c0%ae", "\u2215", "%E2%88%95", "%3b", "%", "%4", "\u017f"),
)
IPS = (
    *("192.0.2.10", "192.0.3.1", "2001:db8:7::1", "::1", "::ffff:192.0.2.10", "2001:0DB8::0007", "1:2:3:4:5:6:7::"),
    *("192.0.2.010", "192.0.2", "192.0.2.10 ", "fe80::1%1", "::1.2.3.4", "2001:db8:::1", "12345::", "", "\uff11.0.0.1"),
)
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def a_case(dice: Dice, policy: Mapping[str, Any]) -> dict[str, Any]:
    """The `given` of a decide vector, without the name of its view."""
    now = NOW + dice.one((0, 0, 0, 0, 1, -1))
    gateway = policy.get("gateway/orders/orders", {"api": "http", "routes": {}})
    declared = sorted(gateway["routes"]) or [ROUTES[0]]
    route = dice.one(declared) if dice.chance(0.95) else dice.one((*ROUTES, "GET", "", "__proto__", "GET /Orders"))
    api = gateway["api"] if dice.chance(0.97) else dice.one(("http", "rest"))
    event = _event(dice, api, route, policy, now)
    if dice.chance(0.15):
        event = dice.replaced(event)
    state = dice.one(("fresh", "fresh", "stale", "floor"))
    freshness = {"state": state, "read_failed": dice.chance(0.5)}
    if state != "floor" or dice.chance(0.1):
        freshness["age"] = dice.one((0, 1, 2, 59, 60, 61, 100_000))
    return {"event": event, "now": now, "freshness": freshness}


def _event(dice: Dice, api: str, route: str, policy: Mapping[str, Any], now: int) -> dict[str, Any]:
    declared = policy.get("gateway/orders/orders", {"routes": {}})["routes"]
    catch_all = route == "$default" or route.endswith("+}")
    # To a catch-all what reads as another route is sent, in the spellings that lenient back ends take for it.
    template = dice.one(sorted(declared)) if catch_all and declared and dice.chance(0.4) else route
    members: dict[str, Any] = {"path": _path(dice, template), "ip": dice.one(IPS) if dice.chance(0.3) else "192.0.2.10"}
    if dice.chance(0.1):
        members["parameters"] = {name: dice.one(SEGMENTS) for name in dice.some(("id", "proxy", "name"), 2)}
    kinds = declared.get(route, {}).get("credentials", ["jwt"])
    wanted = dice.one(kinds)
    if dice.chance(0.95 if wanted == "certificate" else 0.15):
        pem = certificate(_listed(dice, policy))
        members["pem"] = dice.mutated(pem) if dice.chance(0.2) else pem
    headers: dict[str, list[str]] = {}
    if dice.chance(0.95 if wanted == "jwt" else 0.05):
        value = f"Bearer {a_token(dice, policy, now)}"
        headers[dice.one(("authorization", "Authorization", "AUTHORIZATION"))] = [
            dice.mutated(value[:9]) + value[9:] if dice.chance(0.05) else value
        ]
    if dice.chance(0.95 if wanted == "api_key" else 0.05):
        known = [name for value in policy.values() for name in value.get("api_keys", ())]
        value = secret(dice.one(known if known and dice.chance(0.9) else API_KEYS))
        headers[dice.one(("x-api-key", "X-API-Key"))] = [dice.mutated(value) if dice.chance(0.2) else value]
    if headers and dice.chance(0.05):
        name = dice.one(sorted(headers))
        headers[name] = headers[name] * 2 if dice.chance(0.5) else [f"{headers[name][0]},x"]
    if dice.chance(0.1):
        value = TRACEPARENT if dice.chance(0.5) else dice.mutated(TRACEPARENT)
        headers[dice.one(("traceparent", "TraceParent"))] = [value] * dice.one((1, 1, 1, 2))
    method = dice.one(("GET", "POST", "get", "ANY", "PATCH")) if dice.chance(0.1) or route == "$default" else None
    if method is not None:
        members["method"] = method
    if api == "http":
        members["headers"] = {name: values[-1] for name, values in headers.items()}
        event = http_event(route, **members)
        if dice.chance(0.3):
            event["requestContext"]["stage"] = dice.one(("live", "files", "orders"))
        return event
    event = rest_event(route, **members, headers=headers)
    if dice.chance(0.2):
        event["httpMethod"] = dice.one(("GET", "POST", "ANY"))
    if dice.chance(0.2):
        del event["multiValueHeaders"]
    if dice.chance(0.1):
        event["methodArn"] = dice.mutated(event["methodArn"])
    return event


def _listed(dice: Dice, policy: Mapping[str, Any]) -> int:
    listed = {one for value in policy.values() for one in value.get("certificates", ())}
    known = [serial for serial in CERTIFICATES if THUMBPRINTS[serial] in listed]
    return dice.one(known if known and dice.chance(0.9) else CERTIFICATES[:2])


def _path(dice: Dice, route: str) -> str:
    template = route.partition(" ")[2] or "/files/readme"
    segments: list[str] = []
    for segment in template[1:].split("/"):
        if segment.endswith("+}"):
            segments += [
                dice.one(SEGMENTS[:8]) if dice.chance(0.6) else dice.one(SEGMENTS)
                for _ in range(dice.one((1, 1, 2, 3)))
            ]
        elif segment.startswith("{"):
            segments.append(dice.one(SEGMENTS[:6] if dice.chance(0.9) else SEGMENTS))
        else:
            segments.append(segment if dice.chance(0.9) else dice.one((segment.upper(), segment.title())))
    prefix = [dice.one(("live", "base", "files"))] if dice.chance(0.15) else []
    path = "/" + "/".join(prefix + segments)
    return (
        dice.mutated(path)
        if dice.chance(0.05)
        else path + dice.one(("", "", "", "", "", "", "", "", "/", "/", "//", "?x"))
    )


# --- tokens -----------------------------------------------------------------------------------------------------------


def a_token(dice: Dice, policy: Mapping[str, Any], now: int) -> str:
    """A compact JWS; most verify, and the others fail at one of every step."""
    client = dice.one(CLIENTS)
    named = policy.get(f"client/{client}", {}).get("issuer") if dice.chance(0.9) else dice.one(tuple(ISSUERS))
    nobody = {"issuer": WORKFORCE, "keys": {}, "typ": ["at+jwt"]}
    issuer = policy.get(f"issuer/{named}", nobody)
    kid = dice.one(sorted(issuer["keys"]) or ["ed"])
    alg, key = KEYS[kid]
    head: dict[str, Any] = {"typ": dice.one(issuer["typ"]), "alg": alg, "kid": kid}
    body = _claims(dice, issuer, client, now)
    if dice.chance(0.1):
        head = _hostile_header(dice, head)
    if dice.chance(0.1):
        body = dice.replaced(body)
    header = with_duplicates(head, dice) if dice.chance(0.05) else _compact(head)
    claims = with_duplicates(body, dice) if dice.chance(0.08) else _compact(body)
    message = f"{b64(header)}.{b64(claims)}"
    signature = _signature(
        alg, key if dice.chance(0.97) else dice.one(("other-ed25519", "other-p256")), message.encode()
    )
    if dice.chance(0.05):
        signature = dice.mutated_bytes(signature)
    token = f"{message}.{b64(signature)}"
    return dice.mutated(token) if dice.chance(0.05) else token


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _claims(dice: Dice, issuer: Mapping[str, Any], client: str, now: int) -> dict[str, Any]:
    audiences = sorted({AUDIENCE, *dice.some(AUDIENCES, 2)})
    scopes = dice.some(SCOPES, 5) if dice.chance(0.5) else list(SCOPES)
    lifetime, skew = issuer.get("max_lifetime", 600), issuer.get("clock_skew", 30)
    begins, ends = (now + edge + dice.one((-1, 0, 0, 1)) for edge in (skew, -skew))
    issued = dice.one((begins, dice.near(now))) if dice.chance(0.1) else now - 60
    claims: dict[str, Any] = {
        "iss": issuer["issuer"],
        "aud": dice.one((AUDIENCE, AUDIENCE, audiences, audiences[0], [], ["x", AUDIENCE])),
        "sub": dice.one(("user-1", "user-2", "user-3")),
        "jti": dice.one(("token-1", "token-3", "token-4")),
        "iat": issued,
        "exp": dice.one((ends, ends, dice.near(now)))
        if dice.chance(0.15)
        else issued + dice.one((max(lifetime, 1), 300, lifetime + 1)),
    }
    claims[issuer.get("client_id_claim", "client_id")] = client
    claims[issuer.get("scope_claim", "scope")] = dice.one(
        (" ".join(scopes), " ".join(scopes), scopes, "  ".join(scopes))
    )
    if dice.chance(0.15):
        claims["nbf"] = dice.one((begins, dice.near(now)))
    if dice.chance(0.5):
        claims |= {"tenant": dice.one(("acme", "Acme", 1)), "level": dice.one((3, 3.0, "3", 1, True)), "staff": True}
    if dice.chance(0.15):
        claims["cnf"] = dice.one(({"x5t#S256": THUMBPRINTS[dice.one(CERTIFICATES)]}, *ANYTHING, {"jkt": "x"}))
    return claims


def _hostile_header(dice: Dice, head: dict[str, Any]) -> dict[str, Any]:
    changes: tuple[dict[str, Any], ...] = (
        {"alg": dice.one(("none", "HS256", "RS256", "PS256", "ES256", "EdDSA", "eddsa", "ES384", ""))},
        {"kid": dice.one((*KEYS, "", "__proto__", "nobody", 1, None, ["ed"]))},
        {"typ": dice.one(("at+jwt", "AT+JWT", "application/at+jwt", "APPLICATION/at+jwt", "jwt", "a/b"))},
        {"typ": dice.one(("application/a/b", "application/jwt", "application/application/jwt"))},
        {"typ": dice.one(("application/", "at+\u212awt", None, 1, ["at+jwt"], "application/application/at+jwt"))},
        {dice.one(("crit", "b64", "zip", "jwk", "jku", "x5u", "x5c", "cty", "__proto__")): dice.one(ANYTHING)},
    )
    changed = head | dice.one(changes)
    return dice.replaced(changed) if dice.chance(0.2) else changed


@lru_cache(maxsize=4096)
def _signature(alg: str, key: str, message: bytes) -> bytes:
    private = keys.private_key(key)
    if alg == "PS256" and isinstance(private, rsa.RSAPrivateKey):
        # The salt is random and decides nothing.
        return private.sign(message, padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size), SHA256())
    return raw_signature(key, message)
