"""GF1xx: names that nothing declares, and demands of routes."""

from __future__ import annotations

from tests.support.breach import breach
from tests.support.policies import (
    CARRIER,
    ORDERS,
    ORDERS_TEAM,
    PARTNERS,
    PAYMENTS,
    PAYMENTS_TEAM,
    PRODUCTION,
    ROLLOUT,
    SCOPES,
    SHOP,
    STAGING,
    TESTS,
    a_file,
    edit,
    no_file,
)

BREACHES = (
    breach(
        "GF101",
        "an account in an environment that is spelled otherwise",
        edit(PAYMENTS_TEAM, "  production:", "  »producton:"),
        also=("GF110",),
    ),
    breach(
        "GF101",
        "an overlay for an environment that nobody declares",
        edit(ORDERS, "environments:\n", "environments:\n  »testing: {enabled: false}\n"),
        passes=(edit(ORDERS, "environments:\n", "environments:\n  production: {enabled: false}\n"),),
    ),
    breach(
        "GF101",
        "a client in an environment that nobody declares",
        edit(SHOP, "[staging, production]", "[staging, »prod]"),
    ),
    breach("GF102", "a client of an unknown issuer", edit(SHOP, "issuer: workforce", "»issuer: workforces")),
    breach(
        "GF102",
        "an environment that allows an unknown issuer",
        edit(STAGING, "[workforce, partners]", "[workforce, partners, »customers]"),
        passes=(edit(STAGING, "[workforce, partners]", "[workforce]"),),
    ),
    breach(
        "GF102",
        "a substitute that is unknown",
        a_file(
            "policies/environments/development.yaml",
            "kind: Environment\ndescription: Here.\norder: 3\nlog: policy-development\n"
            "trust: policies/environments/development.trust.json\nissuers: [workforce]\nrevocation_slo: 10\n"
            "substitute_issuers:\n  »partners: nobody\n",
        ),
        passes=(
            a_file(
                "policies/environments/development.yaml",
                "kind: Environment\ndescription: Here.\norder: 3\nlog: policy-development\n"
                "trust: policies/environments/development.trust.json\nissuers: [workforce]\nrevocation_slo: 10\n"
                "substitute_issuers:\n  partners: workforce\n",
            ),
        ),
        also=("GF228",),
    ),
    breach(
        "GF103",
        "a scope owned by nobody",
        edit(
            SCOPES, "orders:read: {description: Read., owner: orders", "orders:read: {description: Read., »owner: order"
        ),
        also=("GF120",),
    ),
    breach(
        "GF103",
        "a client in the folder of an unknown team",
        a_file("policies/clients/stock/scanner.yaml", "»kind: Client\ndescription: A scanner.\n"),
        passes=(a_file("policies/clients/orders/scanner.yaml", "kind: Client\ndescription: A scanner.\n"),),
    ),
    breach(
        "GF103",
        "gateways and tests of a team without team.yaml",
        no_file(ORDERS_TEAM),
        edit(ORDERS, "kind: Gateway", "»kind: Gateway"),
        edit(TESTS, "kind: PolicyTests", "»kind: PolicyTests"),
        edit(SHOP, "kind: Client", "»kind: Client"),
        edit(CARRIER, "kind: Client", "»kind: Client"),
        edit(SCOPES, "orders:read: {description: Read., owner", "orders:read: {description: Read., »owner"),
        edit(SCOPES, "orders:write: {description: Write., owner", "orders:write: {description: Write., »owner"),
        edit(SCOPES, "orders:cancel: {description: Cancel., owner", "orders:cancel: {description: Cancel., »owner"),
    ),
    breach(
        "GF104",
        "a route that asks for a misspelled scope",
        edit(ORDERS, "{scopes: [orders:read]}", "{scopes: [»orders:reed]}"),
    ),
    breach(
        "GF104",
        "a set of `any_of` with an unknown scope",
        edit(ORDERS, "[orders:cancel, payments:refund]", "[orders:cancel, »payments:refunds]"),
    ),
    breach(
        "GF104",
        "a grant of an unknown scope",
        edit(SHOP, "  orders:read: {}", "  orders:read: {}\n  »orders:raed: {}"),
        passes=(edit(SHOP, "  orders:read: {}", "  orders:read: {}\n  orders:cancel: {}"),),
    ),
    breach(
        "GF104",
        "a policy test with an unknown scope",
        edit(TESTS, "scopes: [orders:write]", "scopes: [orders:write, »orders]"),
        passes=(edit(TESTS, "scopes: [orders:write]", "scopes: []"),),
    ),
    breach(
        "GF105",
        "a policy test of an unknown client",
        edit(TESTS, "client: shop, route: GET /orders, expect", "»client: shops, route: GET /orders, expect"),
    ),
    breach(
        "GF106",
        "a policy test of another team's gateway",
        edit(
            TESTS,
            "gateway: orders, client: shop, route: GET /orders, expect",
            "»gateway: payments, client: shop, route: GET /orders, expect",
        ),
    ),
    breach(
        "GF106",
        "a wave with an unknown gateway",
        edit(ROLLOUT, "[orders/orders]", "[orders/orders, »orders/order]"),
        passes=(edit(ROLLOUT, "[orders/orders]", "[orders/orders, payments/payments]"),),
    ),
    breach(
        "GF107",
        "a route to an unknown backend",
        edit(PAYMENTS, "finance}, backend: payments", "finance}, »backend: payment"),
        also=("GF113",),
    ),
    breach(
        "GF107",
        "an overlay of an unknown backend",
        edit(
            ORDERS,
            "domain: orders.staging.example.com}",
            "domain: orders.staging.example.com, backends: {»order: {lambda: x}}}",
        ),
        passes=(
            edit(
                ORDERS,
                "domain: orders.staging.example.com}",
                "domain: orders.staging.example.com, backends: {orders: {lambda: x}}}",
            ),
        ),
    ),
    breach(
        "GF108",
        "a policy test of a route that the gateway does not have",
        edit(TESTS, "route: GET /orders, expect", "»route: GET /order, expect"),
    ),
    breach(
        "GF109",
        "an overlay where the team has no account",
        edit(PAYMENTS, "backends:\n", "environments:\n  »staging: {enabled: false}\nbackends:\n"),
        passes=(edit(PAYMENTS, "backends:\n", "environments:\n  production: {enabled: true}\nbackends:\n"),),
    ),
    breach(
        "GF110",
        "a gateway of a team without accounts",
        edit(PAYMENTS_TEAM, '\n  production: {account: "044455557777", region: eu-west-1}', " {}"),
        edit(PAYMENTS, "kind: Gateway", "»kind: Gateway"),
    ),
    breach(
        "GF110",
        "a gateway that is disabled everywhere",
        edit(PAYMENTS, "kind: Gateway\n", "»kind: Gateway\nenvironments: {production: {enabled: false}}\n"),
    ),
    breach(
        "GF111",
        "a client limited to an environment that refuses its issuer",
        edit(SHOP, "environments: [staging, production]", "»environments: [staging]"),
        edit(STAGING, "[workforce, partners]", "[partners]"),
        passes=(edit(STAGING, "[workforce, partners]", "[partners]"),),
    ),
    breach(
        "GF111",
        "a client whose issuer is allowed nowhere",
        a_file("policies/clients/orders/reseller.yaml", "kind: Client\ndescription: Sells.\n»issuer: partners\n"),
        edit(STAGING, "[workforce, partners]", "[workforce]"),
        edit(PRODUCTION, "[workforce, partners]", "[workforce]"),
        also=("GF112",),
        passes=(
            a_file("policies/clients/orders/reseller.yaml", "kind: Client\ndescription: Sells.\nissuer: partners\n"),
            edit(STAGING, "[workforce, partners]", "[workforce]"),
        ),
    ),
    breach(
        "GF112",
        "an issuer that no environment allows",
        edit(PARTNERS, "kind: Issuer", "»kind: Issuer"),
        edit(STAGING, "[workforce, partners]", "[workforce]"),
        edit(PRODUCTION, "[workforce, partners]", "[workforce]"),
    ),
    breach(
        "GF113",
        "a backend that no route uses",
        edit(PAYMENTS, "backends:\n", "backends:\n  »old: {lambda: payments-old}\n"),
    ),
    breach(
        "GF120",
        "a route that another team's scope opens",
        edit(ORDERS, "{scopes: [orders:read]}", "{scopes: [»payments:read]}"),
        passes=(edit(ORDERS, "{scopes: [orders:read]}", "{scopes: [payments:read, orders:read]}"),),
    ),
    breach(
        "GF120",
        "one way in that another team's scope opens",
        edit(ORDERS, "[[orders:read], [", "[[orders:read], [»payments:read], ["),
    ),
    breach(
        "GF121",
        "a route that another team's high-risk scope opens",
        edit(ORDERS, "[orders:cancel, payments:refund]", "[»payments:refund]"),
    ),
    breach(
        "GF122",
        "a route whose only scope is revoked",
        edit(SCOPES, "owner: orders, risk: low}", "owner: orders, risk: low, state: revoked}"),
        edit(ORDERS, "  GET /orders:", "  »GET /orders:"),
        passes=(edit(SCOPES, "owner: orders, risk: high}", "owner: orders, risk: high, state: revoked}"),),
    ),
    breach(
        "GF123",
        "a further demand written as an alternative",
        edit(
            ORDERS,
            "any_of: [[orders:read], [orders:cancel, payments:refund]]",
            "»any_of: [[orders:read], [orders:cancel, orders:read]]",
        ),
    ),
)
