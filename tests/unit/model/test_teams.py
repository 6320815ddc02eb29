"""What stands in `teams/` gets its types and defaults; a route says once who may call."""

from __future__ import annotations

import pytest
from tests.support.sources import document

from gatefleet.contract.entities import AnyClient, AnyOf, ApiKind, CredentialKind, Following, Public, Requirement
from gatefleet.model import teams
from gatefleet.model.reading import Reading
from gatefleet.model.types import Account, Backend, Cors, PolicyCase, SourceGateway, Throttle, Variant
from gatefleet.problems import Problem

PATH = "teams/orders/gateways/orders.yaml"
HEAD = """\
kind: Gateway
description: Orders.
api: http
variant: rust
audience: https://api.example.com/orders
"""
ONE = HEAD + "backends: {orders: {lambda: orders-service}}\n"


def gateway(text: str, problems: list[Problem] | None = None) -> SourceGateway:
    return teams.gateway(Reading(document(PATH, text), [] if problems is None else problems))


def refused(text: str) -> list[tuple[str, int, int]]:
    problems: list[Problem] = []
    gateway(text, problems)
    return [(one.code, one.place.line, one.place.column) for one in problems]


def requirement(written: str) -> Requirement:
    return gateway(ONE + f"routes: {{GET /a: {{{written}}}}}\n").routes["GET /a"].requirement


def test_a_gateway_says_nothing_more_than_it_must() -> None:
    one = gateway(ONE + "routes: {GET /a: {public: true}}\n")
    assert (one.id, one.name, one.team) == ("orders/orders", "orders", "orders")
    assert (one.api, one.variant, one.following) == (ApiKind.HTTP, Variant.RUST, Following.FOLLOW)
    assert (one.audience, one.result_ttl) == (("https://api.example.com/orders",), 0)
    assert (one.max_staleness, one.deny_after, one.throttle, one.cors, one.domain) == (None,) * 5
    assert (one.mutual_tls, one.private, one.waf, one.overlays) == (False, False, False, {})
    assert one.backends == {"orders": Backend("orders", "lambda", "orders-service")}


def test_a_gateway_keeps_what_it_says() -> None:
    one = gateway(
        "kind: Gateway\ndescription: Orders.\napi: rest\nvariant: node\naudience: [a, b]\npolicy: floor_only\n"
        "result_ttl: 5\nmax_staleness: 1\ndeny_after: 30\nthrottle: {rate: 5, burst: 10}\ndomain: a.example.com\n"
        "cors:\n  {origins: ['https://a.example'], methods: [GET], headers: [accept], max_age: 9, credentials: true}\n"
        "mutual_tls: true\nprivate: true\nwaf: true\n"
        "backends: {a: {http: https://a.example.com, vpc_link: link}, b: {http: https://b.example.com}}\n"
        "routes: {GET /a: {public: true, backend: b}}\n"
    )
    assert (one.api, one.variant, one.following, one.audience) == ("rest", "node", "floor_only", ("a", "b"))
    assert (one.result_ttl, one.max_staleness, one.deny_after, one.throttle) == (5, 1, 30, Throttle(5, 10))
    assert one.cors == Cors(("https://a.example",), ("GET",), ("accept",), 9, True)
    assert (one.domain, one.mutual_tls, one.private, one.waf) == ("a.example.com", True, True, True)
    assert one.backends["a"] == Backend("a", "http", "https://a.example.com", "link")
    assert one.routes["GET /a"].backend == "b"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("public: true", Public()),
        ("any_client: true", AnyClient()),
        ("scopes: [b, a]", AnyOf((("a", "b"),))),
        ("any_of: [[b, a], [a]]", AnyOf((("a",), ("a", "b")))),
        ("any_of: [[b, a], [a, b]]", AnyOf((("a", "b"),))),
    ],
)
def test_a_route_demands_what_is_written_in_one_sorted_form(written: str, expected: Requirement) -> None:
    assert requirement(written) == expected


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ("description: Nobody is named.", 8, 3),
        ("scopes: [a], any_client: true", 8, 25),
        ("any_client: true, scopes: [a]", 8, 30),
        ("scopes: [a], any_of: [[a]]", 8, 25),
    ],
)
def test_a_route_that_says_not_at_all_or_twice_who_may_call_is_refused(written: str, line: int, column: int) -> None:
    assert refused(ONE + f"routes:\n  GET /a: {{{written}}}\n") == [("GF030", line, column)]


def test_what_stands_beside_public_is_left_to_the_checks() -> None:
    text = ONE + "routes:\n  GET /a: {public: true, scopes: [a], credentials: [jwt]}\n"
    assert refused(text) == []
    assert gateway(text).routes["GET /a"].requirement == Public()


