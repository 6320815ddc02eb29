from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import rfc8785
from tests.support.logs import ACTIVE, NOW, PUBLISHER, TRUST, Chain

from gatefleet.contract.digests import state_digest, value_digests
from gatefleet.contract.reasons import RefusalReason
from gatefleet.log.envelope import FLOOR, REVISION, seal
from gatefleet.log.opening import Opened, Refused, open_floor, open_record
from gatefleet.log.payloads import Floor

ENTITIES = {"scope/orders:read": ACTIVE}
A_FLOOR = Floor(
    environment="production",
    log="5b0f7a52-prod",
    epoch=1,
    revision=7,
    payload="ab" * 32,
    commit="cd" * 20,
    issued_at=NOW,
    requires=(),
    trust=1,
    gateway="orders/orders",
    view=state_digest(value_digests(ENTITIES)),
    entities=ENTITIES,
)


def a_floor(**other: Any) -> Floor | Refused:
    return open_floor(seal(FLOOR, replace(A_FLOOR, **other).to_bytes(), [PUBLISHER]), TRUST)


def refused(payload: Any) -> Refused:
    opened = open_record(seal(REVISION, rfc8785.dumps(payload), [PUBLISHER]), TRUST)
    assert isinstance(opened, Refused)
    return opened


def test_an_opened_record_tells_what_it_says_and_who_signed_it() -> None:
    chain = Chain()
    opened = open_record(chain.revision(), TRUST)
    assert isinstance(opened, Opened)
    assert (opened.body, opened.digest, opened.number) == (chain.last, chain.position.digest, (1, 1))
    assert opened.signers == {PUBLISHER.keyid}


def test_a_floor_is_opened_whole() -> None:
    assert a_floor() == A_FLOOR


@pytest.mark.parametrize(
    ("reason", "other"),
    [
        (RefusalReason.MALFORMED, {"view": "00" * 32}),
        (RefusalReason.MALFORMED, {"entities": {}}),
        (RefusalReason.ROLLBACK, {"trust": 2}),
        (RefusalReason.UNSUPPORTED, {"requires": ("holds",)}),
        (RefusalReason.WRONG_ENVIRONMENT, {"environment": "staging"}),
    ],
)
def test_a_floor_that_is_not_this_logs_or_not_whole_is_refused(reason: RefusalReason, other: dict[str, Any]) -> None:
    opened = a_floor(**other)
    assert isinstance(opened, Refused)
    assert opened.reason is reason


@pytest.mark.parametrize(
    ("number", "other"),
    [
        ((3, 9), {"epoch": 3, "revision": 9}),
        (None, {"epoch": 0}),
        (None, {"revision": "9"}),
        (None, {"revision": True}),
        (None, {"revision": -1}),
    ],
)
def test_a_refused_record_names_its_number_when_that_can_be_read(
    number: tuple[int, int] | None, other: dict[str, Any]
) -> None:
    members = {"environment": "production", "log": "5b0f7a52-prod", "epoch": 1, "revision": 1, "requires": []}
    verdict = refused(members | other)
    assert (verdict.reason, verdict.concerns, verdict.number) == (RefusalReason.MALFORMED, True, number)


def test_a_message_stays_short_however_much_a_record_requires() -> None:
    features = [f"feature-{number:05}" for number in range(10_000)]
    verdict = refused({"environment": "production", "log": "5b0f7a52-prod", "requires": features})
    assert verdict.reason is RefusalReason.UNSUPPORTED
    assert len(verdict.what) < 200
