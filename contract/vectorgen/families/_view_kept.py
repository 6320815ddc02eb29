"""Views kept: revisions whose changes are all that is needed."""

from __future__ import annotations

from collections.abc import Iterator

from contract.vectorgen.cases import Case
from contract.vectorgen.families._policy import any_of, client, gateway, issuer, scope
from contract.vectorgen.families._tokens import OMIT
from contract.vectorgen.families._view_cases import (
    EVERYBODY,
    GATEWAY,
    OPEN,
    PUBLIC,
    READ,
    READ_KEYS,
    READ_WRITE,
    holds,
)


def cases() -> Iterator[Case]:
    """The view after revisions."""
    group = "kept"
    yield holds("nothing-changed", "an empty revision changes nothing", READ_KEYS, {}, group=group)
    yield holds(
        "others-changed",
        "changes of what the view does not need are dropped",
        READ_KEYS,
        {
            "gateway/payments/orders": EVERYBODY,
            "gateway/orders/orders-2": OMIT,
            "scope/orders:write": scope("deny"),
            "client/payer": OMIT,
            "issuer/partners": OMIT,
        },
        group=group,
    )
    yield holds(
        "client-added",
        "a new client with a named scope comes in",
        [*READ_KEYS, "client/new"],
        {"client/new": client("orders:read")},
        group=group,
    )
    yield holds(
        "client-added-elsewhere",
        "a new client without a named scope stays out, whatever its issuer",
        READ_KEYS,
        {"client/new": client("orders:write", issuer="unheard-of")},
        group=group,
    )
    yield holds(
        "client-gains-scope",
        "a client that gains a named scope comes in with its whole value",
        [*READ_KEYS, "client/payer"],
        {"client/payer": client("orders:read", "payments:read")},
        group=group,
    )
    yield holds(
        "client-loses-scope",
        "a client that loses its last named scope goes, and its issuer with it",
        [GATEWAY, "scope/orders:read"],
        {"client/reader": client("payments:read")},
        group=group,
    )
    yield holds(
        "client-removed",
        "a removed client goes, and its issuer with it",
        [GATEWAY, "scope/orders:read"],
        {"client/reader": OMIT},
        group=group,
    )
    yield holds(
        "never-held-removed",
        "the removal of a key that was never held changes nothing",
        READ_KEYS,
        {"client/unheard-of": OMIT, "scope/unheard-of": OMIT},
        group=group,
    )
    yield holds(
        "scope-changed",
        "a changed scope is the new one",
        READ_KEYS,
        {"scope/orders:read": scope("deny", "revoked")},
        group=group,
    )
    yield holds(
        "scope-removed",
        "a removed scope is absent while it is named",
        READ_KEYS[:-1],
        {"scope/orders:read": OMIT},
        absent=("scope/orders:read",),
        group=group,
    )
    yield holds(
        "scope-back",
        "an absent scope that comes back is known from the change",
        READ_KEYS,
        {"scope/orders:read": OMIT},
        {"scope/orders:read": scope("serve")},
        group=group,
    )
    yield holds(
        "scope-absent-still",
        "a scope known to be absent needs no snapshot in the next revision",
        [*READ_KEYS[:-1], "client/new"],
        {"client/new": client("orders:read")},
        before={"scope/orders:read": OMIT},
        absent=("scope/orders:read",),
        group=group,
    )
    yield holds(
        "issuer-changed",
        "a changed issuer is the new one",
        READ_KEYS,
        {"issuer/workforce": issuer("https://login.example.com/", clock_skew=0)},
        group=group,
    )
    yield holds(
        "issuer-removed",
        "a removed issuer is absent while a client names it",
        ["client/reader", GATEWAY, "scope/orders:read"],
        {"issuer/workforce": OMIT},
        absent=("issuer/workforce",),
        group=group,
    )
    yield holds(
        "issuer-absent-still",
        "an issuer known to be absent needs no snapshot for another client of it",
        ["client/new", "client/reader", GATEWAY, "scope/orders:read"],
        {"client/new": client("orders:read")},
        before={"issuer/workforce": OMIT},
        absent=("issuer/workforce",),
        group=group,
    )
    yield holds(
        "issuer-with-client",
        "a client and its new issuer in one revision",
        [*READ_KEYS, "client/new", "issuer/new"],
        {"client/new": client("orders:read", issuer="new"), "issuer/new": issuer("https://new.example/")},
        group=group,
    )
    yield holds(
        "route-removed",
        "a scope that is no longer named goes, with the clients that held only it",
        READ_KEYS,
        {GATEWAY: READ},
        before={GATEWAY: READ_WRITE},
        group=group,
    )
    yield holds(
        "routes-same-scopes",
        "new routes over the same scopes need nothing new",
        READ_KEYS,
        {GATEWAY: gateway({"GET /a": any_of(["orders:read"]), "GET /b": PUBLIC})},
        group=group,
    )
    yield holds(
        "gateway-removed", "a removed gateway needs nothing", [], {GATEWAY: OMIT}, absent=(GATEWAY,), group=group
    )
    yield holds(
        "gateway-added-public",
        "a gateway that appears with public routes needs nobody",
        [GATEWAY],
        {GATEWAY: OPEN},
        before={GATEWAY: OMIT},
        group=group,
    )
    yield holds(
        "any-client-to-scope",
        "where every client is held, a scope in the changes is all that is missing",
        READ_KEYS,
        {GATEWAY: READ, "scope/orders:read": scope("serve")},
        before={GATEWAY: EVERYBODY},
        group=group,
    )
    yield holds(
        "any-client-to-public",
        "where nobody is needed any more, all clients go",
        [GATEWAY],
        {GATEWAY: OPEN},
        before={GATEWAY: EVERYBODY},
        group=group,
    )
    yield holds(
        "any-client-added",
        "under any client a client without any scope comes in",
        [
            "client/Writer",
            "client/new",
            "client/payer",
            "client/reader",
            GATEWAY,
            "issuer/partners",
            "issuer/workforce",
        ],
        {"client/new": client(scopes=OMIT)},
        before={GATEWAY: EVERYBODY},
        group=group,
    )
    yield holds(
        "three-revisions",
        "revisions apply one after the other",
        [*READ_KEYS, "client/b"],
        {"client/a": client("orders:read")},
        {"client/b": client("orders:read"), "client/a": client("orders:read", state="suspended")},
        {"client/a": OMIT},
        group=group,
    )
