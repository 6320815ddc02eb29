"""Names that must be declared somewhere, and declarations that nothing can reach."""

from __future__ import annotations

from collections.abc import Iterator

from gatefleet.checks.places import item_place, scope_mentions
from gatefleet.checks.rule import Facts, check_for, scopes_of
from gatefleet.model.types import DEVELOPMENT, PolicyTests, SourceClient, SourceGateway
from gatefleet.problems import Place, Problem, Rule, Severity


@check_for(
    "GF101",
    "An environment that is not declared",
    why="What is said about it would be in effect nowhere, and nobody would notice.",
    fix="declare it in `policies/environments/<name>.yaml`, or correct the name",
)
def unknown_environment(rule: Rule, facts: Facts) -> Iterator[Problem]:
    model, known = facts.model, facts.model.environments
    named = [
        (team.document.place("accounts", name), name)
        for team in model.teams.values()
        for name in team.accounts
        if name not in known
    ] + [
        (gateway.document.place("environments", name), name)
        for gateway in model.gateways.values()
        for name in gateway.overlays
        if name not in known
    ]
    named += [
        (item_place(client.document, ("environments",), name), name)
        for client in model.clients.values()
        for name in client.environments
        if name not in known
    ]
    for place, name in named:
        file = f"policies/environments/{name}.yaml"
        if not facts.unread(file):
            hint = facts.declare("environment", name, known, file)
            yield rule.at(place, f"environment `{name}` is not declared", fix=hint)


@check_for(
    "GF102",
    "An issuer that is not declared",
    why="Without its keys no token of it can be verified.",
    fix="declare it in `policies/issuers/<name>.yaml`, or correct the name",
)
def unknown_issuer(rule: Rule, facts: Facts) -> Iterator[Problem]:
    model = facts.model
    named: list[tuple[Place, str]] = [
        (client.document.place("issuer"), client.issuer)
        for client in model.clients.values()
        if client.issuer is not None and client.issuer not in model.issuers
    ]
    for environment in model.environments.values():
        document = environment.document
        named += [(item_place(document, ("issuers",), name), name) for name in environment.issuers]
        for name, substitute in environment.substitute_issuers.items():
            named.append((document.place("substitute_issuers", name), name))
            named.append((document.place("substitute_issuers", name), substitute))
    for place, name in named:
        file = f"policies/issuers/{name}.yaml"
        if name not in model.issuers and not facts.unread(file):
            hint = facts.declare("issuer", name, model.issuers, file)
            yield rule.at(place, f"issuer `{name}` is not declared", fix=hint)


@check_for(
    "GF103",
    "A team that is not declared",
    why="A team without `team.yaml` has no owners to ask and no account to deploy to.",
    fix="declare it in `teams/<team>/team.yaml`, or correct the name",
)
def unknown_team(rule: Rule, facts: Facts) -> Iterator[Problem]:
    model = facts.model
    named = [(scope.document.place("scopes", scope.name, "owner"), scope.owner) for scope in model.scopes.values()]
    owned: tuple[SourceClient | SourceGateway | PolicyTests, ...] = (
        *model.clients.values(),
        *model.gateways.values(),
        *model.tests,
    )
    named += [(one.document.place(), one.team) for one in owned if one.team not in model.teams]
    for place, name in named:
        file = f"teams/{name}/team.yaml"
        if name not in model.teams and not facts.unread(file):
            hint = facts.declare("team", name, model.teams, file)
            yield rule.at(place, f"team `{name}` is not declared", fix=hint)


