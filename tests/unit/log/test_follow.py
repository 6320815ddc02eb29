from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from tests.support.publishing import NOW, Yard, a_yard
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.contract.entities import Entity
from gatefleet.decide import Freshness, FreshnessState
from gatefleet.log.envelope import parse_envelope, seal
from gatefleet.log.follow import Follower
from gatefleet.log.keys import new_key
from gatefleet.log.opening import open_floor
from gatefleet.log.payloads import Floor
from gatefleet.log.transport import Batch, LogUnavailableError
from gatefleet.publish import Published
from gatefleet.render import render_floors

GATEWAY = "orders/orders"
FIRST: dict[str, Entity] = {
    "scope/orders:read": a_scope(),
    "scope/orders:write": a_scope(),
    "client/shop": a_client("orders:read"),
    "client/batch": a_client("orders:write"),
    "gateway/orders/orders": a_gateway(**{"GET /orders": "orders:read"}),
}


class Clock:
    """UTC seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


class FlakyReader:
    """A reader that can be cut off."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.dead = False
        self.reads = 0
        self.timeouts: list[float] = []
        self.offsets: list[int] = []
        self.returned: list[int] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self.batch_of_one = False

    def read(self, offset: int, timeout: float) -> Batch:
        self.reads += 1
        self.timeouts.append(timeout)
        self.offsets.append(offset)
        self.meanwhile()
        if self.dead:
            raise LogUnavailableError("cut off")
        batch: Batch = self.inner.read(offset, timeout)
        self.returned += [record.offset for record in batch.records]
        if self.batch_of_one and len(batch.records) > 1:
            return replace(batch, records=batch.records[:1], next_offset=batch.records[1].offset, at_end=False)
        return batch

    def close(self) -> None:
        self.inner.close()


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    yard = a_yard(tmp_path)
    commit(yard, FIRST)
    return yard


def commit(yard: Yard, policy: dict[str, Entity], **options: Any) -> Published:
    published = yard.publish(yard.repository.commit(policy), **options)
    assert isinstance(published, Published)
    return published


def floor_of(yard: Yard, gateway: str = GATEWAY) -> Floor:
    history = yard.history()
    assert history.position is not None
    assert history.commit is not None
    rendered = render_floors(
        history.entities,
        history.position,
        history.commit,
        trust=yard.trust,
        signers=yard.signers,
        now=NOW,
        max_age=600,
        accepted=history.holds,
        previous=lambda _: None,
    )
    envelope = next(one.envelope for one in rendered if one.gateway == gateway)
    floor = open_floor(envelope, yard.trust)
    assert isinstance(floor, Floor)
    return floor


def follower_of(yard: Yard) -> tuple[Follower, Clock, FlakyReader]:
    reader = FlakyReader(yard.another().reader)
    return Follower(floor_of(yard), yard.trust, reader, jitter=lambda: 1.0), Clock(), reader


def test_a_follower_answers_from_its_floor_before_it_has_read_anything(yard: Yard) -> None:
    follower, clock, _ = follower_of(yard)
    assert set(follower.view.clients) == {"shop"}
    assert follower.freshness(clock()) == Freshness(FreshnessState.FLOOR, None, False)


def test_a_read_that_shows_nothing_new_makes_the_view_fresh(yard: Yard) -> None:
    follower, clock, _ = follower_of(yard)
    assert follower.read(clock, 1.0)
    assert follower.freshness(clock()).state is FreshnessState.FRESH


def test_a_revoked_grant_is_gone_after_the_next_read(yard: Yard) -> None:
    follower, clock, _ = follower_of(yard)
    published = commit(yard, {**FIRST, "client/shop": a_client()})
    assert follower.read(clock, 1.0)
    assert "shop" not in follower.view.clients
    assert follower.view.position == published.position


def test_a_view_is_stale_when_its_last_read_is_longer_ago_than_the_gateway_allows(yard: Yard) -> None:
    follower, clock, _ = follower_of(yard)
    follower.read(clock, 1.0)
    clock.now += 2.0
    assert not follower.read_due(clock())
    clock.now += 0.5
    assert follower.read_due(clock())
    assert follower.freshness(clock()) == Freshness(FreshnessState.STALE, 3, False)


def test_a_clock_that_was_set_back_makes_the_age_unknown_and_a_read_due(yard: Yard) -> None:
    follower, clock, _ = follower_of(yard)
    follower.read(clock, 1.0)
    clock.now -= 3600
    assert follower.freshness(clock()) == Freshness(FreshnessState.STALE, None, False)
    assert follower.read_due(clock())


