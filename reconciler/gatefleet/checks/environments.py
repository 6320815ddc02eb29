"""Environments, each with a log of its own, and the rollout over them."""

from __future__ import annotations

from collections.abc import Iterator

from gatefleet.checks.places import item_place
from gatefleet.checks.rule import Facts, check_for
from gatefleet.model.types import Environment
from gatefleet.problems import Problem, Rule


@check_for(
    "GF340",
    "Two environments in the same place of the order",
    why="A merge is published to one after the other and stops at the first failure; which is first must not be"
    " chance.",
    fix="give each environment its own `order`, staging below production",
)
def same_order(rule: Rule, facts: Facts) -> Iterator[Problem]:
    seen: dict[int, str] = {}
    for environment in _by_name(facts):
        first = seen.setdefault(environment.order, environment.name)
        if first != environment.name:
            what = f"environment `{first}` has order {environment.order} as well"
            yield rule.at(environment.document.place("order"), what)


@check_for(
    "GF341",
    "A log shared by two environments",
    why="Log id and trust are what keeps a record of one environment from being accepted in another.",
    fix="give each environment its own `log` and `trust`",
)
def shared_log(rule: Rule, facts: Facts) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for environment in _by_name(facts):
        for member, value in (("log", environment.log), ("trust", environment.trust)):
            first = seen.setdefault((member, value), environment.name)
            if first != environment.name:
                yield rule.at(environment.document.place(member), f"environment `{first}` has the same `{member}`")


@check_for(
    "GF342",
    "A topic shared by two environments on one cluster",
    why="Followers would read the other environment's records and refuse each of them, and never count as caught up.",
    fix="leave `topic` out (it is named after the environment), or give each its own",
)
def shared_topic(rule: Rule, facts: Facts) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for environment in _by_name(facts):
        for server in environment.kafka.bootstrap if environment.kafka else ():
            first = seen.setdefault((server, environment.topic), environment.name)
            if first != environment.name:
                yield rule.at(environment.document.place("topic"), f"topic `{environment.topic}` is `{first}`'s, too")


@check_for(
    "GF343",
    "A gateway in two waves",
    why="It takes a version once. Named again later, it makes the later wave look larger than it is.",
    fix="leave it in the earlier wave",
)
def gateway_in_two_waves(rule: Rule, facts: Facts) -> Iterator[Problem]:
    rollout = facts.model.rollout
    if rollout is None:
        return
    seen: dict[str, int] = {}
    for index, wave in enumerate(rollout.waves):
        for name in wave.gateways:
            if seen.setdefault(name, index) != index:
                place = item_place(rollout.document, ("waves", index, "gateways"), name)
                yield rule.at(place, f"gateway `{name}` is in wave `{rollout.waves[seen[name]].name}` already")


@check_for(
    "GF344",
    "Waves that do not grow to the whole fleet",
    why="A wave's share counts what has taken the version after it. Shares that fall select nothing, and without a"
    " last wave of 100 some gateways never get the version.",
    fix="let `share` rise from wave to wave and end at 100",
)
def waves_do_not_grow(rule: Rule, facts: Facts) -> Iterator[Problem]:
    rollout = facts.model.rollout
    if rollout is None or not rollout.waves:
        return
    share = 0
    for index, wave in enumerate(rollout.waves):
        if wave.share is not None:
            if wave.share <= share:
                place = rollout.document.place("waves", index, "share")
                yield rule.at(place, f"wave `{wave.name}` has a share of {wave.share}, after {share}")
            share = max(share, wave.share)
    if rollout.waves[-1].share != 100:
        last = rollout.waves[-1]
        place = rollout.document.place("waves", len(rollout.waves) - 1)
        yield rule.at(place, f"the last wave, `{last.name}`, is not the whole fleet")


def _by_name(facts: Facts) -> Iterator[Environment]:
    return (environment for _, environment in sorted(facts.model.environments.items()))
