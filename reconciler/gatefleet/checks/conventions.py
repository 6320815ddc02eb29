"""What every gateway shares, and teams that would loosen it."""

from __future__ import annotations

from collections.abc import Iterator

from gatefleet.checks.places import PathPart, cross_origin_rules, item_place
from gatefleet.checks.rule import Facts, check_for
from gatefleet.checks.urls import is_plain_http
from gatefleet.model.types import SourceGateway, Throttle
from gatefleet.problems import Problem, Rule, Severity

# A limit that is meant to hold something up is below what there is; up to here, fleets are too small for it to matter.
_SMALL = 100


@check_for(
    "GF230",
    "A result TTL above the convention",
    why="For as long as API Gateway keeps an answer, a revoked caller is still allowed.",
    fix="lower `result_ttl` to the convention's `result_ttl_limit`",
)
def result_ttl_above_limit(rule: Rule, facts: Facts) -> Iterator[Problem]:
    limit = facts.model.conventions.result_ttl_limit
    for gateway in facts.model.gateways.values():
        written: list[tuple[tuple[PathPart, ...], int]] = [(("result_ttl",), gateway.result_ttl)]
        for environment, overlay in gateway.overlays.items():
            if overlay.result_ttl is not None:
                written.append((("environments", environment, "result_ttl"), overlay.result_ttl))
        for path, ttl in written:
            if ttl > limit:
                yield rule.at(
                    gateway.document.place(*path), f"`result_ttl` is {ttl} s, the convention allows {limit} s"
                )


@check_for(
    "GF231",
    "A gateway that may be staler than the convention",
    why="A revocation would take longer at this gateway than the fleet promises.",
    fix="lower `max_staleness`, or leave it out to take the convention's",
)
def staler_than_convention(rule: Rule, facts: Facts) -> Iterator[Problem]:
    limit = facts.model.conventions.max_staleness
    for gateway in facts.model.gateways.values():
        if gateway.max_staleness is not None and gateway.max_staleness > limit:
            what = f"`max_staleness` is {gateway.max_staleness} s, the convention is {limit} s"
            yield rule.at(gateway.document.place("max_staleness"), what)


@check_for(
    "GF232",
    "A gateway that goes on for longer than the convention when it cannot read",
    why="High-risk calls would be allowed for longer under a policy that may be out of date.",
    fix="lower `deny_after`, or leave it out to take the convention's",
)
def denies_later_than_convention(rule: Rule, facts: Facts) -> Iterator[Problem]:
    limit = facts.model.conventions.deny_after
    for gateway in facts.model.gateways.values():
        if gateway.deny_after is not None and gateway.deny_after > limit:
            what = f"`deny_after` is {gateway.deny_after} s, the convention is {limit} s"
            yield rule.at(gateway.document.place("deny_after"), what)


@check_for(
    "GF233",
    "A throttle above the convention",
    why="Accounts have one quota for all their APIs: a gateway without a bound takes it from the others.",
    fix="lower `rate` and `burst` to the convention's `throttle_limit`",
)
def throttle_above_limit(rule: Rule, facts: Facts) -> Iterator[Problem]:
    limit = facts.model.conventions.throttle_limit
    for gateway in facts.model.gateways.values():
        for path, throttle in _throttles(gateway):
            for member, value, most in (("rate", throttle.rate, limit.rate), ("burst", throttle.burst, limit.burst)):
                if value > most:
                    what = f"`{member}` is {value}, the convention allows {most}"
                    yield rule.at(gateway.document.place(*path, "throttle", member), what)


@check_for(
    "GF234",
    "Cross-origin answers that browsers keep longer than the convention",
    why="A browser goes on by the old rules for that long, and nobody can call it back.",
    fix="lower `max_age` to the convention's `cors.max_age_limit`",
)
def cors_max_age_above_limit(rule: Rule, facts: Facts) -> Iterator[Problem]:
    limit = facts.model.conventions.cors_max_age_limit
    for gateway, path, cors in cross_origin_rules(facts.model):
        if cors.max_age > limit:
            place = gateway.document.place(*path, "max_age")
            yield rule.at(place, f"`max_age` is {cors.max_age} s, the convention allows {limit} s")


@check_for(
    "GF235",
    "Any origin, although the conventions do not allow it",
    why="Every page on the web could call the gateway from its visitors' browsers.",
    fix="name the origins, or set `cors.any_origin: true` in `policies/conventions.yaml`",
)
def any_origin(rule: Rule, facts: Facts) -> Iterator[Problem]:
    if facts.model.conventions.cors_any_origin:
        return
    for gateway, path, cors in cross_origin_rules(facts.model):
        if "*" in cors.origins:
            yield rule.at(gateway.document.place(*path, "origins"), "every origin is allowed")


@check_for(
    "GF236",
    "Any origin with credentials",
    why="Browsers refuse the combination (Fetch standard, CORS protocol and credentials), and so does API Gateway."
    " Answered by naming whoever asks, it would let any page act with its visitors' cookies.",
    fix="name the origins one by one, or set `credentials: false`",
)
def any_origin_with_credentials(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway, path, cors in cross_origin_rules(facts.model):
        if cors.credentials and "*" in cors.origins:
            yield rule.at(gateway.document.place(*path, "origins"), "every origin is allowed, with credentials")


@check_for(
    "GF237",
    "An origin over plain http",
    why="Whoever is on the way can change the page, and with it what its visitors' browsers send to the gateway.",
    fix="write it with `https://`; plain http is for localhost only",
)
def origin_over_plain_http(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for gateway, path, cors in cross_origin_rules(facts.model):
        for origin in cors.origins:
            if is_plain_http(origin):
                place = item_place(gateway.document, (*path, "origins"), origin)
                yield rule.at(place, f"pages of `{origin}` may call the gateway")


@check_for(
    "GF238",
    "A blast limit that holds nothing up",
    why="It is not below the number of entities of its kind: one merge could change all of them under one signature.",
    fix="set it above a usual merge and below the number there is",
    severity=Severity.WARNING,
)
def blast_limit_above_all(rule: Rule, facts: Facts) -> Iterator[Problem]:
    if facts.conventions_missing:
        return
    conventions, numbers = facts.model.conventions, facts.numbers
    for kind, limit in conventions.blast_limit.items():
        if limit > _SMALL and limit >= numbers.get(kind, limit + 1):
            place = conventions.document.place("blast_limit", kind)
            yield rule.at(place, f"the blast limit for `{kind}` is {limit}, and there are {numbers[kind]}")


def _throttles(gateway: SourceGateway) -> Iterator[tuple[tuple[PathPart, ...], Throttle]]:
    if gateway.throttle is not None:
        yield (), gateway.throttle
    for environment, overlay in gateway.overlays.items():
        if overlay.throttle is not None:
            yield ("environments", environment), overlay.throttle
    for route in gateway.routes.values():
        if route.throttle is not None:
            yield ("routes", route.key), route.throttle
