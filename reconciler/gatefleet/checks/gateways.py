"""Gateways as they stand in each environment: what their kind cannot do, how long answers are kept, what they claim."""

from __future__ import annotations

from collections.abc import Iterator

from gatefleet.checks.places import scope_mentions, setting_place, written_backends
from gatefleet.checks.rule import Facts, check_for, scopes_of
from gatefleet.checks.urls import is_plain_http
from gatefleet.contract.entities import ApiKind, Following, Public, WhenStale
from gatefleet.model.deployed import DeployedGateway
from gatefleet.model.types import DEVELOPMENT, Conventions
from gatefleet.problems import Place, Problem, Rule, Severity


@check_for(
    "GF220",
    "Something that an HTTP API cannot do",
    why="HTTP APIs have no web application firewall and no private endpoints; Terraform would fail at apply, or"
    " leave it out.",
    fix="write `api: rest`, or remove the member",
)
def impossible_on_http(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway in facts.model.gateways.values():
        if gateway.api is ApiKind.HTTP:
            for member, wanted in (("waf", gateway.waf), ("private", gateway.private)):
                if wanted:
                    yield rule.at(gateway.document.place(member), f"`{member}` on an HTTP API")


@check_for(
    "GF221",
    "Mutual TLS on a private API",
    why="API Gateway does not end mutual TLS on private endpoints.",
    fix="remove `private` or `mutual_tls`",
)
def private_mutual_tls(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway in facts.model.gateways.values():
        if gateway.private and gateway.mutual_tls:
            yield rule.at(gateway.document.place("mutual_tls"), "mutual TLS on a private API")


@check_for(
    "GF222",
    "A scope that is denied on stale policy, on a gateway that never reads the log",
    why="A `floor_only` gateway is never fresh, so `when_stale: deny` (the default of high risk) denies every call.",
    fix="let the gateway follow (`policy: follow`), or ask for another scope",
)
def floor_only_with_deny(rule: Rule, facts: Facts) -> Iterator[Problem]:
    denying = {name for name, scope in facts.model.scopes.items() if scope.when_stale is WhenStale.DENY}
    for deployed in facts.deployed:
        if deployed.following is Following.FLOOR_ONLY:
            source = deployed.source
            for route in source.routes.values():
                for name in denying.intersection(scopes_of(route)):
                    what = f"`{source.id}` is `floor_only` and asks for `{name}`, which is denied on stale policy"
                    for place in scope_mentions(source.document, route.key, name):
                        yield rule.at(place, what)


@check_for(
    "GF223",
    "Answers kept although callers have several kinds of credentials",
    why="API Gateway finds a kept answer by one identity source; with two kinds, one caller could be given another's.",
    fix="set `result_ttl: 0`, or let every route take the same single credential",
)
def kept_with_several_credentials(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for deployed in _keeping(facts):
        routes = [one for one in deployed.source.routes.values() if not isinstance(one.requirement, Public)]
        kinds = sorted({kind for route in routes for kind in route.credentials})
        if len(kinds) > 1:
            yield rule.at(
                setting_place(deployed, "result_ttl"), f"routes take {', '.join(f'`{kind}`' for kind in kinds)}"
            )


@check_for(
    "GF224",
    "Answers kept on a gateway with mutual TLS",
    why="The certificate is no part of the key under which API Gateway keeps an answer: another certificate would"
    " get it.",
    fix="set `result_ttl: 0`",
)
def kept_with_mutual_tls(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for deployed in _keeping(facts):
        if deployed.source.mutual_tls:
            yield rule.at(setting_place(deployed, "result_ttl"), "answers are kept on a gateway with mutual TLS")


@check_for(
    "GF225",
    "Answers kept on a gateway with a catch-all route",
    why="One route key stands for many paths there: the answer for a harmless path would be given for one that is"
    " denied.",
    fix="set `result_ttl: 0`, or name the routes one by one",
)
def kept_with_catch_all(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for deployed in _keeping(facts):
        for key in facts.route_keys[deployed.source.id]:
            if key.is_catch_all:
                yield rule.at(setting_place(deployed, "result_ttl"), f"answers are kept for `{key.text}`")


@check_for(
    "GF226",
    "A gateway that cannot keep the environment's revocation time",
    why="Until a kept answer ends and the policy is read again, a revoked caller is still allowed.",
    fix="lower `result_ttl` or `max_staleness`",
    severity=Severity.WARNING,
)
def slower_than_revocation_slo(rule: Rule, facts: Facts) -> Iterator[Problem]:
    if facts.conventions_missing:
        return
    for deployed in facts.deployed:
        takes, slo = deployed.result_ttl + deployed.max_staleness, deployed.environment.revocation_slo
        if deployed.following is Following.FOLLOW and takes > slo:
            what = f"a revocation takes {takes} s in `{deployed.environment.name}`, which promises {slo} s"
            yield rule.at(_slowest_part(deployed, facts.model.conventions), what)


@check_for(
    "GF227",
    "A domain claimed twice",
    why="A custom domain belongs to one API of one account: whichever is applied second fails.",
    fix="give each gateway its own domain, and each environment by its overlay",
)
def domain_twice(rule: Rule, facts: Facts) -> Iterator[Problem]:
    seen: dict[str, DeployedGateway] = {}
    for deployed in facts.deployed:
        # What is developed on one machine takes no domain from anybody.
        if deployed.domain and deployed.environment.name != DEVELOPMENT:
            first = seen.setdefault(deployed.domain.lower(), deployed)
            if first is not deployed:
                what = f"`{deployed.domain}` is the domain of `{first.source.id}` in `{first.environment.name}` already"
                yield rule.at(setting_place(deployed, "domain"), what)


@check_for(
    "GF228",
    "One audience in two environments that trust the same issuer",
    why="A token made for one of them is good in the other: whoever may test in staging may call production.",
    fix="give the gateway another `audience` in one of them, by its overlay",
    severity=Severity.WARNING,
)
def audience_in_two_environments(rule: Rule, facts: Facts) -> Iterator[Problem]:
    trusted = {name: frozenset(facts.issuers_in(environment)) for name, environment in facts.model.environments.items()}
    seen: dict[str, list[DeployedGateway]] = {}
    for deployed in facts.deployed:
        for audience in deployed.audience:
            here = deployed.environment.name
            for first in seen.setdefault(audience, []):
                there = first.environment.name
                if there != here and not trusted[here].isdisjoint(trusted[there]):
                    what = f"`{audience}` counts in `{there}` (`{first.source.id}`) and in `{here}`"
                    yield rule.at(setting_place(deployed, "audience"), what)
                    break
            if all(first.environment.name != here for first in seen[audience]):
                seen[audience].append(deployed)


@check_for(
    "GF229",
    "Requests sent on over plain http",
    why="They carry the caller's credentials, and what is on the way can read and change them.",
    fix="write the back end's URL with `https://`, or reach it through a `vpc_link`",
    severity=Severity.WARNING,
)
def backend_over_plain_http(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway, path, backend in written_backends(facts.model):
        if backend.link is None and is_plain_http(backend.target):
            yield rule.at(gateway.document.place(*path, "http"), f"`{backend.target}` is not encrypted")


def _slowest_part(deployed: DeployedGateway, conventions: Conventions) -> Place:
    """What to lower first: the result TTL, else the staleness, which may be everybody's."""
    if deployed.result_ttl:
        return setting_place(deployed, "result_ttl")
    of_its_own = deployed.source.max_staleness is not None
    return (deployed.source if of_its_own else conventions).document.place("max_staleness")


def _keeping(facts: Facts) -> Iterator[DeployedGateway]:
    return (deployed for deployed in facts.deployed if deployed.result_ttl > 0)
