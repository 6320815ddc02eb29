"""GF30x, GF31x and GF32x: issuers and their keys, clients, scopes."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from tests.support.breach import breach
from tests.support.policies import (
    BANK,
    CARRIER,
    EC_X,
    EC_Y,
    ED_X,
    KEY_DIGEST,
    PARTNERS,
    PRODUCTION,
    SCOPES,
    SHOP,
    STAGING,
    THUMBPRINT,
    WORKFORCE,
    Edit,
    edit,
)

PARTNERS_KEY = (
    "{alg: EdDSA, state: active, jwk: {kty: OKP, crv: Ed25519, x: _XN-pa7gulPvKoqHR7J0faf1resXt4znHiCPZWhMZWI}}"
)


def number(value: int) -> str:
    """A positive integer as a JWK member (RFC 7518 section 2, Base64urlUInt)."""
    return urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def encoded(data: bytes) -> str:
    """Bytes as a JWK member."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def partners_key(alg: str, jwk: str) -> Edit:
    """Another key of the issuer `partners`."""
    return edit(PARTNERS, PARTNERS_KEY, f"{{alg: {alg}, state: active, {jwk}}}")


def rsa(modulus: int, exponent: str = "AQAB") -> str:
    """An RSA JWK."""
    return f"jwk: {{kty: RSA, n: {number(modulus)}, e: {exponent}}}"


def ed25519(y: int) -> str:
    """An Ed25519 JWK with that y (and its sign bit in bit 255)."""
    return f"jwk: {{kty: OKP, crv: Ed25519, x: {encoded(y.to_bytes(32, 'little'))}}}"


P = 2**255 - 19
GOOD_RSA = 2**2047 + 1

