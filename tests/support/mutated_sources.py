"""Examples of the schemas, and what becomes of them when something is replaced, removed, renamed or repeated."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from gatefleet.contract.schema_files import schema
from gatefleet.source import Kind

EXAMPLES: list[tuple[Kind, dict[str, Any]]] = [
    (kind, example) for kind in Kind for example in schema(kind.schema)["examples"]
]

_STRAY: tuple[Any, ...] = (
    "", "a", "true", "30", " ", "a\n", "ü", "x" * 600, "2027-01-01T00:00:00Z", 0, -1, 30, 10**9, True, False,
    [], {}, ["a"], ["a", "a"], {"a": "a"}, {"": {}}, [[]], [{}],
)  # fmt: skip


def mutated(data: st.DataObject, example: dict[str, Any]) -> dict[str, Any]:
    """The example with one to three changes, whatever they make of it."""
    changed = copy.deepcopy(example)
    for _ in range(data.draw(st.integers(1, 3))):
        places = list(_places(changed))
        if not places:
            break
        container, key = places[data.draw(st.integers(0, len(places) - 1))]
        match data.draw(st.sampled_from(["replace", "remove", "rename", "repeat"])):
            case "replace":
                container[key] = copy.deepcopy(data.draw(st.sampled_from(_STRAY)))
            case "remove":
                del container[key]
            case "rename" if isinstance(container, dict):
                container[data.draw(st.sampled_from(["", "a", "GET /a", "ü", "a b", str(key) + "x"]))] = container.pop(
                    key
                )
            case "repeat" if isinstance(container, list):
                container.append(copy.deepcopy(container[key]))
    return changed


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in parts:
        yield value, key
        yield from _places(inner)
