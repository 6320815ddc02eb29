"""The fast encoder writes the bytes of RFC 8785, as the `rfc8785` package does."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from tests.support.policies import POLICIES, model_of

from gatefleet.contract.entity_values import entity_json
from gatefleet.contract.strict_json import MAX_INTEGER
from gatefleet.desired.canonical import canonical_text
from gatefleet.desired.flatten import Flattening

# What entities consist of: ASCII names, any text that UTF-8 can hold, integers that every JSON reader can.
names = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1)
texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = texts | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=30)


@given(st.dictionaries(names, values))
def test_any_object_of_an_entitys_kind_has_the_bytes_of_the_reference(value: dict[str, Any]) -> None:
    assert canonical_text(value).encode() == rfc8785.dumps(value)


@pytest.mark.parametrize("text", ["", '"\\', "\b\t\n\f\r", "\x00\x1f\x7f", "é ü ß", "\u2028\u2029", "😀", "</script>"])
def test_text_is_escaped_as_rfc_8785_says(text: str) -> None:
    assert canonical_text({"text": text}).encode() == rfc8785.dumps({"text": text})


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_every_entity_of_a_repository_has_the_bytes_of_the_reference(environment: str) -> None:
    model, _ = model_of(POLICIES)
    for _, entity in Flattening(model).entities_of(model.environments[environment]):
        assert canonical_text(entity_json(entity)).encode() == rfc8785.dumps(entity_json(entity))
