"""The schemas explain themselves, agree with the event contract, and mean the same to an independent validator."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import validators
from tests.support.mutated_sources import EXAMPLES, mutated

from gatefleet.contract import entities
from gatefleet.contract.reasons import Reason
from gatefleet.contract.schema_files import schema
from gatefleet.problems import Place
from gatefleet.source.layout import Kind
from gatefleet.source.schema import retype_for, schema_problems, validator_for


def members(rule: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema inside a schema that describes a member, an item or a name."""
    for name, inner in rule.get("properties", {}).items():
        yield f"{where}.{name}", inner
        yield from members(inner, f"{where}.{name}")
    for keyword in ("items", "additionalProperties", "propertyNames"):
        if isinstance(rule.get(keyword), dict):
            yield f"{where}.{keyword}", rule[keyword]
            yield from members(rule[keyword], f"{where}.{keyword}")
    for index, inner in enumerate(rule.get("anyOf", ())):
        yield f"{where}.anyOf[{index}]", inner
        yield from members(inner, f"{where}.anyOf[{index}]")
    for name, inner in rule.get("definitions", {}).items():
        yield f"{where}#{name}", inner
        yield from members(inner, f"{where}#{name}")


MEMBERS = [(kind, where, rule) for kind in Kind for where, rule in members(schema(kind.schema)) if "$ref" not in rule]


@pytest.mark.parametrize("kind", Kind)
def test_a_schema_is_draft_07_and_closed_and_has_examples(kind: Kind) -> None:
    whole = schema(kind.schema)
    jsonschema.Draft7Validator.check_schema(whole)
    assert whole["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert whole["title"]
    assert whole["description"]
    assert whole["examples"]
    assert whole["properties"]["kind"]["const"] == kind


@pytest.mark.parametrize(("kind", "where", "rule"), MEMBERS, ids=lambda part: part if isinstance(part, str) else "")
def test_every_member_is_titled_described_shown_by_examples_that_are_valid_and_bounded(
    kind: Kind, where: str, rule: dict[str, Any]
) -> None:
    assert rule["title"]
    assert rule["description"].endswith((".", "?", "`"))
    assert rule["examples"]
    whole = {"definitions": schema(kind.schema).get("definitions", {}), **rule}
    for example in rule["examples"]:
        jsonschema.Draft7Validator(whole).validate(example)
    match rule.get("type"):
        case "string":
            assert {"enum", "const", "maxLength"} & rule.keys() or "pattern" in rule
            assert ("pattern" in rule) == ("patternErrorMessage" in rule)
        case "integer":
            assert {"minimum", "maximum"} <= rule.keys()
        case "array":
            assert "maxItems" in rule
        case "object":
            assert rule["additionalProperties"] is False or {"maxProperties", "propertyNames"} <= rule.keys()


@pytest.mark.parametrize(("kind", "example"), EXAMPLES, ids=lambda part: str(part)[:40])
def test_an_example_is_valid_for_both_validators(kind: Kind, example: dict[str, Any]) -> None:
    assert validator_for(kind).is_valid(example)
    assert list(oracle(kind).iter_errors(example)) == []


@pytest.mark.parametrize("kind", Kind)
def test_the_examples_show_every_member(kind: Kind) -> None:
    shown: set[str] = set().union(*(example for of, example in EXAMPLES if of is kind))
    assert shown == schema(kind.schema)["properties"].keys()


def test_policy_tests_can_expect_allow_and_every_reason() -> None:
    expect = schema("policy-tests")["properties"]["cases"]["items"]["properties"]["expect"]
    assert expect["enum"] == ["allow", *Reason]


@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        (schema("client")["properties"]["issuer"]["pattern"], entities.NAME),
        (schema("policy-tests")["properties"]["cases"]["items"]["properties"]["client"]["pattern"], entities.CLIENT_ID),
        (schema("client")["properties"]["scopes"]["propertyNames"]["pattern"], entities.SCOPE),
        (schema("issuer")["properties"]["keys"]["propertyNames"]["pattern"], entities.KID),
        (schema("client")["properties"]["denied"]["items"]["properties"]["sub"]["pattern"], entities.VISIBLE),
        (schema("gateway")["properties"]["routes"]["propertyNames"]["pattern"], entities.ROUTE_KEY),
        (schema("client")["properties"]["api_keys"]["propertyNames"]["pattern"], entities.API_KEY_ID),
        (schema("client")["properties"]["certificates"]["propertyNames"]["pattern"], entities.THUMBPRINT),
    ],
    ids=["name", "client id", "scope", "kid", "visible", "route key", "api key id", "thumbprint"],
)
def test_a_pattern_accepts_exactly_what_the_event_contract_accepts(pattern: str, form: re.Pattern[str]) -> None:
    written = re.compile(pattern.removesuffix("$") + r"\Z")

    @given(st.from_regex(form, fullmatch=True), st.data())
    def agree(text: str, data: st.DataObject) -> None:
        assert written.search(text)
        at = data.draw(st.integers(0, len(text)))
        piece = data.draw(
            st.sampled_from(["", " ", "\n", "\x7f", "é", '"', "\\", "-", "_", "/", ".", "A", "a", "!", "~", text])
        )
        changed = text[:at] + piece + text[at + data.draw(st.integers(0, 1)) :]
        assert bool(written.search(changed)) == bool(form.fullmatch(changed))

    agree()


