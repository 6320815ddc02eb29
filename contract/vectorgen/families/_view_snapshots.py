"""Views that cannot be kept: revisions after which only a snapshot can tell."""

from __future__ import annotations

from collections.abc import Iterator

from contract.vectorgen.cases import Case
from contract.vectorgen.families._policy import any_of, client, gateway, scope
from contract.vectorgen.families._tokens import OMIT
from contract.vectorgen.families._view_cases import (
    ANY_CLIENT,
    EVERYBODY,
    GATEWAY,
    OPEN,
    READ,
    READ_WRITE,
    needs,
)


def cases() -> Iterator[Case]:
    """The keys that are missing."""
    yield needs(
        "new-scope",
        "a route names a scope that was not named: its clients and the scope itself are unknown",
        ["client/*", "scope/orders:write"],
        {GATEWAY: READ_WRITE},
        neighbour="routes-same-scopes",
    )
    yield needs(
        "new-scope-in-changes",
        "a scope in the same revision does not tell which clients held it before",
        ["client/*"],
        {GATEWAY: READ_WRITE, "scope/orders:write": scope(), "client/Writer": client("orders:write")},
        neighbour="any-client-to-scope",
    )
    yield needs(
        "new-scope-in-a-set",
        "a scope added to a set counts, although the set asks for more than before",
        ["client/*", "scope/orders:write"],
        {GATEWAY: gateway({"GET /orders": any_of(["orders:read", "orders:write"])})},
        neighbour="routes-same-scopes",
    )
    yield needs(
        "scope-named-again",
        "a scope that was named once and dropped is unknown again",
        ["client/*", "scope/orders:write"],
        {GATEWAY: READ},
        {"client/new": client("orders:write")},
        {GATEWAY: READ_WRITE},
        before={GATEWAY: READ_WRITE},
        neighbour="route-removed",
    )
    yield needs(
        "scope-for-another",
        "one named scope in place of another: clients of the new one are unknown",
        ["client/*", "scope/payments:read"],
        {GATEWAY: gateway({"GET /orders": any_of(["payments:read"])})},
        neighbour="routes-same-scopes",
    )
    yield needs(
        "becomes-any-client",
        "a route becomes one for any client: the others are unknown",
        ["client/*"],
        {GATEWAY: gateway({"GET /me": ANY_CLIENT, "GET /orders": any_of(["orders:read"])})},
        neighbour="any-client-added",
    )
    yield needs(
        "any-client-to-unknown-scope",
        "where every client is held, the scope itself is still unknown",
        ["scope/orders:read"],
        {GATEWAY: READ},
        before={GATEWAY: EVERYBODY},
        neighbour="any-client-to-scope",
    )
    yield needs(
        "first-route",
        "the first route that is not public",
        ["client/*", "scope/orders:read"],
        {GATEWAY: READ},
        before={GATEWAY: OPEN},
        neighbour="gateway-added-public",
    )
    yield needs(
        "gateway-added",
        "a gateway that appears on a log that others have used",
        ["client/*", "scope/orders:read"],
        {GATEWAY: READ},
        before={GATEWAY: OMIT},
        neighbour="gateway-added-public",
    )
    yield needs(
        "gateway-back",
        "a gateway removed and added again",
        ["client/*", "scope/orders:read"],
        {GATEWAY: OMIT},
        {GATEWAY: READ},
        neighbour="gateway-removed",
    )
    yield needs(
        "unknown-issuer",
        "a client comes in whose issuer nobody needed before",
        ["issuer/partners"],
        {"client/Writer": client("orders:read", issuer="partners")},
        neighbour="issuer-with-client",
    )
    yield needs(
        "issuer-exchanged",
        "a client moves to an issuer that nobody needed before",
        ["issuer/partners"],
        {"client/reader": client("orders:read", issuer="partners")},
        neighbour="issuer-with-client",
    )
    yield needs(
        "issuer-dropped-and-named-again",
        "an issuer dropped with its last client is unknown again",
        ["issuer/workforce"],
        {"client/reader": OMIT},
        {"client/reader": client("orders:read")},
        neighbour="client-removed",
    )
