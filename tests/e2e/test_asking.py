"""`test`, `who-can` and `why` as people and pipelines use them."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from tests.support.command import Company

SHIPPING = "teams/shipping/tests/shipping.yaml"
PARCELS = "    route: GET /parcels/{parcel_id}\n    expect: allow"
PRODUCTION = ("--environment", "production")


def test_policy_tests_that_hold_end_with_0(unpublished: Company) -> None:
    ran = unpublished.ok("test", *PRODUCTION, "--coverage")
    lines = ran.out.splitlines()
    assert lines[:2] == [
        "31 tests passed, 0 failed, in 7 files",
        "no test asks about 8 of 25 routes that are not public",
    ]
    assert lines[-1] == "tests ask about each of 8 clients"


def test_a_policy_test_that_fails_names_got_want_and_the_lines_and_ends_with_4(fresh: Company) -> None:
    fresh.edit(SHIPPING, PARCELS, PARCELS.replace("allow", "insufficient_scope"))
    ran = fresh.run("test", *PRODUCTION)
    assert ran.code == 4
    assert ran.out.splitlines() == [
        f"{SHIPPING}:6:5: web-shop, GET /parcels/{{parcel_id}} on shipping/shipping",
        "    got allow, want insufficient_scope, in production (reference)",
        "      teams/shipping/gateways/shipping.yaml:19:5: the route asks for shipping:read",
        "      policies/clients/orders/web-shop.yaml:9:3: shipping:read is granted",
        "30 tests passed, 1 failed, in 7 files",
    ]
    document = fresh.run("test", *PRODUCTION, "--format", "json").json
    (failed,) = (one for one in document["tests"] if not one["passed"])
    assert (document["failed"], failed["got"], failed["want"]) == (1, "allow", "insufficient_scope")
    suites = ET.fromstring(fresh.run("test", *PRODUCTION, "--format", "junit").out)
    assert (suites.get("tests"), suites.get("failures"), len(list(suites.iter("failure")))) == ("31", "1", 1)


def test_builds_cannot_be_asked_without_their_tools(fresh: Company) -> None:
    ran = fresh.run("test", *PRODUCTION, "--builds", PATH="/nowhere:/usr/bin:/bin", HOME="/nowhere")
    assert (ran.code, ran.codes) == (1, ["GF627"])


def test_who_can_lists_clients_with_their_credentials(unpublished: Company) -> None:
    gateway = ("--gateway", "shipping/shipping", *PRODUCTION)
    rows = [line.split("  ") for line in unpublished.ok("who-can", *gateway).out.splitlines()]
    assert [[cell.strip() for cell in row if cell] for row in rows[1:]] == [
        ["$default", "nobody"],
        ["ANY /carriers/{carrier}/{event+}", "parcel-carrier", "api_key"],
        ["GET /parcels/{parcel_id}", "web-shop", "jwt"],
    ]
    (route,) = unpublished.ok("who-can", "GET /parcels/{parcel_id}", *gateway, "-o", "json").json["routes"]
    assert route["clients"] == [{"client": "web-shop", "credentials": ["jwt"]}]
    assert unpublished.run("who-can", "GET /parcel", *gateway).codes == ["GF645"]


def test_why_names_the_check_and_the_line_and_never_the_token(fresh: Company) -> None:
    development = ("--gateway", "orders/orders", "--environment", "development")
    key = ("--key", "../keys/issuer.key.pem")
    token = fresh.ok("token", "web-shop", *development[:2], *key, "--scope", "orders:read").out.strip()
    (fresh.folder / "token").write_text(token)
    asked = (*development, "--token-file", "../token")
    allowed = fresh.ok("why", *asked, "--route", "GET /orders")
    assert allowed.out.startswith("allowed: GET /orders on orders/orders in development\n")
    denied = fresh.run("why", *asked, "--route", "POST /orders")
    assert denied.code == 3
    assert denied.out.splitlines()[0] == (
        "denied at step 23 `scope`: insufficient_scope, for POST /orders on orders/orders in development"
    )
    assert denied.out.splitlines()[-2:] == [
        "  policies/clients/orders/web-shop.yaml:8:3: orders:write is granted, and the token does not carry it",
        "  teams/orders/gateways/orders.yaml:33:5: the route asks for orders:write",
    ]
    document = fresh.run("why", *asked, "--route", "POST /orders", "-o", "json")
    assert (document.json["step"], document.json["reason"], document.json["client"]) == (
        "scope",
        "insufficient_scope",
        "web-shop",
    )
    shown = allowed.out + denied.out + document.out
    assert not any(part in shown for part in token.split("."))


def test_why_without_a_token_says_how_to_give_one(unpublished: Company) -> None:
    ran = unpublished.run("why", "--gateway", "orders/orders", *PRODUCTION, "--route", "GET /orders")
    assert (ran.code, ran.codes) == (1, ["GF667"])