BREACHES = (
    breach(
        "GF301",
        "an issuer with a retiring key alone",
        edit(WORKFORCE, "keys:", "»keys:"),
        edit(WORKFORCE, "alg: ES256, state: active", "alg: ES256, state: next"),
        passes=(
            edit(
                WORKFORCE,
                "alg: ES256, state: active, jwk",
                "alg: ES256, state: active, not_after: 2030-01-01T00:00:00Z, jwk",
            ),
        ),
    ),
    breach(
        "GF302",
        "a key listed twice",
        edit(
            WORKFORCE,
            "  old:",
            f"  again: {{alg: ES256, state: next, jwk: {{kty: EC, crv: P-256, x: {EC_X}, y: {EC_Y}}}}}\n  old:",
        ),
        edit(WORKFORCE, "state: active, jwk", "state: active, »jwk"),
    ),
    breach(
        "GF302",
        "a key of two issuers",
        partners_key("EdDSA", f"jwk: {{kty: OKP, crv: Ed25519, x: {ED_X}}}"),
        edit(WORKFORCE, "2027-01-31T00:00:00Z, jwk", "2027-01-31T00:00:00Z, »jwk"),
    ),
    breach(
        "GF303",
        "a retiring key that has ended",
        edit(WORKFORCE, "not_after: 2027-01-31T00:00:00Z", "»not_after: 2026-11-24T12:00:00Z"),
        passes=(edit(WORKFORCE, "not_after: 2027-01-31T00:00:00Z", "not_after: 2026-11-24T12:00:01Z"),),
    ),
    breach(
        "GF303",
        "an active key that has ended",
        edit(WORKFORCE, "alg: ES256, state: active, ", "alg: ES256, state: active, »not_after: 2025-01-01T00:00:00Z, "),
        passes=(
            edit(
                WORKFORCE, "alg: EdDSA, state: retiring, not_after: 2027", "alg: EdDSA, state: revoked, not_after: 2025"
            ),
        ),
    ),
    breach(
        "GF304",
        "a retiring key without an end",
        edit(WORKFORCE, "state: retiring, not_after: 2027-01-31T00:00:00Z, ", "»state: retiring, "),
        passes=(edit(WORKFORCE, "state: retiring, not_after: 2027-01-31T00:00:00Z, ", "state: revoked, "),),
    ),
    breach(
        "GF305",
        "an elliptic key for RS256",
        partners_key("RS256", f"»jwk: {{kty: EC, crv: P-256, x: {EC_X}, y: {EC_Y}}}"),
        also=("GF302",),
    ),
    breach(
        "GF305",
        "a P-256 key for EdDSA",
        partners_key("EdDSA", f"»jwk: {{kty: OKP, crv: P-256, x: {ED_X}}}"),
    ),
    breach("GF305", "an elliptic key without y", partners_key("ES256", f"»jwk: {{kty: EC, crv: P-256, x: {EC_X}}}")),
    breach(
        "GF305",
        "an RSA key with a coordinate",
        partners_key("PS256", f"»jwk: {{kty: RSA, n: {number(GOOD_RSA)}, e: AQAB, x: {ED_X}}}"),
        passes=(partners_key("PS256", rsa(GOOD_RSA)),),
    ),
    breach(
        "GF306",
        "an RSA key of 2,047 bits",
        partners_key("RS256", "»" + rsa(2**2046 + 1)),
        passes=(partners_key("RS256", rsa(GOOD_RSA)),),
    ),
    breach(
        "GF306",
        "an RSA key of 4,097 bits",
        partners_key("PS256", "»" + rsa(2**4096 + 1)),
        passes=(partners_key("PS256", rsa(2**4095 + 1)),),
    ),
    breach("GF306", "an even modulus", partners_key("RS256", "»" + rsa(2**2047 + 2))),
    breach("GF306", "an exponent of 3", partners_key("RS256", "»" + rsa(GOOD_RSA, "Aw"))),
    breach(
        "GF306",
        "a modulus with a leading zero byte",
        partners_key("RS256", f"»jwk: {{kty: RSA, n: {encoded(GOOD_RSA.to_bytes(257, 'big'))}, e: AQAB}}"),
    ),
    breach(
        "GF306",
        "a modulus that is no base64url",
        partners_key("RS256", f"»jwk: {{kty: RSA, n: {number(GOOD_RSA)[:-1]}, e: AQAB}}"),
    ),
    breach(
        "GF306",
        "a point that is not on P-256",
        partners_key("ES256", f"»jwk: {{kty: EC, crv: P-256, x: {EC_Y}, y: {EC_X}}}"),
        passes=(edit(WORKFORCE, "  new:", "  newer:"),),
    ),
    breach(
        "GF306",
        "a P-256 coordinate that is too short",
        partners_key("ES256", f"»jwk: {{kty: EC, crv: P-256, x: AQAB, y: {EC_Y}}}"),
    ),
    breach(
        "GF306",
        "an Ed25519 key of 31 bytes",
        partners_key("EdDSA", f"»jwk: {{kty: OKP, crv: Ed25519, x: {encoded(bytes(31))}}}"),
    ),
    breach("GF306", "the Ed25519 point (0, 1)", partners_key("EdDSA", "»" + ed25519(1))),
    breach("GF306", "an Ed25519 key of zeros", partners_key("EdDSA", "»" + ed25519(0))),
    breach("GF306", "an Ed25519 y beyond the field", partners_key("EdDSA", "»" + ed25519(P))),
    breach(
        "GF306",
        "an Ed25519 y that no point has",
        partners_key("EdDSA", "»" + ed25519(2)),
        passes=(partners_key("EdDSA", ed25519(3)),),
    ),
    breach("GF306", "the Ed25519 point (-0, 1)", partners_key("EdDSA", "»" + ed25519(1 + 2**255))),
    breach(
        "GF307",
        "an issuer URL of two issuers",
        edit(WORKFORCE, "issuer: https://login.example.com/", "issuer: https://partners.example.com/"),
        edit(PARTNERS, "issuer: https", "»issuer: https"),
        passes=(edit(WORKFORCE, "issuer: https://login.example.com/", "issuer: https://partners.example.com"),),
    ),
    breach(
        "GF307",
        "an issuer URL of two issuers, in one environment",
        edit(STAGING, "[workforce, partners]", "[workforce]"),
        edit(WORKFORCE, "issuer: https://login.example.com/", "issuer: https://partners.example.com/"),
        edit(PARTNERS, "issuer: https", "»issuer: https"),
        passes=(
            edit(STAGING, "[workforce, partners]", "[workforce]"),
            edit(PRODUCTION, "[workforce, partners]", "[partners]"),
            edit(WORKFORCE, "issuer: https://login.example.com/", "issuer: https://partners.example.com/"),
        ),
    ),
    breach(
        "GF308",
        "an issuer on localhost",
        edit(PARTNERS, "https://partners.example.com/", "http://localhost:8400/"),
        edit(STAGING, "[workforce, partners]", "[workforce, »partners]"),
        edit(PRODUCTION, "[workforce, partners]", "[workforce, »partners]"),
    ),
    breach(
        "GF308",
        "an issuer on 127.0.0.53",
        edit(PARTNERS, "https://partners.example.com/", "https://127.0.0.53/"),
        edit(STAGING, "[workforce, partners]", "[workforce, »partners]"),
        edit(PRODUCTION, "[workforce, partners]", "[workforce]"),
        passes=(edit(PARTNERS, "https://partners.example.com/", "https://198.51.100.53/"),),
    ),
    breach("GF309", "an issuer over plain http", edit(PARTNERS, "issuer: https://", "»issuer: http://")),
    breach(
        "GF309",
        "an issuer URL with a query",
        edit(PARTNERS, "issuer: https://partners.example.com/", "»issuer: https://partners.example.com/?tenant=1"),
        passes=(
            edit(PARTNERS, "issuer: https://partners.example.com/", "issuer: https://partners.example.com/tenant/1"),
        ),
    ),
    breach(
        "GF309",
        "an issuer URL with a user",
        edit(PARTNERS, "issuer: https://partners.example.com/", "»issuer: https://partners@example.com/"),
    ),
    breach(
        "GF309",
        "an issuer URL with an impossible port",
        edit(PARTNERS, "issuer: https://partners.example.com/", "»issuer: https://partners.example.com:99999/"),
        passes=(edit(PARTNERS, "issuer: https://partners.example.com/", "issuer: https://partners.example.com:8443/"),),
    ),
    breach(
        "GF310",
        "substitutes in staging",
        edit(STAGING, "revocation_slo", "»substitute_issuers: {partners: workforce}\nrevocation_slo"),
        passes=(edit(STAGING, "revocation_slo", "substitute_issuers: {}\nrevocation_slo"),),
    ),
    breach(
        "GF311",
        "an issuer whose keys are all revoked",
        edit(PARTNERS, "keys:", "»keys:"),
        edit(PARTNERS, "state: active", "state: revoked"),
    ),
    breach(
        "GF320",
        "scopes without a credential",
        edit(CARRIER, "scopes:", "»scopes:"),
        edit(CARRIER, f"api_keys:\n  carrier-1: {{sha256: {KEY_DIGEST}, expires: 2027-01-31T00:00:00Z}}\n", ""),
        passes=(
            edit(CARRIER, "scopes:", "state: suspended\nscopes:"),
            edit(CARRIER, f"api_keys:\n  carrier-1: {{sha256: {KEY_DIGEST}, expires: 2027-01-31T00:00:00Z}}\n", ""),
        ),
    ),
    breach(
        "GF321",
        "the id of an API key at two clients",
        edit(
            SHOP,
            "addresses",
            f"api_keys: {{»carrier-1: {{sha256: {'0' * 64}, expires: 2027-01-31T00:00:00Z}}}}\naddresses",
        ),
        passes=(
            edit(
                SHOP,
                "addresses",
                f"api_keys: {{shop-1: {{sha256: {'0' * 64}, expires: 2027-01-31T00:00:00Z}}}}\naddresses",
            ),
        ),
    ),
    breach(
        "GF321",
        "one API key under two ids",
        edit(
            SHOP,
            "addresses",
            f"api_keys: {{shop-1: {{»sha256: {KEY_DIGEST}, expires: 2027-01-31T00:00:00Z}}}}\naddresses",
        ),
    ),
    breach(
        "GF322",
        "a certificate of two clients",
        edit(SHOP, "addresses", f"certificates: {{»{THUMBPRINT}: {{}}}}\naddresses"),
        passes=(edit(SHOP, "addresses", "certificates: {SbnxRb7CCexKJBySKE0Cr1pBCZOVeLKDRI0IN4h-ZG0: {}}\naddresses"),),
    ),
    breach(
        "GF323",
        "an API key that has expired",
        edit(CARRIER, "expires: 2027-01-31T00:00:00Z", "»expires: 2026-11-24T12:00:00Z"),
        passes=(edit(CARRIER, "expires: 2027-01-31T00:00:00Z", "expires: 2026-11-24T12:00:01Z"),),
    ),
    breach(
        "GF324",
        "a grant that has ended",
        edit(SHOP, "{until: 2027-01-31T00:00:00Z}", "{»until: 2026-11-24T12:00:00Z}"),
        passes=(edit(SHOP, "{until: 2027-01-31T00:00:00Z}", "{until: 2026-11-24T12:00:01Z}"),),
    ),
    breach(
        "GF325",
        "tokens denied until tomorrow",
        edit(SHOP, "tokens_not_before: 2026-10-01T00:00:00Z", "»tokens_not_before: 2026-11-24T12:00:01Z"),
        passes=(edit(SHOP, "tokens_not_before: 2026-10-01T00:00:00Z", "tokens_not_before: 2026-11-24T12:00:00Z"),),
    ),
    breach(
        "GF326",
        "denied tokens of a client without any",
        edit(
            BANK,
            "scopes",
            "»denied: [{jti: abc, until: 2027-01-01T00:00:00Z}]\n»tokens_not_before: 2026-10-01T00:00:00Z\nscopes",
        ),
        passes=(edit(SHOP, "addresses", "denied: [{jti: abc, until: 2027-01-01T00:00:00Z}]\naddresses"),),
    ),
    breach(
        "GF327",
        "an address that is no network",
        edit(SHOP, "[192.0.2.0/24]", "[192.0.2.0/24, »192.0.2.256/32, »192.0.2.1/24]"),
        passes=(edit(SHOP, "[192.0.2.0/24]", '[192.0.2.0/24, "2001:db8::/32"]'),),
    ),
    breach(
        "GF328",
        "every address",
        edit(SHOP, "[192.0.2.0/24]", '[»0.0.0.0/0, »"::/0"]'),
        passes=(edit(SHOP, "[192.0.2.0/24]", '[128.0.0.0/1, "8000::/1"]'),),
    ),
    breach(
        "GF329",
        "a high-risk scope served on stale policy",
        edit(SCOPES, "owner: payments, risk: high", "owner: payments, risk: high, »when_stale: serve"),
        passes=(edit(SCOPES, "owner: payments, risk: high", "owner: payments, risk: high, when_stale: check"),),
    ),
)
