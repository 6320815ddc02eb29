"""Which declared route API Gateway picks for a request.

HTTP APIs pick the most specific route that matches path and method: literal before `{parameter}` before `{greedy+}`
before `$default`, then the exact method before `ANY` ("Create routes for HTTP APIs", "Routing API requests"). REST APIs
pick the resource by path alone and then look for the method on it; without one the request is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gatefleet.contract.entities import ApiKind

DEFAULT = "$default"
_PARAMETER = re.compile(r"\{([^{}+]+)(\+?)\}")

# A template's rank, segment by segment: what is smaller is more specific.
_LITERAL, _VARIABLE, _GREEDY = range(3)


@dataclass(frozen=True, slots=True)
class RouteMatch:
    """The route key that was picked and the path parameters it bound."""

    key: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The path template of the key; `$default` has none and gives `/`."""
        return "/" if self.key == DEFAULT else self.key.split(" ", 1)[1]


def match_route(routes: Iterable[str], method: str, path: str, api: ApiKind) -> RouteMatch | None:
    """Pick among route keys as API Gateway would; None: no route (HTTP 404, REST 403)."""
    fitting = []
    for key in routes:
        if key == DEFAULT:
            continue
        route_method, template = key.split(" ", 1)
        parameters = _bind(template, path)
        if parameters is not None:
            fitting.append((_rank(template), route_method, RouteMatch(key, parameters)))
    if api is ApiKind.REST and fitting:
        best = min(rank for rank, _, _ in fitting)
        fitting = [one for one in fitting if one[0] == best]
    candidates = [
        (rank, route_method == "ANY", found) for rank, route_method, found in fitting if route_method in (method, "ANY")
    ]
    if candidates:
        return min(candidates, key=lambda one: one[:2])[2]
    return RouteMatch(DEFAULT) if DEFAULT in routes and api is ApiKind.HTTP else None


def _bind(template: str, path: str) -> dict[str, str] | None:
    wanted, given = template.split("/")[1:], path.split("/")[1:]
    bound: dict[str, str] = {}
    for index, segment in enumerate(wanted):
        parameter = _PARAMETER.fullmatch(segment)
        if parameter and parameter[2]:
            rest = "/".join(given[index:])
            return {**bound, parameter[1]: rest} if rest else None
        if index >= len(given):
            return None
        if parameter:
            if not given[index]:
                return None
            bound[parameter[1]] = given[index]
        elif segment != given[index]:
            return None
    return bound if len(wanted) == len(given) else None


def _rank(template: str) -> tuple[int, ...]:
    ranks = []
    for segment in template.split("/")[1:]:
        parameter = _PARAMETER.fullmatch(segment)
        ranks.append(_LITERAL if not parameter else _GREEDY if parameter[2] else _VARIABLE)
    return tuple(ranks)
