"""Real public APIs as gateways of both kinds: each operation is routed behind the authorizer, or refused by name."""

from __future__ import annotations

import calendar
import json
from collections.abc import Sequence

import pytest
from tests.support.public_apis import gateways, operations, rendered_roots

from gatefleet.checks import check
from gatefleet.model import Model
from gatefleet.problems import Severity

NOW = calendar.timegm((2026, 11, 24, 12, 0, 0))
PART = 90  # operations of a gateway; their paths have at most three parts each that no other has

# Operations that API Gateway cannot route, on either kind: parts of a segment (`{id}.json`, `{id}:cancel`), `@`,
# queries and fragments in a path; one parameter under two names, which a description may have and a resource may not.
REFUSED = {
    "box": 24,
    "discord": 28,
    "github": 75,
    "google-books": 0,
    "google-calendar": 0,
    "google-drive": 6,
    "google-gmail": 5,
    "google-pubsub": 23,
    "google-storage": 5,
    "google-translate": 16,
    "google-youtube": 0,
    "openai": 7,
    "twilio": 102,
    "twilio-chat": 13,
}


@pytest.mark.parametrize("kind", ["http", "rest"])
@pytest.mark.parametrize("api", REFUSED)
def test_every_operation_is_routed_with_its_authorizer_or_refused_by_name(api: str, kind: str) -> None:
    listed = operations(api)
    refused = refused_by_name(kind, listed)
    kept = [key for key in listed if key not in refused]
    model, unread = gateways(kind, [kept[at : at + PART] for at in range(0, len(kept), PART)])
    assert not unread
    assert [problem for problem in check(model, NOW) if problem.severity is Severity.ERROR] == []
    assert sorted(routed(model)) == sorted(kept)
    assert len(refused) == REFUSED[api]


def refused_by_name(kind: str, keys: Sequence[str]) -> set[str]:
    """The operations at whose place `validate` finds an error, of one gateway that has them all."""
    model, unread = gateways(kind, [keys])
    gateway = model.gateways.get("orders/orders")
    assert gateway is not None, unread
    errors = {one.place: one for one in check(model, NOW) if one.severity is Severity.ERROR and one.code != "GF241"}
    refused = {key for key in keys if errors.pop(gateway.document.place("routes", key), None)}
    assert errors == {}
    return refused


def routed(model: Model) -> list[str]:
    """The routes of all rendered roots; each must have the authorizer."""
    found: list[str] = []
    for path, content in rendered_roots(model).items():
        if path.startswith("orders/"):
            routes = json.loads(content)["module"]["gateway"]["routes"]
            assert not any("public" in route for route in routes.values())
            found += routes
    return found
