"""Steps 23 and 24: scopes, sets of them, and stale policies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._decide_cases import allowed, denied
from contract.vectorgen.families._events import http_event
from contract.vectorgen.families._tokens import NOW, OMIT, bearer


def cases() -> Iterator[Case]:
    """In the order of the steps."""
    yield from _scopes()
    yield from _sets()
    yield from _stale()


def _scopes() -> Iterator[Case]:
    group, spec = "scopes", {"rfc6749": "3.3", "rfc6750": "3.1", "decision": "23 scope"}
    ok = partial(allowed, route="GET /orders", group=group, spec=spec)
    for name, comment, value in (
        ("scope-several", "one scope of several", "openid orders:read profile"),
        ("scope-twice", "a scope twice is one scope", "orders:read orders:read"),
        ("scope-two-spaces", "an empty scope between two spaces is none", " openid  orders:read "),
        ("scope-list", "scopes in a list of strings", ["openid", "orders:read"]),
    ):
        yield ok(name, comment, http_event(authorization=bearer(scope=value)))
    yield ok(
        "scope-sorted",
        "the scopes of a decision are sorted, in whatever order policy and token name them",
        http_event(authorization=bearer(client_id="unsorted", scope="orders:write orders:admin orders:read")),
        client="unsorted",
        scopes=("orders:admin", "orders:read", "orders:write"),
    )
    yield ok(
        "scope-named-like-a-client",
        "a granted scope that the policy does not have is none, also where a client has its name",
        http_event(authorization=bearer(client_id="ghost", scope="ghost orders:read")),
        client="ghost",
    )
    no = partial(
        denied,
        step="scope",
        reason="insufficient_scope",
        route="GET /orders",
        client="reader",
        neighbour="scope-several",
        group=group,
        spec=spec,
    )
    values: dict[str, tuple[str, Any]] = {
        "scope-missing": ("a token without scopes", OMIT),
        "scope-empty": ("an empty scope claim", ""),
        "scope-null": ("a scope claim of null holds none", None),
        "scope-number": ("a scope claim that is a number holds none", 5),
        "scope-object": ("a scope claim that is an object does not hold its members", {"orders:read": True}),
        "scope-other": ("another scope than the one demanded", "orders:write"),
        "scope-prefix": ("a scope that is the beginning of the demanded one", "orders"),
        "scope-longer": ("a scope that goes on after the demanded one", "orders:read:all"),
        "scope-wildcard": ("an asterisk is no wildcard", "orders:*"),
        "scope-other-case": ("the case of a scope counts", "Orders:Read"),
        "scope-look-alike": ("a Cyrillic letter that looks like an o", "\u043erders:read"),
        "scope-fullwidth-colon": ("a fullwidth colon is another character", "orders\uff1aread"),
        "scope-by-tab": ("only a space separates scopes, a tab does not", "openid\torders:read"),
        "scope-by-line": ("only a space separates scopes, a line feed does not", "openid\norders:read"),
        "scope-by-comma": ("only a space separates scopes, a comma does not", "openid,orders:read"),
        "scope-by-no-break-space": (
            "only a space separates scopes, a no-break space does not",
            "openid\u00a0orders:read",
        ),
        "scope-nul": ("a NUL does not end a scope early", "orders:read\0"),
        "scope-list-joined": ("a member of a list is one scope and is not split", ["openid orders:read"]),
        "scope-list-mixed": ("one member that is no string spoils the list", ["orders:read", 5]),
        "scope-list-nested": ("a list in a list is not flattened", [["orders:read"]]),
        "scope-list-empty": ("an empty list holds no scope", []),
    }
    for name, (comment, value) in values.items():
        neighbour = "scope-list" if name.startswith("scope-list") else "scope-several"
        yield no(name, comment, http_event(authorization=bearer(scope=value)), neighbour=neighbour)
    yield no(
        "scope-other-claim",
        "scopes stand in the claim that the issuer names, and in no other",
        http_event(authorization=bearer(scope=OMIT, scp="orders:read", scopes=["orders:read"], roles=["orders:read"])),
    )
    yield no(
        "scope-not-granted",
        "a scope that the token carries and the policy does not grant",
        http_event("POST /orders", authorization=bearer(scope="orders:read orders:write")),
        route="POST /orders",
        neighbour="set-second",
    )
    yield no(
        "scope-granted-not-carried",
        "a scope that the policy grants and the token does not carry",
        http_event("POST /orders", authorization=bearer(client_id="writer", scope="orders:read")),
        route="POST /orders",
        client="writer",
        neighbour="set-second",
    )
    yield no(
        "scope-revoked",
        "a scope revoked in the policy counts for nobody, although granted and carried",
        http_event("GET /old", authorization=bearer(client_id="legacy", scope="orders:legacy orders:read")),
        route="GET /old",
        client="legacy",
    )
    yield ok(
        "scope-revoked-beside",
        "a revoked scope does not spoil the others",
        http_event(authorization=bearer(client_id="legacy", scope="orders:legacy orders:read")),
        client="legacy",
    )
    yield ok(
        "grant-ending",
        "a grant counts in the last second before its until",
        http_event(authorization=bearer(client_id="ending")),
        client="ending",
    )
    yield no(
        "grant-ended",
        "a grant ends at its until itself",
        http_event(authorization=bearer(client_id="ended")),
        client="ended",
        neighbour="grant-ending",
    )
    yield no(
        "grant-ended-later",
        "no skew extends a grant",
        http_event(authorization=bearer(client_id="ending")),
        client="ending",
        neighbour="grant-ending",
        now=NOW + 1,
    )


def _sets() -> Iterator[Case]:
    group, spec = "sets", {"decision": "23 scope"}
    ok = partial(allowed, group=group, spec=spec)
    yield ok(
        "set-second",
        "the second of two sets is enough",
        http_event("POST /orders", authorization=bearer(client_id="writer", scope="orders:write")),
        route="POST /orders",
        client="writer",
        scopes=("orders:write",),
    )
    yield ok(
        "set-whole",
        "all scopes of the first set",
        http_event("POST /orders", authorization=bearer(client_id="admin", scope="orders:read orders:admin")),
        route="POST /orders",
        client="admin",
        scopes=("orders:admin", "orders:read"),
    )
    yield denied(
        "set-half",
        "half of a set is not the set",
        http_event("POST /orders", authorization=bearer(client_id="admin", scope="orders:admin")),
        "scope",
        "insufficient_scope",
        route="POST /orders",
        client="admin",
        neighbour="set-whole",
        group=group,
        spec=spec,
    )
    yield ok(
        "set-weakest-counts",
        "of two satisfied sets the one that asks for less when stale counts",
        http_event(
            "GET /either", authorization=bearer(client_id="refunder", scope="orders:archive orders:read orders:refund")
        ),
        route="GET /either",
        client="refunder",
        scopes=("orders:archive", "orders:read", "orders:refund"),
        when_stale="check",
    )
    yield ok(
        "set-strict-alone",
        "a set that is satisfied alone asks for what it asks",
        http_event("GET /either", authorization=bearer(client_id="refunder", scope="orders:refund")),
        route="GET /either",
        client="refunder",
        scopes=("orders:refund",),
        when_stale="deny",
    )
    yield ok(
        "set-strictest-scope-counts",
        "within a set the strictest scope counts",
        http_event("GET /either", authorization=bearer(client_id="refunder", scope="orders:archive orders:read")),
        route="GET /either",
        client="refunder",
        scopes=("orders:archive", "orders:read"),
        when_stale="check",
    )
    yield ok(
        "set-of-three-strictnesses",
        "within a set of serve, check and deny it is deny that counts",
        http_event(
            "GET /both", authorization=bearer(client_id="refunder", scope="orders:archive orders:read orders:refund")
        ),
        route="GET /both",
        client="refunder",
        scopes=("orders:archive", "orders:read", "orders:refund"),
        when_stale="deny",
    )
    yield ok(
        "set-weaker-behind-strict",
        "a weaker set counts also where a strict one stands before it",
        http_event("GET /cancelled", authorization=bearer(client_id="refunder", scope="orders:cancel orders:read")),
        route="GET /cancelled",
        client="refunder",
        scopes=("orders:cancel", "orders:read"),
        when_stale="check",
    )
    yield ok(
        "any-client",
        "a route for any client asks for no scope",
        http_event("GET /me", authorization=bearer(scope=OMIT)),
        route="GET /me",
        scopes=(),
    )
    yield denied(
        "any-client-suspended",
        "any client does not mean a suspended one",
        http_event("GET /me", authorization=bearer(client_id="suspended")),
        "suspended",
        "client_suspended",
        route="GET /me",
        client="suspended",
        neighbour="any-client",
        group=group,
        spec=spec,
    )
    yield denied(
        "any-client-unknown",
        "any client does not mean an unknown one",
        http_event("GET /me", authorization=bearer(client_id="stranger")),
        "client",
        "unknown_client",
        route="GET /me",
        neighbour="any-client",
        group=group,
        spec=spec,
    )


def _stale() -> Iterator[Case]:
    group, spec = "stale", {"decision": "24 stale"}
    serve = {"route": "GET /list", "scopes": ("orders:list",), "client": "refunder", "when_stale": "serve"}
    check = {"route": "GET /orders", "when_stale": "check"}
    deny = {"route": "DELETE /orders/{id}", "scopes": ("orders:refund",), "client": "refunder", "when_stale": "deny"}
    refund = http_event(
        "DELETE /orders/{id}", authorization=bearer(client_id="refunder", scope="orders:refund"), path="/orders/5"
    )
    listing = http_event("GET /list", authorization=bearer(client_id="refunder", scope="orders:list"))
    reading = http_event(authorization=bearer())
    ok = partial(allowed, group=group, spec=spec)
    states: list[tuple[str, str, dict[str, Any]]] = [
        ("fresh", "a fresh policy", {"state": "fresh", "age": 1, "read_failed": False}),
        (
            "fresh-but-failed",
            "a policy still fresh although the last read failed",
            {"state": "fresh", "age": 2, "read_failed": True},
        ),
        (
            "fresh-and-old",
            "a policy that counts as fresh, however old",
            {"state": "fresh", "age": 500, "read_failed": True},
        ),
        ("stale", "a stale policy before it was tried to read", {"state": "stale", "age": 500, "read_failed": False}),
        (
            "stale-at-limit",
            "a stale policy as old as deny_after, and the read failed",
            {"state": "stale", "age": 60, "read_failed": True},
        ),
        ("floor", "the floor before it was tried to read", {"state": "floor", "read_failed": False}),
    ]
    for name, comment, freshness in states:
        yield ok(f"deny-{name}", f"{comment} allows a scope of when_stale deny", refund, freshness=freshness, **deny)
    old = {"state": "stale", "age": 500, "read_failed": True}
    floor = {"state": "floor", "read_failed": True}
    for name, comment, event, known in (
        ("serve", "a scope of when_stale serve is served", listing, serve),
        ("check", "a scope of when_stale check is served after the read failed", reading, check),
    ):
        yield ok(f"{name}-old", f"{comment} from an old policy", event, freshness=old, **known)
        yield ok(f"{name}-floor", f"{comment} from the floor", event, freshness=floor, **known)
    yield ok(
        "any-client-floor",
        "a route for any client is check, and served from the floor",
        http_event("GET /me", authorization=bearer()),
        route="GET /me",
        freshness=floor,
    )
    yield ok(
        "either-floor",
        "a weaker set that is satisfied too lets the request pass on the floor",
        http_event(
            "GET /either", authorization=bearer(client_id="refunder", scope="orders:archive orders:read orders:refund")
        ),
        route="GET /either",
        client="refunder",
        scopes=("orders:archive", "orders:read", "orders:refund"),
        freshness=floor,
    )
    no = partial(
        denied,
        step="stale",
        reason="stale_policy",
        route="DELETE /orders/{id}",
        client="refunder",
        when_stale="deny",
        group=group,
        spec=spec,
    )
    beyond = {"state": "stale", "age": 61, "read_failed": True}
    unknown = {"state": "stale", "read_failed": True}
    yield no(
        "deny-stale-beyond-limit",
        "a second older than deny_after, and the read failed",
        refund,
        neighbour="deny-stale-at-limit",
        freshness=beyond,
    )
    yield no(
        "deny-stale-unknown-age",
        "a stale policy of unknown age counts as too old",
        refund,
        neighbour="deny-stale-at-limit",
        freshness=unknown,
    )
    yield no(
        "deny-floor-failed",
        "on the floor a failed read denies at once",
        refund,
        neighbour="deny-floor",
        freshness=floor,
    )
    yield no(
        "deny-floor-young",
        "on the floor no age helps after a failed read",
        refund,
        neighbour="deny-floor",
        freshness={"state": "floor", "age": 1, "read_failed": True},
    )
    yield denied(
        "stale-after-scope",
        "a missing scope is the reason before a stale policy is",
        http_event("DELETE /orders/{id}", authorization=bearer(), path="/orders/5"),
        "scope",
        "insufficient_scope",
        route="DELETE /orders/{id}",
        client="reader",
        neighbour="deny-floor",
        group=group,
        spec=spec,
        freshness=floor,
    )
    yield no(
        "either-strict-floor",
        "a strict set that is satisfied alone denies on the floor",
        http_event("GET /either", authorization=bearer(client_id="refunder", scope="orders:refund")),
        route="GET /either",
        neighbour="either-floor",
        freshness=floor,
    )
