"""The access diff as reviewers read it: who, what, through which line, how risky, how soon, and whom to ask.

A report is data; the terminal, the comment on a pull request and JSON are three readers of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gatefleet.access.diff import AccessDiff, Cause, Opening
from gatefleet.contract.entities import AnyOf, Following
from gatefleet.model.deployed import deployed_gateways
from gatefleet.model.types import Model, Risk, SourceRoute
from gatefleet.problems import Place
from gatefleet.source import Document

_RISKS = list(Risk)


class When(StrEnum):
    """When a change is in effect: policy within seconds of its publication, infrastructure once it is applied."""

    SECONDS = "seconds"
    AT_APPLY = "at apply"


@dataclass(frozen=True, slots=True, order=True)
class Reason:
    """What changed, and the line that says it. `before`: that line is the base's, since head has none any more."""

    what: str
    place: Place | None
    before: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Clients (none: anyone) that gain or lose the same routes of one gateway for the same reasons."""

    gains: bool
    clients: tuple[str, ...]
    gateway: str
    routes: tuple[str, ...]
    kinds: tuple[str, ...]  # of credential, where another kind could do it before or still can; else empty
    risk: Risk
    when: When
    reasons: tuple[Reason, ...]
    ask: tuple[str, ...]  # groups of reviewers, for what is gained


@dataclass(frozen=True, slots=True)
class Report:
    """One environment's part."""

    environment: str
    lines: tuple[Line, ...]
    changed: tuple[str, ...]  # keys of all entities that changed
    expiring: tuple[tuple[str, str, int], ...]  # client, scope, UTC second

    @property
    def widens(self) -> bool:
        """Whether somebody can do more."""
        return any(line.gains for line in self.lines)

    @property
    def narrows(self) -> bool:
        """Whether somebody can do less."""
        return any(not line.gains for line in self.lines)

    @property
    def ask(self) -> tuple[str, ...]:
        """Everybody to ask."""
        return tuple(sorted({one for line in self.lines for one in line.ask}))


def report(diff: AccessDiff, base: Model, head: Model, environment: str) -> Report:
    """The report of one environment's diff; both models are those that the two states were made from."""
    making = _Making(base, head, _floor_only(base, environment) | _floor_only(head, environment))
    lines = [*making.openings(diff), *making.shifts(diff)]
    lines.sort(key=lambda line: (not line.gains, -_RISKS.index(line.risk), line.gateway, line.routes, line.clients))
    expiring = tuple((one.client, one.scope, one.until) for one in diff.expiring)
    return Report(environment, tuple(lines), diff.changed, expiring)


