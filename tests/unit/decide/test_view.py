from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pytest
from contract.vectorgen.families._policy import any_of, client, gateway, issuer, scope
from contract.vectorgen.families._tokens import OMIT, canonical, state_digest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatefleet.contract.digests import Position
from gatefleet.contract.shape import Malformed
from gatefleet.decide.view import Holdings, NeedsSnapshot, View

GATEWAY = "gateway/t/g"
EVERYBODY = {"any_client": True, "credentials": ["jwt"]}

# Every value that each key of a small environment may have; None: it is not there.
UNIVERSE: dict[str, list[str | None]] = {
    GATEWAY: [
        None,
        *(
            canonical(gateway(routes))
            for routes in (
                {},
                {"GET /a": any_of(["s1"])},
                {"GET /a": any_of(["s1", "s2"])},
                {"GET /a": any_of(["s2"])},
                {"GET /a": EVERYBODY},
                {"GET /a": EVERYBODY, "GET /b": any_of(["s1"])},
            )
        ),
    ],
    "scope/s1": [None, canonical(scope())],
    "scope/s2": [None, canonical(scope())],
    "client/a": [None, canonical(client("s1", issuer="i")), canonical(client("s2", issuer=OMIT))],
    "client/b": [None, canonical(client("s1", "s2", issuer=OMIT)), canonical(client("other", issuer="i"))],
    "issuer/i": [None, canonical(issuer("https://i.example"))],
}
State = tuple[tuple[str, str], ...]
Seen = tuple[State, frozenset[str], tuple[tuple[str, str | None], ...]]  # held, known absent, changes


def _states() -> list[dict[str, str]]:
    return [
        {key: value for key, value in zip(UNIVERSE, values, strict=True) if value is not None}
        for values in itertools.product(*UNIVERSE.values())
    ]


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str | None]:
    return {key: after.get(key) for key in UNIVERSE if before.get(key) != after.get(key)}


def _same(left: Holdings, right: Holdings) -> bool:
    return (left.values, left.absent, left.digest) == (right.values, right.absent, right.digest)


def test_a_kept_view_is_the_built_one_and_a_snapshot_is_asked_for_only_where_holdings_cannot_tell() -> None:
    """Over every pair of states of a small environment that differ in at most two keys."""
    states = _states()
    built = {tuple(sorted(state.items())): Holdings.build("t/g", state) for state in states}
    results: dict[Seen, set[State]] = defaultdict(set)
    asked: set[Seen] = set()
    for before in states:
        held = built[tuple(sorted(before.items()))]
        for after in _near(before):
            changes = _changes(before, after)
            expected = built[tuple(sorted(after.items()))]
            seen = (tuple(sorted(held.values.items())), held.absent, tuple(sorted(changes.items())))
            results[seen].add(tuple(sorted(expected.values.items())))
            kept = held.apply(changes)
            if isinstance(kept, NeedsSnapshot):
                asked.add(seen)
            else:
                assert _same(kept, expected), (before, after)
    assert asked
    # Asked with reason: the same holdings and changes lead to different views.
    in_vain = [seen for seen in asked if len(results[seen]) < 2 and not _outside_could_differ(seen)]
    assert not in_vain


def _near(before: Mapping[str, str]) -> list[dict[str, str]]:
    found = []
    for first, second in itertools.combinations(UNIVERSE, 2):
        for values in itertools.product(UNIVERSE[first], UNIVERSE[second]):
            after: dict[str, str | None] = {**before, first: values[0], second: values[1]}
            found.append({key: value for key, value in after.items() if value is not None})
    return found


def _outside_could_differ(seen: Seen) -> bool:
    """Where the small environment has no client left to differ in, one more client that is not held would."""
    held, changes = dict(seen[0]), dict(seen[2])
    after = {key: value for key, value in {**held, **changes}.items() if value is not None}
    strangers = [{"client/z": canonical(client(*scopes, issuer=OMIT))} for scopes in ((), ("s1",), ("s2",))]
    return any(
        _same(Holdings.build("t/g", held), Holdings.build("t/g", {**held, **stranger}))
        and not _same(Holdings.build("t/g", after), Holdings.build("t/g", {**after, **stranger}))
        for stranger in strangers
    )


