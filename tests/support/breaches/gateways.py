"""GF22x and GF23x: gateways in their environments, and conventions."""

from __future__ import annotations

from tests.support.breach import breach
from tests.support.policies import CONVENTIONS, ORDERS, PAYMENTS, PRODUCTION, STAGING, Edit, edit

STAGING_OVERLAY = "domain: orders.staging.example.com}"


def overlay(more: str) -> Edit:
    """Something more in the HTTP gateway's overlay for staging."""
    return edit(ORDERS, STAGING_OVERLAY, f"{STAGING_OVERLAY[:-1]}, {more}}}")


def gateway(line: str) -> Edit:
    """A further line of the HTTP gateway."""
    return edit(ORDERS, "variant: rust\n", f"variant: rust\n{line}\n")


def cors(members: str) -> Edit:
    """Other cross-origin rules of the HTTP gateway."""
    return edit(
        ORDERS, "{origins: [https://shop.example.com], methods: [GET], max_age: 600, credentials: true}", members
    )


def a_route(line: str) -> Edit:
    """A further route of the HTTP gateway."""
    return edit(ORDERS, "routes:\n", f"routes:\n  {line}\n")


BREACHES = (
    breach("GF220", "a firewall on an HTTP API", gateway("»waf: true"), passes=(gateway("waf: false"),)),
    breach("GF220", "a private HTTP API", gateway("»private: true"), passes=(gateway("private: false"),)),
    breach(
        "GF221",
        "mutual TLS on a private API",
        edit(PAYMENTS, "mutual_tls: true", "private: true\n»mutual_tls: true"),
        passes=(edit(PAYMENTS, "mutual_tls: true", "private: false\nmutual_tls: true"),),
        also=("GF247",),
    ),
    breach(
        "GF222",
        "a high-risk scope where the log is never read",
        gateway("policy: floor_only"),
        edit(ORDERS, "[orders:cancel, payments:refund]", "[»orders:cancel, »payments:refund]"),
        passes=(
            gateway("policy: floor_only"),
            edit(ORDERS, "[orders:cancel, payments:refund]", "[orders:read, payments:read]"),
        ),
        also=(),
    ),
    breach(
        "GF222",
        "a high-risk scope where one environment never reads the log",
        overlay("policy: floor_only"),
        edit(ORDERS, "[orders:cancel, payments:refund]", "[»orders:cancel, »payments:refund]"),
        passes=(
            gateway("policy: floor_only"),
            overlay("policy: follow, enabled: false"),
            edit(ORDERS, "[orders:cancel, payments:refund]", "[orders:write]"),
        ),
    ),
    breach(
        "GF223",
        "answers kept for two kinds of credentials",
        gateway("»result_ttl: 5"),
        edit(ORDERS, "{scopes: [orders:read]}", "{scopes: [orders:read], credentials: [api_key]}"),
        passes=(gateway("result_ttl: 5"),),
    ),
    breach(
        "GF223",
        "answers kept in one environment for two kinds of credentials",
        overlay("»result_ttl: 5"),
        edit(ORDERS, "{scopes: [orders:read]}", "{scopes: [orders:read], credentials: [jwt, api_key]}"),
        passes=(
            overlay("result_ttl: 0"),
            edit(ORDERS, "{scopes: [orders:read]}", "{scopes: [orders:read], credentials: [jwt, api_key]}"),
        ),
    ),
    breach(
        "GF224",
        "answers kept with mutual TLS",
        edit(PAYMENTS, "variant: node\n", "variant: node\n»result_ttl: 5\n"),
        edit(PAYMENTS, "credentials: [jwt, certificate], ", ""),
        passes=(
            edit(PAYMENTS, "variant: node\n", "variant: node\nresult_ttl: 5\n"),
            edit(PAYMENTS, "mutual_tls: true\n", ""),
            edit(PAYMENTS, "credentials: [jwt, certificate], ", ""),
        ),
    ),
    breach(
        "GF225",
        "answers kept for a greedy route",
        gateway("»result_ttl: 5"),
        a_route("GET /files/{path+}: {scopes: [orders:read]}"),
        passes=(gateway("result_ttl: 5"), a_route("GET /files/{path}: {scopes: [orders:read]}")),
    ),
    breach(
        "GF225",
        "answers kept for $default",
        gateway("»result_ttl: 5"),
        a_route("$default: {public: true}"),
        passes=(gateway("result_ttl: 0"), a_route("$default: {public: true}")),
    ),
    breach(
        "GF226",
        "answers kept for longer than a revocation may take",
        edit(CONVENTIONS, "result_ttl_limit: 8", "result_ttl_limit: 60"),
        gateway("»result_ttl: 10"),
        passes=(edit(CONVENTIONS, "result_ttl_limit: 8", "result_ttl_limit: 60"), gateway("result_ttl: 9")),
    ),
    breach(
        "GF226",
        "an environment that promises more than its gateways' staleness allows",
        edit(STAGING, "revocation_slo: 10", "revocation_slo: 1"),
        edit(ORDERS, "max_staleness: 1", "»max_staleness: 2"),
        passes=(edit(STAGING, "revocation_slo: 10", "revocation_slo: 1"),),
    ),
    breach(
        "GF226",
        "a convention that no gateway can keep the promise with",
        edit(PRODUCTION, "revocation_slo: 10", "revocation_slo: 1"),
        edit(CONVENTIONS, "max_staleness: 2", "»max_staleness: 2"),
        passes=(edit(PRODUCTION, "revocation_slo: 10", "revocation_slo: 2"),),
    ),
    breach(
        "GF227",
        "a domain of two gateways",
        edit(PAYMENTS, "domain: payments.example.com", "»domain: orders.example.com"),
    ),
    breach(
        "GF227",
        "a domain in two environments",
        edit(ORDERS, "domain: orders.example.com", "»domain: orders.example.com"),
        edit(ORDERS, f", {STAGING_OVERLAY}", "}"),
        passes=(edit(ORDERS, f", {STAGING_OVERLAY}", ", enabled: false}"),),
    ),
    breach(
        "GF228",
        "an audience in two environments",
        edit(ORDERS, "{audience: https://staging.example.com/orders, ", "{"),
        edit(ORDERS, "audience: https://api.example.com/orders", "»audience: https://api.example.com/orders"),
    ),
    breach(
        "GF228",
        "production's audience among staging's",
        edit(ORDERS, "audience: https://api.example.com/orders", "»audience: https://api.example.com/orders"),
        edit(
            ORDERS,
            "{audience: https://staging.example.com/orders",
            "{audience: [https://staging.example.com/orders, https://api.example.com/orders]",
        ),
        passes=(
            edit(
                ORDERS,
                "{audience: https://staging.example.com/orders",
                "{audience: [https://staging.example.com/orders, https://staging.example.com/o]",
            ),
        ),
    ),
    breach(
        "GF229",
        "a back end over plain http",
        edit(
            PAYMENTS,
            "http: http://ledger.internal.example.com, vpc_link: ledger",
            "»http: http://ledger.internal.example.com",
        ),
        passes=(
            edit(
                PAYMENTS,
                "http: http://ledger.internal.example.com, vpc_link: ledger",
                "http: https://ledger.internal.example.com",
            ),
        ),
    ),
    breach(
        "GF230",
        "answers kept for longer than the convention",
        gateway("»result_ttl: 9"),
        passes=(gateway("result_ttl: 8"),),
    ),
    breach(
        "GF230",
        "an overlay that keeps answers for longer than the convention",
        overlay("»result_ttl: 9"),
        passes=(overlay("result_ttl: 8"),),
    ),
    breach(
        "GF231",
        "a gateway that may be staler",
        edit(ORDERS, "max_staleness: 1", "»max_staleness: 3"),
        passes=(edit(ORDERS, "max_staleness: 1", "max_staleness: 2"),),
    ),
    breach(
        "GF232",
        "a gateway that denies later",
        edit(ORDERS, "deny_after: 30", "»deny_after: 61"),
        passes=(edit(ORDERS, "deny_after: 30", "deny_after: 60"),),
    ),
    breach(
        "GF233",
        "a gateway's throttle",
        edit(ORDERS, "{rate: 500, burst: 1000}", "{»rate: 5001, »burst: 10001}"),
        passes=(edit(ORDERS, "{rate: 500, burst: 1000}", "{rate: 5000, burst: 10000}"),),
    ),
    breach(
        "GF233",
        "a route's throttle",
        edit(ORDERS, "{public: true}", "{public: true, throttle: {»rate: 9000, burst: 10}}"),
        passes=(edit(ORDERS, "{public: true}", "{public: true, throttle: {rate: 10, burst: 10}}"),),
    ),
    breach(
        "GF233",
        "an overlay's throttle",
        overlay("throttle: {rate: 10, »burst: 20000}"),
        passes=(overlay("throttle: {rate: 10, burst: 20}"),),
    ),
    breach(
        "GF234",
        "a preflight kept for too long",
        cors("{origins: [https://shop.example.com], »max_age: 7201}"),
        passes=(cors("{origins: [https://shop.example.com], max_age: 7200}"),),
    ),
    breach(
        "GF235",
        "any origin",
        cors('{»origins: ["*"]}'),
        passes=(edit(CONVENTIONS, "any_origin: false", "any_origin: true"), cors('{origins: ["*"]}')),
    ),
    breach(
        "GF235",
        "any origin by an overlay",
        overlay('cors: {»origins: ["*"]}'),
        passes=(overlay("cors: {origins: [https://a.example.com]}"),),
    ),
    breach(
        "GF236",
        "any origin with credentials",
        edit(CONVENTIONS, "any_origin: false", "any_origin: true"),
        cors('{»origins: ["*"], credentials: true}'),
        passes=(
            edit(CONVENTIONS, "any_origin: false", "any_origin: true"),
            cors('{origins: ["*"], credentials: false}'),
        ),
    ),
    breach(
        "GF237",
        "an origin over plain http",
        cors("{origins: [https://shop.example.com, »http://shop.example.com]}"),
        passes=(cors('{origins: [https://shop.example.com, "http://localhost:3000", "http://127.0.0.1:3000"]}'),),
    ),
    breach(
        "GF238",
        "a blast limit that no merge reaches",
        edit(CONVENTIONS, "client: 100", "»client: 101"),
    ),
)
