from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.logs import PUBLISHER, TRUST, Chain

from gatefleet.contract.digests import Position
from gatefleet.contract.reasons import RefusalReason
from gatefleet.log.chain import Accepted, ChainState, Ignored, adopt_base, judge
from gatefleet.log.envelope import REVISION, seal
from gatefleet.log.opening import Refused, open_floor


def refused(number: tuple[int, int] | None = None, *, concerns: bool = True) -> Refused:
    return Refused(RefusalReason.MALFORMED, "", concerns, number)


def held(epoch: int, revision: int) -> Position:
    return Position(epoch, revision, "ab" * 32)


@pytest.mark.parametrize(
    ("state", "verdict", "refused_through"),
    [
        (ChainState(held(1, 5)), refused((1, 7)), (1, 7)),
        (ChainState(held(1, 5)), refused((1, 6)), (1, 6)),
        (ChainState(held(1, 5)), refused(None), (1, 6)),
        (ChainState(held(1, 5)), refused((1, 5)), None),
        (ChainState(held(1, 5)), refused((1, 1)), None),
        (ChainState(held(2, 5)), refused((1, 900)), None),
        (ChainState(held(1, 900)), refused((2, 1)), (2, 1)),
        (ChainState(held(1, 5)), refused((1, 7), concerns=False), None),
        (ChainState(), refused(None), (1, 1)),
        (ChainState(), refused((1, 1)), (1, 1)),
        (ChainState(held(1, 5), (1, 9)), refused((1, 7)), (1, 9)),
        (ChainState(held(1, 5), (1, 7)), refused((1, 9)), (1, 9)),
        (ChainState(held(1, 5), (1, 7)), refused((1, 2)), (1, 7)),
    ],
)
def test_a_refusal_stands_up_to_its_number_when_it_concerns_what_is_not_held(
    state: ChainState, verdict: Refused, refused_through: tuple[int, int] | None
) -> None:
    assert state.after(verdict) == ChainState(state.position, refused_through)


@pytest.mark.parametrize(
    ("reached", "refused_through"),
    [((1, 6), (1, 7)), ((1, 7), None), ((1, 8), None), ((2, 1), None)],
)
def test_a_refusal_ends_when_the_position_reaches_its_number(
    reached: tuple[int, int], refused_through: tuple[int, int] | None
) -> None:
    envelope = Chain().revision()
    genesis = judge(None, envelope, TRUST)
    assert isinstance(genesis, Accepted)
    accepted = Accepted(held(*reached), genesis.body, genesis.signers)
    assert ChainState(held(1, 5), (1, 7)).after(accepted) == ChainState(held(*reached), refused_through)


def test_what_is_ignored_changes_nothing() -> None:
    envelope = Chain().revision()
    verdict = judge(held(1, 5), envelope, TRUST)
    assert isinstance(verdict, Ignored)
    state = ChainState(held(1, 5), (1, 7))
    assert state.after(verdict) is state


def test_verdicts_tell_people_what_is_wrong() -> None:
    chain = Chain()
    chain.revision()
    verdict = judge(None, chain.revision(), TRUST)
    assert isinstance(verdict, Refused)
    assert verdict.what == "is revision 2 where 1 is next"


@given(st.binary(max_size=300))
def test_no_bytes_make_a_follower_raise(data: bytes) -> None:
    for verdict in (judge(None, data, TRUST), adopt_base(None, data, TRUST), open_floor(data, TRUST)):
        assert isinstance(verdict, Refused)
        assert not verdict.concerns


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_no_signed_json_makes_a_follower_raise(value: object) -> None:
    payload = json.dumps(value).encode()
    for payload_type in (REVISION, REVISION.replace("revision", "snapshot"), REVISION.replace("revision", "tick")):
        verdict = judge(None, seal(payload_type, payload, [PUBLISHER]), TRUST)
        assert isinstance(verdict, Refused)
        assert verdict.concerns
