from __future__ import annotations

from typing import Any

import pytest

from gatefleet.plan.differences import Difference, differences


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [(("a",), 1, 2)]),
        ({"a": 1}, {"a": True}, [(("a",), 1, True)]),
        ({"a": 1}, {}, [(("a",), 1, None)]),
        ({}, {"b": 1, "a": 2}, [(("a",), None, 2), (("b",), None, 1)]),
        ({"m": {"x": {"y": 1}}}, {"m": {"x": {"y": 2}}}, [(("m", "x", "y"), 1, 2)]),
        ({}, {"m": {"x": {}, "y": {"z": 1}}}, [(("m", "x"), None, {}), (("m", "y"), None, {"z": 1})]),
        ({"m": {"x": 1}}, {}, [(("m", "x"), 1, None)]),
        ({"l": ["a", "b"]}, {"l": ["b", "c"]}, [(("l",), "a", None), (("l",), None, "c")]),
        ({"l": [["a"], ["b"]]}, {"l": [["a"]]}, [(("l",), ["b"], None)]),
        ({"l": ["a"]}, {}, [(("l",), ["a"], None)]),
        ({"m": {"x": {"y": [1]}}}, {"m": {"x": {"y": 1}}}, [(("m", "x", "y"), [1], 1)]),
        (
            {"keys": {"k": {"jwk": {"x": "A"}}}},
            {"keys": {"k": {"jwk": {"x": "B"}}}},
            [(("keys", "k", "jwk"), {"x": "A"}, {"x": "B"})],
        ),
    ],
)
def test_every_difference_stands_at_its_own_path(
    before: dict[str, Any], after: dict[str, Any], expected: list[tuple[Any, ...]]
):
    assert differences(before, after) == tuple(Difference(*one) for one in expected)
