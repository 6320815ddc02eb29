"""GF20x and GF21x: route keys, and how callers authenticate on them."""

from __future__ import annotations

from tests.support.breach import Breach, breach
from tests.support.policies import ORDERS, PAYMENTS, Edit, edit

ORDER = "  GET /orders/{order_id}: {any_of: [[orders:read], [orders:cancel, payments:refund]]}\n"
REFUND = "  POST /refunds: {scopes: [payments:refund], claims: {department: finance}, backend: payments}\n"


def http_route(*lines: str) -> Edit:
    """Further routes of the HTTP gateway."""
    return edit(ORDERS, ORDER, ORDER + "".join(f"  {line}\n" for line in lines))


def rest_route(*lines: str) -> Edit:
    """Further routes of the REST gateway."""
    return edit(PAYMENTS, REFUND, REFUND + "".join(f"  {line}\n" for line in lines))


def malformed(name: str, key: str, good: str) -> Breach:
    """A route key that is refused, and the nearest one that is not."""
    scopes = "{scopes: [orders:read]}"
    return breach("GF201", name, http_route(f"»{key}: {scopes}"), passes=(http_route(f"{good}: {scopes}"),))


BREACHES = (
    malformed("a trailing slash", "GET /carts/", "GET /carts"),
    malformed("a doubled slash", "GET /carts//items", "GET /carts/items"),
    malformed("a dot segment", "GET /carts/../items", "GET /carts/.well-known"),
    malformed("a parameter within a segment", '"GET /carts/{id}.json"', "GET /carts/{id}"),
    malformed("a greedy parameter in the middle", '"GET /carts/{rest+}/items"', "GET /carts/items/{rest+}"),
    malformed("a parameter twice", '"GET /carts/{id}/items/{id}"', "GET /carts/{id}/items/{item}"),
    malformed("a wildcard", '"GET /carts/*"', "GET /carts/{any+}"),
    malformed("an encoded character", '"GET /carts/%61"', "GET /carts/a"),
    malformed("an open brace", '"GET /carts/{id"', "GET /carts/{id}"),
    malformed("a query", '"GET /carts?all"', "GET /carts/all"),
    breach(
        "GF202",
        "two names for a parameter, same method",
        http_route("»GET /orders/{id}: {scopes: [orders:read]}"),
        passes=(http_route("DELETE /orders/{order_id}: {scopes: [orders:read]}"),),
    ),
    breach(
        "GF202",
        "two names for a parameter, further down and by another method",
        http_route("»PUT /orders/{id}/lines: {scopes: [orders:read]}"),
        passes=(http_route("PUT /orders/{order_id}/lines/{id}: {scopes: [orders:read]}"),),
    ),
    breach(
        "GF202",
        "two names for a greedy parameter",
        http_route("GET /files/{path+}: {scopes: [orders:read]}", "»PUT /files/{file+}: {scopes: [orders:read]}"),
        passes=(
            http_route("GET /files/{path+}: {scopes: [orders:read]}", "PUT /other/{file+}: {scopes: [orders:read]}"),
        ),
    ),
    breach(
        "GF203",
        "a parameter beside a greedy one on REST",
        rest_route("»GET /payments/{rest+}: {scopes: [payments:read], backend: payments}"),
        passes=(rest_route("GET /payments/by-day/{rest+}: {scopes: [payments:read], backend: payments}"),),
    ),
    breach(
        "GF204",
        "$default on REST",
        rest_route("»$default: {scopes: [payments:read], backend: payments}"),
        passes=(http_route("$default: {public: true}"),),
    ),
    breach(
        "GF205",
        "a greedy route of REST hidden by a longer path",
        rest_route(
            "ANY /files/{path+}: {scopes: [payments:read], backend: payments}",
            "»GET /files/index: {scopes: [payments:read], backend: payments}",
        ),
        passes=(
            rest_route(
                "ANY /files/{path+}: {scopes: [payments:read], backend: payments}",
                "ANY /files/index: {scopes: [payments:read], backend: payments}",
            ),
        ),
    ),
    breach(
        "GF205",
        "a greedy GET of REST hidden by a longer POST",
        rest_route(
            "GET /files/{path+}: {scopes: [payments:read], backend: payments}",
            "»POST /files/index: {scopes: [payments:read], backend: payments}",
        ),
        passes=(
            http_route("GET /files/{path+}: {scopes: [orders:read]}", "POST /files/index: {scopes: [orders:read]}"),
        ),
    ),
    breach(
        "GF206",
        "a parameter that opens what a literal protects",
        edit(PAYMENTS, "  GET /payments/{payment_id}:", "  »GET /payments/{payment_id}:"),
        rest_route("GET /payments/export: {scopes: [payments:refund], backend: ledger}"),
        passes=(rest_route("GET /payments/export: {scopes: [payments:refund], backend: payments}"),),
    ),
    breach(
        "GF206",
        "a public catch-all before a protected route",
        rest_route(
            "»ANY /{rest+}: {public: true, backend: ledger}",
            "ANY /books: {scopes: [payments:read], backend: ledger}",
        ),
        edit(PAYMENTS, "  GET /payments/{payment_id}:", "  ANY /payments/{payment_id}:"),
        edit(PAYMENTS, "  POST /refunds:", "  ANY /refunds:"),
    ),
    breach(
        "GF206",
        "a parameter without the claims of the literal",
        edit(PAYMENTS, "  GET /payments/{payment_id}:", "  »GET /payments/{payment_id}:"),
        rest_route("GET /payments/export: {scopes: [payments:read], claims: {department: finance}, backend: ledger}"),
        passes=(
            rest_route(
                "GET /payments/export: {scopes: [payments:read], credentials: [jwt, certificate], backend: ledger}"
            ),
        ),
    ),
    breach(
        "GF207",
        "ANY with cross-origin rules",
        http_route("»ANY /carts: {scopes: [orders:read]}"),
        passes=(http_route("ANY /carts: {scopes: [orders:read]}", "OPTIONS /carts: {public: true}"),),
    ),
    breach(
        "GF207",
        "ANY with a preflight that is not public",
        http_route("»ANY /carts: {scopes: [orders:read]}", "OPTIONS /carts: {scopes: [orders:read]}"),
        passes=(http_route("ANY /carts: {public: true}"),),
    ),
    breach(
        "GF207",
        "$default with cross-origin rules",
        http_route("»$default: {scopes: [orders:read]}"),
        passes=(http_route("$default: {scopes: [orders:read]}", "OPTIONS /{any+}: {public: true}"),),
    ),
    breach(
        "GF207",
        "cross-origin rules in one environment only",
        edit(
            ORDERS, "cors: {origins: [https://shop.example.com], methods: [GET], max_age: 600, credentials: true}\n", ""
        ),
        edit(
            ORDERS,
            "orders.staging.example.com}",
            "orders.staging.example.com, cors: {origins: [https://try.example.com]}}",
        ),
        http_route("»ANY /carts: {scopes: [orders:read]}"),
        passes=(
            edit(
                ORDERS,
                "cors: {origins: [https://shop.example.com], methods: [GET], max_age: 600, credentials: true}\n",
                "",
            ),
            http_route("ANY /carts: {scopes: [orders:read]}"),
        ),
    ),
    breach(
        "GF210",
        "a public route with scopes",
        edit(ORDERS, "{public: true}", "{public: true, »scopes: [orders:read]}"),
        passes=(edit(ORDERS, "{public: true}", "{public: true, throttle: {rate: 1, burst: 1}}"),),
    ),
    breach(
        "GF210",
        "a public route with credentials and claims",
        edit(ORDERS, "{public: true}", "{public: true, »credentials: [jwt], »claims: {tenant: acme}}"),
    ),
    breach(
        "GF210",
        "a public route for any client",
        edit(ORDERS, "{public: true}", "{public: true, »any_client: true}"),
        passes=(edit(ORDERS, "{public: true}", "{any_client: true}"),),
    ),
    breach(
        "GF211",
        "claims where no token is taken",
        edit(
            PAYMENTS,
            "{scopes: [payments:refund], claims",
            "{scopes: [payments:refund], credentials: [certificate], »claims",
        ),
    ),
    breach(
        "GF212",
        "claims where API keys are taken, too",
        edit(
            PAYMENTS,
            "{scopes: [payments:refund], claims",
            "{scopes: [payments:refund], credentials: [jwt, api_key], »claims",
        ),
        passes=(
            edit(
                PAYMENTS, "{scopes: [payments:refund], claims", "{scopes: [payments:refund], credentials: [jwt], claims"
            ),
        ),
    ),
    breach(
        "GF213",
        "certificates without mutual TLS",
        edit(ORDERS, "{scopes: [orders:read]}", "{scopes: [orders:read], »credentials: [certificate, jwt]}"),
        passes=(edit(ORDERS, "{scopes: [orders:read]}", "{scopes: [orders:read], credentials: [api_key, jwt]}"),),
    ),
    breach(
        "GF214",
        "mutual TLS without a domain",
        edit(PAYMENTS, "domain: payments.example.com\nmutual_tls", "»mutual_tls"),
    ),
)