@check_for(
    "GF104",
    "A scope that is not declared",
    why="Nobody could ever hold it: the route would deny everybody, the grant would give nothing.",
    fix="declare it in `policies/scopes/<domain>.yaml`, or correct the name",
)
def unknown_scope(rule: Rule, facts: Facts) -> Iterator[Problem]:
    model = facts.model
    known = model.scopes
    if facts.unread("policies/scopes/*.yaml"):
        return

    def problem(place: Place, name: str) -> Problem:
        hint = facts.declare("scope", name, known, "policies/scopes/")
        return rule.at(place, f"scope `{name}` is not declared", fix=hint)

    for client in model.clients.values():
        for name in client.scopes:
            if name not in known:
                yield problem(client.document.place("scopes", name), name)
    for gateway in model.gateways.values():
        for route in gateway.routes.values():
            for name in scopes_of(route):
                if name not in known:
                    for place in scope_mentions(gateway.document, route.key, name):
                        yield problem(place, name)
    for tests in model.tests:
        for index, case in enumerate(tests.cases):
            for name in case.scopes or ():
                if name not in known:
                    yield problem(item_place(tests.document, ("cases", index, "scopes"), name), name)


@check_for(
    "GF105",
    "A client that is not declared",
    why="A policy test of a client that does not exist proves nothing.",
    fix="declare it in `policies/clients/<team>/<client_id>.yaml`, or correct the name",
)
def unknown_client(rule: Rule, facts: Facts) -> Iterator[Problem]:
    clients = facts.model.clients
    for tests in facts.model.tests:
        for index, case in enumerate(tests.cases):
            if case.client not in clients and not facts.unread(f"policies/clients/*/{case.client}.yaml"):
                hint = facts.declare("client", case.client, clients, f"policies/clients/<team>/{case.client}.yaml")
                place = tests.document.place("cases", index, "client")
                yield rule.at(place, f"client `{case.client}` is not declared", fix=hint)


@check_for(
    "GF106",
    "A gateway that is not declared",
    why="A policy test of it proves nothing; a rollout wave without it rolls out less than it says.",
    fix="declare it in `teams/<team>/gateways/<gateway>.yaml`, or correct the name",
)
def unknown_gateway(rule: Rule, facts: Facts) -> Iterator[Problem]:
    model = facts.model
    for tests in model.tests:
        own = [gateway.name for gateway in model.gateways.values() if gateway.team == tests.team]
        for index, case in enumerate(tests.cases):
            file = f"teams/{tests.team}/gateways/{case.gateway}.yaml"
            if case.gateway not in own and not facts.unread(file):
                hint = facts.declare(f"gateway of {tests.team}", case.gateway, own, file)
                place = tests.document.place("cases", index, "gateway")
                yield rule.at(place, f"team `{tests.team}` has no gateway `{case.gateway}`", fix=hint)
    if model.rollout is None:
        return
    for index, wave in enumerate(model.rollout.waves):
        for name in wave.gateways:
            team, _, gateway = name.partition("/")
            file = f"teams/{team}/gateways/{gateway}.yaml"
            if name not in model.gateways and not facts.unread(file):
                hint = facts.declare("gateway", name, model.gateways, file)
                place = item_place(model.rollout.document, ("waves", index, "gateways"), name)
                yield rule.at(place, f"gateway `{name}` is not declared", fix=hint)


