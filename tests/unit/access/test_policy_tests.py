from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from contract.vectorgen.keys import private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gatefleet.access.policy_tests import Examination, Verdict, examination, untouched, verdicts
from gatefleet.contract.entities import CredentialKind
from gatefleet.decide import Allow
from gatefleet.model import Model, parse_model
from gatefleet.model.types import PolicyCase, PolicyTests
from gatefleet.source import read_worktree

MODEL, _ = parse_model(read_worktree(Path(__file__).parents[3]))
SHOP, ORDERS = "policies/clients/orders/web-shop.yaml", "teams/orders/gateways/orders.yaml"


def asked(model: Model, *environments: str) -> Examination:
    key = private_key("issuer-ed25519")
    assert isinstance(key, Ed25519PrivateKey)
    return examination(model, environments or ("staging", "production"), key)


def ran(model: Model, *environments: str) -> list[Verdict]:
    examined = asked(model, *environments)
    return list(verdicts(model, examined, "reference", examined.answers()))


def with_case(
    client: str, route: str, *, gateway: str = "orders/orders", scopes: tuple[str, ...] | None = None
) -> Model:
    """The example company with one case alone, which expects `allow`."""
    team, _, name = gateway.partition("/")
    case = PolicyCase(name, client, route, scopes, "allow", None)
    document = MODEL.gateways[gateway].document
    return replace(MODEL, tests=(PolicyTests("one", team, document, 1_793_534_400, (case,)),))


def answer(model: Model) -> tuple[str, list[str]]:
    (verdict,) = ran(model, "production")
    return verdict.got, [f"{one.place.path}:{one.place.line} {one.what}" for one in verdict.because]


def test_every_policy_test_of_the_example_company_holds_in_both_environments() -> None:
    found = ran(MODEL)
    assert {one.question.environment for one in found} == {"staging", "production"}
    assert [one for one in found if not one.passed] == []


def test_a_case_is_asked_where_its_client_is_known() -> None:
    bank = with_case("acquirer-bank", "POST /orders/{order_id}/captures", gateway="payments/payments")
    (only,) = ran(bank)
    assert (only.question.environment, only.passed) == ("production", False)
    assert [one.got for one in ran(bank, "staging")] == ["unknown_client"]


@pytest.mark.parametrize(
    ("client", "route", "gateway", "kind"),
    [
        ("web-shop", "GET /orders", "orders/orders", CredentialKind.JWT),
        ("wholesale-nord", "GET /feed", "partners/partner-api", CredentialKind.JWT),
        ("parcel-carrier", "ANY /carriers/{carrier}/{event+}", "shipping/shipping", CredentialKind.API_KEY),
        ("acquirer-bank", "GET /settlements/{day}", "payments/settlements", CredentialKind.CERTIFICATE),
    ],
)
def test_a_case_presents_the_first_credential_that_route_and_client_have(
    client: str, route: str, gateway: str, kind: CredentialKind
) -> None:
    (verdict,) = ran(with_case(client, route, gateway=gateway), "production")
    assert verdict.question.credential is not None
    assert (verdict.question.credential.kind, verdict.outcome.__class__) == (kind, Allow)


def test_a_token_carries_exactly_the_scopes_of_the_case() -> None:
    route = "DELETE /orders/{order_id}"
    enough = with_case("support-desk", route, scopes=("orders:write", "payments:refund"))
    assert answer(enough)[0] == "allow"
    got, because = answer(with_case("support-desk", route, scopes=("payments:refund",)))
    assert got == "insufficient_scope"
    assert because[0].endswith("is granted, and the token does not carry it")


def test_a_token_in_the_name_of_a_client_that_gets_none_is_nobodys() -> None:
    carrier = with_case("parcel-carrier", "$default", gateway="shipping/shipping", scopes=("shipping:read",))
    assert answer(carrier)[0] == "unknown_client"


def test_a_denial_names_the_lines_that_would_change_it() -> None:
    assert answer(with_case("wholesale-nord", "GET /orders")) == (
        "insufficient_scope",
        [
            "policies/clients/partners/wholesale-nord.yaml:5 orders:read is not granted",
            f"{ORDERS}:29 the route asks for orders:read",
        ],
    )
    assert answer(with_case("comparison-site", "GET /me", gateway="customers/profile")) == (
        "client_suspended",
        ["policies/clients/partners/comparison-site.yaml:5 is suspended"],
    )


def test_an_allowance_names_the_lines_that_let_it_pass() -> None:
    assert answer(with_case("web-shop", "GET /orders")) == (
        "allow",
        [f"{ORDERS}:29 the route asks for orders:read", f"{SHOP}:7 orders:read is granted"],
    )


def test_a_revoked_scope_is_named_where_it_is_revoked() -> None:
    scopes = dict(MODEL.scopes)
    scopes["orders:read"] = replace(scopes["orders:read"], active=False)
    got, because = answer(replace(with_case("web-shop", "GET /orders"), scopes=scopes))
    assert (got, because[0].partition(" ")[2]) == ("insufficient_scope", "orders:read is revoked")
    assert because[0].startswith("policies/scopes/orders.yaml:")


def test_coverage_names_what_no_case_asks_about() -> None:
    gaps = untouched(with_case("web-shop", "GET /orders"))
    assert ("orders/orders", "GET /orders") not in gaps.routes
    assert ("orders/orders", "POST /orders") in gaps.routes
    assert gaps.clients == tuple(sorted(MODEL.clients.keys() - {"web-shop"}))
    public = {key for one in MODEL.gateways.values() for key, route in one.routes.items() if not route.credentials}
    assert public
    assert not public & {key for gateway, key in gaps.routes if gateway == "partners/partner-api"} - {"GET /feed"}


def test_what_is_shown_of_a_question_holds_no_credential() -> None:
    examined = asked(MODEL)
    secrets = [json.dumps(one.event["headers"]) for one in examined.questions if one.event["headers"]]
    assert secrets
    for secret in secrets:
        value = next(iter(json.loads(secret).values())).removeprefix("Bearer ")
        assert value not in repr(examined)
