"""Which declared route API Gateway picks for a request.

HTTP APIs ("Create routes for HTTP APIs", "Routing API requests"): a full match before one with a greedy `{name+}`, that
before `$default`; literals before `{name}`; then the exact method before `ANY`. REST APIs pick the resource by path
alone, ignoring one slash at its end, and then look for the method on it: without one the request is refused. AWS does
not document how REST resources compete; here it is segment by segment, literal before `{name}` before `{name+}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gatefleet.contract.entities import ApiKind

DEFAULT = "$default"
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


def match_route(routes: Iterable[str], method: str, path: str, api: ApiKind) -> RouteMatch | None:
    """Pick among route keys as API Gateway would; None: no route (HTTP 404, REST 403)."""
    rest = api is ApiKind.REST
    keys = [key.split(" ", 1) for key in routes if key != DEFAULT]
    given = path[:-1] if rest and path.endswith("/") and path != "/" else path
    fitting = []
    for wanted, template in keys:
        parameters = _bind(template, given)
        if parameters is not None:
            ranks = _ranks(template)
            rank = ranks if rest else (_GREEDY in ranks, *ranks)
            fitting.append((rank, wanted, RouteMatch(f"{wanted} {template}", parameters)))
    if rest:  # the resource is chosen before the method
        best = min((rank for rank, _, _ in fitting), default=())
        fitting = [one for one in fitting if one[0] == best]
    candidates = [(rank, wanted == "ANY", found) for rank, wanted, found in fitting if wanted in (method, "ANY")]
    if candidates:
        return min(candidates, key=lambda one: one[:2])[2]
    return RouteMatch(DEFAULT) if DEFAULT in routes and not rest else None


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


def _ranks(template: str) -> tuple[int, ...]:
    parameters = map(_PARAMETER.fullmatch, template.split("/")[1:])
    return tuple(_LITERAL if one is None else _GREEDY if one[2] else _VARIABLE for one in parameters)
