from __future__ import annotations

from typing import Any

import pytest

from gatefleet.local.iam import allows

API = "arn:aws:execute-api:eu-west-1:111122223333:abc123/live"


def a_policy(
    *statements: tuple[str, str | list[str]], action: str | list[str] = "execute-api:Invoke"
) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Action": action, "Effect": effect, "Resource": resource} for effect, resource in statements],
    }


@pytest.mark.parametrize(
    ("resource", "matches"),
    [
        ("/GET/orders/5", True),
        ("/GET/orders/*", True),
        ("/*/orders/5", True),
        ("/GET/*", True),
        ("/GET/orders/?", True),
        ("/GET/orders", False),
        ("/POST/orders/5", False),
        ("/GET/orders/??", False),
        ("/GET/orders/[5]", False),
        ("/GET/Orders/5", False),
    ],
)
def test_a_star_stands_for_any_characters_and_a_question_mark_for_one(resource: str, matches: bool) -> None:
    assert allows(a_policy(("Allow", API + resource)), f"{API}/GET/orders/5") is matches


def test_a_star_spans_slashes_so_it_reaches_further_than_a_path_parameter() -> None:
    assert allows(a_policy(("Allow", f"{API}/GET/orders/*")), f"{API}/GET/orders/5/notes")


def test_a_matching_deny_wins_wherever_it_stands() -> None:
    allow, deny = ("Allow", f"{API}/*/*"), ("Deny", f"{API}/DELETE/*")
    for statements in ((allow, deny), (deny, allow)):
        assert allows(a_policy(*statements), f"{API}/GET/orders")
        assert not allows(a_policy(*statements), f"{API}/DELETE/orders")


def test_what_nothing_matches_is_denied() -> None:
    assert not allows(a_policy(), f"{API}/GET/orders")
    assert not allows(a_policy(("Deny", f"{API}/POST/*")), f"{API}/GET/orders")


def test_actions_and_resources_may_be_lists_and_other_actions_do_not_count() -> None:
    listed = a_policy(("Allow", ["arn:other", f"{API}/GET/orders"]), action=["execute-api:Other", "execute-api:Invoke"])
    assert allows(listed, f"{API}/GET/orders")
    assert not allows(a_policy(("Allow", "*"), action="execute-api:InvalidateCache"), f"{API}/GET/orders")


def test_a_line_break_in_the_path_does_not_end_a_star() -> None:
    assert allows(a_policy(("Allow", f"{API}/GET/*")), f"{API}/GET/a\nb")
