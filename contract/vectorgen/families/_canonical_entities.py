"""Entity values: every form that is accepted, and every restriction that a lenient reader would miss."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import rfc8785
from contract.vectorgen.cases import Case
from contract.vectorgen.families._records import b64
from contract.vectorgen.keys import spki

Json = dict[str, Any]


def _url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


_POINT = spki("publish-b")[-64:]
ES256 = {"kty": "EC", "crv": "P-256", "x": _url(_POINT[:32]), "y": _url(_POINT[32:])}
EDDSA = {"kty": "OKP", "crv": "Ed25519", "x": _url(spki("publish-a")[-32:])}
RSA = {"kty": "RSA", "n": _url(bytes([0xC1]) + bytes(range(255))), "e": "AQAB"}

ISSUER: Json = {
    "issuer": "https://login.example.com/",
    "typ": ["at+jwt"],
    "scope_claim": "scope",
    "client_id_claim": "client_id",
    "clock_skew": 30,
    "max_lifetime": 3600,
    "keys": {"2026-10": {"alg": "ES256", "jwk": ES256, "state": "active"}},
}
SCOPE: Json = {"state": "active", "when_stale": "check"}
CLIENT: Json = {"state": "active", "issuer": "workforce", "scopes": {"orders:read": {}}}
ROUTE: Json = {"any_of": [["orders:read"]], "credentials": ["jwt"]}
GATEWAY: Json = {
    "api": "http",
    "audience": ["https://api.example.com/orders"],
    "policy": "follow",
    "max_staleness": 2,
    "deny_after": 60,
    "result_ttl": 0,
    "routes": {"GET /orders": ROUTE},
}
DIGEST, THUMBPRINT = "ab" * 32, "A" * 43
_KEYS = {
    "issuer": "issuer/workforce",
    "scope": "scope/orders:read",
    "client": "client/web-shop",
    "gateway": "gateway/orders/orders",
}
_PLAIN = {"issuer": ISSUER, "scope": SCOPE, "client": CLIENT, "gateway": GATEWAY}


def cases() -> Iterator[Case]:
    """Accepted values first, then refused ones by kind."""
    for kind, name, comment, value in _accepted():
        yield _case(name, comment, _KEYS[kind], value, None)
    for kind, name, comment, value in [
        *_refused_issuers(),
        *_refused_scopes(),
        *_refused_clients(),
        *_refused_gateways(),
    ]:
        yield _case(name, comment, _KEYS[kind], value, f"{kind}-value")
    for name, comment, key, kind in _refused_keys():
        yield _case(name, comment, key, _PLAIN[kind], f"{kind}-value")


def _case(name: str, comment: str, key: str, value: Json | str, neighbour: str | None) -> Case:
    text = value if isinstance(value, str) else rfc8785.dumps(value).decode()
    expect = {"outcome": "malformed"} if neighbour else {"outcome": "accepted", "canonical": b64(text.encode())}
    return Case(
        name,
        comment,
        {"operation": "read_entity", "key": key, "value": text},
        expect,
        {"log": "Entities"},
        neighbour,
        "entities",
    )


def _accepted() -> Iterator[tuple[str, str, str, Json | str]]:
    yield "issuer", "issuer-value", "an issuer with one active key is read", ISSUER
    keys = {
        "rsa": {"alg": "RS256", "jwk": RSA, "state": "retiring", "not_after": 1798761600},
        "pss": {"alg": "PS256", "jwk": RSA, "state": "next"},
        "ed": {"alg": "EdDSA", "jwk": EDDSA, "state": "revoked"},
        "__proto__": {"alg": "ES256", "jwk": ES256, "state": "active"},
    }
    yield (
        "issuer",
        "issuer-with-every-key",
        "keys of every algorithm and state stand side by side",
        ISSUER | {"keys": keys},
    )
    yield (
        "issuer",
        "issuer-with-two-types",
        "an issuer may use several token types",
        ISSUER | {"typ": ["JWT", "at+jwt"]},
    )
    yield "scope", "scope-value", "an active scope is read", SCOPE
    yield (
        "scope",
        "scope-revoked",
        "a revoked scope stays on the log as revoked",
        {"state": "revoked", "when_stale": "deny"},
    )
    yield "client", "client-value", "a client with one scope is read", CLIENT
    yield "client", "client-with-nothing", "a client that has only a state holds nothing", {"state": "suspended"}
    full = CLIENT | {
        "scopes": {"orders:read": {}, "orders:refund": {"until": 1798761600}},
        "tokens_not_before": 1790000000,
        "denied_jti": {"abc": 1790003600},
        "denied_sub": {"user-7": 1790003600},
        "addresses": ["192.0.2.0/24", "2001:db8::/32"],
        "api_keys": {"k1": {"sha256": DIGEST, "expires": 1798761600}},
        "certificates": [THUMBPRINT],
    }
    yield "client", "client-with-everything", "every member of a client is read", full
    yield "gateway", "gateway-value", "a gateway with one route is read", GATEWAY
    routes = {
        "GET /health": {"public": True},
        "GET /me": {"any_client": True, "credentials": ["jwt"]},
        "POST /orders": {
            "any_of": [["orders:admin", "orders:read"], ["orders:write"]],
            "credentials": ["api_key", "certificate", "jwt"],
            "claims": {"level": 2, "tenant": "acme", "verified": True},
        },
        "ANY /files/{proxy+}": ROUTE,
        "$default": ROUTE,
    }
    yield "gateway", "gateway-with-every-route", "every kind of route is read", GATEWAY | {"routes": routes}
    yield "gateway", "gateway-without-routes", "a gateway may have no routes yet", GATEWAY | {"routes": {}}
    rest = {"api": "rest", "policy": "floor_only", "audience": ["a", "b"]}
    yield "gateway", "gateway-rest", "a REST gateway that serves from its floor is read", GATEWAY | rest


def _refused_issuers() -> Iterator[tuple[str, str, str, Json | str]]:
    def key(**other: Any) -> Json:
        return ISSUER | {"keys": {"2026-10": ISSUER["keys"]["2026-10"] | other}}

    def jwk(base: Json, alg: str = "ES256", **other: Any) -> Json:
        return key(alg=alg, jwk=base | other)

    private = {"d": _url(bytes(32))}
    yield "issuer", "issuer-without-keys", "an issuer without any key signs nothing", ISSUER | {"keys": {}}
    yield "issuer", "issuer-without-types", "an issuer names its token types", ISSUER | {"typ": []}
    yield "issuer", "issuer-with-type-as-text", "token types are a list", ISSUER | {"typ": "at+jwt"}
    yield "issuer", "issuer-with-an-empty-name", "an empty issuer equals nothing", ISSUER | {"issuer": ""}
    yield (
        "issuer",
        "issuer-with-a-line-feed",
        "an issuer is one line of visible ASCII",
        ISSUER | {"issuer": "https://a/\n"},
    )
    yield "issuer", "issuer-with-negative-skew", "clock skew is counted from 0", ISSUER | {"clock_skew": -1}
    yield "issuer", "issuer-with-skew-as-text", "clock skew is a number", ISSUER | {"clock_skew": "30"}
    yield (
        "issuer",
        "issuer-with-unknown-member",
        "an unknown member of an issuer is not skipped",
        ISSUER | {"jwks_uri": "x"},
    )
    yield (
        "issuer",
        "key-of-no-algorithm",
        "a key names its algorithm",
        ISSUER | {"keys": {"k": {"jwk": ES256, "state": "active"}}},
    )
    yield "issuer", "key-of-hmac", "a symmetric algorithm is none that a key can have", key(alg="HS256")
    yield "issuer", "key-of-alg-none", "none is no algorithm", key(alg="none")
    yield "issuer", "key-of-alg-in-lower-case", "algorithms are compared byte for byte", key(alg="es256")
    yield "issuer", "key-of-es384", "an algorithm outside the four is refused", key(alg="ES384")
    yield "issuer", "key-of-unknown-state", "a key of unknown state is not taken for active", key(state="enabled")
    yield "issuer", "key-with-a-fraction-of-time", "not_after is a whole second", json.dumps(key(not_after=1.5))
    yield "issuer", "jwk-with-a-private-member", "a private key has no place in a policy", jwk(ES256 | private)
    yield "issuer", "jwk-of-another-type", "the key type belongs to the algorithm", jwk(EDDSA)
    yield "issuer", "jwk-of-another-curve", "the curve belongs to the algorithm", jwk(ES256, crv="P-384")
    yield "issuer", "jwk-without-y", "a point has two coordinates", jwk({n: v for n, v in ES256.items() if n != "y"})
    yield (
        "issuer",
        "jwk-symmetric",
        "a symmetric key has no place in a policy",
        key(alg="RS256", jwk={"kty": "oct", "k": "c2VjcmV0"}),
    )
    yield "issuer", "jwk-with-a-key-id", "the key id stands outside of the JWK, once", jwk(ES256, kid="2026-10")
    yield "issuer", "jwk-with-padding", "JWK numbers are base64url without padding", jwk(RSA, "RS256", e="AQAB==")


def _refused_scopes() -> Iterator[tuple[str, str, str, Json | str]]:
    yield "scope", "scope-without-state", "a scope says whether it is active", {"when_stale": "check"}
    yield "scope", "scope-without-when-stale", "a scope says what holds when the policy is stale", {"state": "active"}
    yield (
        "scope",
        "scope-suspended",
        "a scope is active or revoked, and suspended is a client's word",
        SCOPE | {"state": "suspended"},
    )
    yield "scope", "scope-state-true", "true is no state of a scope", SCOPE | {"state": True}
    yield "scope", "scope-state-as-list", "a list of states is no state", SCOPE | {"state": ["active"]}
    yield (
        "scope",
        "scope-when-stale-unknown",
        "an unknown when_stale is not taken for serve",
        SCOPE | {"when_stale": "allow"},
    )
    yield "scope", "scope-with-unknown-member", "an unknown member of a scope is not skipped", SCOPE | {"risk": "low"}
    yield "scope", "scope-as-array", "a scope is an object", '["active","check"]'
    yield (
        "scope",
        "scope-name-twice",
        "a member that comes twice has two values",
        '{"state":"active","state":"revoked","when_stale":"deny"}',
    )
    yield "scope", "scope-with-more-after", "nothing follows a value", '{"state":"active","when_stale":"check"}{}'
    yield "scope", "scope-of-no-text", "a value of no text is no JSON", ""


def _refused_clients() -> Iterator[tuple[str, str, str, Json | str]]:
    api_key = {"sha256": DIGEST, "expires": 1798761600}
    yield "client", "client-without-state", "a client has a state", {"scopes": {}}
    yield (
        "client",
        "client-revoked",
        "a client is active or suspended, and revoked is a scope's word",
        CLIENT | {"state": "revoked"},
    )
    yield "client", "client-with-null-issuer", "a client without issuer leaves it out", CLIENT | {"issuer": None}
    yield (
        "client",
        "client-with-issuer-url",
        "a client names its issuer by the policy's name",
        CLIENT | {"issuer": "https://login.example.com/"},
    )
    yield "client", "client-with-no-scopes", "an empty map of scopes is left out", CLIENT | {"scopes": {}}
    yield (
        "client",
        "client-with-scopes-as-list",
        "scopes are a map, since a grant can end",
        CLIENT | {"scopes": ["orders:read"]},
    )
    yield "client", "client-with-scope-true", "a grant is an object", CLIENT | {"scopes": {"orders:read": True}}
    yield (
        "client",
        "grant-with-an-unknown-limit",
        "an unknown limit of a grant is not skipped",
        CLIENT | {"scopes": {"orders:read": {"from": 1}}},
    )
    yield (
        "client",
        "grant-until-text",
        "the end of a grant is a number of seconds",
        CLIENT | {"scopes": {"orders:read": {"until": "2027"}}},
    )
    yield (
        "client",
        "grant-of-two-scopes",
        "a scope is one token without blanks",
        CLIENT | {"scopes": {"orders:read orders:write": {}}},
    )
    yield "client", "client-with-negative-time", "no token was issued before 1970", CLIENT | {"tokens_not_before": -1}
    yield "client", "denied-without-end", "a denial ends at some second", CLIENT | {"denied_jti": {"abc": None}}
    yield (
        "client",
        "addresses-empty",
        "an empty list of addresses is left out, since it could mean all or none",
        CLIENT | {"addresses": []},
    )
    yield "client", "address-without-length", "an address range has its length", CLIENT | {"addresses": ["192.0.2.1"]}
    yield (
        "client",
        "address-with-host-bits",
        "a range begins at its first address",
        CLIENT | {"addresses": ["192.0.2.1/24"]},
    )
    yield (
        "client",
        "address-with-a-mask",
        "a range's length is a number of bits",
        CLIENT | {"addresses": ["192.0.2.0/255.255.255.0"]},
    )
    yield (
        "client",
        "address-with-leading-zeros",
        "an address has one spelling",
        CLIENT | {"addresses": ["192.000.2.0/24"]},
    )
    yield (
        "client",
        "address-in-long-form",
        "an IPv6 address has one spelling",
        CLIENT | {"addresses": ["2001:0db8::/32"]},
    )
    yield (
        "client",
        "address-in-upper-case",
        "an IPv6 address is written in lower case",
        CLIENT | {"addresses": ["2001:DB8::/32"]},
    )
    yield (
        "client",
        "address-with-a-zone",
        "a zone means nothing to another host",
        CLIENT | {"addresses": ["fe80::%eth0/64"]},
    )
    yield (
        "client",
        "address-of-ipv4-in-ipv6",
        "an IPv4 range in IPv6 form has a different spelling in each library and matches no caller",
        CLIENT | {"addresses": ["::ffff:c000:200/120"]},
    )
    yield (
        "client",
        "address-in-other-digits",
        "digits of another script are none",
        CLIENT | {"addresses": ["192.0.2.\u0660/24"]},
    )
    yield (
        "client",
        "api-key-without-end",
        "an API key ends at some second",
        CLIENT | {"api_keys": {"k1": {"sha256": DIGEST}}},
    )
    yield (
        "client",
        "api-key-in-clear",
        "an API key is only there as its digest",
        CLIENT | {"api_keys": {"k1": api_key | {"key": "secret"}}},
    )
    yield (
        "client",
        "api-key-digest-in-capitals",
        "digests are lowercase hex",
        CLIENT | {"api_keys": {"k1": api_key | {"sha256": DIGEST.upper()}}},
    )
    yield (
        "client",
        "api-key-id-with-a-dot",
        "an API key's id holds no dot, which ends it",
        CLIENT | {"api_keys": {"k.1": api_key}},
    )
    yield (
        "client",
        "certificate-in-hex",
        "a certificate's thumbprint is base64url of 32 bytes",
        CLIENT | {"certificates": ["ab" * 32]},
    )
    yield (
        "client",
        "certificate-with-padding",
        "a thumbprint has no padding",
        CLIENT | {"certificates": [THUMBPRINT + "="]},
    )
    yield (
        "client",
        "client-with-unknown-member",
        "an unknown restriction of a client is not skipped",
        CLIENT | {"environments": ["staging"]},
    )


def _refused_gateways() -> Iterator[tuple[str, str, str, Json | str]]:
    def route(**other: Any) -> Json:
        return GATEWAY | {"routes": {"GET /orders": ROUTE | other}}

    def bare(value: Any) -> Json:
        return GATEWAY | {"routes": {"GET /orders": value}}

    def keyed(key: str) -> Json:
        return GATEWAY | {"routes": {key: ROUTE}}

    yield "gateway", "gateway-without-audience", "a gateway has an audience", GATEWAY | {"audience": []}
    yield (
        "gateway",
        "gateway-with-audience-as-text",
        "audiences are a list",
        GATEWAY | {"audience": "https://api.example.com/orders"},
    )
    yield "gateway", "gateway-of-websocket", "a WebSocket API is none of the two kinds", GATEWAY | {"api": "websocket"}
    yield (
        "gateway",
        "gateway-with-unknown-policy",
        "an unknown way of following is not taken for follow",
        GATEWAY | {"policy": "off"},
    )
    yield "gateway", "gateway-with-deny-after-null", "deny_after is always there", GATEWAY | {"deny_after": None}
    yield (
        "gateway",
        "gateway-with-unknown-member",
        "an unknown restriction of a gateway is not skipped",
        GATEWAY | {"waf": True},
    )
    yield "gateway", "route-of-nothing", "a route that demands nothing is not public by omission", bare({})
    yield (
        "gateway",
        "route-with-credentials-only",
        "a route that names only credentials does not say for whom it is",
        bare({"credentials": ["jwt"]}),
    )
    yield "gateway", "route-public-and-scopes", "a route is public or has scopes, not both", route(public=True)
    yield "gateway", "route-public-false", "public is written as true or not at all", bare({"public": False})
    yield (
        "gateway",
        "route-public-with-credentials",
        "a public route asks for no credentials",
        bare({"public": True, "credentials": ["jwt"]}),
    )
    yield (
        "gateway",
        "route-any-client-and-scopes",
        "a route is for any client or has scopes, not both",
        route(any_client=True),
    )
    yield (
        "gateway",
        "route-any-client-false",
        "any_client is written as true or not at all",
        bare({"any_client": False, "credentials": ["jwt"]}),
    )
    yield "gateway", "route-any-of-nothing", "no set at all is never satisfied", route(any_of=[])
    yield "gateway", "route-any-of-an-empty-set", "an empty set is satisfied by everybody", route(any_of=[[]])
    yield "gateway", "route-any-of-text", "a set of scopes is a list", route(any_of=["orders:read"])
    yield (
        "gateway",
        "route-without-credentials",
        "a route says which credentials it takes",
        bare({"any_of": [["orders:read"]]}),
    )
    yield "gateway", "route-with-no-credentials", "an empty list of credentials lets nobody in", route(credentials=[])
    yield (
        "gateway",
        "route-with-unknown-credentials",
        "an unknown kind of credential is not skipped",
        route(credentials=["basic", "jwt"]),
    )
    yield "gateway", "route-with-empty-claims", "an empty map of claims is left out", route(claims={})
    yield "gateway", "route-with-a-claim-as-list", "a claim equals a constant", route(claims={"tenant": ["acme"]})
    yield (
        "gateway",
        "route-with-a-null-claim",
        "a claim that equals null would be one that is missing",
        route(claims={"tenant": None}),
    )
    yield (
        "gateway",
        "route-with-unknown-member",
        "an unknown restriction of a route is not skipped",
        route(throttle={"rate": 1}),
    )
    yield "gateway", "route-key-in-lower-case", "methods are written in capitals", keyed("get /orders")
    yield "gateway", "route-key-without-path", "a route key has method and path", keyed("GET")
    yield "gateway", "route-key-with-two-blanks", "one blank stands between method and path", keyed("GET  /orders")
    yield "gateway", "route-key-with-a-blank-in-its-path", "a path holds no blank", keyed("GET /my orders")
    yield "gateway", "route-key-with-unknown-method", "a method outside API Gateway's is none", keyed("TRACE /orders")
    yield "gateway", "route-key-with-a-line-feed", "a route key is matched to its very end", keyed("GET /orders\n")


def _refused_keys() -> Iterator[tuple[str, str, str, str]]:
    yield "entity-key-of-unknown-kind", "a kind that a reader does not know is not skipped", "team/orders", "scope"
    yield "entity-key-of-a-hold", "a hold is no entity before its feature is known", "hold/scope/orders:read", "scope"
    yield "entity-key-empty", "an empty key names nothing", "", "scope"
    yield "entity-key-issuer-in-capitals", "an issuer's name is lowercase", "issuer/Workforce", "issuer"
    yield "entity-key-issuer-ending-in-a-hyphen", "a name does not end in a hyphen", "issuer/workforce-", "issuer"
    yield "entity-key-scope-with-a-quote", "a scope token holds no quote", 'scope/orders"read', "scope"
    yield "entity-key-scope-with-a-backslash", "a scope token holds no backslash", "scope/orders\\read", "scope"
    yield "entity-key-client-with-a-slash", "a client id holds no slash", "client/web/shop", "client"
    yield "entity-key-client-too-long", "a client id has at most 128 characters", "client/" + "a" * 129, "client"
    yield "entity-key-gateway-of-a-client", "a value is read by the kind of its key", "gateway/orders/orders", "client"
