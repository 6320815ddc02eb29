"""When the reference authorizer reads the log, and what it writes down."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.local_policy import LocalPolicy
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.contract.entities import ApiKind, WhenStale
from gatefleet.decide import Freshness, FreshnessState
from gatefleet.local.events import HttpRequest, http_event, rest_event
from gatefleet.local.reference import ReferenceAuthorizer, UnauthorizedError
from gatefleet.local.routes import RouteMatch
from gatefleet.log.file import FileReader
from gatefleet.log.follow import Follower
from gatefleet.log.opening import open_floor
from gatefleet.log.payloads import Floor
from gatefleet.log.transport import Batch

NOW = 1_800_000_000.0


class Counted:
    """A reader that counts its reads."""

    def __init__(self, path: Path) -> None:
        self._reader = FileReader(path)
        self.reads = 0

    def read(self, offset: int, timeout: float) -> Batch:
        self.reads += 1
        return self._reader.read(offset, timeout)

    def close(self) -> None:
        self._reader.close()


class Site:
    """One authorizer, its clock, its log and its lines."""

    def __init__(self, folder: Path, when_stale: WhenStale = WhenStale.CHECK, api: ApiKind = ApiKind.HTTP) -> None:
        gateway = replace(a_gateway(**{"GET /orders": "orders:read"}), api=api)
        entities = {
            "scope/orders:read": a_scope(when_stale=when_stale),
            "client/shop": a_client("orders:read"),
            "client/another": a_client("orders:read"),
            "gateway/orders/orders": gateway,
        }
        self.policy = LocalPolicy(folder, dict(entities))
        self.reader = Counted(self.policy.log)
        self.now = NOW
        self.lines: list[str] = []
        floor = open_floor(self.policy.floors()["orders/orders"], self.policy.trust)
        assert isinstance(floor, Floor)
        self.floor = floor
        follower = Follower(floor, self.policy.trust, self.reader, jitter=lambda: 1.0)
        self.authorizer = ReferenceAuthorizer(follower, self.lines.append, clock=lambda: self.now)
        self._event = http_event if api is ApiKind.HTTP else rest_event

    def event(self, *scopes: str) -> dict[str, Any]:
        token = self.policy.issuer.mint("shop", scopes, "https://api.example.com", int(self.now))
        request = HttpRequest("GET", "/orders", "", (("authorization", f"Bearer {token}"),), "192.0.2.7", "r", 0)
        return self._event("a", request, RouteMatch("GET /orders"))

    def decide(self, *scopes: str) -> str:
        try:
            answer = self.authorizer(self.event(*scopes))
        except UnauthorizedError:
            return "unauthorized"
        return str(answer["context"].get("reason", "allowed"))


def test_on_the_floor_a_scope_that_may_be_served_stale_waits_for_no_read(tmp_path: Path) -> None:
    site = Site(tmp_path, WhenStale.SERVE)
    assert site.decide("orders:read") == "allowed"
    assert site.reader.reads == 0


@pytest.mark.parametrize("when_stale", [WhenStale.CHECK, WhenStale.DENY])
def test_on_the_floor_another_scope_waits_for_one_read(tmp_path: Path, when_stale: WhenStale) -> None:
    site = Site(tmp_path, when_stale)
    site.policy.entities["client/shop"] = a_client()
    site.policy.publish()
    assert site.decide("orders:read") == "unknown_client"
    assert site.reader.reads == 1


def test_on_the_floor_a_denial_waits_for_one_read_since_a_newer_policy_may_say_otherwise(tmp_path: Path) -> None:
    site = Site(tmp_path, WhenStale.SERVE)
    site.policy.entities["scope/orders:read"] = a_scope(active=False)
    site.policy.publish()
    revoked = open_floor(site.policy.floors()["orders/orders"], site.policy.trust)
    assert isinstance(revoked, Floor)
    site.policy.entities["scope/orders:read"] = a_scope(when_stale=WhenStale.SERVE)
    site.policy.publish()
    follower = Follower(revoked, site.policy.trust, site.reader, jitter=lambda: 1.0)
    site.authorizer = ReferenceAuthorizer(follower, site.lines.append, clock=lambda: site.now)
    assert site.decide("orders:read") == "allowed"
    assert site.reader.reads == 1


def test_a_view_that_is_fresh_is_not_read_again_and_one_that_is_stale_is_read_first(tmp_path: Path) -> None:
    site = Site(tmp_path)
    assert site.decide("orders:read") == "allowed"
    site.policy.entities["client/shop"] = a_client()
    site.policy.publish()
    site.now += 2
    assert site.decide("orders:read") == "allowed"
    assert site.reader.reads == 1
    site.now += 0.5
    assert site.decide("orders:read") == "unknown_client"
    assert site.reader.reads == 2


def test_while_the_log_cannot_be_read_requests_between_two_attempts_do_not_wait(tmp_path: Path) -> None:
    site = Site(tmp_path, WhenStale.DENY)
    site.policy.log.rename(tmp_path / "away")
    (tmp_path / "policy.log").mkdir()
    assert [site.decide("orders:read") for _ in range(3)] == ["stale_policy"] * 3
    assert site.reader.reads == 1
    site.now += 1
    assert site.decide("orders:read") == "stale_policy"
    assert site.reader.reads == 2


def test_every_decision_is_written_down_also_one_that_a_rest_api_answers_with_401(tmp_path: Path) -> None:
    site = Site(tmp_path, api=ApiKind.REST)
    site.policy.entities["client/shop"] = a_client("orders:read", active=False)
    assert site.decide("orders:read") == "allowed"
    site.policy.publish()
    site.now += 5
    assert site.decide("orders:read") == "unauthorized"
    first, second = map(json.loads, site.lines)
    assert (first["decision"], second["decision"], second["reason"]) == ("allow", "deny", "client_suspended")
    assert first["decision_id"] != second["decision_id"]
    assert all(isinstance(line["latency_ms"], int) for line in (first, second))


def test_another_threads_read_never_makes_a_view_fresh_that_is_older_than_it(tmp_path: Path) -> None:
    site = Site(tmp_path, WhenStale.DENY)
    assert site.decide("orders:read") == "allowed"
    site.policy.entities["client/shop"] = a_client()
    site.policy.publish()
    site.now += 300

    class ReadMeanwhile(Follower):
        """Another thread reads the log while a decision is made: it ends just before its freshness is told."""

        looks = 0

        def freshness(self, now: float) -> Freshness:
            self.looks += 1
            if self.looks == 2:  # the first look only asks whether to read
                self.read(lambda: site.now, 1.0)
            return super().freshness(now)

    site.authorizer = ReferenceAuthorizer(
        ReadMeanwhile(site.floor, site.policy.trust, site.reader, jitter=lambda: 1.0), clock=lambda: site.now
    )
    decision = site.authorizer.decide(site.event("orders:read"))
    assert (decision.allowed, decision.freshness.state) == (False, FreshnessState.FRESH)
