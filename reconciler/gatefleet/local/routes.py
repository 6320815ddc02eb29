"""Which stage and which declared route API Gateway picks for a request.

HTTP APIs ("Working with routes for HTTP APIs"): of the routes that fit path and method, a full match comes before one
with a greedy `{name+}`, that before `$default`; literals before `{name}`; the exact method before `ANY`. A slash at the
end counts.

REST APIs ("Set up a method request in API Gateway"): the path goes down the tree of resources, at each level to the
literal child, else to the variable one, and never back up: a proxy resource excludes what lies below its siblings. Only
then is the method looked for, exact before `ANY`. One slash at the end is ignored.

Both compare the path as it was sent, in its case; only what events show is decoded, and only in HTTP APIs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from gatefleet.contract.entities import ApiKind

DEFAULT = "$default"
ANY = "ANY"
# "Set up a method request in API Gateway", the ANY method.
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_PARAMETER = re.compile(r"\{([^{}+]+)(\+?)\}")

# How specific a segment of a template is: what is smaller wins.
_LITERAL, _VARIABLE, _GREEDY = range(3)


@dataclass(frozen=True, slots=True)
class RouteMatch:
    """The route key that was picked and the path parameters it bound, as they stand in the path."""

    key: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The path template of the key; `$default` has none and gives `/`."""
        return "/" if self.key == DEFAULT else self.key.split(" ", 1)[1]


@dataclass(frozen=True, slots=True)
class Located:
    """A request's path within its stage (`path`), as events show it (`shown`), and as their request context does."""

    path: str
    shown: str
    context: str


def locate(path: str, api: ApiKind, stage: str, base_path: str | None = None) -> Located | None:
    """Find the stage of a request and take out what stands for it; None: it leads to no stage.

    `base_path`: that of the custom domain's API mapping (empty: all paths); None: the API's own address, where the
    stage's name is the first segment ("Working with stages for HTTP APIs"), save for `$default`.
    """
    if base_path is not None:
        inner = _below(path, base_path)
        if inner is None:
            return None
        # Payload 2.0 shows a mapped path without the mapping; a REST event shows all of it.
        shown = inner if api is ApiKind.HTTP else path
        return Located(inner, shown, shown)
    if stage == DEFAULT:
        return Located(path, path, path)
    inner = _below(path, stage)
    if inner is None:
        return None
    return Located(inner, path if api is ApiKind.HTTP else inner, path)


def match_route(routes: Iterable[str], method: str, path: str, api: ApiKind) -> RouteMatch | None:
    """Pick among route keys as API Gateway would; None: no route (HTTP 404, REST 403)."""
    templates = [_Template.of(key) for key in routes if key != DEFAULT]
    if api is ApiKind.REST:
        return _rest_match(templates, method, path)
    fitting = [
        ((one.is_greedy, *one.ranks, one.method == ANY), one, parameters)
        for one in templates
        if _takes(one.method, method) and (parameters := one.bind(path)) is not None
    ]
    if fitting:
        _, best, parameters = min(fitting, key=lambda one: one[0])
        return RouteMatch(best.key, parameters)
    return RouteMatch(DEFAULT) if DEFAULT in routes and method in _METHODS else None


def _rest_match(templates: list[_Template], method: str, path: str) -> RouteMatch | None:
    given = path[:-1] if path.endswith("/") and path != "/" else path
    left = templates
    for depth, segment in enumerate(_split(given)):
        here = [one for one in left if one.rank(depth) is not None]
        literal = [one for one in here if one.rank(depth) == _LITERAL and one.segments[depth] == segment]
        # A greedy resource has taken this segment, and all that follow, with the one before.
        left = literal or [one for one in here if one.rank(depth) != _LITERAL]
    bound = [(one, parameters) for one in left if (parameters := one.bind(given)) is not None]
    takes = [(one, parameters) for one, parameters in bound if _takes(one.method, method)]
    if not takes:
        return None
    best, parameters = min(takes, key=lambda one: (one[0].ranks, one[0].method == ANY))
    return RouteMatch(best.key, parameters)


def _takes(wanted: str, method: str) -> bool:
    return wanted == method or (wanted == ANY and method in _METHODS)


@dataclass(frozen=True, slots=True)
class _Template:
    """A route key taken apart."""

    key: str
    method: str
    segments: tuple[str, ...]
    ranks: tuple[int, ...]

    @staticmethod
    @lru_cache(maxsize=1 << 14)
    def of(key: str) -> _Template:
        method, _, path = key.partition(" ")
        segments = tuple(_split(path))
        parameters = map(_PARAMETER.fullmatch, segments)
        ranks = tuple(_LITERAL if one is None else _GREEDY if one[2] else _VARIABLE for one in parameters)
        return _Template(key, method, segments, ranks)

    @property
    def is_greedy(self) -> bool:
        return _GREEDY in self.ranks

    def rank(self, depth: int) -> int | None:
        """That of the segment which stands at this depth of a path; None: the template is shorter."""
        if depth < len(self.ranks):
            return self.ranks[depth]
        return _GREEDY if self.is_greedy else None

    def bind(self, path: str) -> dict[str, str] | None:
        given = _split(path)
        bound: dict[str, str] = {}
        for index, segment in enumerate(self.segments):
            name = segment.strip("{}+")
            if self.ranks[index] == _GREEDY:
                rest = "/".join(given[index:])
                return {**bound, name: rest} if rest else None
            if index >= len(given):
                return None
            if self.ranks[index] == _VARIABLE:
                if not given[index]:
                    return None
                bound[name] = given[index]
            elif segment != given[index]:
                return None
        return bound if len(self.segments) == len(given) else None


def _split(path: str) -> list[str]:
    return path.split("/")[1:]


def _below(path: str, base: str) -> str | None:
    if not base:
        return path
    if path == f"/{base}":
        return "/"
    return path.removeprefix(f"/{base}") if path.startswith(f"/{base}/") else None