# --- against the jsonschema package -----------------------------------------------------------------------------------


def _pattern(validator: Any, pattern: str, instance: Any, rule: Any) -> Iterator[jsonschema.ValidationError]:
    # Python's `$` also matches before a final line feed; JSON Schema's (ECMA 262) does not.
    if validator.is_type(instance, "string") and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


_Oracle: Any = validators.extend(jsonschema.Draft7Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]


def oracle(kind: Kind) -> Any:
    return _Oracle(schema(kind.schema))


@settings(max_examples=600)
@given(st.data())
def test_mutated_documents_are_valid_or_not_alike_for_an_independent_validator(data: st.DataObject) -> None:
    kind, example = data.draw(st.sampled_from(EXAMPLES))
    changed = mutated(data, example)
    # jsonschema-rs leaves empty names out of a path.
    expected = {
        tuple(step for step in error.absolute_path if step != "") for error in oracle(kind).iter_errors(changed)
    }
    found = {tuple(error.instance_path) for error in validator_for(kind).iter_errors(changed)}
    assert found == expected
    assert validator_for(kind).is_valid(changed) == (not expected)


@settings(max_examples=600)
@given(st.data())
def test_every_error_of_a_mutated_document_is_told_in_a_sentence_of_its_own(data: st.DataObject) -> None:
    kind, example = data.draw(st.sampled_from(EXAMPLES))
    changed = mutated(data, example)
    if changed.get("kind") != kind:
        return
    problems = schema_problems(kind, changed, lambda *pointer: Place("a.yaml", 1, 1))
    assert bool(problems) == (not validator_for(kind).is_valid(changed))
    for problem in problems:
        assert re.fullmatch(r"GF0(12|2[0-6]|31)", problem.code)
        assert str(problem).isprintable()
        assert "{'" not in problem.what  # no Python in messages
        assert "of its schema" not in problem.what  # no rule without words


@given(st.data())
def test_text_of_an_example_gets_its_types_back(data: st.DataObject) -> None:
    kind, example = data.draw(st.sampled_from(EXAMPLES))
    as_text = json.loads(json.dumps(example), parse_int=str)
    written = _booleans_as_text(as_text)
    retype = retype_for(kind)
    if retype is not None:
        retype(written)
    assert written == example


def _booleans_as_text(value: Any) -> Any:
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return {name: _booleans_as_text(inner) for name, inner in value.items()}
        case list():
            return [_booleans_as_text(inner) for inner in value]
    return value
