from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from gatefleet.access.effect import BOTH, NARROWS, NO_EFFECT, WIDENS, Effect, effect, field_effects
from gatefleet.contract.entities import (
    Algorithm,
    AnyClient,
    AnyOf,
    ApiKey,
    ApiKind,
    Client,
    CredentialKind,
    Entity,
    Following,
    Gateway,
    Issuer,
    IssuerKey,
    KeyState,
    Public,
    Route,
    Scope,
    WhenStale,
)

JWK = {"kty": "OKP", "crv": "Ed25519", "x": "A"}
KEY = IssuerKey(Algorithm.EDDSA, JWK, KeyState.ACTIVE)
NEXT = replace(KEY, state=KeyState.NEXT)
ISSUER = Issuer("https://login.example.com/", ("at+jwt",), "scope", "client_id", 30, 3600, {"k1": KEY})
SCOPE = Scope(active=True, when_stale=WhenStale.CHECK)
API_KEY = ApiKey(sha256="a" * 64, expires=1000)
CLIENT = Client(active=True, issuer="workforce", scopes={"orders:read": None})
READ = Route(AnyOf((("orders:read",),)))
OTHER = Route(AnyOf((("orders:write",),)))
STRICT = Route(AnyOf((("orders:read", "orders:write"),)))
GATEWAY = Gateway(ApiKind.HTTP, ("https://api.example.com",), Following.FOLLOW, 2, 60, 0, {"GET /orders": READ})

