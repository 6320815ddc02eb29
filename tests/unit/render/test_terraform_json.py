from __future__ import annotations

import json

import pytest

from gatefleet.render.terraform_json import Expression, argument, arguments, file_bytes, quoted, template


def test_text_stays_text_where_terraform_evaluates() -> None:
    assert template("${local.secret} %{ if true }") == "$${local.secret} %%{ if true }"
    assert template("$ % { } $$ $default") == "$ % { } $$ $default"


def test_keys_of_objects_are_templates_too() -> None:
    assert argument({"${a}": ["%{b}", 1, True, None]}) == {"$${a}": ["%%{b}", 1, True, None]}


def test_an_expression_is_evaluated_and_nothing_else() -> None:
    assert argument({"x": Expression("local.x"), "y": "local.x"}) == {"x": "${local.x}", "y": "local.x"}


def test_text_within_an_expression_cannot_leave_its_quotes() -> None:
    assert quoted('a"]}${b}\n\\') == '"a\\"]}$${b}\\n\\\\"'


def test_none_leaves_an_argument_to_the_modules_default() -> None:
    assert arguments({"a": None, "b": 0, "c": ""}) == {"b": 0, "c": ""}


def test_what_terraform_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError):
        argument(object())


def test_a_file_is_sorted_ascii_and_ends_with_a_line_feed() -> None:
    made = file_bytes({"b": "ü\u2028", "a": 1})
    assert made == b'{\n  "a": 1,\n  "b": "\\u00fc\\u2028"\n}\n'
    assert json.loads(made) == {"a": 1, "b": "ü\u2028"}
