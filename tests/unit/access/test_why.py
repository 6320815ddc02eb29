from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from contract.vectorgen.keys import private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.states import value

from gatefleet.access.asking import Armed
from gatefleet.access.why import Explanation, Result, explain
from gatefleet.contract.digests import Position
from gatefleet.contract.entities import CredentialKind, Gateway
from gatefleet.contract.entity_values import read_entity
from gatefleet.decide import Deny, Holdings, Step, View
from gatefleet.desired import desired_state
from gatefleet.model import parse_model
from gatefleet.source import read_worktree

MODEL, _ = parse_model(read_worktree(Path(__file__).parents[3]))
NOW = 1_793_534_400  # 2026-11-01T12:00:00Z
ISSUER_KEY = private_key("issuer-ed25519")
assert isinstance(ISSUER_KEY, Ed25519PrivateKey)
POLICY = Armed(
    {key: read_entity(key, text) for key, text in desired_state(MODEL, "production").entities.items()}, ISSUER_KEY
)
VALUES = {key: value(entity) for key, entity in POLICY.entities.items()}


def token(client: str, route: str, gateway: str = "orders/orders", at: int = NOW, **asked: Any) -> str:
    entity = POLICY.entities[f"gateway/{gateway}"]
    assert isinstance(entity, Gateway)
    made = POLICY.credentials(client, entity, route, at, **asked)
    return next(one.headers["authorization"] for one in made if one.kind is CredentialKind.JWT).removeprefix("Bearer ")


def explained(text: str, route: str, gateway: str = "orders/orders", **asked: Any) -> Explanation:
    view = View(Holdings.build(gateway, VALUES), Position(1, 1, "00" * 32))
    return explain(MODEL, view, ("production", route), text, NOW, **asked)


def results(one: Explanation) -> Mapping[Step, Result]:
    return {check.step: check.result for check in one.checks}


def test_an_allowed_token_passes_every_check_in_order() -> None:
    one = explained(token("web-shop", "GET /orders"), "GET /orders")
    assert one.decision.allowed
    assert [(check.step.number, check.result) for check in one.checks] == [(n, Result.PASSED) for n in range(1, 25)]
    assert [line.what for line in one.because] == ["the route asks for orders:read", "orders:read is granted"]


@pytest.mark.parametrize(
    ("text", "route", "asked", "step", "line"),
    [
        ("nonsense", "GET /orders", {}, Step.MALFORMED, None),
        (
            token("web-shop", "GET /orders", at=NOW - 7200),
            "GET /orders",
            {},
            Step.EXP,
            "policies/issuers/workforce.yaml",
        ),
        (
            token("web-shop", "GET /orders", at=NOW + 7200),
            "GET /orders",
            {},
            Step.NBF,
            "policies/issuers/workforce.yaml",
        ),
        (
            token("web-shop", "GET /parcels/{parcel_id}", "shipping/shipping"),
            "GET /orders",
            {},
            Step.AUD,
            "teams/orders/gateways/orders.yaml",
        ),
        (
            token("web-shop", "GET /orders", scopes=("orders:read",)),
            "POST /orders",
            {},
            Step.SCOPE,
            "policies/clients/orders/web-shop.yaml",
        ),
    ],
)
def test_the_first_check_that_fails_ends_it_and_a_line_would_change_it(
    text: str, route: str, asked: Mapping[str, Any], step: Step, line: str | None
) -> None:
    one = explained(text, route, **asked)
    assert isinstance(one.decision.outcome, Deny)
    assert one.decision.outcome.step is step
    expected = [
        Result.PASSED if each.number < step.number else Result.FAILED if each is step else Result.NOT_REACHED
        for each in Step
    ]
    assert list(results(one).values()) == expected
    assert (one.because[0].place.path if one.because else None) == line


def test_a_public_route_asks_nothing_of_a_token() -> None:
    one = explained("whatever", "GET /health")
    assert one.decision.allowed
    assert results(one)[Step.PATH] is Result.PASSED
    assert results(one)[Step.SCOPE] is Result.NOT_ASKED


def test_neither_the_token_nor_its_signature_is_in_an_explanation() -> None:
    text = token("web-shop", "GET /orders")
    shown = repr(explained(text, "GET /orders"))
    assert not any(part in shown for part in text.split("."))


def test_what_a_stranger_wrote_is_quoted_and_cut() -> None:
    hostile = token("web-shop", "GET /orders", scopes=("\x1b[31m" + "a" * 500,))
    (scope,) = (check for check in explained(hostile, "GET /orders").checks if check.step is Step.SCOPE)
    assert "\x1b" not in scope.saw
    assert len(scope.saw) < 250
