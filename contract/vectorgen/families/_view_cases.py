"""How the cases of `view` are written, and the state that they begin with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._policy import any_of, client, gateway, issuer, scope
from contract.vectorgen.families._tokens import OMIT, canonical, state_digest

GATEWAY = "gateway/orders/orders"
ANY_CLIENT = {"any_client": True, "credentials": ["jwt"]}
PUBLIC = {"public": True}
READ = gateway({"GET /orders": any_of(["orders:read"])})
READ_WRITE = gateway({"GET /orders": any_of(["orders:read"]), "POST /orders": any_of(["orders:write"])})
EVERYBODY = gateway({"GET /me": ANY_CLIENT})
OPEN = gateway({"GET /health": PUBLIC})

# A state: two of its clients, two of its scopes and one of its issuers are nothing to the routes of READ.
SHOP: dict[str, Any] = {
    GATEWAY: READ,
    "gateway/orders/orders-2": READ_WRITE,
    "gateway/payments/orders": READ_WRITE,
    "issuer/partners": issuer("https://partners.example.net"),
    "issuer/workforce": issuer("https://login.example.com/"),
    "scope/orders:read": scope(),
    "scope/orders:write": scope(),
    "scope/payments:read": scope(),
    "client/Writer": client("orders:write", issuer="partners"),
    "client/payer": client("payments:read", issuer="partners"),
    "client/reader": client("orders:read"),
}
READ_KEYS = ["client/reader", GATEWAY, "issuer/workforce", "scope/orders:read"]


def _state(changed: Mapping[str, Any]) -> dict[str, str]:
    """SHOP with some values changed, as strings; OMIT leaves a key out."""
    whole = {**SHOP, **changed}
    return {key: _value(value) for key, value in sorted(whole.items()) if value is not OMIT}


def _value(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value)


def _changes(changed: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": key, "removed": True} if value is OMIT else {"key": key, "value": _value(value)}
        for key, value in sorted(changed.items())
    ]


def _given(before: Mapping[str, Any], revisions: list[dict[str, Any]]) -> dict[str, Any]:
    given: dict[str, Any] = {"gateway": "orders/orders", "entities": _state(before)}
    return {**given, "revisions": [_changes(one) for one in revisions]} if revisions else given


def holds(
    name: str,
    comment: str,
    keys: list[str],
    *revisions: dict[str, Any],
    before: Mapping[str, Any] | None = None,
    absent: tuple[str, ...] = (),
    group: str,
) -> Case:
    """A view that has exactly `keys`, after all revisions."""
    before = before or {}
    last: dict[str, Any] = {}
    for one in revisions:
        last.update(one)
    after = _state({**before, **last})
    digest = state_digest({key: after[key] for key in keys})
    expect = {"keys": sorted(keys), "absent": sorted(absent), "digest": digest}
    return Case(name, comment, _given(before, list(revisions)), expect, {"decision": "The view"}, group=group)


def needs(
    name: str,
    comment: str,
    missing: list[str],
    *revisions: dict[str, Any],
    before: Mapping[str, Any] | None = None,
    neighbour: str,
) -> Case:
    """Revisions after which only a snapshot can tell the view."""
    given = _given(before or {}, list(revisions))
    return Case(
        name, comment, given, {"needs_snapshot": missing}, {"decision": "The view"}, neighbour, group="snapshots"
    )
