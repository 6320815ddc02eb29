"""Route keys taken apart, and which of them cover which: the path templates that both kinds of API Gateway understand.

The characters allowed are those that REST and HTTP APIs both take in a resource, so that a gateway can change its kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache

DEFAULT = "$default"
ANY = "ANY"
_METHODS = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_LITERAL = re.compile(r"[A-Za-z0-9._:-]+")
_VARIABLE = re.compile(r"\{([A-Za-z0-9._-]+)(\+?)\}")


class NotARouteKey(ValueError):
    """A text that API Gateway would not take as route key, or take for another one; the message says why."""


class Kind(IntEnum):
    """What a segment matches, most specific first, which is API Gateway's order as well."""

    LITERAL = 0
    PARAMETER = 1
    GREEDY = 2


@dataclass(frozen=True, slots=True)
class Segment:
    """One part between slashes: its kind, and the literal text or the parameter's name."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class RouteKey:
    """A route key taken apart. `$default` matches any method and, with no segments, any path."""

    text: str
    method: str
    segments: tuple[Segment, ...]

    @property
    def is_default(self) -> bool:
        """Whether it is the `$default` route."""
        return self.text == DEFAULT

    @property
    def is_greedy(self) -> bool:
        """Whether its last segment takes every path below."""
        return bool(self.segments) and self.segments[-1].kind is Kind.GREEDY

    @property
    def is_catch_all(self) -> bool:
        """Whether one route key stands for paths of any depth."""
        return self.is_default or self.is_greedy

    @property
    def path(self) -> str:
        """The path template as written; `$default` itself for the default route."""
        return self.text.partition(" ")[2] or self.text


@lru_cache(maxsize=1 << 14)  # gateways have many keys in common
def read_route_key(text: str) -> RouteKey:
    """Take a route key apart. Raises `NotARouteKey`."""
    if text == DEFAULT:
        return RouteKey(text, ANY, ())
    method, _, path = text.partition(" ")
    if method not in _METHODS:
        raise NotARouteKey(f"a route key is `$default` or begins with one of {', '.join(_METHODS)} and a space")
    if not path.startswith("/"):
        raise NotARouteKey("the path begins with `/`")
    if path == "/":
        return RouteKey(text, method, ())
    if path.endswith("/"):
        raise NotARouteKey("a path does not end with `/`: API Gateway would tell it from the one without")
    segments = tuple(_segment(part) for part in path[1:].split("/"))
    if any(segment.kind is Kind.GREEDY for segment in segments[:-1]):
        raise NotARouteKey("a greedy parameter like `{rest+}` stands only at the end")
    names = [segment.text for segment in segments if segment.kind is not Kind.LITERAL]
    if len(set(names)) < len(names):
        raise NotARouteKey("a parameter name stands once in a path")
    return RouteKey(text, method, segments)


def _segment(part: str) -> Segment:
    variable = _VARIABLE.fullmatch(part)
    if variable:
        return Segment(Kind.GREEDY if variable[2] else Kind.PARAMETER, variable[1])
    if part in (".", ".."):
        raise NotARouteKey("dot segments do not stand in a path")
    if not _LITERAL.fullmatch(part):
        raise NotARouteKey(
            "between slashes stands a text of letters, digits and `. _ : -`, or one `{parameter}`, or a final `{rest+}`"
        )
    return Segment(Kind.LITERAL, part)


@dataclass(slots=True)
class _Node:
    routes: list[RouteKey] = field(default_factory=list)
    greedy: list[RouteKey] = field(default_factory=list)
    literals: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None


class Coverage:
    """Answers which route keys cover the path of another; a tree over the segments, so that no pair is compared."""

    def __init__(self, keys: Iterable[RouteKey]) -> None:
        self._root = _Node()
        self._defaults: list[RouteKey] = []
        for key in keys:
            self._add(key)

    def _add(self, key: RouteKey) -> None:
        if key.is_default:
            self._defaults.append(key)
            return
        node = self._root
        for segment in key.segments:
            if segment.kind is Kind.GREEDY:
                node.greedy.append(key)
                return
            if segment.kind is Kind.PARAMETER:
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment.text, _Node())
        node.routes.append(key)

    def covering(self, key: RouteKey) -> Iterator[RouteKey]:
        """The route keys with a less specific path that every request for `key`'s path would fit, methods aside."""
        if not key.is_default:
            yield from self._below(self._root, key, 0, same=True)
            yield from self._defaults

    def _below(self, node: _Node, key: RouteKey, depth: int, *, same: bool) -> Iterator[RouteKey]:
        if depth == len(key.segments):
            if not same:
                yield from node.routes
            return
        segment = key.segments[depth]
        if segment.kind is Kind.GREEDY:
            if not same:
                yield from node.greedy
            return
        yield from node.greedy
        if node.parameter is not None:
            same_place = same and segment.kind is Kind.PARAMETER
            yield from self._below(node.parameter, key, depth + 1, same=same_place)
        if segment.kind is Kind.LITERAL and segment.text in node.literals:
            yield from self._below(node.literals[segment.text], key, depth + 1, same=same)