def test_after_failed_reads_the_pauses_double_up_to_half_a_minute(yard: Yard) -> None:
    follower, clock, reader = follower_of(yard)
    reader.dead = True
    pauses = []
    for _ in range(8):
        assert not follower.read(clock, 1.0)
        begun = clock.now
        while not follower.read_due(clock()):
            clock.now += 0.5
        pauses.append(clock.now - begun)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_pause_ends_when_the_clock_was_set_back_over_it(yard: Yard) -> None:
    follower, clock, reader = follower_of(yard)
    reader.dead = True
    follower.read(clock, 1.0)
    clock.now -= 86_400
    assert follower.read_due(clock())


def test_an_outage_keeps_the_last_known_good_view_and_says_that_the_read_failed(yard: Yard) -> None:
    follower, clock, reader = follower_of(yard)
    follower.read(clock, 1.0)
    reader.dead = True
    clock.now += 10
    follower.read(clock, 1.0)
    assert set(follower.view.clients) == {"shop"}
    assert follower.freshness(clock()) == Freshness(FreshnessState.STALE, 10, True)


def test_whoever_waits_in_vain_for_anothers_read_has_failed_to_read_too(yard: Yard) -> None:
    follower, clock, reader = follower_of(yard)
    follower.read(clock, 1.0)
    clock.now += 300
    begun, go_on = Event(), Event()

    def hang() -> None:
        begun.set()
        go_on.wait()

    reader.meanwhile = hang
    hanging = Thread(target=follower.read, args=(clock, 1.0))
    hanging.start()
    begun.wait()
    try:
        assert not follower.read(clock, 0.01)
        assert follower.freshness(clock()) == Freshness(FreshnessState.STALE, 300, True)
        assert not follower.read(clock, 0.01), "a second one in vain makes the pause no longer"
        clock.now += 1
        assert follower.read_due(clock())
        clock.now -= 1
    finally:
        go_on.set()
        hanging.join()
    assert follower.freshness(clock()) == Freshness(FreshnessState.FRESH, 0, False)


def test_a_clock_that_is_set_back_during_a_read_lets_it_wait_no_longer(yard: Yard) -> None:
    follower, clock, reader = follower_of(yard)
    reader.batch_of_one = True
    commit(yard, {**FIRST, "client/shop": a_client()})

    def set_back() -> None:
        clock.now -= 3600

    reader.meanwhile = set_back
    follower.read(clock, 1.0)
    assert len(reader.timeouts) == 2
    assert max(reader.timeouts) <= 1.0


def test_a_log_that_does_not_show_the_followers_position_makes_nothing_fresh(yard: Yard) -> None:
    follower, clock, _ = follower_of(yard)
    yard.rewrite([])
    assert not follower.read(clock, 1.0)
    assert follower.freshness(clock()).state is FreshnessState.FLOOR


def test_a_recreated_log_must_show_the_position_again_and_then_counts(yard: Yard) -> None:
    follower, clock, _ = follower_of(yard)
    whole = yard.lines()
    follower.read(clock, 1.0)
    yard.rewrite([])
    clock.now += 10
    assert not follower.read(clock, 1.0)
    yard.rewrite(whole)
    clock.now += 10
    assert follower.read(clock, 1.0)


def test_an_older_log_never_brings_a_revoked_grant_back(yard: Yard) -> None:
    old = yard.lines()
    follower, clock, _ = follower_of(yard)
    commit(yard, {**FIRST, "client/shop": a_client()})
    follower.read(clock, 1.0)
    yard.rewrite(old)
    clock.now += 10
    assert not follower.read(clock, 1.0)
    assert "shop" not in follower.view.clients
    assert follower.freshness(clock()).state is FreshnessState.STALE


def test_a_forged_revision_changes_nothing_but_a_counter(yard: Yard) -> None:
    follower, clock, _ = follower_of(yard)
    yard.append(forged(yard))
    assert follower.read(clock, 1.0)
    assert follower.refusals == {"bad_signature": 1}
    assert follower.freshness(clock()).state is FreshnessState.FRESH


def test_a_validly_signed_revision_that_is_refused_makes_the_view_stale_until_it_is_caught_up(yard: Yard) -> None:
    follower, clock, _ = follower_of(yard)
    commit(yard, {**FIRST, "client/shop": a_client()})
    commit(yard, FIRST)
    genesis, second, third = yard.lines()
    yard.rewrite([genesis, third])
    assert not follower.read(clock, 1.0)
    assert follower.refusals == {"broken_chain": 1}
    assert follower.freshness(clock()).state is FreshnessState.FLOOR
    yard.append(second, third)
    clock.now += 10
    assert follower.read(clock, 1.0)
    assert follower.view.position.revision == 3


