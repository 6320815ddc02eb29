"""Route keys taken apart, and which cover which, held against a reading of every path there is in a small world."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatefleet.checks.paths import DEFAULT, Coverage, Kind, NotARouteKey, RouteKey, read_route_key

SEGMENTS = ("a", "b", "{x}", "{x+}")


def keys(longest: int) -> list[RouteKey]:
    """Every route key over two literals, a parameter and a greedy one; parameters are named by their place."""
    found = [read_route_key("GET /"), read_route_key(DEFAULT)]
    for length in range(1, longest + 1):
        for parts in product(SEGMENTS, repeat=length):
            if all("+" not in part for part in parts[:-1]):
                named = (part.replace("x", f"x{index}") for index, part in enumerate(parts))
                found.append(read_route_key("GET /" + "/".join(named)))
    return found


PATHS = [parts for length in range(5) for parts in product("abc", repeat=length)]


def fits(key: RouteKey, path: tuple[str, ...]) -> bool:
    """Whether API Gateway could hand a request for that path to the route."""
    if key.is_default:
        return True
    if key.is_greedy and len(path) >= len(key.segments):
        path = (*path[: len(key.segments) - 1], "rest")
    return len(path) == len(key.segments) and all(
        segment.kind is not Kind.LITERAL or segment.text == part
        for segment, part in zip(key.segments, path, strict=True)
    )


@given(st.lists(st.sampled_from(keys(3)), unique=True), st.sampled_from(keys(3)))
def test_a_key_is_covered_by_those_that_fit_each_of_its_paths_and_more(others: list[RouteKey], key: RouteKey) -> None:
    own = {path for path in PATHS if fits(key, path)}
    wider = {other for other in others if own < {path for path in PATHS if fits(other, path)}}
    assert set(Coverage(others).covering(key)) == wider


def test_a_key_is_taken_apart() -> None:
    key = read_route_key("PUT /orders/{order_id}/files/{path+}")
    assert (key.method, key.path, key.is_greedy, key.is_default) == (
        "PUT",
        "/orders/{order_id}/files/{path+}",
        True,
        False,
    )
    assert [(segment.kind, segment.text) for segment in key.segments] == [
        (Kind.LITERAL, "orders"),
        (Kind.PARAMETER, "order_id"),
        (Kind.LITERAL, "files"),
        (Kind.GREEDY, "path"),
    ]


def test_the_default_route_matches_every_method() -> None:
    key = read_route_key(DEFAULT)
    assert (key.method, key.path, key.is_catch_all, key.segments) == ("ANY", DEFAULT, True, ())


@pytest.mark.parametrize(
    "text", ["", "GET", "GET ", "GET orders", "get /orders", "FETCH /orders", "$defaults", "GET  /a"]
)
def test_what_is_no_route_key_is_refused(text: str) -> None:
    with pytest.raises(NotARouteKey):
        read_route_key(text)
