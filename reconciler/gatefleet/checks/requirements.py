"""What routes demand: whose scopes they are, and whether anybody can meet the demand."""

from __future__ import annotations

from collections.abc import Iterator

from gatefleet.checks.places import scope_mentions
from gatefleet.checks.rule import Facts, check_for, scopes_of
from gatefleet.contract.entities import AnyOf
from gatefleet.model.types import Risk, SourceGateway, SourceRoute
from gatefleet.problems import Problem, Rule, Severity


@check_for(
    "GF120",
    "A route that only scopes of other teams open",
    why="Scopes are granted with their owner in mind. Where none of yours is asked for, other teams decide who calls"
    " your route, and whoever they grant their scope to later can call it, too.",
    fix="ask for one of your own scopes beside it",
    severity=Severity.WARNING,
)
def foreign_scopes_alone(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway, route, foreign in _foreign_sets(facts):
        if not _high_risk(facts, foreign):
            yield _foreign(rule, facts, gateway, route, foreign)


@check_for(
    "GF121",
    "A route that a high-risk scope of another team opens alone",
    why="The holders of a high-risk scope were picked for the owner's routes. One more route that opens to all of"
    " them, and to everybody who is granted it later, is access that nobody reviewed.",
    fix="ask for one of your own scopes beside it, or declare a scope of your own",
)
def foreign_high_risk_alone(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway, route, foreign in _foreign_sets(facts):
        if _high_risk(facts, foreign):
            yield _foreign(rule, facts, gateway, route, foreign)


@check_for(
    "GF122",
    "A route that nobody can call, because its scopes are revoked",
    why="A revoked scope counts for nobody. That is right while an incident lasts and puzzling afterwards.",
    fix="ask for a scope that is active, or remove the route",
    severity=Severity.WARNING,
)
def revoked_requirement(rule: Rule, facts: Facts) -> Iterator[Problem]:
    revoked = {name for name, scope in facts.model.scopes.items() if not scope.active}
    if not revoked:
        return
    for gateway in facts.model.gateways.values():
        for route in gateway.routes.values():
            demand = route.requirement
            if isinstance(demand, AnyOf) and demand.sets and all(not revoked.isdisjoint(one) for one in demand.sets):
                names = ", ".join(f"`{name}`" for name in sorted(revoked.intersection(scopes_of(route))))
                yield rule.at(gateway.document.place("routes", route.key), f"`{route.key}` asks for revoked {names}")


@check_for(
    "GF123",
    "A set in `any_of` that changes nothing",
    why="Sets are alternatives: whoever holds the larger one holds the smaller one already. Meant as a further"
    " demand, it is none.",
    fix="write the scopes that are all needed into one set, or remove the larger set",
    severity=Severity.WARNING,
)
def redundant_set(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway in facts.model.gateways.values():
        for route in gateway.routes.values():
            demand = route.requirement
            if not isinstance(demand, AnyOf) or len(demand.sets) < 2:
                continue
            smaller, larger = _contained(demand)
            if larger:
                place = gateway.document.place("routes", route.key, "any_of")
                yield rule.at(place, f"whoever holds {_listed(larger)} holds {_listed(smaller)} as well")


def _foreign_sets(facts: Facts) -> Iterator[tuple[SourceGateway, SourceRoute, tuple[str, ...]]]:
    """The sets of declared scopes none of which the gateway's own team owns."""
    scopes = facts.model.scopes
    for gateway in facts.model.gateways.values():
        for route in gateway.routes.values():
            if not isinstance(route.requirement, AnyOf):
                continue
            for one in route.requirement.sets:
                if all(name in scopes and scopes[name].owner != gateway.team for name in one):
                    yield gateway, route, one


def _high_risk(facts: Facts, names: tuple[str, ...]) -> bool:
    return any(facts.model.scopes[name].risk is Risk.HIGH for name in names)


def _foreign(rule: Rule, facts: Facts, gateway: SourceGateway, route: SourceRoute, names: tuple[str, ...]) -> Problem:
    owners = sorted({facts.model.scopes[name].owner for name in names})
    verb = "owns" if len(owners) == 1 else "own"
    what = f"only {_listed(names)} is asked for, which {' and '.join(f'`{one}`' for one in owners)} {verb}"
    place = next(scope_mentions(gateway.document, route.key, names[0]))
    return rule.at(place, what)


def _contained(demand: AnyOf) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The first set that another one contains, and that other one; two empty ones: there is none.

    Sets are few; the smallest sets come first, so that one pass over the pairs of a route is enough.
    """
    sets = sorted(demand.sets, key=lambda one: (len(one), one))
    for index, small in enumerate(sets):
        for large in sets[index + 1 :]:
            if set(small) <= set(large):
                return small, large
    return (), ()


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(f"`{name}`" for name in names)
