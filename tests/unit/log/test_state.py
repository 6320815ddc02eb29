from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gatefleet.contract.digests import state_digest, value_digests
from gatefleet.log.payloads import Change
from gatefleet.log.state import RunningState

KEYS = st.sampled_from(["client/B", "client/a", "client/a-b", "client/b", "scope/a", "scope/a:b", "scope/z"])
CHANGES = st.builds(Change, KEYS, st.none() | st.sampled_from(["1", "2", "3"]))


@given(st.dictionaries(KEYS, st.sampled_from(["1", "2"])), st.lists(st.lists(CHANGES, max_size=5), max_size=8))
def test_the_running_digest_is_the_state_digest_after_any_changes(
    begin: dict[str, str], revisions: list[list[Change]]
) -> None:
    state, plain = RunningState(begin), dict(begin)
    for changes in revisions:
        absent = []
        for change in changes:
            if change.value is not None:
                plain[change.key] = change.value
            elif plain.pop(change.key, None) is None:
                absent.append(change.key)
        assert state.apply(changes) == tuple(absent)
        assert state.entities == plain
        assert state.digest() == state_digest(value_digests(plain))


def test_a_state_does_not_share_the_entities_that_it_began_with() -> None:
    begin = {"scope/a": "1"}
    RunningState(begin).apply([Change("scope/a", None)])
    assert begin == {"scope/a": "1"}
