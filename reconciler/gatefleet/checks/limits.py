"""What AWS takes: names, numbers and texts that pass every other rule and would be refused by `terraform apply`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatefleet.checks.paths import ANY, Kind, RouteKey
from gatefleet.checks.places import setting_place
from gatefleet.checks.rule import Facts, check_for
from gatefleet.contract.entities import ApiKind
from gatefleet.model.types import DEVELOPMENT
from gatefleet.problems import Place, Problem, Rule

# Where modules authorizer, policy-log and team-account take their names from, and the longest that AWS takes.
_FUNCTION = 64  # a Lambda function, and the role of the same name
_BUCKET = 63
_DOMAIN = 253  # RFC 1035 section 2.3.4
_ACCOUNT_ID = "0" * 12

# What every service takes in the value of a tag; IAM is the strictest of them.
_TAG_VALUE = re.compile(r"[A-Za-z0-9 _.:/=+@-]*")
_OWN_TAGS = ("cost-centre", "gatefleet:environment", "gatefleet:gateway", "gatefleet:module", "gatefleet:team")


@check_for(
    "GF240",
    "A name too long for AWS",
    why="Lambda functions and IAM roles have at most 64 characters, S3 buckets 63, domains 253; what gateways are made"
    " of is named after team, gateway and environment.",
    fix="shorten the name: it is that of the file or folder",
)
def name_too_long(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for environment in facts.model.environments.values():
        bucket = f"gatefleet-{environment.name}-archive-{_ACCOUNT_ID}"
        if environment.name != DEVELOPMENT and len(bucket) > _BUCKET:
            yield _too_long(rule, environment.document.place(), "the archive's bucket", bucket, _BUCKET)
    for team in facts.model.teams.values():
        bucket = f"gatefleet-{team.name}-state-{_ACCOUNT_ID}"
        if len(bucket) > _BUCKET:
            yield _too_long(rule, team.document.place(), "the bucket of its Terraform state", bucket, _BUCKET)
    for deployed in facts.on_aws:
        source = deployed.source
        function = f"{source.team}_{source.name}_{deployed.environment.name}_authorizer"
        if len(function) > _FUNCTION:
            yield _too_long(rule, source.document.place(), "its authorizer", function, _FUNCTION)
        if deployed.domain and len(deployed.domain) > _DOMAIN:
            yield _too_long(rule, setting_place(deployed, "domain"), "its domain", deployed.domain, _DOMAIN)


@check_for(
    "GF241",
    "More routes than API Gateway takes",
    why="AWS's quota is 300 routes of an HTTP API and 300 resources of a REST API; it can be raised for an account.",
    fix="split the gateway; where every account has a higher quota, set `routes_limit` in `policies/conventions.yaml`",
)
def too_many_routes(rule: Rule, facts: Facts) -> Iterator[Problem]:
    limit = facts.model.conventions.routes_limit
    for gateway in facts.model.gateways.values():
        keys = facts.route_keys[gateway.id]
        http = gateway.api is ApiKind.HTTP
        number, what = (len(keys), "routes") if http else (len(_resources(keys)), "resources (parts of paths)")
        if number > limit:
            yield rule.at(gateway.document.place("routes"), f"it has {number} {what}, the quota is {limit}")


@check_for(
    "GF242",
    "A throttle of its own on an `ANY` route of a REST API",
    why="A REST API has settings for each method and none for `ANY`: API Gateway refuses them.",
    fix="name the route's methods, or remove its `throttle` and set the gateway's",
)
def throttle_on_any(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway in facts.model.gateways.values():
        if gateway.api is ApiKind.REST:
            for key in facts.route_keys[gateway.id]:
                if key.method == ANY and gateway.routes[key.text].throttle is not None:
                    place = gateway.document.place("routes", key.text, "throttle")
                    yield rule.at(place, f"`{key.text}` of a REST API has a throttle")


@check_for(
    "GF244",
    "A tag that AWS does not take",
    why="Values have letters, digits, spaces and `_ . : / = + @ -`; names that begin with `aws:` are AWS's own, and IAM"
    " takes two names that differ only in case for one.",
    fix="write it with these characters, under a name of its own",
)
def unusable_tag(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for team in facts.model.teams.values():
        seen = {name: name for name in _OWN_TAGS}
        for name, value in team.tags.items():
            first = seen.setdefault(name.lower(), name)
            place = team.document.place("tags", name)
            if name.lower().startswith("aws:"):
                yield rule.at(place, f"tag `{name}` is AWS's own")
            elif name.lower() in _OWN_TAGS:
                yield rule.at(place, f"tag `{name}` is set by gatefleet")
            elif first != name:
                yield rule.at(place, f"tag `{name}` is `{first}` in another case")
            elif not _TAG_VALUE.fullmatch(value):
                odd = next(letter for letter in value if not _TAG_VALUE.fullmatch(letter))
                yield rule.at(place, f"the value of tag `{name}` has `{odd}`")


def _too_long(rule: Rule, place: Place, what: str, name: str, most: int) -> Problem:
    return rule.at(place, f"{what} would be `{name}`: {len(name)} characters, AWS takes {most}")


def _resources(keys: tuple[RouteKey, ...]) -> set[tuple[tuple[Kind, str], ...]]:
    """The resources that a REST API has for these routes: every beginning of a path, the root among them."""
    parts = [tuple((segment.kind, segment.text) for segment in key.segments) for key in keys]
    return {path[:length] for path in parts for length in range(len(path) + 1)}
