"""A gateway in an environment: the overlay where it says something, else the gateway, else the conventions."""

from __future__ import annotations

import pytest
from tests.support.policies import ORDERS, Edit, edit, edited, model_of

from gatefleet.contract.entities import Following
from gatefleet.model.deployed import DeployedGateway, deployed_gateways
from gatefleet.model.types import Cors, Throttle

OVERLAY = "  staging: {audience: https://staging.example.com/orders, domain: orders.staging.example.com}\n"


def in_staging(*edits: Edit) -> DeployedGateway:
    """The one gateway that staging has."""
    files, _ = edited(*edits)
    model, problems = model_of(files)
    assert not problems
    (gateway,) = deployed_gateways(model, model.environments["staging"])
    return gateway


def test_without_an_overlay_everything_is_the_gateways() -> None:
    deployed = in_staging(edit(ORDERS, f"environments:\n{OVERLAY}", ""))
    source = deployed.source
    assert (deployed.audience, deployed.following, deployed.throttle, deployed.cors, deployed.domain) == (
        source.audience,
        source.following,
        source.throttle,
        source.cors,
        source.domain,
    )
    assert deployed.backends == source.backends


@pytest.mark.parametrize(
    ("written", "member", "expected"),
    [
        ("audience: [a, b]", "audience", ("a", "b")),
        ("policy: floor_only", "following", Following.FLOOR_ONLY),
        ("result_ttl: 4", "result_ttl", 4),
        ("throttle: {rate: 1, burst: 2}", "throttle", Throttle(1, 2)),
        ("cors: {origins: [https://a.example.com]}", "cors", Cors(("https://a.example.com",))),
        ("domain: other.example.com", "domain", "other.example.com"),
    ],
)
def test_an_overlay_replaces_what_it_says(written: str, member: str, expected: object) -> None:
    deployed = in_staging(edit(ORDERS, OVERLAY, f"  staging: {{{written}}}\n"))
    assert getattr(deployed, member) == expected


def test_an_overlay_may_set_the_result_ttl_to_nothing() -> None:
    kept = edit(ORDERS, "variant: rust\n", "variant: rust\nresult_ttl: 5\n")
    assert in_staging(kept, edit(ORDERS, OVERLAY, "  staging: {result_ttl: 0}\n")).result_ttl == 0


def test_an_overlay_replaces_the_backends_it_names_and_keeps_the_others() -> None:
    deployed = in_staging(
        edit(ORDERS, "  orders: {lambda: orders-service}\n", "  orders: {lambda: a}\n  files: {lambda: b}\n"),
        edit(ORDERS, "{public: true}", "{public: true, backend: files}"),
        edit(ORDERS, "{scopes: [orders:read]}", "{scopes: [orders:read], backend: orders}"),
        edit(ORDERS, "payments:refund]]}", "payments:refund]], backend: orders}"),
        edit(ORDERS, OVERLAY, "  staging: {backends: {orders: {http: https://orders.example.com}}}\n"),
    )
    assert {name: one.target for name, one in deployed.backends.items()} == {
        "orders": "https://orders.example.com",
        "files": "b",
    }
