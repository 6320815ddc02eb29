"""Route keys: what API Gateway would refuse, pick instead of another, or hand to the wrong back end."""

from __future__ import annotations

from collections.abc import Iterator

from gatefleet.checks.paths import ANY, DEFAULT, Coverage, Kind, NotARouteKey, RouteKey, read_route_key
from gatefleet.checks.rule import Facts, check_for
from gatefleet.contract.entities import AnyClient, AnyOf, ApiKind, Public
from gatefleet.model.types import SourceGateway, SourceRoute
from gatefleet.problems import Problem, Rule, Severity


@check_for(
    "GF201",
    "A route key that API Gateway would not take, or take for another",
    why="The decision is made on the route key that API Gateway matched; both sides must read it the same.",
    fix="write `METHOD /path/{parameter}`, `METHOD /path/{rest+}` or `$default`",
)
def malformed_route_key(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway in facts.model.gateways.values():
        if len(facts.route_keys[gateway.id]) == len(gateway.routes):
            continue
        for key in gateway.routes:
            try:
                read_route_key(key)
            except NotARouteKey as error:
                yield rule.at(gateway.document.place("routes", key), f"route key `{key}`: {error}")


@check_for(
    "GF202",
    "Two names for the parameter at one place of the path",
    why="API Gateway keeps one variable at each place and refuses the second name at apply, when the merge is done.",
    fix="use the same parameter name in all routes that share the path up to it",
)
def two_parameter_names(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway in facts.model.gateways.values():
        seen: dict[tuple[str, ...], tuple[str, str]] = {}
        for key in facts.route_keys[gateway.id]:
            for kind, where, name in _variables(key):
                first_name, first_key = seen.setdefault((*where, kind.name), (name, key.text))
                if first_name != name:
                    what = f"`{key.text}` calls `{{{name}}}` what `{first_key}` calls `{{{first_name}}}`"
                    yield rule.at(gateway.document.place("routes", key.text), what)


@check_for(
    "GF203",
    "A parameter beside a greedy parameter on a REST API",
    why="A REST resource has at most one variable child; API Gateway refuses the second one at apply.",
    fix="put a literal segment before one of them, or make the gateway an HTTP API",
)
def parameter_beside_greedy(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway in facts.model.gateways.values():
        if gateway.api is not ApiKind.REST:
            continue
        seen: dict[tuple[str, ...], tuple[Kind, str]] = {}
        for key in facts.route_keys[gateway.id]:
            for kind, where, _ in _variables(key):
                first_kind, first_key = seen.setdefault(where, (kind, key.text))
                if first_kind is not kind:
                    what = f"`{key.text}` and `{first_key}` have a parameter and a greedy one at the same place"
                    yield rule.at(gateway.document.place("routes", key.text), what)


@check_for(
    "GF204",
    "A `$default` route on a REST API",
    why="Only HTTP APIs have it; a REST API answers what no route matches by itself.",
    fix="write `ANY /{rest+}` (and `ANY /` for the root), or make the gateway an HTTP API",
)
def default_route_on_rest(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway in facts.model.gateways.values():
        if gateway.api is ApiKind.REST:
            for key in facts.route_keys[gateway.id]:
                if key.is_default:
                    yield rule.at(gateway.document.place("routes", key.text), "a REST API has no `$default` route")


@check_for(
    "GF205",
    "A greedy route of a REST API that a longer path hides",
    why="A REST API picks the resource by its path alone and only then looks for the method. A method that the"
    " longer path does not declare is refused by API Gateway (403) and never reaches the greedy route.",
    fix="declare the missing method, or `ANY`, on the longer path as well",
    severity=Severity.WARNING,
)
def hidden_greedy_route(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway in facts.model.gateways.values():
        keys = facts.route_keys[gateway.id]
        if gateway.api is not ApiKind.REST or not any(key.is_greedy for key in keys):
            continue
        coverage = Coverage(key for key in keys if key.is_greedy)
        methods: dict[str, set[str]] = {}
        for key in keys:
            methods.setdefault(key.path, set()).add(key.method)
        for key in keys:
            for greedy in coverage.covering(key):
                if methods[key.path].isdisjoint({ANY, greedy.method}):
                    what = f"requests for `{key.path}` with other methods do not reach `{greedy.text}`"
                    yield rule.at(gateway.document.place("routes", key.text), what)


@check_for(
    "GF206",
    "A broader route that asks for less than a narrower one and reaches the same back end",
    why="API Gateway takes `/orders/Export` or an encoded letter for another path than `/orders/export`, so the"
    " request goes to `/orders/{id}`. The HTTP back end of both may read it as export all the same: the lesser"
    " demand is the one that counts. (On a catch-all that is not public, the authorizer denies such paths"
    " itself.)",
    fix="let the broader route ask for at least as much, or send the two to different back ends",
    severity=Severity.WARNING,
)
def weaker_broader_route(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway in facts.model.gateways.values():
        if not any(backend.type == "http" for backend in gateway.backends.values()):
            continue
        proxied = [key for key in facts.route_keys[gateway.id] if _proxied(gateway, key)]
        broader = Coverage(key for key in proxied if not key.is_catch_all or _is_public(gateway, key))
        for key in proxied:
            route = gateway.routes[key.text]
            for other in broader.covering(key):
                wider = gateway.routes[other.text]
                same_method = key.method == other.method or ANY in (key.method, other.method)
                if same_method and wider.backend == route.backend and not _demands_as_much(wider, route):
                    what = f"`{other.text}` asks for less than `{key.text}` and reaches the same back end"
                    yield rule.at(gateway.document.place("routes", other.text), what)


@check_for(
    "GF207",
    "Cross-origin requests to a route that swallows the preflight",
    why="On an HTTP API `ANY` and `$default` also match the browser's OPTIONS request, which carries no credential:"
    " it is denied, and the browser never sends the real one.",
    fix="declare a public OPTIONS route for the same path",
)
def swallowed_preflight(rule: Rule, facts: Facts) -> Iterator[Problem]:
    cross_origin = {one.source.id for one in facts.deployed if one.cors is not None}
    for gateway in facts.model.gateways.values():
        if gateway.api is not ApiKind.HTTP or gateway.id not in cross_origin:
            continue
        keys = facts.route_keys[gateway.id]
        let_through = {_preflight_of(key) for key in keys if key.method == "OPTIONS" and _is_public(gateway, key)}
        for key in keys:
            if key.method == ANY and not _is_public(gateway, key) and key.path not in let_through:
                wanted = "OPTIONS /{any+}" if key.is_default else f"OPTIONS {key.path}"
                place = gateway.document.place("routes", key.text)
                yield rule.at(
                    place, f"`{key.text}` denies the preflight", fix=f"declare `{wanted}` with `public: true`"
                )


def _preflight_of(options: RouteKey) -> str:
    """The path whose preflights this OPTIONS route takes; a greedy one at the root takes those of `$default`."""
    return DEFAULT if options.is_greedy and len(options.segments) == 1 else options.path


def _variables(key: RouteKey) -> Iterator[tuple[Kind, tuple[str, ...], str]]:
    """Each parameter: its kind, the place in the path (segments before it, names left out) and its name."""
    where: tuple[str, ...] = ()
    for segment in key.segments:
        if segment.kind is not Kind.LITERAL:
            yield segment.kind, where, segment.text
        where = (*where, segment.text if segment.kind is Kind.LITERAL else "{}")


def _is_public(gateway: SourceGateway, key: RouteKey) -> bool:
    return isinstance(gateway.routes[key.text].requirement, Public)


def _proxied(gateway: SourceGateway, key: RouteKey) -> bool:
    """Whether the request goes on to an HTTP back end, path and all."""
    backend = gateway.backends.get(gateway.routes[key.text].backend)
    return backend is not None and backend.type == "http"


def _demands_as_much(wider: SourceRoute, route: SourceRoute) -> bool:
    """Whether everybody who may call `wider` may call `route`."""
    match route.requirement:
        case Public():
            return True
        case AnyClient():
            enough = not isinstance(wider.requirement, Public)
        case AnyOf(sets):
            enough = isinstance(wider.requirement, AnyOf) and all(
                any(set(one) <= set(other) for one in sets) for other in wider.requirement.sets
            )
    same_claims = route.claims.items() <= wider.claims.items()
    return enough and same_claims and set(wider.credentials) <= set(route.credentials)
