"""Views built from a whole state: what a gateway needs of it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from contract.vectorgen.cases import Case
from contract.vectorgen.families._policy import any_of, client, gateway, scope
from contract.vectorgen.families._tokens import OMIT
from contract.vectorgen.families._view_cases import (
    EVERYBODY,
    GATEWAY,
    OPEN,
    READ_KEYS,
    holds,
)


def cases() -> Iterator[Case]:
    """Each state once, without revisions."""
    group = "built"
    yield holds(
        "needed",
        "only what the routes need: other gateways, scopes, clients and issuers are left out",
        READ_KEYS,
        group=group,
    )
    yield holds(
        "any-client",
        "a route for any client needs every client and their issuers, and no scope",
        ["client/Writer", "client/payer", "client/reader", GATEWAY, "issuer/partners", "issuer/workforce"],
        before={GATEWAY: EVERYBODY},
        group=group,
    )
    yield holds("public-only", "public routes need nobody", [GATEWAY], before={GATEWAY: OPEN}, group=group)
    yield holds(
        "no-routes", "a gateway without routes needs nobody", [GATEWAY], before={GATEWAY: gateway({})}, group=group
    )
    yield holds(
        "no-gateway",
        "a gateway that is not there needs nothing, and its key is absent",
        [],
        before={GATEWAY: OMIT},
        absent=(GATEWAY,),
        group=group,
    )
    yield holds(
        "every-set",
        "every scope of every set is named",
        [
            "client/Writer",
            "client/payer",
            "client/reader",
            GATEWAY,
            "issuer/partners",
            "issuer/workforce",
            "scope/orders:read",
            "scope/orders:write",
            "scope/payments:read",
        ],
        before={GATEWAY: gateway({"GET /a": any_of(["orders:read", "orders:write"], ["payments:read"])})},
        group=group,
    )
    yield holds(
        "scope-absent",
        "a named scope that does not exist is absent, its clients are held",
        ["client/reader", GATEWAY, "issuer/workforce"],
        before={"scope/orders:read": OMIT},
        absent=("scope/orders:read",),
        group=group,
    )
    yield holds(
        "issuer-absent",
        "an issuer that does not exist is absent, its client is held",
        ["client/reader", GATEWAY, "scope/orders:read"],
        before={"issuer/workforce": OMIT},
        absent=("issuer/workforce",),
        group=group,
    )
    yield holds(
        "client-suspended",
        "a suspended client is held, so that it is denied by its name",
        READ_KEYS,
        before={"client/reader": client("orders:read", state="suspended")},
        group=group,
    )
    yield holds(
        "grant-ended",
        "a grant that has ended holds its client: the view knows no clock",
        READ_KEYS,
        before={"client/reader": client(scopes={"orders:read": {"until": 1}})},
        group=group,
    )
    yield holds(
        "scope-revoked",
        "a revoked scope is held with its clients",
        READ_KEYS,
        before={"scope/orders:read": scope(state="revoked")},
        group=group,
    )
    yield holds(
        "client-without-issuer",
        "a client without an issuer needs none",
        ["client/reader", GATEWAY, "scope/orders:read"],
        before={"client/reader": client("orders:read", issuer=OMIT)},
        group=group,
    )
    yield holds(
        "scope-by-prefix",
        "a grant of a longer scope is another scope",
        [GATEWAY, "scope/orders:read"],
        before={"client/reader": client("orders:read:all", "orders:rea")},
        group=group,
    )
    spaced = json.dumps(scope(), indent=1)
    yield holds(
        "value-as-received",
        "the digest is over the value as received, canonical or not",
        READ_KEYS,
        before={"scope/orders:read": spaced},
        group=group,
    )
    yield holds(
        "api-keys-only",
        "issuers are held also where no route takes tokens",
        READ_KEYS,
        before={GATEWAY: gateway({"GET /orders": any_of(["orders:read"], credentials=("api_key",))})},
        group=group,
    )
    yield holds(
        "byte-order",
        "keys are hashed in byte order, capitals before small letters",
        [
            "client/B",
            "client/a",
            "client/a-1",
            "client/a.1",
            "client/reader",
            GATEWAY,
            "issuer/workforce",
            "scope/orders:read",
        ],
        before={f"client/{name}": client("orders:read") for name in ("B", "a", "a-1", "a.1")},
        group=group,
    )
