from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.publishing import NOW, Yard, a_yard
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.contract.entities import Entity
from gatefleet.log.envelope import FLOOR, parse_envelope, seal
from gatefleet.log.keys import new_key
from gatefleet.log.opening import open_floor
from gatefleet.log.payloads import Floor
from gatefleet.render import RenderedFloor, render_floors

WEEK = 604_800
POLICY: dict[str, Entity] = {
    "scope/orders:read": a_scope(),
    "scope/catalog:read": a_scope(),
    "client/shop": a_client("orders:read"),
    "client/studio": a_client("catalog:read"),
    "gateway/catalog/catalog": a_gateway(**{"GET /items": "catalog:read"}),
    "gateway/orders/orders": a_gateway(**{"GET /orders": "orders:read"}),
}


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    yard = a_yard(tmp_path)
    yard.publish(yard.repository.commit(POLICY))
    return yard


def render(yard: Yard, previous: tuple[RenderedFloor, ...] = (), *, now: int = NOW) -> tuple[RenderedFloor, ...]:
    history = yard.history()
    assert history.position is not None
    assert history.commit is not None
    envelopes = {floor.gateway: floor.envelope for floor in previous}
    return render_floors(
        history.entities,
        history.position,
        history.commit,
        trust=yard.trust,
        signers=yard.signers,
        now=now,
        max_age=WEEK,
        accepted=history.holds,
        offset_of=history.offset_of,
        previous=envelopes.get,
    )


def test_a_floor_holds_exactly_what_its_gateway_needs_and_where_the_chain_goes_on(yard: Yard) -> None:
    catalog, orders = render(yard)
    floor = open_floor(orders.envelope, yard.trust)
    assert isinstance(floor, Floor)
    assert set(floor.entities) == {"scope/orders:read", "client/shop", "gateway/orders/orders"}
    assert floor.position == yard.history().position
    assert (catalog.gateway, orders.gateway) == ("catalog/catalog", "orders/orders")


def test_a_floor_says_where_its_revision_began_on_the_log(yard: Yard) -> None:
    genesis, *_ = yard.lines()
    yard.publish(yard.repository.commit({**POLICY, "scope/more": a_scope()}))
    floors = [open_floor(floor.envelope, yard.trust) for floor in render(yard)]
    assert [floor.offset for floor in floors if isinstance(floor, Floor)] == [len(genesis) + 1] * 2


def test_a_floor_does_not_move_because_its_offset_is_another_one_now(yard: Yard) -> None:
    first = render(yard)
    yard.rewrite([b"what a restored log may begin with", *yard.lines()])
    again = render(yard, first)
    assert [(floor.envelope, floor.moved) for floor in again] == [(floor.envelope, "") for floor in first]


def test_rendering_again_keeps_every_envelope_byte_for_byte(yard: Yard) -> None:
    first = render(yard)
    again = render(yard, first, now=NOW + 3600)
    assert [floor.envelope for floor in again] == [floor.envelope for floor in first]
    assert [floor.moved for floor in again] == ["", ""]


def test_only_the_floors_whose_policy_changed_move(yard: Yard) -> None:
    first = render(yard)
    yard.publish(yard.repository.commit({**POLICY, "client/shop": a_client()}))
    assert [floor.moved for floor in render(yard, first)] == ["", "its policy changed"]


def test_a_floor_moves_when_it_is_as_old_as_the_conventions_allow(yard: Yard) -> None:
    first = render(yard)
    assert [floor.moved for floor in render(yard, first, now=NOW + WEEK - 1)] == ["", ""]
    assert [floor.moved for floor in render(yard, first, now=NOW + WEEK)] == ["old", "old"]


def test_a_previous_floor_that_does_not_verify_is_replaced(yard: Yard) -> None:
    catalog, orders = render(yard)
    torn = RenderedFloor(orders.gateway, orders.envelope[:-10], "")
    assert [floor.moved for floor in render(yard, (catalog, torn))] == ["", "the previous one is refused (malformed)"]


def test_a_previous_floor_of_the_same_policy_that_others_signed_is_replaced(yard: Yard, tmp_path: Path) -> None:
    (catalog, orders) = render(yard)
    payload = parse_envelope(orders.envelope).payload
    forged = RenderedFloor(orders.gateway, seal(FLOOR, payload, [new_key(tmp_path / "other.pem")]), "")
    moved = [floor.moved for floor in render(yard, (catalog, forged))]
    assert moved == ["", "the previous one is refused (bad_signature)"]


def test_a_signed_floor_with_a_member_that_nobody_knows_is_replaced(yard: Yard) -> None:
    (catalog, orders) = render(yard)
    payload = parse_envelope(orders.envelope).payload
    odd = RenderedFloor(orders.gateway, seal(FLOOR, b'{"a":1,' + payload[1:], yard.signers), "")
    moved = [floor.moved for floor in render(yard, (catalog, odd))]
    assert moved == ["", "the previous one is refused (malformed)"]


def test_another_gateways_floor_in_its_place_is_replaced(yard: Yard) -> None:
    catalog, orders = render(yard)
    swapped = RenderedFloor(orders.gateway, catalog.envelope, "")
    assert [floor.moved for floor in render(yard, (swapped,))] == ["new", "the previous one is another gateway's"]


def test_a_floor_of_another_line_is_replaced_although_its_policy_is_the_same(yard: Yard, tmp_path: Path) -> None:
    first = render(yard)
    other = replace(a_yard(tmp_path / "other"), signers=yard.signers, root=yard.root, trust=yard.trust)
    other.publish(other.repository.commit({**POLICY, "scope/more": a_scope()}))
    why = "the previous one is of a revision that the log does not hold"
    assert [floor.moved for floor in render(other, first)] == [why, why]


def test_a_floor_made_by_a_clock_that_ran_ahead_moves(yard: Yard) -> None:
    ahead = render(yard, now=NOW + WEEK)
    assert [floor.moved for floor in render(yard, ahead)] == ["issued in the future"] * 2
