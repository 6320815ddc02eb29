from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.states import Asked, a_client, a_scope, asked, value

from gatefleet.contract.digests import Position
from gatefleet.log.trust import Trust
from gatefleet.plan import Plan, plan_changes, plan_json, plan_lines, summary

OLD, NEW = "a" * 40, "b" * 40


@dataclass(frozen=True)
class At:
    position: Position | None = None
    commit: str | None = None
    entities: Mapping[str, str] = field(default_factory=dict)


def trust(**limits: int) -> Trust:
    return Trust("production", "5b0f7a52-prod", 1, 0, {}, {}, {"issuer": 2, "scope": 2, "client": 2, **limits})


def planned(desired: Asked, head: Asked | None = None, *, commit: str = NEW, **limits: int) -> Plan:
    at = At() if head is None else At(Position(1, 41, "c" * 64), OLD, head.entities)
    return plan_changes(desired, commit, at, trust(**limits))


READ = asked({"scope/orders:read": a_scope()})
READ_AND_WEB = asked({"scope/orders:read": a_scope(), "client/web": a_client("orders:read")})


def test_the_empty_plan_says_so_and_appends_nothing():
    plan = planned(READ, READ, commit=OLD)
    assert (plan.changes, plan.publishes, plan.widens, plan.narrows) == ((), False, 0, 0)
    assert [str(line) for line in plan_lines(plan)] == [
        "No changes. production is at revision 1/41 (commit aaaaaaaaaaaa)."
    ]


def test_a_later_commit_with_the_same_state_is_an_empty_revision():
    plan = planned(READ, READ)
    assert plan.publishes
    assert summary(plan) == (
        "No changes. production is at revision 1/41 (commit aaaaaaaaaaaa); "
        "publishing commit bbbbbbbbbbbb records it as an empty revision."
    )


def test_a_plan_of_no_policy_on_an_empty_log_still_begins_it():
    plan = planned(asked({}))
    assert plan.publishes
    assert summary(plan).startswith("No changes. production has no policy;")


def test_a_plan_names_its_base_its_state_and_what_it_can_do():
    plan = planned(READ_AND_WEB, READ)
    assert (plan.base, plan.base_commit) == (Position(1, 41, "c" * 64), OLD)
    assert plan.state == READ_AND_WEB.digest
    assert (plan.widens, plan.narrows) == (1, 0)


def test_changed_keys_are_counted_per_kind_against_the_limit():
    scopes = {f"scope/s{n}": a_scope() for n in range(3)}
    plan = planned(asked({**scopes, "client/web": a_client()}), asked({}))
    assert plan.blast.changed == {"client": 1, "scope": 3}
    assert plan.blast.over == ("scope",)
    assert planned(asked(scopes), asked({}), scope=3).blast.over == ()


def test_the_first_revision_may_change_any_number_of_keys():
    plan = planned(asked({f"scope/s{n}": a_scope() for n in range(3)}))
    assert plan.blast.changed == {"scope": 3}
    assert plan.blast.over == ()


def test_a_plan_reads_as_signed_lines_and_one_sum():
    before = asked({"client/web": a_client("orders:read"), "scope/orders:old": a_scope()})
    after = asked({"client/web": a_client("orders:write"), "client/batch": a_client(), "scope/orders:write": a_scope()})
    assert [str(line) for line in plan_lines(planned(after, before, scope=1))] == [
        "production: commit bbbbbbbbbbbb against revision 1/41 (commit aaaaaaaaaaaa)",
        "",
        "+ client/batch  (widens)",
        "    + issuer: workforce",
        "    + state: active",
        "~ client/web  (widens, narrows)",
        '    - scopes["orders:read"]',
        '    + scopes["orders:write"]',
        "- scope/orders:old  (narrows)",
        "+ scope/orders:write  (widens)",
        "    + state: active",
        "    + when_stale: check",
        "",
        "2 to add, 1 to change, 1 to remove; narrows 2, widens 3",
        "Over the blast limit: 2 of kind scope change, one signer may change 1; two must sign.",
    ]


def test_a_plan_is_a_json_document():
    before = asked({"client/web": a_client("orders:read"), "scope/orders:old": a_scope()})
    after = asked({"client/web": a_client("orders:read", active=False), "client/batch": a_client()})
    assert plan_json(planned(after, before)) == {
        "format_version": 1,
        "environment": "production",
        "commit": NEW,
        "base": {"epoch": 1, "revision": 41, "digest": "c" * 64, "commit": OLD},
        "publishes": True,
        "state": after.digest,
        "summary": {"add": 1, "change": 1, "remove": 1, "narrows": 2, "widens": 1},
        "blast": {
            "changed": {"client": 2, "scope": 1},
            "limit": {"issuer": 2, "scope": 2, "client": 2},
            "over": [],
        },
        "changes": [
            {
                "action": "add",
                "key": "client/batch",
                "widens": True,
                "narrows": False,
                "after": {"issuer": "workforce", "state": "active"},
            },
            {
                "action": "change",
                "key": "client/web",
                "widens": False,
                "narrows": True,
                "differences": [{"path": ["state"], "before": "active", "after": "suspended"}],
            },
            {
                "action": "remove",
                "key": "scope/orders:old",
                "widens": False,
                "narrows": True,
                "before": {"state": "active", "when_stale": "check"},
            },
        ],
    }


def test_a_plan_against_an_empty_log_has_no_base():
    assert plan_json(planned(READ))["base"] is None
    assert str(plan_lines(planned(READ))[0]) == "production: commit bbbbbbbbbbbb against an empty log"


def test_other_bytes_of_the_same_meaning_are_shown_as_that():
    head = Asked({"scope/orders:read": '{"when_stale": "check", "state": "active"}'})
    assert value(a_scope()) != head.entities["scope/orders:read"]
    assert [str(line) for line in plan_lines(planned(READ, head))][2:4] == [
        "~ scope/orders:read",
        "    written differently, means the same",
    ]
