"""Against AWS's own words: "Routing API requests" (HTTP APIs) and what REST APIs are known to do."""

from __future__ import annotations

import pytest

from gatefleet.contract.entities import ApiKind
from gatefleet.local.routes import RouteMatch, match_route

# The routes and requests of the developer guide's table.
PETS = ("GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default")


def picked(routes: tuple[str, ...], request: str, api: ApiKind = ApiKind.HTTP) -> str | None:
    method, path = request.split(" ")
    match = match_route(routes, method, path, api)
    return match and match.key


@pytest.mark.parametrize(
    ("request_line", "route"),
    [
        ("GET /pets/dog/1", "GET /pets/dog/1"),
        ("GET /pets/dog/2", "GET /pets/dog/{id}"),
        ("GET /pets/cat/1", "GET /pets/{proxy+}"),
        ("POST /test/5", "ANY /{proxy+}"),
        ("GET /", "$default"),
    ],
)
def test_an_http_api_picks_the_route_that_the_developer_guide_says(request_line: str, route: str) -> None:
    assert picked(PETS, request_line) == route
    assert picked(tuple(reversed(PETS)), request_line) == route


def test_in_an_http_api_a_full_match_wins_over_a_greedy_one_with_more_literals() -> None:
    routes = ("GET /files/{path+}", "GET /{folder}/{name}")
    assert picked(routes, "GET /files/a") == "GET /{folder}/{name}"
    assert picked(routes, "GET /files/a/b") == "GET /files/{path+}"


def test_in_an_http_api_an_exact_method_wins_over_any_on_the_same_path() -> None:
    routes = ("ANY /orders", "GET /orders")
    assert picked(routes, "GET /orders") == "GET /orders"
    assert picked(routes, "PUT /orders") == "ANY /orders"


def test_in_an_http_api_the_longer_prefix_wins_among_greedy_routes() -> None:
    routes = ("GET /{all+}", "GET /pets/{all+}", "GET /pets/dog/{all+}")
    assert picked(routes, "GET /pets/dog/1/2") == "GET /pets/dog/{all+}"
    assert picked(routes, "GET /pets/cat/1/2") == "GET /pets/{all+}"


def test_in_an_http_api_a_path_without_the_method_falls_through_to_broader_routes() -> None:
    assert picked(("GET /orders", "ANY /{all+}"), "POST /orders") == "ANY /{all+}"
    assert picked(("GET /orders", "$default"), "POST /orders") == "$default"
    assert picked(("GET /orders",), "POST /orders") is None


def test_in_a_rest_api_the_resource_is_chosen_before_the_method() -> None:
    routes = ("GET /orders", "ANY /{all+}")
    assert picked(routes, "POST /orders", ApiKind.REST) is None
    assert picked(routes, "POST /elsewhere", ApiKind.REST) == "ANY /{all+}"


def test_a_rest_api_has_no_default_route() -> None:
    assert picked(("GET /orders", "$default"), "GET /elsewhere", ApiKind.REST) is None
    assert picked((), "GET /", ApiKind.REST) is None


@pytest.mark.parametrize(
    ("path", "http", "rest"),
    [
        ("/orders/", None, "GET /orders"),
        ("/orders//", None, None),
        ("/orders/5/", None, "GET /orders/{id}"),
        ("//orders", None, None),
        ("/Orders", None, None),
    ],
)
def test_only_a_rest_api_ignores_one_slash_at_the_end(path: str, http: str | None, rest: str | None) -> None:
    routes = ("GET /orders", "GET /orders/{id}")
    assert picked(routes, f"GET {path}") == http
    assert picked(routes, f"GET {path}", ApiKind.REST) == rest


@pytest.mark.parametrize("api", ApiKind)
def test_a_variable_takes_one_segment_that_is_not_empty_and_a_greedy_one_takes_the_rest(api: ApiKind) -> None:
    routes = ("GET /orders/{id}/parcels", "GET /files/{path+}")
    assert match_route(routes, "GET", "/orders/a%2Fb/parcels", api) == RouteMatch(routes[0], {"id": "a%2Fb"})
    assert match_route(routes, "GET", "/orders//parcels", api) is None
    assert match_route(routes, "GET", "/files/a//b/c", api) == RouteMatch(routes[1], {"path": "a//b/c"})
    assert match_route(routes, "GET", "/files", api) is None
    assert match_route(routes, "GET", "/files/", api) is None


@pytest.mark.parametrize("api", ApiKind)
def test_head_is_a_method_of_its_own(api: ApiKind) -> None:
    assert picked(("GET /orders",), "HEAD /orders", api) is None
    assert picked(("ANY /orders",), "HEAD /orders", api) == "ANY /orders"


def test_the_template_is_what_events_call_resource() -> None:
    assert RouteMatch("GET /orders/{id}").template == "/orders/{id}"
    assert RouteMatch("$default").template == "/"