# For every field of every type: a value before, one after, and what the change can do. Its reverse is checked with it.
Case = tuple[Any, Any, Effect]
OF_ISSUER: dict[str, list[Case]] = {
    "issuer": [("https://a/", "https://b/", BOTH)],
    "typ": [(("at+jwt",), ("JWT", "at+jwt"), WIDENS), (("at+jwt",), ("JWT",), BOTH)],
    "scope_claim": [("scope", "scp", BOTH)],
    "client_id_claim": [("client_id", "azp", BOTH)],
    "clock_skew": [(30, 60, WIDENS)],
    "max_lifetime": [(3600, 7200, WIDENS)],
    "keys": [
        ({"k1": KEY}, {"k1": KEY, "k2": KEY}, WIDENS),
        ({"k1": KEY}, {"k1": KEY, "k2": NEXT}, NO_EFFECT),
        ({"k1": KEY, "k2": NEXT}, {"k1": KEY, "k2": KEY}, WIDENS),
        ({"k1": KEY}, {"k2": KEY}, BOTH),
    ],
}
OF_KEY: dict[str, list[Case]] = {
    "alg": [(Algorithm.RS256, Algorithm.PS256, BOTH)],
    "jwk": [(JWK, {**JWK, "x": "B"}, BOTH)],
    "state": [
        (KeyState.ACTIVE, KeyState.RETIRING, NO_EFFECT),
        (KeyState.NEXT, KeyState.ACTIVE, WIDENS),
        (KeyState.RETIRING, KeyState.REVOKED, NARROWS),
        (KeyState.NEXT, KeyState.REVOKED, NO_EFFECT),
    ],
    "not_after": [(None, 1000, NARROWS), (1000, 2000, WIDENS)],
}
OF_SCOPE: dict[str, list[Case]] = {
    "active": [(True, False, NARROWS)],
    "when_stale": [
        (WhenStale.SERVE, WhenStale.CHECK, NARROWS),
        (WhenStale.CHECK, WhenStale.DENY, NARROWS),
        (WhenStale.SERVE, WhenStale.DENY, NARROWS),
    ],
}
OF_CLIENT: dict[str, list[Case]] = {
    "active": [(True, False, NARROWS)],
    "issuer": [(None, "workforce", WIDENS), ("workforce", "partners", BOTH)],
    "scopes": [
        ({}, {"orders:read": None}, WIDENS),
        ({}, {"orders:read": 1000}, WIDENS),
        ({"orders:read": None}, {"orders:read": 1000}, NARROWS),
        ({"orders:read": 1000}, {"orders:read": 2000}, WIDENS),
        ({"orders:read": None}, {"orders:write": None}, BOTH),
    ],
    "tokens_not_before": [(None, 1000, NARROWS), (1000, 2000, NARROWS), (None, 0, NARROWS)],
    "denied_jti": [({}, {"a": 1000}, NARROWS), ({"a": 1000}, {"a": 2000}, NARROWS), ({"a": 1}, {"b": 1}, BOTH)],
    "denied_sub": [({}, {"a": 1000}, NARROWS), ({"a": 1000}, {"a": 2000}, NARROWS), ({"a": 1}, {"b": 1}, BOTH)],
    "addresses": [
        ((), ("192.0.2.0/24",), NARROWS),
        ((), ("0.0.0.0/0", "::/0"), NARROWS),
        (("192.0.2.0/24",), ("192.0.2.0/24", "2001:db8::/32"), WIDENS),
        (("192.0.2.0/24",), ("192.0.2.0/25",), NARROWS),
        (("192.0.2.0/24",), ("198.51.100.0/24",), BOTH),
        (("192.0.2.0/24",), ("192.0.2.0/25", "192.0.2.128/25"), NO_EFFECT),
        (("192.0.2.0/24", "2001:db8::/32"), ("192.0.2.0/24", "2001:db8::/33"), NARROWS),
    ],
    "api_keys": [({}, {"k1": API_KEY}, WIDENS), ({"k1": API_KEY}, {"k2": API_KEY}, BOTH)],
    "certificates": [((), ("A" * 43,), WIDENS), (("A" * 43,), ("B" * 43,), BOTH)],
}
OF_API_KEY: dict[str, list[Case]] = {
    "sha256": [("a" * 64, "b" * 64, BOTH)],
    "expires": [(1000, 2000, WIDENS)],
}
OF_GATEWAY: dict[str, list[Case]] = {
    "api": [(ApiKind.HTTP, ApiKind.REST, BOTH)],
    "audience": [(("https://a",), ("https://a", "https://b"), WIDENS), (("https://a",), ("https://b",), BOTH)],
    "following": [(Following.FOLLOW, Following.FLOOR_ONLY, BOTH)],
    "max_staleness": [(1, 2, WIDENS)],
    "deny_after": [(30, 60, WIDENS)],
    "result_ttl": [(0, 60, WIDENS)],
    "routes": [
        ({"GET /orders": READ}, {"GET /orders": READ, "POST /orders": READ}, WIDENS),
        ({"GET /orders": READ}, {"POST /orders": READ}, BOTH),
        ({"GET /orders": READ}, {}, NARROWS),
        # The new route takes requests away from the broader one, which may be the laxer of the two.
        ({"GET /orders/{id}": READ}, {"GET /orders/{id}": READ, "GET /orders/export": READ}, BOTH),
        ({"ANY /{proxy+}": READ}, {"ANY /{proxy+}": READ, "GET /orders": READ}, BOTH),
        # What `GET /orders` demands decides whether `/Orders` may reach the catch-all.
        ({"$default": READ, "GET /orders": OTHER}, {"$default": READ, "GET /orders": STRICT}, BOTH),
        ({"ANY /{proxy+}": READ, "GET /orders": OTHER}, {"ANY /{proxy+}": STRICT, "GET /orders": OTHER}, BOTH),
        ({"GET /a/{rest+}": READ, "GET /orders": READ}, {"GET /a/{rest+}": READ, "GET /orders": STRICT}, NARROWS),
    ],
}


def any_of(*sets: tuple[str, ...]) -> AnyOf:
    return AnyOf(tuple(sets))


OF_ROUTE: dict[str, list[Case]] = {
    "requirement": [
        (Public(), AnyClient(), NARROWS),
        (Public(), any_of(("a",)), NARROWS),
        (AnyClient(), any_of(("a",)), BOTH),
        (any_of(("a",)), any_of(("a",), ("b",)), WIDENS),
        (any_of(("a",)), any_of(("a", "b")), NARROWS),
        (any_of(("a",)), any_of(("b",)), BOTH),
        (any_of(("a",)), any_of(("a",), ("a", "b")), NO_EFFECT),
        (any_of(("a", "b")), any_of(("a",), ("b",)), WIDENS),
    ],
    "credentials": [
        ((CredentialKind.JWT,), (CredentialKind.CERTIFICATE, CredentialKind.JWT), WIDENS),
        ((CredentialKind.JWT,), (CredentialKind.CERTIFICATE,), BOTH),
        # A request with both headers used to pass by its token; now it has one credential too many.
        ((CredentialKind.JWT,), (CredentialKind.API_KEY, CredentialKind.JWT), BOTH),
        # One with a certificate and a token used to pass by its certificate; now its token decides.
        ((CredentialKind.CERTIFICATE,), (CredentialKind.CERTIFICATE, CredentialKind.JWT), BOTH),
    ],
    "claims": [
        ({}, {"tenant": "acme"}, NARROWS),
        ({"tenant": "acme"}, {"tenant": "other"}, BOTH),
        ({"level": 1}, {"level": True}, BOTH),
    ],
}

