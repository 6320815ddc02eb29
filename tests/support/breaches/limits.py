"""GF24x: what AWS would refuse at apply."""

from __future__ import annotations

from tests.support.breach import breach
from tests.support.breaches.gateways import a_route, cors, overlay
from tests.support.policies import (
    CONVENTIONS,
    ORDERS,
    ORDERS_TEAM,
    PAYMENTS,
    POLICIES,
    PRODUCTION,
    STAGING,
    Edit,
    a_file,
    edit,
)

LAMBDA = "{lambda: orders-service}"
LEDGER = "http: http://ledger.internal.example.com"
STAGING_OVERLAY = "{audience: https://staging.example.com/orders, domain: orders.staging.example.com}"


def tags(written: str) -> Edit:
    return edit(ORDERS_TEAM, "cost_centre: cc-1\n", f"cost_centre: cc-1\ntags:\n  {written}\n")


def named(length: int, *, mark: str = "") -> Edit:
    """A further gateway with a name of that length, in the production account alone."""
    text = POLICIES[ORDERS].replace("domain: orders.example.com\n", "")
    text = text.replace(STAGING_OVERLAY, "{enabled: false}").replace("api.example.com/orders", "api.example.com/other")
    return a_file(f"teams/orders/gateways/{'g' * length}.yaml", mark + text)


def an_environment(name: str, *, mark: str = "") -> Edit:
    text = POLICIES[STAGING].replace("staging", name).replace("order: 1", "order: 3")
    return a_file(f"policies/environments/{name}.yaml", mark + text.replace("kind:", "kind:"))


def a_team(name: str, *, mark: str = "") -> Edit:
    text = POLICIES[ORDERS_TEAM].replace("orders", "others")
    return a_file(f"teams/{name}/team.yaml", mark + text)


def routes(number: int) -> Edit:
    """So many routes in all, of an HTTP API; it has three."""
    return a_route("\n  ".join(f"GET /r{index}: {{scopes: [orders:read]}}" for index in range(number - 3)))


