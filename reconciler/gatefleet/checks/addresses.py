"""Addresses that a gateway is reached by, calls or answers to, and that would be refused, or mean another, at apply."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatefleet.checks.places import cross_origin_rules, item_place, setting_place, written_backends
from gatefleet.checks.rule import Facts, check_for
from gatefleet.checks.urls import split_url
from gatefleet.contract.entities import ApiKind
from gatefleet.model.deployed import DeployedGateway
from gatefleet.model.types import DEVELOPMENT, Cors, KafkaSecurity
from gatefleet.problems import Place, Problem, Rule

_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"  # RFC 1123 section 2.1
_HOST = re.compile(rf"(?=.{{1,253}}$)({_LABEL}[.])*{_LABEL}")
_USUAL_PORTS = {"http": 80, "https": 443}

# What API Gateway passes on as it stands: `$` and braces it would fill in, and a query would swallow the caller's path.
_URL_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")

_LAMBDA_ARN = re.compile(r"arn:[^:]+:lambda:([^:]+):([0-9]{12}):.*")
_ENCRYPTED = (KafkaSecurity.SSL, KafkaSecurity.SASL_SSL)


@check_for(
    "GF243",
    "An origin that no browser sends, or that API Gateway does not take",
    why="An origin is compared as a whole with what the browser says. `*` means every origin and stands alone.",
    fix="write scheme and host, and the port where it is not the scheme's own: `https://shop.example.com`",
)
def unusable_origin(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway, path, cors in cross_origin_rules(facts.model):
        for origin in cors.origins:
            what = _wrong_with_origin(origin, cors)
            if what:
                yield rule.at(item_place(gateway.document, (*path, "origins"), origin), what)


@check_for(
    "GF245",
    "A back end's URL that API Gateway would read otherwise",
    why="The caller's path is put behind it, and `$` and braces in it are filled in by API Gateway.",
    fix="write scheme, host, port if needed, and a path of letters, digits and `. _ ~ -`; no query, no user",
)
def unusable_url(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway, path, backend in written_backends(facts.model):
        if backend.type == "http" and not _is_plain_url(backend.target):
            yield rule.at(gateway.document.place(*path, "http"), f"`{backend.target}` is more than host and path")


@check_for(
    "GF246",
    "A Lambda function of another account or region",
    why="The team's deploy role may let API Gateway call the functions of its own account, and API Gateway calls those"
    " of its region.",
    fix="write the function's name alone, or its ARN by the environment's overlay",
)
def foreign_function(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for deployed in facts.on_aws:
        account = facts.model.teams[deployed.source.team].accounts[deployed.environment.name]
        for name, backend in deployed.backends.items():
            arn = _LAMBDA_ARN.fullmatch(backend.target) if backend.type == "lambda" else None
            if arn and (arn[2], arn[1]) != (account.account, account.region):
                here = f"`{deployed.environment.name}` is account {account.account}, {account.region}"
                yield rule.at(_backend_place(deployed, name), f"the function is of account {arn[2]}, {arn[1]}; {here}")


@check_for(
    "GF247",
    "A domain on a private API",
    why="A private API is called through its VPC endpoints; the module gives it no domain.",
    fix="remove `domain` or `private`",
)
def domain_of_private_api(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for deployed in facts.deployed:
        if deployed.source.api is ApiKind.REST and deployed.source.private and deployed.domain:
            what = f"`{deployed.domain}` is the domain of a private API"
            yield rule.at(setting_place(deployed, "domain"), what)


@check_for(
    "GF248",
    "A log that authorizers in AWS would read in the open",
    why="Whoever is on the way would see its users' passwords and could hold its records back.",
    fix="set `security: SSL` or `security: SASL_SSL`",
)
def log_in_the_open(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for environment in facts.model.environments.values():
        kafka = environment.kafka
        if environment.name != DEVELOPMENT and kafka and kafka.security not in _ENCRYPTED:
            place = environment.document.place("kafka", "security")
            yield rule.at(place, f"the log of `{environment.name}` is read over `{kafka.security}`")


def _wrong_with_origin(origin: str, cors: Cors) -> str:
    if origin == "*":
        return "`*` stands beside other origins" if len(cors.origins) > 1 else ""
    url = split_url(origin)
    if url is None or not _HOST.fullmatch(url.hostname or ""):
        return f"`{origin}` has no host that a browser would say"
    if url.port == _USUAL_PORTS[url.scheme]:
        return f"browsers say `{origin}` without the port"
    return ""


def _is_plain_url(url: str) -> bool:
    parts = split_url(url)
    if parts is None or parts.query or parts.fragment or "?" in url or "#" in url or "@" in parts.netloc:
        return False
    return bool(_HOST.fullmatch((parts.hostname or "").lower()) and _URL_PATH.fullmatch(parts.path))


def _backend_place(deployed: DeployedGateway, name: str) -> Place:
    overlay = deployed.source.overlays.get(deployed.environment.name)
    of_overlay = overlay is not None and name in overlay.backends
    path = ("environments", deployed.environment.name, "backends", name) if of_overlay else ("backends", name)
    return deployed.source.document.place(*path, "lambda")