# How a part of each type becomes an entity that differs in this part alone.
TABLES: list[tuple[Any, dict[str, list[Case]], Any]] = [
    (ISSUER, OF_ISSUER, lambda part: part),
    (KEY, OF_KEY, lambda part: replace(ISSUER, keys={"other": KEY, "k1": part})),
    (SCOPE, OF_SCOPE, lambda part: part),
    (CLIENT, OF_CLIENT, lambda part: part),
    (API_KEY, OF_API_KEY, lambda part: replace(CLIENT, api_keys={"k1": part})),
    (GATEWAY, OF_GATEWAY, lambda part: part),
    (READ, OF_ROUTE, lambda part: replace(GATEWAY, routes={"GET /orders": part})),
]


def reverse(one: Effect) -> Effect:
    return Effect(widens=one.narrows, narrows=one.widens)


@pytest.mark.parametrize(("whole", "table", "_entity"), TABLES, ids=lambda v: type(v).__name__)
def test_every_field_has_a_rule_and_a_case(whole: Any, table: dict[str, list[Case]], _entity: Any):
    names = {one.name for one in fields(whole)}
    assert set(field_effects(type(whole))) == names
    assert set(table) == names


CASES = [
    pytest.param(
        in_entity(replace(whole, **{name: before})),
        in_entity(replace(whole, **{name: after})),
        expected,
        id=f"{type(whole).__name__}.{name}-{index}",
    )
    for whole, table, in_entity in TABLES
    for name, cases in table.items()
    for index, (before, after, expected) in enumerate(cases)
]


@pytest.mark.parametrize(("before", "after", "expected"), CASES)
def test_a_change_of_one_field_has_this_effect_and_undoing_it_the_reverse(
    before: Entity, after: Entity, expected: Effect
):
    assert effect(before, after) == expected
    assert effect(after, before) == reverse(expected)
    assert effect(before, before) == NO_EFFECT


@pytest.mark.parametrize("entity", [ISSUER, SCOPE, CLIENT, GATEWAY], ids=lambda e: type(e).__name__)
def test_adding_an_entity_widens_and_removing_it_narrows(entity: Entity):
    assert effect(None, entity) == WIDENS
    assert effect(entity, None) == NARROWS


@pytest.mark.parametrize(
    "entity",
    [
        replace(ISSUER, keys={"k1": NEXT}),
        replace(SCOPE, active=False),
        replace(CLIENT, active=False),
        replace(GATEWAY, routes={}),
    ],
    ids=lambda e: type(e).__name__,
)
def test_an_entity_that_lets_nobody_in_comes_changes_and_goes_without_effect(entity: Entity):
    assert effect(None, entity) == effect(entity, None) == NO_EFFECT


def test_what_a_suspended_client_is_granted_has_no_effect_until_it_is_active():
    suspended, granted = replace(CLIENT, active=False), replace(CLIENT, active=False, scopes={"orders:refund": None})
    assert effect(suspended, granted) == NO_EFFECT
    assert effect(granted, replace(granted, active=True)) == WIDENS


def test_claims_and_credentials_of_a_public_route_decide_nothing():
    public = replace(GATEWAY, routes={"GET /orders": Route(Public(), credentials=())})
    claimed = replace(GATEWAY, routes={"GET /orders": replace(READ, claims={"tenant": "acme"})})
    assert effect(claimed, public) == WIDENS
    assert effect(public, claimed) == NARROWS


def test_effects_of_several_fields_add_up():
    after = replace(CLIENT, scopes={"orders:read": None, "orders:write": None}, addresses=("192.0.2.0/24",))
    assert effect(CLIENT, after) == BOTH


def test_another_kind_of_entity_under_the_same_key_is_unclear():
    assert effect(SCOPE, CLIENT) == BOTH