@dataclass(frozen=True, slots=True)
class _Making:
    base: Model
    head: Model
    floor_only: frozenset[str]  # gateways that read no log, before or afterwards

    def openings(self, diff: AccessDiff) -> Iterator[Line]:
        for one in (*diff.openings, *diff.closings):
            yield self._opening(one)

    def shifts(self, diff: AccessDiff) -> Iterator[Line]:
        """Shifts with the same reasons become one line, for one client or many."""
        grouped: dict[tuple[bool, str, tuple[Cause, ...], tuple[str, ...]], dict[str, list[str]]] = {}
        for one in (*diff.gains, *diff.losses):
            kinds = tuple(kind.value for kind in one.kinds) if one.only_kind else ()
            by_client = grouped.setdefault((one.gains, one.gateway, one.causes, kinds), {})
            by_client.setdefault(one.client, []).append(one.route)
        for (gains, gateway, causes, kinds), by_client in grouped.items():
            by_routes: dict[tuple[str, ...], list[str]] = {}
            for client, its_routes in by_client.items():
                by_routes.setdefault(tuple(its_routes), []).append(client)
            for routes, clients in by_routes.items():
                yield self._line(gains, gateway, routes, tuple(clients), causes=causes, kinds=kinds)

    def _line(
        self, gains: bool, gateway: str, routes: tuple[str, ...], clients: tuple[str, ...], *,
        causes: tuple[Cause, ...], kinds: tuple[str, ...],
    ) -> Line:  # fmt: skip
        model = self.head if gains or gateway in self.head.gateways else self.base
        declared = [model.gateways[gateway].routes[one] for one in routes if one in model.gateways[gateway].routes]
        return Line(
            gains=gains,
            clients=clients,
            gateway=gateway,
            routes=routes,
            kinds=kinds,
            risk=max((self._risk(model, one) for one in declared), key=_RISKS.index, default=Risk.LOW),
            when=self._when(gains, gateway, routes),
            reasons=tuple(sorted(map(self._reason, causes))),
            ask=self._asked(gateway, declared) if gains else (),
        )

    def _opening(self, one: Opening) -> Line:
        what = "the route is public" if one.public else "the route is no longer public"
        return Line(
            gains=one.public,
            clients=(),
            gateway=one.gateway,
            routes=(one.route,),
            kinds=(),
            risk=Risk.HIGH,
            when=When.AT_APPLY,
            reasons=(self._reason(Cause(f"gateway/{one.gateway}", ("routes", one.route), what)),),
            ask=self._asked(one.gateway, []) if one.public else (),
        )

    def _risk(self, model: Model, route: SourceRoute) -> Risk:
        if not isinstance(route.requirement, AnyOf):
            return Risk.MEDIUM
        named = (name for one in route.requirement.sets for name in one if name in model.scopes)
        return max((model.scopes[name].risk for name in named), key=_RISKS.index, default=Risk.LOW)

    def _asked(self, gateway: str, routes: list[SourceRoute]) -> tuple[str, ...]:
        """Reviewers of the gateway's team and of the teams that own a scope that its routes ask for."""
        teams = {gateway.partition("/")[0]}
        for route in routes:
            if isinstance(route.requirement, AnyOf):
                names = {name for one in route.requirement.sets for name in one}
                teams |= {self.head.scopes[name].owner for name in names if name in self.head.scopes}
        return tuple(
            sorted({owner for team in teams if team in self.head.teams for owner in self.head.teams[team].owners})
        )

    def _when(self, gains: bool, gateway: str, routes: tuple[str, ...]) -> When:
        """A gateway that reads no log gets its policy with its floor, and API Gateway answers for a route that it does
        not have yet. A route that is gone is denied by the authorizer, within seconds."""
        before = self.base.gateways.get(gateway)
        new = gains and any(before is None or route not in before.routes for route in routes)
        return When.AT_APPLY if new or gateway in self.floor_only else When.SECONDS

    def _reason(self, cause: Cause) -> Reason:
        for model, before in ((self.head, False), (self.base, True)):
            document, pointer = _document(model, cause)
            if document is not None and _there(document, pointer):
                return Reason(cause.what, document.place(*pointer), before)
        document, pointer = _document(self.head, cause)
        return Reason(cause.what, None if document is None else document.place(*pointer))


def _floor_only(model: Model, environment: str) -> frozenset[str]:
    if environment not in model.environments:
        return frozenset()
    deployed = deployed_gateways(model, model.environments[environment])
    return frozenset(one.source.id for one in deployed if one.following is Following.FLOOR_ONLY)


def _document(model: Model, cause: Cause) -> tuple[Document | None, tuple[str, ...]]:
    kind, _, name = cause.key.partition("/")
    if kind == "scope":
        scope = model.scopes.get(name)
        return (scope.document if scope else None), ("scopes", name, *cause.member)
    tables: Mapping[str, Mapping[str, object]] = {
        "client": model.clients, "gateway": model.gateways, "issuer": model.issuers
    }  # fmt: skip
    found = tables.get(kind, {}).get(name)
    return getattr(found, "document", None), cause.member


def _there(document: Document, pointer: tuple[str, ...]) -> bool:
    found: object = document.data
    for step in pointer:
        if not isinstance(found, dict) or step not in found:
            return False
        found = found[step]
    return True