@check_for(
    "GF107",
    "A backend that the gateway does not declare",
    why="API Gateway would have nowhere to send the requests of the route.",
    fix="declare it under `backends` of the gateway, or correct the name",
)
def unknown_backend(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway in facts.model.gateways.values():
        declared = gateway.backends
        named = [
            (("routes", route.key, "backend"), route.backend)
            for route in gateway.routes.values()
            if route.backend and route.backend not in declared
        ] + [
            (("environments", environment, "backends", name), name)
            for environment, overlay in gateway.overlays.items()
            for name in overlay.backends
            if name not in declared
        ]
        for path, name in named:
            hint = facts.declare(f"backend of {gateway.id}", name, declared, "`backends` of the gateway")
            yield rule.at(gateway.document.place(*path), f"backend `{name}` is not declared", fix=hint)


@check_for(
    "GF108",
    "A policy test of a route that the gateway does not have",
    why="Whatever it expects, it says nothing about what callers of the gateway meet.",
    fix="write the route key exactly as in the gateway's `routes`",
)
def unknown_route(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for tests in facts.model.tests:
        for index, case in enumerate(tests.cases):
            gateway = facts.model.gateways.get(f"{tests.team}/{case.gateway}")
            if gateway is not None and case.route not in gateway.routes:
                hint = facts.declare(f"route of {gateway.id}", case.route, gateway.routes, f"`routes` of {gateway.id}")
                place = tests.document.place("cases", index, "route")
                yield rule.at(place, f"gateway `{gateway.id}` has no route `{case.route}`", fix=hint)


@check_for(
    "GF109",
    "An overlay for an environment in which the team has no account",
    why="The gateway is not deployed there, so the overlay changes nothing.",
    fix="add the account to the team's `accounts`, or remove the overlay",
    severity=Severity.WARNING,
)
def overlay_without_account(rule: Rule, facts: Facts) -> Iterator[Problem]:
    model = facts.model
    for gateway in model.gateways.values():
        team = model.teams.get(gateway.team)
        for environment in gateway.overlays:
            declared = environment in model.environments and environment != DEVELOPMENT
            if team is not None and declared and environment not in team.accounts:
                place = gateway.document.place("environments", environment)
                yield rule.at(place, f"team `{team.name}` has no account in `{environment}`")


@check_for(
    "GF110",
    "A gateway that is deployed nowhere",
    why="Its routes read like an open door, yet nobody can call them.",
    fix="give the team an account in an environment, enable the gateway there, or remove the file",
    severity=Severity.WARNING,
)
def gateway_nowhere(rule: Rule, facts: Facts) -> Iterator[Problem]:
    if facts.unread("policies/environments/*.yaml"):
        return
    deployed = {gateway.source.id for gateway in facts.deployed}
    for gateway in facts.model.gateways.values():
        if gateway.id not in deployed and gateway.team in facts.model.teams:
            yield rule.at(gateway.document.place(), f"gateway `{gateway.id}` is in no environment")


@check_for(
    "GF111",
    "A client that exists in none of its environments",
    why="Its grants read as if it had access; no environment it is limited to allows its issuer.",
    fix="add the issuer to an environment's `issuers`, or widen the client's `environments`",
    severity=Severity.WARNING,
)
def client_nowhere(rule: Rule, facts: Facts) -> Iterator[Problem]:
    if facts.unread("policies/environments/*.yaml"):
        return
    model = facts.model
    accepted = {name: frozenset(facts.issuers_in(one)) for name, one in model.environments.items()}

    def accepts(environment: str, issuer: str) -> bool:
        return (
            environment in accepted
            and model.environments[environment].substitute_issuers.get(issuer, issuer) in accepted[environment]
        )

    for client in model.clients.values():
        if client.issuer is None or client.issuer not in model.issuers:
            continue
        if not any(accepts(name, client.issuer) for name in client.environments or accepted):
            where = "environments" if client.environments else "issuer"
            yield rule.at(client.document.place(where), f"no environment of it allows issuer `{client.issuer}`")


@check_for(
    "GF112",
    "An issuer that no environment allows",
    why="Its tokens are refused everywhere; its keys are watched over for nothing.",
    fix="list it in the `issuers` of an environment, or remove the file",
    severity=Severity.WARNING,
)
def issuer_nowhere(rule: Rule, facts: Facts) -> Iterator[Problem]:
    if facts.unread("policies/environments/*.yaml"):
        return
    environments = facts.model.environments.values()
    allowed = {name for one in environments for name in (*one.issuers, *one.substitute_issuers.values())}
    for issuer in facts.model.issuers.values():
        if issuer.name not in allowed:
            yield rule.at(issuer.document.place(), f"no environment allows issuer `{issuer.name}`")


@check_for(
    "GF113",
    "A backend that no route uses",
    why="It looks like a way in that somebody forgot to protect or to remove.",
    fix="name it in a route's `backend`, or remove it",
    severity=Severity.WARNING,
)
def unused_backend(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway in facts.model.gateways.values():
        used = {route.backend for route in gateway.routes.values()}
        for name in gateway.backends:
            if name not in used:
                yield rule.at(gateway.document.place("backends", name), f"no route uses backend `{name}`")
