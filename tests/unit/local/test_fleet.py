"""A fleet on loopback, over the wire."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.support.local_policy import LocalPolicy
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.contract.entities import Entity, Following, Public, Route
from gatefleet.local.fleet import Fleet
from gatefleet.local.gateways import FIRST_PORT
from gatefleet.problems import GatefleetError


def policy(folder: Path, environment: str = "development") -> LocalPolicy:
    orders = a_gateway(**{"GET /orders": "orders:read", "GET /orders/{id}": "orders:read"})
    entities: dict[str, Entity] = {
        "scope/orders:read": a_scope(),
        "client/shop": a_client("orders:read"),
        "gateway/orders/orders": replace(orders, routes={**orders.routes, "GET /health": Route(Public(), ())}),
        "gateway/orders/archive": replace(a_gateway(**{"GET /": "orders:read"}), following=Following.FLOOR_ONLY),
    }
    return LocalPolicy(folder, entities, environment)


@pytest.fixture
def local(tmp_path: Path) -> LocalPolicy:
    return policy(tmp_path)


@pytest.fixture
def fleet(local: LocalPolicy) -> Iterator[Fleet]:
    fleet = local.fleet()
    fleet.start()
    yield fleet
    fleet.stop()


def call(
    address: str, method: str, path: str, headers: tuple[str, str] | None = None, body: bytes | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    where = urlsplit(address)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
    connection.request(method, path, body, dict([headers]) if headers else {})
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_only_the_environment_development_is_ever_served(tmp_path: Path, environment: str) -> None:
    with pytest.raises(GatefleetError) as refused:
        policy(tmp_path, environment).fleet()
    assert [problem.code for problem in refused.value.problems] == ["GF622"]
    assert environment in str(refused.value)


def test_a_floor_of_another_trust_or_under_another_name_is_refused(local: LocalPolicy, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    of_another = {"orders/orders": policy(tmp_path / "other").floors()["orders/orders"]}
    swapped = {"orders/orders": local.floors()["orders/archive"]}
    files = {"decisions": tmp_path / "d", "requests": tmp_path / "r"}
    for floors in (of_another, swapped):
        with pytest.raises(GatefleetError, match="GF624"):
            Fleet(floors, local.trust, lambda: pytest.fail("no reader is needed"), {}, **files)


def test_every_gateway_listens_on_loopback_alone_at_a_port_of_its_own(fleet: Fleet) -> None:
    hosts = {urlsplit(address).hostname for address in fleet.addresses.values()}
    ports = [urlsplit(address).port for address in fleet.addresses.values()]
    assert hosts == {"127.0.0.1"}
    assert len(set(ports)) == 2
    assert all(port is not None and port >= FIRST_PORT for port in ports)


def test_a_second_fleet_takes_other_ports_and_lets_go_of_them_though_it_never_started(local: LocalPolicy) -> None:
    first, second = local.fleet(), local.fleet()
    assert set(first.addresses.values()).isdisjoint(second.addresses.values())
    second.stop()
    again = local.fleet()
    assert again.addresses == second.addresses
    again.stop()
    first.stop()


def test_a_client_is_let_in_denied_or_told_that_something_is_missing(fleet: Fleet, local: LocalPolicy) -> None:
    orders = fleet.addresses["orders/orders"]
    allowed, body = call(orders, "GET", "/orders/a%20b", local.bearer("shop", "orders:read"))
    assert allowed.status == 200
    assert json.loads(body)["path_parameters"] == {"id": "a%20b"}
    denied, body = call(orders, "GET", "/orders", local.bearer("shop"))
    assert (denied.status, json.loads(body)) == (403, {"message": "Forbidden"})
    missing, body = call(orders, "GET", "/orders")
    assert (missing.status, json.loads(body)) == (401, {"message": "Unauthorized"})


def test_gateways_follow_the_log_save_those_that_serve_from_their_floor_alone(fleet: Fleet, local: LocalPolicy) -> None:
    following, floor_only = (fleet.authorizers[f"orders/{name}"].follower for name in ("orders", "archive"))
    local.entities["client/shop"] = a_client()
    local.publish()
    while following.view.position.revision == 1:
        time.sleep(0.01)
    assert (
        call(fleet.addresses["orders/orders"], "GET", "/orders", local.bearer("shop", "orders:read"))[0].status == 403
    )
    assert floor_only.view.position.revision == 1
    assert call(fleet.addresses["orders/archive"], "GET", "/", local.bearer("shop", "orders:read"))[0].status == 200


def test_every_decision_is_one_line_of_json_and_public_routes_make_none(fleet: Fleet, local: LocalPolicy) -> None:
    orders = fleet.addresses["orders/orders"]
    call(orders, "GET", "/health")
    call(orders, "GET", "/orders", local.bearer("shop", "orders:read"))
    call(orders, "GET", "/orders", local.bearer("shop"))
    lines = [json.loads(line) for line in (local.folder / "decisions.jsonl").read_text().splitlines()]
    assert [(line["decision"], line.get("reason")) for line in lines] == [
        ("allow", None),
        ("deny", "insufficient_scope"),
    ]
    assert "Bearer" not in str(lines)