NAMES = st.sampled_from(["s1", "s2", "s3"])
CLIENTS = st.builds(
    lambda scopes, by, state: canonical(client(*scopes, issuer=by, state=state)),
    st.lists(NAMES, max_size=2, unique=True),
    st.sampled_from(["i", "j", OMIT]),
    st.sampled_from(["active", "suspended"]),
)
ROUTES = st.dictionaries(
    st.sampled_from(["GET /a", "GET /b", "POST /a"]),
    st.just(EVERYBODY)
    | st.just({"public": True})
    | st.builds(lambda one: any_of(sorted(one)), st.lists(NAMES, min_size=1, max_size=2, unique=True)),
    max_size=2,
)
VALUES: dict[str, st.SearchStrategy[str]] = {
    GATEWAY: ROUTES.map(lambda routes: canonical(gateway(routes))),
    "gateway/t/other": ROUTES.map(lambda routes: canonical(gateway(routes))),
    **{
        f"scope/{name}": st.sampled_from(["serve", "deny"]).map(lambda one: canonical(scope(one)))
        for name in ("s1", "s2", "s3")
    },
    **{f"client/{name}": CLIENTS for name in ("a", "b", "c", "d")},
    **{
        f"issuer/{name}": st.integers(0, 1).map(lambda one: canonical(issuer("https://i.example", clock_skew=one)))
        for name in ("i", "j")
    },
}
REVISIONS = st.lists(
    st.fixed_dictionaries({}, optional={key: st.none() | values for key, values in VALUES.items()}), max_size=6
)


@settings(deadline=None, max_examples=400)
@given(st.fixed_dictionaries({}, optional=dict(VALUES)), REVISIONS)
def test_after_any_revisions_the_view_is_a_pure_function_of_the_state(
    state: dict[str, str], revisions: list[dict[str, str | None]]
) -> None:
    held = Holdings.build("t/g", state)
    for changes in revisions:
        state = {key: value for key, value in {**state, **changes}.items() if value is not None}
        after = held.apply(changes)
        built = Holdings.build("t/g", state)
        held = built if isinstance(after, NeedsSnapshot) else after
        assert _same(held, built)
        assert View(held, Position(1, 1, "0" * 64)).digest == state_digest(held.values)
        assert _same(Holdings.build("t/g", held.values), built)


def test_holdings_of_a_floor_are_those_of_the_whole_state() -> None:
    for state in _states():
        whole = Holdings.build("t/g", state)
        floor = Holdings.build("t/g", whole.values)
        assert _same(whole, floor)


def test_holdings_do_not_change_when_their_source_does() -> None:
    state = {GATEWAY: canonical(gateway({"GET /a": any_of(["s1"])})), "scope/s1": canonical(scope())}
    held = Holdings.build("t/g", state)
    digest = held.digest
    state["scope/s1"] = canonical(scope("deny"))
    applied = held.apply({"scope/s1": canonical(scope("serve"))})
    assert held.digest == digest
    assert isinstance(applied, Holdings)
    assert applied.digest != digest


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (GATEWAY, "{}"),
        ("scope/s1", "{"),
        ("client/a", canonical({"state": "active", "scopes": {}, "surprise": 1})),
        ("issuer/i", canonical(issuer("https://i.example", keys={}))),
    ],
)
def test_a_value_of_another_shape_is_refused_before_anything_changes(key: str, value: str) -> None:
    held = Holdings.build("t/g", {})
    with pytest.raises(Malformed):
        held.apply({key: value})
    with pytest.raises(Malformed):
        Holdings.build("t/g", {key: value})


def test_what_two_claim_nobody_has() -> None:
    key: dict[str, Any] = {"k": {"sha256": "0" * 64, "expires": 1}}
    certificate = "A" * 43
    state = {
        GATEWAY: canonical(gateway({"GET /a": EVERYBODY})),
        "client/a": canonical(client(issuer="i", api_keys=key, certificates=[certificate])),
        "issuer/i": canonical(issuer("https://i.example")),
    }
    alone = View(Holdings.build("t/g", state), Position(1, 1, "0" * 64))
    assert alone.client_of_api_key("k") == "a"
    assert alone.client_of_certificate(certificate) == "a"
    assert alone.issuer_of("https://i.example") is not None
    twice = {
        **state,
        "client/b": canonical(client(issuer="j", api_keys=key, certificates=[certificate])),
        "issuer/j": canonical(issuer("https://i.example")),
    }
    both = View(Holdings.build("t/g", twice), Position(1, 1, "0" * 64))
    assert both.client_of_api_key("k") is None
    assert both.client_of_certificate(certificate) is None
    assert both.issuer_of("https://i.example") is None
