"""How callers authenticate on a route, and what that asks of the gateway."""

from __future__ import annotations

from collections.abc import Iterator

from gatefleet.checks.places import written_beside_public
from gatefleet.checks.rule import Facts, check_for
from gatefleet.contract.entities import CredentialKind, Public
from gatefleet.model.types import SourceGateway, SourceRoute
from gatefleet.problems import Problem, Rule


@check_for(
    "GF210",
    "A public route that demands something",
    why="API Gateway calls no authorizer for a public route: the scopes, credentials or claims beside `public` would"
    " read as protection and protect nothing.",
    fix="remove `public: true`, or remove what stands beside it",
)
def public_with_demands(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway, route in _routes(facts):
        if isinstance(route.requirement, Public):
            for member in written_beside_public(gateway.document, route.key):
                place = gateway.document.place("routes", route.key, member)
                yield rule.at(place, f"`{route.key}` is public and names `{member}`")


@check_for(
    "GF211",
    "Claims on a route that takes no access tokens",
    why="Only tokens carry claims: no caller could meet the demand.",
    fix="add `jwt` to the route's `credentials`, or remove `claims`",
)
def claims_without_token(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway, route in _routes(facts):
        if route.claims and CredentialKind.JWT not in route.credentials and not isinstance(route.requirement, Public):
            yield rule.at(gateway.document.place("routes", route.key, "claims"), f"`{route.key}` takes no tokens")


@check_for(
    "GF212",
    "Claims on a route that takes other credentials besides tokens",
    why="An API key or a certificate carries no claims, so its holders are always denied here, although the route"
    " says that it takes them.",
    fix="leave `jwt` as the route's only credential, or remove `claims`",
)
def claims_beside_other_credentials(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway, route in _routes(facts):
        others = [kind for kind in route.credentials if kind is not CredentialKind.JWT]
        if route.claims and others and CredentialKind.JWT in route.credentials:
            names = " or ".join(f"`{kind}`" for kind in others)
            place = gateway.document.place("routes", route.key, "claims")
            yield rule.at(place, f"`{route.key}` wants claims of callers with {names}")


@check_for(
    "GF213",
    "A route that takes certificates on a gateway without mutual TLS",
    why="API Gateway asks for no certificate there, so nobody can present one.",
    fix="set `mutual_tls: true` on the gateway (it needs a `domain`), or remove `certificate` from the route",
)
def certificate_without_mutual_tls(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway, route in _routes(facts):
        if CredentialKind.CERTIFICATE in route.credentials and not gateway.mutual_tls:
            place = gateway.document.place("routes", route.key, "credentials")
            yield rule.at(place, f"gateway `{gateway.id}` has no mutual TLS")


@check_for(
    "GF214",
    "Mutual TLS without a domain",
    why="API Gateway ends mutual TLS on custom domains only; on its own address nobody is asked for a certificate.",
    fix="give the gateway a `domain`",
)
def mutual_tls_without_domain(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for deployed in facts.deployed:
        source = deployed.source
        if source.mutual_tls and not deployed.domain:
            what = f"no domain in `{deployed.environment.name}`"
            yield rule.at(source.document.place("mutual_tls"), what)


def _routes(facts: Facts) -> Iterator[tuple[SourceGateway, SourceRoute]]:
    for gateway in facts.model.gateways.values():
        for route in gateway.routes.values():
            yield gateway, route
