"""Which answers that let somebody in are wrong: each beside its neighbour that is right."""

from __future__ import annotations

from dataclasses import replace

from tests.support.states import a_client, a_gateway, a_scope, value

from gatefleet.contract.digests import Position
from gatefleet.contract.entities import Algorithm, Entity, Issuer, IssuerKey, KeyState, WhenStale
from gatefleet.local.judging import Answer, Dark, Published, Record
from gatefleet.local.scenario import Call

CALL = Call("shop", "orders/orders", "GET /orders")
NOW = 1_790_000_000
KID = "one"
BOUND = 10.0  # max_staleness of the gateway is 2, deny_after 60


def a_revision(number: int, at: float, *, active: bool = True, key: KeyState = KeyState.ACTIVE) -> Published:
    jwk = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}
    keys = {KID: IssuerKey(Algorithm.ES256, jwk, key)}
    issuer = Issuer("https://issuer.example.com", ("at+jwt",), "scope", "client_id", 30, 3600, keys)
    entities: dict[str, Entity] = {
        "client/shop": a_client("orders:read"),
        "gateway/orders/orders": a_gateway(**{"GET /orders": "orders:read"}),
        "issuer/workforce": issuer,
        "scope/orders:read": a_scope(active=active),
    }
    position = Position(1, number, f"{number:064x}")
    return Published(position, {name: value(one) for name, one in entities.items()}, at, at + 0.5)


def revoked_at(at: float, *dark: Dark) -> Record:
    """Allowed from 0 on, revoked then."""
    return Record(BOUND, [a_revision(1, 0.0), a_revision(2, at, active=False)], list(dark))


def allowed(at: float, revision: str = "1/1", freshness: str = "fresh", age: int = 0, rule: str = "check") -> Answer:
    return Answer("order", CALL, at, at + 0.1, "allowed", freshness, revision, age, rule)


def test_what_the_newest_revision_allows_is_right_and_so_is_every_denial() -> None:
    assert revoked_at(100).why_wrong(allowed(50), KID, NOW) is None
    assert revoked_at(100).why_wrong(replace(allowed(500), said="insufficient_scope"), KID, NOW) is None


def test_an_allow_by_a_revision_that_denies_or_never_was_is_wrong() -> None:
    assert revoked_at(100).why_wrong(allowed(101, "1/2"), KID, NOW) == "revision 1/2 denies it"
    assert revoked_at(100).why_wrong(allowed(50, "1/9"), KID, NOW) == "revision 1/9 was never published"


def test_a_fresh_allow_is_wrong_once_the_revocation_is_older_than_a_view_may_go_unread() -> None:
    assert revoked_at(100).why_wrong(allowed(103), KID, NOW) is None
    assert revoked_at(100).why_wrong(allowed(104), KID, NOW) == "it was denied 3.5 s before"


def test_fresh_is_held_to_its_word_in_an_outage_too() -> None:
    assert revoked_at(100, Dark(99)).why_wrong(allowed(104), KID, NOW) is not None


def test_a_stale_allow_is_right_while_the_log_is_dark_and_wrong_once_it_could_be_read_for_long() -> None:
    stale = allowed(140, freshness="stale", age=41)
    assert revoked_at(100).why_wrong(stale, KID, NOW) is not None
    assert revoked_at(100, Dark(99)).why_wrong(stale, KID, NOW) is None
    assert revoked_at(100, Dark(99, 139)).why_wrong(stale, KID, NOW) is None
    assert revoked_at(100, Dark(99, 105)).why_wrong(stale, KID, NOW) is not None


def test_an_outage_before_the_revocation_excuses_nothing() -> None:
    assert revoked_at(100, Dark(20, 30)).why_wrong(allowed(140, freshness="stale"), KID, NOW) is not None


def test_a_high_risk_scope_is_wrong_on_the_floor_and_on_a_view_that_is_too_old() -> None:
    record = Record(BOUND, [a_revision(1, 0.0)], [Dark(1)])
    for answer, wrong in [
        (allowed(50, freshness="stale", age=60, rule=WhenStale.DENY), False),
        (allowed(50, freshness="stale", age=61, rule=WhenStale.DENY), True),
        (allowed(50, freshness="floor", age=1, rule=WhenStale.DENY), True),
        (allowed(50, freshness="floor", age=1, rule=WhenStale.CHECK), False),
    ]:
        assert (record.why_wrong(answer, KID, NOW) is not None) is wrong


def test_a_token_of_a_key_that_does_not_verify_is_wrong() -> None:
    for state, wrong in [
        (KeyState.NEXT, True),
        (KeyState.ACTIVE, False),
        (KeyState.RETIRING, False),
        (KeyState.REVOKED, True),
    ]:
        record = Record(BOUND, [a_revision(1, 0.0, key=state)])
        assert (record.why_wrong(allowed(50), KID, NOW) is not None) is wrong
    assert Record(BOUND, [a_revision(1, 0.0)]).why_wrong(allowed(50), "another", NOW) is not None
