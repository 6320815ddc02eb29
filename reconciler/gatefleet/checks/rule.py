"""A check is a rule (what a code stands for) and the function that finds where a model breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from gatefleet.checks.paths import NotARouteKey, RouteKey, read_route_key
from gatefleet.contract.entities import AnyOf
from gatefleet.model.deployed import DeployedGateway, deployed_gateways
from gatefleet.model.types import DEVELOPMENT, Environment, Model, SourceRoute
from gatefleet.problems import Problem, Rule, Severity, nearest

# A guess compares the name with all that are known; with more of them than this the mistake is not one of spelling.
_MOST_GUESSES = 30


@dataclass(frozen=True)
class Facts:
    """What every check looks at: the model, the second it is now, and what several checks derive from both."""

    model: Model
    now: int
    numbers: Mapping[str, int]
    _guesses: dict[tuple[str, str], str] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def deployed(self) -> tuple[DeployedGateway, ...]:
        """Every gateway in every environment it is deployed to."""
        environments = sorted(self.model.environments.values(), key=lambda one: (one.order, one.name))
        return tuple(gateway for one in environments for gateway in deployed_gateways(self.model, one))

    @property
    def on_aws(self) -> Iterator[DeployedGateway]:
        """Those that are applied in an account; `development` stays on one machine."""
        return (one for one in self.deployed if one.environment.name != DEVELOPMENT)

    @cached_property
    def route_keys(self) -> Mapping[str, tuple[RouteKey, ...]]:
        """The well-formed route keys of each gateway, by its id, as written."""
        return {name: tuple(_well_formed(gateway.routes)) for name, gateway in self.model.gateways.items()}

    def issuers_in(self, environment: Environment) -> tuple[str, ...]:
        """The declared issuers whose tokens count there, substitutes applied, each once, as listed."""
        substitutes = environment.substitute_issuers
        names = dict.fromkeys(substitutes.get(name, name) for name in environment.issuers)
        return tuple(name for name in names if name in self.model.issuers)

    @property
    def conventions_missing(self) -> bool:
        """Whether the model has a stand-in for conventions that are missing or could not be read (that is said)."""
        return not self.model.conventions.document.data

    def unread(self, pattern: str) -> bool:
        """Whether a file of that path (`*`: any name) could not be read: what it declares is unknown, not absent."""
        return any(fnmatchcase(path, pattern) for path in self.model.unread)

    def declare(self, what: str, name: str, known: Iterable[str], where: str) -> str:
        """The hint for a name that nothing declares: the likely meaning, or where it would be declared."""
        if (what, name) not in self._guesses:
            near = nearest(name, known) if len(self._guesses) < _MOST_GUESSES else None
            self._guesses[what, name] = f"did you mean `{near}`?" if near else f"declare it in {where}"
        return self._guesses[what, name]


def scopes_of(route: SourceRoute) -> Iterator[str]:
    """The scopes that the route names, in each set in which it names them."""
    demand = route.requirement
    return (name for one in demand.sets for name in one) if isinstance(demand, AnyOf) else iter(())


def _well_formed(keys: Iterable[str]) -> Iterator[RouteKey]:
    for key in keys:
        try:
            yield read_route_key(key)
        except NotARouteKey:
            continue  # GF201 says so


Find = Callable[[Rule, Facts], Iterable[Problem]]


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the table: the rule, and the function that yields a problem for each breach."""

    rule: Rule
    find: Find

    def __call__(self, facts: Facts) -> Iterable[Problem]:
        return self.find(self.rule, facts)


def check_for(
    code: str, title: str, *, why: str, fix: str, severity: Severity = Severity.ERROR
) -> Callable[[Find], Check]:
    """Make the function below it the check for this rule."""
    rule = Rule(code, title, why, fix, severity)
    return lambda find: Check(rule, find)
