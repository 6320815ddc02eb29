"""The reference authorizer gives every vector of its families the one right answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.reference import answer

VECTORS = Path(__file__).parents[2] / "contract" / "vectors"
FAMILIES = ("view", "token", "decide", "respond")


def _all_vectors() -> Iterator[Any]:
    for family in FAMILIES:
        fixtures_file = VECTORS / family / "fixtures.json"
        fixtures = json.loads(fixtures_file.read_text()) if fixtures_file.exists() else {}
        for path in sorted((VECTORS / family).glob("*.json")):
            for vector in json.loads(path.read_text()).get("vectors", []):
                yield pytest.param(family, vector, fixtures, id=f"{vector['id']}-{vector['name']}")


@pytest.mark.parametrize(("family", "vector", "fixtures"), _all_vectors())
def test_the_reference_gives_the_one_right_answer(
    family: str, vector: dict[str, Any], fixtures: dict[str, Any]
) -> None:
    assert answer(family, vector["given"], fixtures) == vector["expect"], vector["comment"]
