"""Text becomes a number or boolean only where the schema asks for exactly that."""

from __future__ import annotations

from typing import Any

import pytest

from gatefleet.source.scalars import retyping

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "count": {"type": "integer"},
        "flag": {"type": "boolean"},
        "text": {"type": "string"},
        "many": {"type": "array", "items": {"type": "integer"}},
        "map": {"type": "object", "additionalProperties": {"$ref": "#/definitions/one"}},
        "either": {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"n": {"type": "integer"}}}]},
        "both": {"type": ["string", "integer"]},
    },
    "definitions": {"one": {"type": "object", "properties": {"count": {"type": "integer"}}}},
}


def retyped(**members: Any) -> dict[str, Any]:
    retype = retyping(SCHEMA)
    assert retype is not None
    retype(members)
    return members


def test_the_json_form_of_a_type_becomes_the_type_where_the_schema_says_so() -> None:
    assert retyped(count="30", flag="true") == {"count": 30, "flag": True}
    assert retyped(count="-1", flag="false") == {"count": -1, "flag": False}
    assert retyped(many=["0", "7"], map={"a": {"count": "1"}}) == {"many": [0, 7], "map": {"a": {"count": 1}}}


@pytest.mark.parametrize(
    "text", ["", "010", "+1", "1.0", "1e3", "0x1", "1_0", " 1", "1\n", "-0x1", "\u0661", "9" * 17, "--1"]
)
def test_anything_but_the_json_form_of_an_integer_stays_text(text: str) -> None:
    assert retyped(count=text) == {"count": text}


@pytest.mark.parametrize("text", ["yes", "True", "TRUE", "1", "", "true "])
def test_anything_but_the_json_form_of_a_boolean_stays_text(text: str) -> None:
    assert retyped(flag=text) == {"flag": text}


def test_text_stays_text_where_the_schema_allows_text_or_more_than_one_type() -> None:
    assert retyped(text="30", both="30", either="30", other="30") == {
        "text": "30",
        "both": "30",
        "either": "30",
        "other": "30",
    }


def test_the_container_that_an_alternative_allows_is_typed_inside() -> None:
    assert retyped(either={"n": "3"}) == {"either": {"n": 3}}


def test_containers_of_another_shape_are_left_as_they_are() -> None:
    wrong = {"count": ["1"], "flag": {}, "many": "1", "map": ["1"], "either": ["1"]}
    assert retyped(**wrong) == wrong


def test_a_schema_without_numbers_and_booleans_asks_for_nothing() -> None:
    assert retyping({"type": "object", "properties": {"a": {"type": "string"}}}) is None