def test_a_route_takes_access_tokens_unless_it_says_otherwise_and_a_public_one_takes_nothing() -> None:
    one = gateway(
        ONE + "routes:\n  GET /a: {scopes: [a]}\n  GET /b: {scopes: [a], credentials: [certificate, jwt]}\n"
        "  GET /c: {public: true}\n"
    )
    assert one.routes["GET /a"].credentials == (CredentialKind.JWT,)
    assert one.routes["GET /b"].credentials == (CredentialKind.CERTIFICATE, CredentialKind.JWT)
    assert one.routes["GET /c"].credentials == ()


def test_a_claim_is_text_unless_its_type_is_written() -> None:
    claims = "{a: acme, b: {integer: 3}, c: {boolean: false}, d: {text: '3'}, e: 03}"
    route = gateway(ONE + f"routes: {{GET /a: {{scopes: [a], claims: {claims}}}}}\n").routes["GET /a"]
    assert route.claims == {"a": "acme", "b": 3, "c": False, "d": "3", "e": "03"}
    assert [type(value) for value in route.claims.values()] == [str, int, bool, str, str]


def test_a_route_goes_to_the_only_backend_and_must_say_which_when_there_are_several() -> None:
    assert gateway(ONE + "routes: {GET /a: {public: true}}\n").routes["GET /a"].backend == "orders"
    two = HEAD + "backends:\n  a: {lambda: a}\n  b: {lambda: b}\nroutes:\n  GET /a: {public: true}\n"
    assert refused(two) == [("GF037", 10, 3)]


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ("vpc_link: link", 7, 3),
        ("lambda: a, http: https://a.example.com", 7, 18),
        ("lambda: a, vpc_link: link", 7, 18),
    ],
)
def test_a_backend_is_a_function_or_a_url(written: str, line: int, column: int) -> None:
    assert refused(HEAD + f"backends:\n  a: {{{written}}}\nroutes:\n  GET /a: {{public: true}}\n") == [
        ("GF036", line, column)
    ]


def test_an_overlay_keeps_apart_what_it_says_and_what_it_leaves() -> None:
    one = gateway(
        ONE + "routes: {GET /a: {public: true}}\nenvironments:\n  staging:\n    enabled: false\n    audience: b\n"
        "    policy: floor_only\n    result_ttl: 0\n    throttle: {rate: 1, burst: 2}\n    cors: {origins: ['*']}\n"
        "    domain: b.example.com\n    backends: {orders: {http: https://b.example.com}}\n  production: {}\n"
    )
    staging, production = one.overlays["staging"], one.overlays["production"]
    assert (staging.enabled, staging.audience, staging.following) == (False, ("b",), Following.FLOOR_ONLY)
    assert (staging.result_ttl, staging.throttle, staging.cors) == (0, Throttle(1, 2), Cors(("*",)))
    assert (staging.domain, staging.backends["orders"].target) == ("b.example.com", "https://b.example.com")
    assert (production.enabled, production.audience, production.following, production.result_ttl) == (
        True,
        None,
        None,
        None,
    )


def test_a_backend_of_an_overlay_is_refused_where_it_stands() -> None:
    text = (
        ONE
        + "routes: {GET /a: {public: true}}\nenvironments:\n  staging:\n    backends:\n      orders: {vpc_link: a}\n"
    )
    assert refused(text) == [("GF036", 11, 7)]


def test_a_team_keeps_account_ids_as_text() -> None:
    text = (
        "kind: Team\ndescription: Orders.\nowners: [a]\ncontact: a@example.com\ncost_centre: 0012\n"
        "accounts: {staging: {account: 000000000012, region: eu-west-1}}\n"
    )
    one = teams.team(Reading(document("teams/orders/team.yaml", text), []))
    assert (one.name, one.cost_centre, one.tags) == ("orders", "0012", {})
    assert one.accounts == {"staging": Account("000000000012", "eu-west-1")}


def test_a_case_expects_allow_or_a_reason_and_takes_all_scopes_unless_it_lists_some() -> None:
    text = (
        "kind: PolicyTests\nclock: 2026-11-01T12:00:00Z\ncases:\n"
        "- {gateway: orders, client: a, route: GET /a, expect: allow}\n"
        "- {gateway: orders, client: a, route: GET /a, scopes: [], expect: insufficient_scope, description: None.}\n"
    )
    one = teams.policy_tests(Reading(document("teams/orders/tests/money.yaml", text), []))
    assert (one.name, one.team, one.clock) == ("money", "orders", 1793534400)
    assert one.cases == (
        PolicyCase("orders", "a", "GET /a", None, "allow", None),
        PolicyCase("orders", "a", "GET /a", (), "deny", "insufficient_scope", "None."),
    )
