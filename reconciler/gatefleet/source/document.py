"""One source file as read: its values, and on demand where each of them stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from yaml import MappingNode, Node, ScalarNode, SequenceNode

from gatefleet.problems import Place
from gatefleet.source.layout import Kind
from gatefleet.source.strict_yaml import compose


@dataclass(frozen=True, slots=True)
class Document:
    """A file that fits its schema. `data` holds dicts, lists, text, and integers and booleans where the schema says so.

    `team` and `name` come from the path. `content` are the bytes of the file, or what fetches them; positions are found
    in them on demand.
    """

    path: str
    kind: Kind
    team: str
    name: str
    data: dict[str, Any]
    content: bytes | Callable[[], bytes] = field(repr=False, compare=False)

    def place(self, *pointer: str | int) -> Place:
        """Where a member (its name) or a list item stands: `place("routes", "GET /orders", "scopes", 0)`.

        A pointer that leads nowhere gives the deepest part of it that is there, an empty one where the mapping begins.
        """
        content = self.content if isinstance(self.content, bytes) else self.content()
        return place_in(self.path, content, *pointer)


def place_in(path: str, content: bytes, *pointer: str | int) -> Place:
    """The place of a member in bytes that were read before (see `Document.place`)."""
    node = _composed(content)
    if node is None:
        return Place(path, 1, 1)
    mark = node.start_mark
    for step in pointer:
        found = _step(node, step)
        if found is None:
            break
        at, node = found
        mark = at.start_mark
    return Place(path, mark.line + 1, mark.column + 1)


def _step(node: Node, step: str | int) -> tuple[Node, Node] | None:
    if isinstance(node, MappingNode):
        for name, value in node.value:
            if isinstance(name, ScalarNode) and name.value == step:
                return name, value
    elif isinstance(node, SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
        return node.value[step], node.value[step]
    return None


@lru_cache(maxsize=8)
def _composed(content: bytes) -> Node | None:
    return compose(content)
