"""How current each build's policy is: at a cold start, while it follows, after a freeze, and when the log is gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.functions import Function, wait_until
from tests.support.local_policy import LocalPolicy
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.contract.entities import Entity, WhenStale
from gatefleet.log.envelope import REVISION, parse_envelope, seal
from gatefleet.log.file import FileWriter
from gatefleet.log.keys import new_key

Deploy = Callable[..., Function]

SERVE, CHECK, DENY = "GET /serve", "GET /check", "GET /deny"


@pytest.fixture
def policy(tmp_path: Path) -> LocalPolicy:
    """One scope of each rule for a stale policy, all granted to `shop`, none to `guest` but one that it shares."""
    gateway = a_gateway(**{SERVE: "a:serve", CHECK: "a:check", DENY: "a:deny"})
    entities: dict[str, Entity] = {
        "scope/a:serve": a_scope(when_stale=WhenStale.SERVE),
        "scope/a:check": a_scope(when_stale=WhenStale.CHECK),
        "scope/a:deny": a_scope(when_stale=WhenStale.DENY),
        "client/shop": a_client("a:serve", "a:check", "a:deny"),
        "client/guest": a_client("a:serve"),
        "gateway/orders/orders": replace(gateway, max_staleness=1, deny_after=2),
    }
    return LocalPolicy(tmp_path, entities)


def shop(function: Function, *routes: str) -> list[tuple[str, str]]:
    return [function.call(route, "shop", "a:serve", "a:check", "a:deny") for route in routes or (SERVE, CHECK, DENY)]


def test_a_cold_start_without_a_log_answers_from_the_floor_and_denies_what_must_not_be_stale(
    deploy: Deploy, policy: LocalPolicy, tmp_path: Path
) -> None:
    function = deploy(policy, log=tmp_path / "no-such-folder" / "policy.log")
    assert shop(function) == [("allowed", "floor"), ("allowed", "floor"), ("stale_policy", "floor")]
    assert any("read_failed" in line for line in function.environment.stderr)


def test_a_cold_start_with_its_log_is_fresh_from_the_first_answer_on(deploy: Deploy, policy: LocalPolicy) -> None:
    assert shop(deploy(policy)) == [("allowed", "fresh")] * 3


def test_a_function_on_an_old_floor_catches_up_during_init(deploy: Deploy, policy: LocalPolicy) -> None:
    old = policy.layer("orders/orders")
    policy.entities["scope/a:serve"] = a_scope(active=False, when_stale=WhenStale.SERVE)
    policy.publish()
    assert shop(deploy(policy, layer=old), SERVE) == [("insufficient_scope", "fresh")]


def test_a_function_follows_the_log(deploy: Deploy, policy: LocalPolicy) -> None:
    function = deploy(policy, freezing=True)
    for granted in (True, False):
        policy.entities["client/guest"] = a_client("a:serve", "a:check") if granted else a_client("a:serve")
        policy.publish()
        time.sleep(1.1)  # until what it has read is older than `max_staleness`
        answer = function.call(CHECK, "guest", "a:check")
        assert answer == ("allowed" if granted else "insufficient_scope", "fresh")


@pytest.mark.parametrize(
    "seconds", [5, pytest.param(60, marks=pytest.mark.soak), pytest.param(300, marks=pytest.mark.soak)]
)
def test_what_is_revoked_while_a_function_is_frozen_is_denied_on_its_first_request(
    deploy: Deploy, policy: LocalPolicy, seconds: int
) -> None:
    function = deploy(policy)
    assert shop(function) == [("allowed", "fresh")] * 3
    function.environment.freeze()
    for name, rule in (("serve", WhenStale.SERVE), ("check", WhenStale.CHECK), ("deny", WhenStale.DENY)):
        policy.entities[f"scope/a:{name}"] = a_scope(active=False, when_stale=rule)
    policy.publish()
    time.sleep(seconds)
    assert shop(function, SERVE) == [("insufficient_scope", "fresh")]
    assert shop(function) == [("insufficient_scope", "fresh")] * 3


def test_a_log_that_is_gone_leaves_the_last_good_policy_and_every_decision_says_so(
    deploy: Deploy, policy: LocalPolicy
) -> None:
    floor = policy.layer("orders/orders")
    policy.entities["client/guest"] = a_client("a:serve", "a:check")
    policy.publish()
    function = deploy(policy, layer=floor, freezing=True)
    assert function.call(CHECK, "guest", "a:check") == ("allowed", "fresh")
    away = policy.log.rename(policy.folder / "away")
    time.sleep(2.1)  # beyond `max_staleness` and `deny_after`
    assert shop(function) == [("allowed", "stale"), ("allowed", "stale"), ("stale_policy", "stale")]
    assert function.call(CHECK, "guest", "a:check") == ("allowed", "stale")  # which the floor does not grant
    away.rename(policy.log)
    wait_until(lambda: shop(function) == [("allowed", "fresh")] * 3)  # after the pause that a failed read asks for


def test_a_forged_revision_changes_nothing_and_keeps_nobody_from_following(
    deploy: Deploy, policy: LocalPolicy, tmp_path: Path
) -> None:
    function = deploy(policy)
    before = policy.log.read_bytes()
    policy.entities["client/guest"] = a_client("a:serve", "a:check")
    policy.publish()
    genuine = policy.log.read_bytes()[len(before) :].splitlines()
    forged = seal(REVISION, parse_envelope(genuine[0]).payload, [new_key(tmp_path / "stranger.pem")])
    with policy.log.open("r+b") as log:
        log.truncate(len(before))
    FileWriter(policy.log).append([forged, b'{"nonsense": true}'])
    time.sleep(1.1)
    assert function.call(CHECK, "guest", "a:check") == ("insufficient_scope", "fresh")
    FileWriter(policy.log).append(genuine)
    time.sleep(1.1)
    assert function.call(CHECK, "guest", "a:check") == ("allowed", "fresh")
