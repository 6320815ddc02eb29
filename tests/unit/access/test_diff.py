from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.access.diff import AccessDiff, access_diff
from gatefleet.contract.entities import (
    Algorithm,
    AnyClient,
    AnyOf,
    ApiKey,
    CredentialKind,
    Entity,
    Gateway,
    Issuer,
    IssuerKey,
    KeyState,
    Public,
    Route,
)

NOW = 1_793_534_400
KEY = IssuerKey(Algorithm.ES256, {}, KeyState.ACTIVE)
ISSUER = Issuer("https://login.example.com/", ("at+jwt",), "scope", "client_id", 30, 3600, {"k": KEY})
POLICY: dict[str, Entity] = {
    "issuer/workforce": ISSUER,
    "scope/read": a_scope(),
    "scope/write": a_scope(),
    "client/reader": a_client("read"),
    "client/writer": a_client("read", "write"),
    "gateway/orders/orders": a_gateway(**{"GET /orders": "read", "POST /orders": "write"}),
}


def after(**changes: Entity | None) -> dict[str, Entity]:
    changed = dict(POLICY) | {key.replace("__", "/"): entity for key, entity in changes.items() if entity is not None}
    return {key: entity for key, entity in changed.items() if changes.get(key.replace("/", "__"), entity) is not None}


def shifts(diff: AccessDiff) -> list[tuple[str, str, str, list[str]]]:
    return [
        ("+" if one.gains else "-", one.client, one.route, [cause.what for cause in one.causes])
        for one in (*diff.gains, *diff.losses)
    ]


def routes(**changed: Route) -> Gateway:
    gateway = POLICY["gateway/orders/orders"]
    assert isinstance(gateway, Gateway)
    named = {key.replace("_", " /"): route for key, route in changed.items()}
    return replace(gateway, routes=dict(gateway.routes) | named)


def test_the_same_policy_has_no_effect() -> None:
    diff = access_diff(POLICY, dict(POLICY), NOW)
    assert diff == AccessDiff()
    assert not (diff.widens or diff.narrows)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"client__reader": a_client("read", "write")}, [("+", "reader", "POST /orders", ["write is granted"])]),
        ({"client__writer": a_client("read")}, [("-", "writer", "POST /orders", ["write is no longer granted"])]),
        (
            {"client__reader": a_client("read", active=False)},
            [("-", "reader", "GET /orders", ["is suspended"])],
        ),
        (
            {"client__reader": None},
            [("-", "reader", "GET /orders", ["the client is gone"])],
        ),
        ({"scope__write": a_scope(active=False)}, [("-", "writer", "POST /orders", ["is revoked"])]),
        ({"scope__write": None}, [("-", "writer", "POST /orders", ["is revoked"])]),
        (
            {"gateway__orders__orders": routes(POST_orders=Route(AnyOf((("read",), ("write",)))))},
            [("+", "reader", "POST /orders", ["asks for read or write, before for write"])],
        ),
        (
            {"gateway__orders__orders": routes(GET_new=Route(AnyClient()))},
            [("+", "reader", "GET /new", ["new route"]), ("+", "writer", "GET /new", ["new route"])],
        ),
        (
            {"issuer__workforce": replace(ISSUER, keys={"k": replace(KEY, state=KeyState.REVOKED)})},
            [
                ("-", "reader", "GET /orders", ["its keys changed"]),
                ("-", "writer", "GET /orders", ["its keys changed"]),
                ("-", "writer", "POST /orders", ["its keys changed"]),
            ],
        ),
    ],
)
def test_who_gains_and_loses_what_and_why(
    changed: dict[str, Entity | None], expected: list[tuple[str, str, str, list[str]]]
) -> None:
    assert shifts(access_diff(POLICY, after(**changed), NOW)) == expected


def test_a_grant_that_has_ended_gives_nothing() -> None:
    ended = replace(a_client("read"), scopes={"read": None, "write": NOW})
    assert shifts(access_diff(POLICY, after(client__reader=ended), NOW)) == []
    running = replace(ended, scopes={"read": None, "write": NOW + 1})
    assert [one[:3] for one in shifts(access_diff(POLICY, after(client__reader=running), NOW))] == [
        ("+", "reader", "POST /orders")
    ]


def test_a_second_kind_of_credential_is_told_from_a_first() -> None:
    both = Route(AnyOf((("read",),)), (CredentialKind.JWT, CredentialKind.API_KEY))
    keyed = replace(a_client("read"), api_keys={"k1": ApiKey("00" * 32, NOW + 60)})
    before = after(client__reader=keyed)
    (shift,) = access_diff(before, before | {"gateway/orders/orders": routes(GET_orders=both)}, NOW).gains
    assert (shift.client, shift.kinds, shift.only_kind) == ("reader", (CredentialKind.API_KEY,), True)


def test_a_route_that_becomes_public_is_open_to_anyone_and_no_gain_of_a_client() -> None:
    public = after(gateway__orders__orders=routes(GET_orders=Route(Public(), ())))
    diff = access_diff(POLICY, public, NOW)
    assert [(one.public, one.route) for one in diff.openings] == [(True, "GET /orders")]
    assert (shifts(diff), diff.widens, diff.narrows) == ([], True, False)
    back = access_diff(public, POLICY, NOW)
    assert [(one.public, one.route) for one in back.closings] == [(False, "GET /orders")]
    assert (shifts(back), back.widens, back.narrows) == ([], False, True)


def test_grants_that_end_soon_are_named() -> None:
    ending = replace(a_client("read"), scopes={"read": NOW + 100})
    diff = access_diff(POLICY, after(client__reader=ending), NOW, soon=100)
    assert [(one.client, one.scope, one.until) for one in diff.expiring] == [("reader", "read", NOW + 100)]
    assert access_diff(POLICY, after(client__reader=ending), NOW, soon=99).expiring == ()
