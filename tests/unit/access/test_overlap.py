from __future__ import annotations

import pytest

from gatefleet.access.overlap import is_catch_all, overlaps
from gatefleet.contract.entities import ApiKind


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GET /orders", "GET /orders"),
        ("GET /orders", "ANY /orders"),
        ("GET /orders/export", "GET /orders/{id}"),
        ("GET /{team}/export", "GET /orders/{id}"),
        ("POST /orders/{id}", "ANY /{proxy+}"),
        ("GET /orders", "GET /orders/{rest+}"),
        ("GET /", "GET /{proxy+}"),
        ("GET /orders", "GET /orders/"),
        ("DELETE /orders/{id}/lines", "$default"),
    ],
)
def test_two_routes_that_one_request_can_match_overlap(one: str, other: str):
    for api in ApiKind:
        assert overlaps(one, other, api)
        assert overlaps(other, one, api)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GET /orders", "POST /orders"),
        ("GET /orders", "GET /invoices"),
        ("GET /orders", "GET /Orders"),
        ("GET /orders", "GET /orders/{id}"),
        ("GET /orders/{id}", "GET /orders/{id}/lines"),
        ("GET /orders/{id}/lines", "GET /orders/{id}/notes"),
        ("POST /orders/{id}", "GET /{proxy+}"),
        ("GET /invoices/{id}", "ANY /orders/{proxy+}"),
    ],
)
def test_two_routes_that_no_request_matches_both_do_not_overlap(one: str, other: str):
    assert not overlaps(one, other, ApiKind.HTTP)
    assert not overlaps(other, one, ApiKind.HTTP)


def test_on_a_rest_api_a_more_specific_path_takes_requests_of_every_method():
    assert overlaps("POST /orders/export", "GET /orders/{id}", ApiKind.REST)
    assert not overlaps("POST /orders/{id}", "GET /orders/{id}", ApiKind.REST)
    assert not overlaps("POST /orders", "GET /invoices", ApiKind.REST)


@pytest.mark.parametrize(
    ("route_key", "catches_all"),
    [("$default", True), ("ANY /{proxy+}", True), ("GET /a/{rest+}", True), ("GET /a/{id}", False), ("GET /", False)],
)
def test_a_catch_all_takes_what_no_other_route_does(route_key: str, catches_all: bool):
    assert is_catch_all(route_key) is catches_all
