from __future__ import annotations

from dataclasses import replace

import pytest
import rfc8785
from tests.support.logs import ACTIVE, Chain

from gatefleet.contract import strict_json
from gatefleet.contract.shape import Malformed
from gatefleet.log.envelope import parse_envelope
from gatefleet.log.payloads import Floor, Payload, Revision, Snapshot, Tick

FLOOR = Floor(
    environment="production",
    log="5b0f7a52-prod",
    epoch=1,
    revision=7,
    payload="ab" * 32,
    commit="cd" * 20,
    issued_at=1793000000,
    requires=("holds",),
    trust=3,
    gateway="orders/orders",
    view="ef" * 32,
    entities={"scope/b": ACTIVE, "scope/a": ACTIVE},
)


def every_kind() -> list[Payload]:
    chain = Chain()
    envelopes = [chain.revision({"scope/a": ACTIVE}), chain.revision({"scope/a": None}), chain.snapshot(), chain.tick()]
    kinds: list[type[Revision] | type[Snapshot] | type[Tick]] = [Revision, Revision, Snapshot, Tick]
    read = [kind.parse(parse_envelope(one).payload) for kind, one in zip(kinds, envelopes, strict=True)]
    return [*read, FLOOR]


@pytest.mark.parametrize("payload", every_kind(), ids=lambda payload: type(payload).__name__)
def test_a_payload_is_read_back_as_it_was_written(payload: Payload) -> None:
    assert type(payload).parse(payload.to_bytes()) == payload


@pytest.mark.parametrize("payload", every_kind(), ids=lambda payload: type(payload).__name__)
def test_a_payload_is_written_canonically(payload: Payload) -> None:
    written = payload.to_bytes()
    assert rfc8785.dumps(strict_json.parse(written)) == written


@pytest.mark.parametrize("offset", [0, 7])
def test_a_floor_may_say_where_its_revision_began(offset: int) -> None:
    hinted = replace(FLOOR, offset=offset)
    assert Floor.parse(hinted.to_bytes()) == hinted
    assert "offset" not in strict_json.parse(FLOOR.to_bytes())


def test_entities_are_written_sorted_however_they_are_held() -> None:
    assert list(Floor.parse(FLOOR.to_bytes()).entities) == ["scope/a", "scope/b"]


@pytest.mark.parametrize("payload", every_kind(), ids=lambda payload: type(payload).__name__)
def test_each_member_is_needed_and_no_other_one_taken(payload: Payload) -> None:
    members = strict_json.parse(payload.to_bytes())
    for name in members:
        with pytest.raises(Malformed, match=name):
            type(payload).from_json({other: value for other, value in members.items() if other != name})
    with pytest.raises(Malformed, match="unknown member"):
        type(payload).from_json(members | {"zzz": 1})
