from __future__ import annotations

from typing import Any

import pytest

from gatefleet.plan.shown import shortened, shown, shown_path

DIGEST = "3f2a9c1b" + "0" * 56
JWK = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("issuer",), "workforce", "workforce"),
        (("issuer",), "two words", "two words"),
        (("clock_skew",), 30, "30"),
        (("audience",), ["https://a", "https://b"], "[https://a, https://b]"),
        (("routes", "GET /me"), {"any_client": True, "credentials": ["jwt"]}, "{any_client: true, credentials: [jwt]}"),
        (("tokens_not_before",), 1790000000, "2026-09-21T14:13:20Z"),
        (("scopes", "orders:read", "until"), 1798761600, "2027-01-01T00:00:00Z"),
        (("scopes", "orders:read"), {"until": 1798761600}, "{until: 2027-01-01T00:00:00Z}"),
        (("denied_jti", "abc"), 1798761600, "2027-01-01T00:00:00Z"),
        (("tokens_not_before",), 2**53 - 1, "9007199254740991"),
        (("routes", "GET /me", "claims", "until"), 1798761600, "1798761600"),
        (("api_keys", "k1", "sha256"), DIGEST, "3f2a9c1b…"),
        (("api_keys", "k1"), {"sha256": DIGEST, "expires": 0}, "{expires: 1970-01-01T00:00:00Z, sha256: 3f2a9c1b…}"),
        (("keys", "2026-10", "jwk"), JWK, "OKP 90facafe…"),
    ],
)
def test_values_read_as_one_line(path: tuple[str, ...], value: Any, expected: str):
    assert shown(path, value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[2J", '"\\u001b[2J"'),
        ("a\nb", '"a\\nb"'),
        ("\u202eevil", '"\\u202eevil"'),
        ("\x7f", '"\\u007f"'),
        ("\u009b31m", '"\\u009b31m"'),
        ("true", '"true"'),
        ("17", '"17"'),
        (" ", '" "'),
    ],
)
def test_what_a_terminal_could_act_upon_or_a_reader_mistake_is_escaped(text: str, expected: str):
    assert shown(("routes", "GET /me", "claims", "tenant"), text) == expected
    assert shown(("routes", "GET /me", "claims"), {text: "x"}) == f"{{{expected}: x}}"


def test_a_path_reads_like_the_yaml_it_comes_from():
    assert shown_path(("routes", "GET /orders/{id}", "claims", "tenant")) == 'routes["GET /orders/{id}"].claims.tenant'
    assert shown_path(("tokens_not_before",)) == "tokens_not_before"


def test_documents_carry_no_key_material_either():
    client = {"state": "active", "api_keys": {"k1": {"sha256": DIGEST, "expires": 0}}}
    assert shortened((), client) == {"state": "active", "api_keys": {"k1": {"sha256": "3f2a9c1b…", "expires": 0}}}
    issuer = {"keys": {"2026-10": {"alg": "EdDSA", "jwk": JWK, "state": "active"}}}
    assert shortened((), issuer) == {"keys": {"2026-10": {"alg": "EdDSA", "jwk": "OKP 90facafe…", "state": "active"}}}