def test_a_route_that_names_a_new_scope_is_rebuilt_from_the_log(yard: Yard) -> None:
    follower, clock, _ = follower_of(yard)
    assert "batch" not in follower.view.clients
    routes = {"GET /orders": "orders:read", "POST /orders": "orders:write"}
    commit(yard, {**FIRST, "gateway/orders/orders": a_gateway(**routes)})
    assert follower.read(clock, 1.0)
    assert set(follower.view.clients) == {"batch", "shop"}
    assert follower.view.digest == Follower(floor_of(yard), yard.trust, None).view.digest


def test_a_rebuild_takes_the_snapshot_where_the_log_does_not_begin_at_genesis(yard: Yard) -> None:
    commit(yard, {**FIRST, "client/other": a_client("orders:write")}, snapshot_every=1)
    follower, clock, _ = follower_of(yard)
    routes = {"GET /orders": "orders:read", "POST /orders": "orders:write"}
    commit(yard, {**FIRST, "gateway/orders/orders": a_gateway(**routes)}, snapshot_every=0)
    lines = yard.lines()
    assert len(lines) == 4, "genesis, second, its snapshot, third"
    yard.rewrite(lines[2:])
    assert follower.read(clock, 1.0)
    assert set(follower.view.clients) == {"batch", "shop"}


def test_a_rebuild_that_the_log_cannot_give_keeps_the_view_stale_and_is_tried_again(yard: Yard) -> None:
    follower, clock, _ = follower_of(yard)
    routes = {"GET /orders": "orders:read", "POST /orders": "orders:write"}
    commit(yard, {**FIRST, "gateway/orders/orders": a_gateway(**routes)})
    genesis, second = yard.lines()
    follower.read(clock, 1.0)
    fresh = Follower(floor_at_genesis(yard, genesis), yard.trust, yard.another().reader, jitter=lambda: 1.0)
    yard.rewrite([second])
    assert not fresh.read(clock, 1.0)
    assert fresh.view.position.revision == 1
    yard.rewrite([genesis, second])
    clock.now += 10
    assert fresh.read(clock, 1.0)
    assert set(fresh.view.clients) == {"batch", "shop"}


def test_a_rebuild_that_takes_several_bounded_reads_goes_on_where_the_one_before_ended(yard: Yard) -> None:
    for number in range(12):
        commit(yard, {**FIRST, f"client/other-{number}": a_client("orders:read")})
    follower, clock, _ = follower_of(yard)
    routes = {"GET /orders": "orders:read", "POST /orders": "orders:write"}
    commit(yard, {**FIRST, "gateway/orders/orders": a_gateway(**routes)})
    follower.read(clock, 1.0)
    whole = follower.view.digest

    reader = FlakyReader(yard.another().reader)
    follower = Follower(floor_at_genesis(yard, yard.lines()[0]), yard.trust, reader, jitter=lambda: 1.0)
    reader.batch_of_one = True
    reader.meanwhile = lambda: setattr(clock, "now", clock.now + 0.3)
    attempts = 0
    while not follower.read(clock, 1.0):
        attempts += 1
        assert attempts < 30
    assert follower.view.digest == whole
    assert reader.offsets.count(0) == 2, "once to follow, once to rebuild"


# --- a floor that says where to begin ---------------------------------------------------------------------------------


def hinted(yard: Yard, offset_of: Callable[[list[int]], int]) -> tuple[Follower, Clock, FlakyReader]:
    """A follower whose floor stands at the fourth of seven revisions; `offset_of` makes its hint of their offsets."""
    for number in range(3):
        commit(yard, {**FIRST, f"scope/other-{number}": a_scope()})
    length = len(yard.lines())
    held = floor_of(yard)
    for number in range(2):
        commit(yard, {**FIRST, f"scope/more-{number}": a_scope()})
    commit(yard, {**FIRST, "client/shop": a_client()})
    assert (length, len(yard.lines())) == (4, 7)
    ends = [0, *accumulate(len(line) + 1 for line in yard.lines())]
    reader = FlakyReader(yard.another().reader)
    floor = replace(held, offset=offset_of(ends))
    return Follower(floor, yard.trust, reader, jitter=lambda: 1.0), Clock(), reader


def test_a_follower_begins_where_its_floor_says_that_its_revision_stands(yard: Yard) -> None:
    follower, clock, reader = hinted(yard, lambda offsets: offsets[3])
    assert follower.read(clock, 1.0)
    assert reader.offsets == [reader.returned[0]]
    assert len(reader.returned) == 4
    assert "shop" not in follower.view.clients


