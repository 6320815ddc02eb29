"""Gateways on loopback, a real build behind them: frozen processes, scaled and recycled as in Lambda."""

from __future__ import annotations

import http.client
import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.support.builds import Command
from tests.support.functions import PATIENT
from tests.support.gateways import api_of_entity
from tests.support.local_policy import LocalPolicy
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.contract.entities import ApiKind, Entity, Following
from gatefleet.local.authorizers import Build, LambdaAuthorizers
from gatefleet.local.gateways import Gateways
from gatefleet.local.lambda_function import LambdaFunction
from gatefleet.problems import GatefleetError

ORDERS, REST, FLOOR_ONLY = "orders/orders", "orders/rest", "orders/archive"


def entities() -> dict[str, Entity]:
    orders = a_gateway(**{"GET /orders": "orders:read", "GET /orders/{id}": "orders:read"})
    return {
        "scope/orders:read": a_scope(),
        "client/shop": a_client("orders:read"),
        f"gateway/{ORDERS}": orders,
        f"gateway/{REST}": replace(orders, api=ApiKind.REST),
        f"gateway/{FLOOR_ONLY}": replace(orders, following=Following.FLOOR_ONLY),
    }


@dataclass
class Site:
    """The gateways of a small policy, and the functions behind them."""

    policy: LocalPolicy
    authorizers: LambdaAuthorizers
    gateways: Gateways

    def call(self, gateway: str, path: str, *headers: tuple[str, str]) -> tuple[int, Any]:
        where = urlsplit(self.gateways.addresses[gateway])
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        value = json.loads(response.read())
        connection.close()
        return response.status, value

    def token(self) -> tuple[str, str]:
        return self.policy.bearer("shop", "orders:read")

    def function(self, gateway: str) -> LambdaFunction:
        return self.authorizers.by_gateway[gateway]

    def bring(self) -> None:
        """The floors of the log's head."""
        for gateway, floor in self.policy.floors().items():
            self.authorizers.bring(gateway, floor)


@contextmanager
def site(folder: Path, build: Command, lines: Callable[[str], object] = lambda _line: None) -> Iterator[Site]:
    policy = LocalPolicy(folder, entities())
    policy.layer(ORDERS)
    authorizers = LambdaAuthorizers(
        policy.trust,
        lambda _gateway: Build(build, PATIENT),
        lines,
        folder=folder,
        trust_file=folder / "trust.json",
        log=f"file:{policy.log}",
        most=2,
    )
    floors = policy.floors()
    apis = {gateway: api_of_entity(gateway, policy.gateway(gateway)) for gateway in floors}
    gateways = Gateways(apis, {gateway: authorizers.bring(gateway, floor) for gateway, floor in floors.items()})
    gateways.start()
    try:
        yield Site(policy, authorizers, gateways)
    finally:
        gateways.stop()
        authorizers.close()


def test_a_build_decides_for_gateways_of_both_kinds(tmp_path: Path, build: Command) -> None:
    lines: list[str] = []
    with site(tmp_path, build, lines.append) as here:
        for gateway in (ORDERS, REST):
            status, value = here.call(gateway, "/orders/5", here.token())
            assert (status, value["authorizer"]["client_id"], value["authorizer"]["freshness"]) == (
                200,
                "shop",
                "fresh",
            )
            assert here.call(gateway, "/orders/5")[0] == 401
            assert here.call(gateway, "/orders/5", here.policy.bearer("shop"))[0] == 403
        assert here.call(REST, "/orders", ("authorization", "Bearer nonsense"))[0] == 401
    decided = [one for one in map(json.loads, lines) if "decision" in one]  # others are metrics
    assert {(one["gateway"], one["decision"]) for one in decided} >= {(ORDERS, "allow"), (REST, "deny")}


def test_what_is_revoked_is_denied_by_frozen_environments_and_by_floors_that_moved(
    tmp_path: Path, build: Command
) -> None:
    with site(tmp_path, build) as here:
        for gateway in (ORDERS, FLOOR_ONLY):
            assert here.call(gateway, "/orders", here.token())[0] == 200
        here.policy.entities["client/shop"] = a_client()
        here.policy.publish()
        while here.call(ORDERS, "/orders", here.token())[0] != 403:  # at the latest once its view is stale
            pass
        assert here.call(FLOOR_ONLY, "/orders", here.token())[0] == 200
        here.bring()
        assert here.call(FLOOR_ONLY, "/orders", here.token())[0] == 403


def test_many_requests_at_once_lose_none(tmp_path: Path, build: Command) -> None:
    with site(tmp_path, build) as here, ThreadPoolExecutor(10) as pool:
        token = here.token()
        statuses = list(pool.map(lambda _: here.call(ORDERS, "/orders", token)[0], range(60)))
        assert statuses == [200] * 60
        assert 1 <= here.function(ORDERS).environments <= 2


def test_a_crashed_environment_costs_at_most_the_request_that_it_had(tmp_path: Path, build: Command) -> None:
    with site(tmp_path, build) as here:
        token = here.token()
        assert here.call(ORDERS, "/orders", token)[0] == 200
        (pid,) = here.function(ORDERS).pids
        os.kill(pid, signal.SIGKILL)
        assert here.call(ORDERS, "/orders", token)[0] in (200, 500)
        assert here.call(ORDERS, "/orders", token)[0] == 200
        assert pid not in here.function(ORDERS).pids


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_no_function_ever_serves_another_environment_than_development(tmp_path: Path, environment: str) -> None:
    policy = LocalPolicy(tmp_path, entities(), environment)
    with pytest.raises(GatefleetError, match="GF622"):
        LambdaAuthorizers(
            policy.trust, lambda _gateway: pytest.fail("no build is needed"), print,
            folder=tmp_path, trust_file=tmp_path / "trust.json", log=f"file:{policy.log}",
        )  # fmt: skip