def resources(number: int) -> Edit:
    """So many resources in all, of a REST API; it has four: `/`, `/payments`, `/payments/{payment_id}`, `/refunds`."""
    routes = (
        f"GET /r{index}/deep: {{scopes: [payments:read], backend: payments}}" for index in range((number - 4) // 2)
    )
    return edit(PAYMENTS, "\n  POST /refunds", "\n  " + "\n  ".join(routes) + "\n  POST /refunds")


def long_domain(length: int) -> str:
    return ".".join(["a" * 50] * 5)[:length]


def mark_routes(path: str) -> Edit:
    return edit(path, "routes:\n", "»routes:\n")


def backend(url: str) -> Edit:
    return edit(PAYMENTS, LEDGER, url)


# orders_<name>_production_authorizer
BREACHES = (
    breach("GF240", "an authorizer of 65 characters", named(36, mark="»"), passes=(named(35),)),
    breach(
        "GF240",
        "a bucket of 64 characters for a team's state",
        a_team("t" * 35, mark="»"),
        passes=(a_team("t" * 34),),
    ),
    breach(
        "GF240",
        "a bucket of 64 characters for an archive",
        an_environment("e" * 33, mark="»"),
        passes=(an_environment("e" * 32),),
    ),
    breach(
        "GF240",
        "a domain of 254 characters",
        edit(ORDERS, "domain: orders.example.com", f"»domain: {long_domain(254)}"),
        passes=(edit(ORDERS, "domain: orders.example.com", f"domain: {long_domain(253)}"),),
    ),
    breach("GF241", "301 routes of an HTTP API", routes(301), mark_routes(ORDERS), passes=(routes(300),)),
    breach("GF241", "302 resources of a REST API", resources(302), mark_routes(PAYMENTS), passes=(resources(300),)),
    breach(
        "GF241",
        "more than a quota that was raised",
        edit(CONVENTIONS, "result_ttl_limit: 8\n", "result_ttl_limit: 8\nroutes_limit: 400\n"),
        routes(401),
        mark_routes(ORDERS),
        passes=(edit(CONVENTIONS, "result_ttl_limit: 8\n", "result_ttl_limit: 8\nroutes_limit: 400\n"), routes(400)),
    ),
    breach(
        "GF242",
        "a throttled ANY of a REST API",
        edit(PAYMENTS, "POST /refunds: {", "ANY /refunds: {»throttle: {rate: 1, burst: 1}, "),
        passes=(edit(PAYMENTS, "POST /refunds: {", "POST /refunds: {throttle: {rate: 1, burst: 1}, "),),
    ),
    breach("GF243", "every origin and one more", cors('{origins: [»"*", https://shop.example.com]}'), also=("GF235",)),
    breach(
        "GF243",
        "an origin without a host",
        cors("{origins: [»https://-.example.com]}"),
        passes=(cors("{origins: [https://a-b.example.com]}"),),
    ),
    breach(
        "GF243",
        "an origin with a port that there is not",
        cors('{origins: [»"https://shop.example.com:70000"]}'),
        passes=(cors('{origins: ["https://shop.example.com:7000"]}'),),
    ),
    breach(
        "GF243",
        "an origin with the port that browsers leave out",
        cors('{origins: [»"https://shop.example.com:443"]}'),
        passes=(cors('{origins: ["https://shop.example.com:8443"]}'),),
    ),
    breach("GF244", "a value with a comma", tags("»domain: shop, web"), passes=(tags("domain: shop web"),)),
    breach("GF244", "a name of AWS's own", tags("»aws:cost: x"), passes=(tags("awscost: x"),)),
    breach("GF244", "a name of ours", tags("»Cost-Centre: x"), passes=(tags("costs: x"),)),
    breach(
        "GF244",
        "a name in two cases",
        tags("domain: x\n  »Domain: y"),
        passes=(tags("domain: x\n  domains: y"),),
    ),
    breach("GF245", "a URL with a query", backend("»http: http://ledger.example.com/?a=b"), passes=(backend(LEDGER),)),
    breach(
        "GF245",
        "a URL with what API Gateway would fill in",
        backend('»http: "http://ledger.example.com/${stageVariables.x}"'),
        passes=(backend("http: http://ledger.example.com/v2/"),),
    ),
    breach(
        "GF245",
        "a URL with a user in it",
        backend('»http: "http://me@ledger.example.com"'),
        passes=(backend('http: "http://ledger.example.com:8080"'),),
    ),
    breach(
        "GF246",
        "another account's function",
        edit(ORDERS, LAMBDA, '{»lambda: "arn:aws:lambda:eu-west-1:044455556666:function:orders"}'),
        passes=(
            edit(ORDERS, LAMBDA, '{lambda: "arn:aws:lambda:eu-west-1:044455556666:function:orders"}'),
            overlay("backends: {orders: {lambda: orders}}"),
        ),
    ),
    breach(
        "GF246",
        "another region's function, by an overlay",
        overlay('backends: {orders: {»lambda: "arn:aws:lambda:eu-west-2:011122223333:function:orders"}}'),
        passes=(overlay('backends: {orders: {lambda: "arn:aws:lambda:eu-west-1:011122223333:function:orders"}}'),),
    ),
    breach(
        "GF247",
        "a private API with a domain",
        edit(
            PAYMENTS, "domain: payments.example.com\nmutual_tls: true", "»domain: payments.example.com\nprivate: true"
        ),
        edit(PAYMENTS, "[jwt, certificate]", "[jwt]"),
        passes=(
            edit(PAYMENTS, "domain: payments.example.com\nmutual_tls: true", "private: true"),
            edit(PAYMENTS, "[jwt, certificate]", "[jwt]"),
        ),
    ),
    breach(
        "GF248",
        "production's log without TLS",
        edit(PRODUCTION, "security: SSL", "»security: PLAINTEXT"),
        passes=(edit(PRODUCTION, "security: SSL", "security: SASL_SSL, mechanism: SCRAM-SHA-512"),),
    ),
)