@pytest.mark.parametrize(
    "hint",
    [
        lambda offsets: offsets[1],  # an older revision
        lambda offsets: offsets[4],  # the next one
        lambda offsets: offsets[6],  # one that continues what was not read
        lambda offsets: offsets[7],  # the end
        lambda offsets: offsets[7] + 1,
        lambda offsets: 2**53 - 1,
        lambda offsets: offsets[3] + 1,  # within a line
    ],
)
def test_a_hint_that_is_wrong_costs_a_second_start_and_nothing_else(
    yard: Yard, hint: Callable[[list[int]], int]
) -> None:
    follower, clock, reader = hinted(yard, hint)
    assert follower.read(clock, 1.0)
    assert reader.returned[-7] == 0
    assert len(reader.offsets) <= 2
    assert "shop" not in follower.view.clients
    assert follower.refusals == {}
    assert follower.freshness(clock()).state is FreshnessState.FRESH


def test_a_hint_into_a_log_without_the_floors_revision_makes_nothing_fresh_and_is_tried_once(yard: Yard) -> None:
    follower, clock, reader = hinted(yard, lambda offsets: offsets[3])
    yard.rewrite(yard.lines()[:3])
    assert not follower.read(clock, 1.0)
    assert not follower.read(clock, 1.0)
    assert reader.offsets[1:].count(reader.offsets[0]) <= 1
    assert follower.freshness(clock()).state is FreshnessState.FLOOR


def test_a_copy_of_the_floors_revision_in_the_hints_place_hides_nothing_that_has_a_successor(yard: Yard) -> None:
    follower, clock, _ = hinted(yard, lambda offsets: offsets[6])
    lines = yard.lines()
    copied = [*lines[:6], lines[3], lines[6]]
    yard.rewrite(copied)
    assert follower.read(clock, 1.0)
    assert "shop" not in follower.view.clients
    assert follower.refusals == {}


def test_junk_at_the_hint_is_counted_once(yard: Yard) -> None:
    follower, clock, _ = hinted(yard, lambda offsets: offsets[3])
    lines = yard.lines()
    junk = b"x" * len(lines[3])
    yard.rewrite([*lines[:3], junk, *lines[3:]])
    assert follower.read(clock, 1.0)
    assert follower.refusals == {"malformed": 1}


def test_a_start_from_the_beginning_that_takes_several_reads_never_goes_back_to_the_hint(yard: Yard) -> None:
    follower, clock, reader = hinted(yard, lambda offsets: offsets[1])
    reader.batch_of_one = True
    reader.meanwhile = lambda: setattr(clock, "now", clock.now + 0.4)
    attempts = 0
    while not follower.read(clock, 1.0):
        attempts += 1
        assert attempts < 10
    assert attempts > 1
    assert reader.offsets[1:] == sorted(reader.offsets[1:])
    assert "shop" not in follower.view.clients


def test_a_rebuild_reads_what_stands_before_the_floor(yard: Yard) -> None:
    follower, clock, reader = hinted(yard, lambda offsets: offsets[3])
    routes = {"GET /orders": "orders:read", "POST /orders": "orders:write"}
    commit(yard, {**FIRST, "gateway/orders/orders": a_gateway(**routes)})
    assert follower.read(clock, 1.0)
    assert set(follower.view.clients) == {"shop", "batch"}
    assert reader.offsets.count(0) == 1, "to rebuild"


def test_another_gateways_change_moves_the_position_and_leaves_the_view_digest(yard: Yard) -> None:
    follower, clock, _ = follower_of(yard)
    before = follower.view.digest
    commit(yard, {**FIRST, "client/batch": a_client("orders:write", active=False)})
    assert follower.read(clock, 1.0)
    assert follower.view.position.revision == 2
    assert follower.view.digest == before


def test_a_gateway_that_does_not_follow_serves_from_its_floor_and_says_that_nothing_was_read(yard: Yard) -> None:
    follower = Follower(floor_of(yard), yard.trust, None)
    assert not follower.read_due(NOW)
    assert not follower.read(Clock(), 1.0)
    assert follower.freshness(NOW) == Freshness(FreshnessState.FLOOR, None, True)


def forged(yard: Yard) -> bytes:
    """The next revision, rightly chained and signed by a stranger."""
    commit(yard, {**FIRST, "client/shop": a_client("orders:read", "orders:write")})
    genesis, genuine = yard.lines()
    yard.rewrite([genesis])
    stranger = new_key(yard.folder / "stranger.pem")
    envelope = parse_envelope(genuine)
    return seal(envelope.payload_type, envelope.payload, [stranger])


def floor_at_genesis(yard: Yard, genesis: bytes) -> Floor:
    lines = yard.lines()
    yard.rewrite([genesis])
    floor = floor_of(yard)
    yard.rewrite(lines)
    return floor
