"""`gatefleet diff` as a reviewer runs it: on a branch, in the terminal, as a comment, and as a gate."""

from __future__ import annotations

import pytest
from tests.support.command import Company

CHECKOUT = "policies/clients/payments/checkout.yaml"
DESK = "policies/clients/orders/support-desk.yaml"
ORDERS = "teams/orders/gateways/orders.yaml"


@pytest.fixture
def branch(fresh: Company) -> Company:
    """A branch that nothing was changed on yet."""
    fresh.git("checkout", "--quiet", "-b", "change")
    return fresh


def test_a_revoked_scope_is_a_loss_with_the_line_that_said_it(branch: Company) -> None:
    branch.commit(CHECKOUT, "  payments:refund: {}\n", "")
    ran = branch.ok("diff")
    assert ran.out.splitlines() == [
        "staging, production, development: 1 client loses",
        "  - checkout: POST /orders/{order_id}/refunds on payments/payments",
        "      within seconds",
        f"      payments:refund is no longer granted  {CHECKOUT}:9:3 (base)",
    ]


def test_a_grant_names_its_line_risk_and_whom_to_ask(branch: Company) -> None:
    branch.commit(DESK, "scopes:\n", "scopes:\n  shipping:read: {}\n")
    ran = branch.ok("diff", "--environment", "production", "-o", "json")
    (change,) = ran.json["changes"]
    assert (change["widens"], change["narrows"], change["ask"]) == (True, False, ["orders-leads", "shipping-leads"])
    parcels = next(line for line in change["lines"] if line["gateway"] == "shipping/shipping")
    assert (parcels["clients"], parcels["when"], parcels["risk"]) == (["support-desk"], "seconds", "low")
    assert parcels["reasons"] == [
        {"what": "shipping:read is granted", "path": DESK, "line": 6, "side": "head"},
    ]


def test_a_route_that_becomes_public_is_told_first_and_comes_with_the_next_apply(branch: Company) -> None:
    branch.commit(ORDERS, "  GET /orders:\n    scopes:\n      - orders:read\n", "  GET /orders:\n    public: true\n")
    lines = branch.ok("diff").out.splitlines()
    assert lines[1:4] == [
        "  + anyone: GET /orders on orders/orders",
        "      at apply, high risk",
        f"      the route is public  {ORDERS}:28:3",
    ]


def test_a_new_route_comes_with_the_next_apply_and_one_that_is_gone_is_denied_within_seconds(branch: Company) -> None:
    branch.commit(ORDERS, "  GET /orders/{order_id}/parcels:\n", "  GET /orders/{order_id}/boxes:\n")
    lines = branch.ok("diff", "-e", "production").out.splitlines()
    when = {line.split(": ")[1]: lines[at + 1].strip() for at, line in enumerate(lines) if line.startswith("  + ")}
    assert {about.split(",")[0] for about in when.values()} == {"at apply"}
    gone = [lines[at + 1].strip() for at, line in enumerate(lines) if line.startswith("  - ")]
    assert set(gone) == {"within seconds"}


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (ORDERS, "# A sale can bring", "# In a sale there can be"),
        (ORDERS, "description: Placing, reading and cancelling orders.", "description: All about orders."),
        (DESK, "  orders:read: {}\n  orders:write: {}\n", "  orders:write: {}\n  orders:read: {}\n"),
        (ORDERS, "throttle:\n  rate: 500\n", "throttle:\n  rate: 400\n"),
    ],
)
def test_comments_texts_order_and_throttles_have_no_effect_on_access(
    branch: Company, path: str, old: str, new: str
) -> None:
    branch.commit(path, old, new)
    assert branch.ok("diff").out == "No effect on access.\n"
    assert "no effect" in branch.ok("diff", "-o", "markdown").out


def test_what_changes_no_reach_but_conditions_says_so(branch: Company) -> None:
    branch.commit(DESK, "  - 192.0.2.0/25\n", "  - 192.0.2.0/24\n")
    lines = branch.ok("diff").out.splitlines()
    assert lines[0] == "No client gains or loses a route. Conditions change in 1 entity:"
    assert lines[1] == "  client/support-desk"
    assert "### Access: conditions change\n" in branch.ok("diff", "-o", "markdown").out


def test_a_gate_fails_on_widening_only(branch: Company) -> None:
    branch.commit(CHECKOUT, "  payments:refund: {}\n", "")
    assert branch.run("diff", "--fail-on", "widening").code == 0
    assert branch.run("diff", "--fail-on", "narrowing").code == 3
    assert branch.run("diff", "change..main", "--fail-on", "widening").code == 3


def test_the_comment_is_found_again_and_leaves_no_cell(branch: Company) -> None:
    branch.commit(DESK, "scopes:\n", "scopes:\n  shipping:read: {}\n")
    said = branch.ok("diff", "-o", "markdown").out
    assert said.startswith("<!-- gatefleet: access diff -->\n### Access: widens")
    rows = [line for line in said.splitlines() if line.startswith("| **")]
    assert len(rows) == 2
    assert all(row.count(" | ") == 6 for row in rows)


def test_the_comment_marks_a_line_that_only_the_base_has(branch: Company) -> None:
    branch.commit(DESK, "  orders:read: {}\n", "")
    (row, *_) = [line for line in branch.ok("diff", "-o", "markdown").out.splitlines() if line.startswith("| **")]
    assert f"`orders:read is no longer granted`<br>`{DESK}:6:3` (base) |" in row


def test_a_branch_is_compared_with_where_it_left_main(branch: Company) -> None:
    branch.git("checkout", "--quiet", "main")
    branch.commit(CHECKOUT, "  payments:refund: {}\n", "")
    branch.git("checkout", "--quiet", "change")
    assert branch.ok("diff").out == "No effect on access.\n"
    assert "checkout: POST /orders/{order_id}/refunds" in branch.ok("diff", "main..change").out
    assert branch.ok("diff", "main...change").out == "No effect on access.\n"


def test_what_cannot_be_compared_is_refused_by_name(branch: Company) -> None:
    assert branch.run("diff", "nowhere..HEAD").codes == ["GF041"]
    branch.git("branch", "--quiet", "-D", "main")
    assert branch.run("diff").codes == ["GF665"]
    branch.edit(CHECKOUT, "kind: Client", "kind: Clientele")
    branch.git("commit", "--quiet", "--all", "--message", "Break")
    ran = branch.run("diff", "HEAD~1..HEAD")
    assert (ran.code, ran.codes[0][:3]) == (3, "GF0")
