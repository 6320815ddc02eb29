from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.states import a_client, a_gateway, a_scope, asked, value

from gatefleet.access.effect import BOTH, NARROWS, NO_EFFECT, WIDENS
from gatefleet.plan.changes import Add, Remove, Replace, changes
from gatefleet.plan.differences import Difference
from gatefleet.problems import GatefleetError

READ, WRITE = "scope/orders:read", "scope/orders:write"


def test_equal_states_have_no_changes():
    one = asked({READ: a_scope(), "client/web": a_client("orders:read")}).entities
    assert changes(one, dict(one)) == ()


def test_removing_a_scope_plans_a_removal_and_nothing_else():
    old, new = asked({READ: a_scope(), WRITE: a_scope()}), asked({READ: a_scope()})
    assert changes(new.entities, old.entities) == (Remove(WRITE, value(a_scope()), NARROWS),)


def test_changes_are_sorted_by_key_whatever_they_do():
    old = asked({"client/b": a_client(), "scope/z": a_scope()})
    new = asked({"gateway/orders/orders": a_gateway(), "client/b": a_client("x"), "client/a": a_client()})
    planned = changes(new.entities, old.entities)
    assert [(type(one), one.key) for one in planned] == [
        (Add, "client/a"),
        (Replace, "client/b"),
        (Add, "gateway/orders/orders"),
        (Remove, "scope/z"),
    ]


def test_a_replacement_says_which_members_differ_and_what_that_can_do():
    old, new = a_client("orders:read"), replace(a_client("orders:read"), scopes={"orders:read": 1000})
    (planned,) = changes({"client/web": value(new)}, {"client/web": value(old)})
    assert planned == Replace(
        "client/web", value(old), value(new), NARROWS, (Difference(("scopes", "orders:read", "until"), None, 1000),)
    )


def test_a_value_in_other_bytes_is_a_replacement_without_differences_or_effect():
    (planned,) = changes(
        {READ: '{"state":"active","when_stale":"check"}'}, {READ: '{"when_stale": "check", "state": "active"}'}
    )
    assert isinstance(planned, Replace)
    assert planned.differences == ()
    assert planned.effect == NO_EFFECT


def test_one_and_true_are_two_values_of_a_claim():
    gateway = a_gateway(**{"GET /orders": "orders:read"})

    def with_level(level: int) -> str:
        route = replace(gateway.routes["GET /orders"], claims={"level": level})
        return value(replace(gateway, routes={"GET /orders": route}))

    (planned,) = changes({"gateway/a/b": with_level(True)}, {"gateway/a/b": with_level(1)})
    assert isinstance(planned, Replace)
    (one,) = planned.differences
    assert one.path == ("routes", "GET /orders", "claims", "level")
    assert (one.before is True, one.after is True) == (False, True)
    assert planned.effect == BOTH


def test_adding_a_client_widens():
    (planned,) = changes({"client/web": value(a_client("orders:read"))}, {})
    assert planned == Add("client/web", value(a_client("orders:read")), WIDENS)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (READ, '{"state":"active"}'),
        (READ, '{"state":"active","when_stale":"check","owner":"orders"}'),
        (READ, "not json"),
        ("team/orders", "{}"),
    ],
)
def test_a_value_that_no_follower_accepts_is_refused_with_its_key(key: str, text: str):
    with pytest.raises(GatefleetError) as caught:
        changes({key: text}, {})
    (problem,) = caught.value.problems
    assert (problem.code, problem.place.path) == ("GF501", key)
