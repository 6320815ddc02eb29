"""What a commit asks for in an environment: which entities, in which bytes."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from tests.support.policies import (
    CONVENTIONS,
    ORDERS,
    PAYMENTS,
    POLICIES,
    SCOPES,
    SHOP,
    STAGING,
    Edit,
    a_file,
    edit,
    edited,
    model_of,
)

from gatefleet.contract.digests import digest, state_digest
from gatefleet.contract.entity_values import entity_json, read_entity
from gatefleet.desired import State, desired_state
from gatefleet.desired.canonical import canonical_text
from gatefleet.model import parse_model
from gatefleet.problems import GatefleetError
from gatefleet.source import read_worktree

DEVELOPMENT = "policies/environments/development.yaml"


def asked(environment: str, *edits: Edit) -> State:
    """What the small repository asks for after the edits."""
    files, _ = edited(*edits)
    model, problems = model_of(files)
    assert not problems
    return desired_state(model, environment)


def entity(state: State, key: str) -> dict[str, Any]:
    """The value of an entity as JSON."""
    value: dict[str, Any] = json.loads(state.entities[key])
    return value


def names(state: State, kind: str) -> set[str]:
    """The names of the entities of a kind."""
    return {key.partition("/")[2] for key in state.of_kind(kind)}


def test_the_order_of_files_changes_no_byte() -> None:
    expected = asked("production")
    files = list(POLICIES.items())
    for seed in range(20):
        random.Random(seed).shuffle(files)
        model, _ = model_of(dict(files))
        again = desired_state(model, "production")
        assert (list(again.entities.items()), again.digest) == (list(expected.entities.items()), expected.digest)


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_every_entity_of_the_example_company_is_read_back_as_it_was_written(environment: str) -> None:
    model, _ = parse_model(read_worktree(Path(__file__).parents[3]))
    state = desired_state(model, environment)
    assert set(state.of_kind("gateway")) and set(state.of_kind("client"))
    for key, value in state.entities.items():
        assert canonical_text(entity_json(read_entity(key, value))) == value


def test_entities_stand_in_byte_order_of_their_keys() -> None:
    keys = list(asked("production").entities)
    assert keys == sorted(keys, key=str.encode)


def test_digests_are_those_of_the_contract() -> None:
    state = asked("production")
    assert {key: raw.hex() for key, raw in state.digests.items()} == {
        key: digest(value.encode()) for key, value in state.entities.items()
    }
    assert state.digest == state_digest(state.digests)


def test_kinds_divide_the_state() -> None:
    state = asked("production")
    kinds = [state.of_kind(kind) for kind in ("client", "gateway", "issuer", "scope")]
    assert {key: value for kind in kinds for key, value in kind.items()} == state.entities


def test_an_environment_has_the_gateways_of_teams_with_an_account_there() -> None:
    assert names(asked("production"), "gateway") == {"orders/orders", "payments/payments"}
    assert names(asked("staging"), "gateway") == {"orders/orders"}


def test_a_gateway_that_an_overlay_disables_is_left_out() -> None:
    disabled = edit(ORDERS, "environments:\n", "environments:\n  production: {enabled: false}\n")
    assert names(asked("production", disabled), "gateway") == {"payments/payments"}


def test_every_scope_is_in_every_environment() -> None:
    assert names(asked("staging"), "scope") == names(asked("production"), "scope")


def test_a_client_is_where_its_issuer_is_allowed_or_where_it_needs_none() -> None:
    partners_only = edit(STAGING, "[workforce, partners]", "[partners]")
    assert names(asked("staging", partners_only), "client") == {"carrier", "bank"}
    assert names(asked("production", partners_only), "client") == {"carrier", "bank", "shop"}


def test_a_client_is_limited_to_its_environments() -> None:
    limited = edit(SHOP, "[staging, production]", "[staging]")
    assert "shop" in names(asked("staging", limited), "client")
    assert "shop" not in names(asked("production", limited), "client")


def test_only_allowed_issuers_are_entities() -> None:
    assert names(asked("staging", edit(STAGING, "[workforce, partners]", "[partners]")), "issuer") == {"partners"}


def test_development_has_every_gateway_and_its_clients_get_tokens_from_the_substitute() -> None:
    state = asked(
        "development",
        a_file(
            DEVELOPMENT,
            "kind: Environment\ndescription: Here.\norder: 3\nlog: policy-development\n"
            "trust: policies/environments/development.trust.json\nissuers: [partners]\nrevocation_slo: 10\n"
            "substitute_issuers: {workforce: partners}\n",
        ),
        edit(SHOP, "environments: [staging, production]\n", ""),
    )
    assert names(state, "gateway") == {"orders/orders", "payments/payments"}
    assert names(state, "issuer") == {"partners"}
    assert entity(state, "client/shop")["issuer"] == "partners"


def test_an_overlay_replaces_what_it_names_and_nothing_else() -> None:
    overlay = edit(
        ORDERS,
        "{audience: https://staging.example.com/orders,",
        "{audience: [b, a], policy: floor_only, result_ttl: 3,",
    )
    production, staging = (entity(asked(name, overlay), "gateway/orders/orders") for name in ("production", "staging"))
    assert production["audience"] == ["https://api.example.com/orders"]
    assert {**production, "audience": ["a", "b"], "policy": "floor_only", "result_ttl": 3} == staging


def test_what_a_gateway_leaves_open_is_the_conventions() -> None:
    state = asked("production", edit(CONVENTIONS, "deny_after: 60", "deny_after: 45"))
    own, shared = entity(state, "gateway/orders/orders"), entity(state, "gateway/payments/payments")
    assert (own["max_staleness"], own["deny_after"]) == (1, 30)
    assert (shared["max_staleness"], shared["deny_after"]) == (2, 45)


def test_scopes_and_any_of_are_the_same_sorted_sets() -> None:
    routes = "{any_of: [[orders:read], [orders:cancel, payments:refund]]}"
    one = asked("production", edit(ORDERS, routes, "{any_of: [[payments:refund, orders:cancel]]}"))
    other = asked("production", edit(ORDERS, routes, "{scopes: [orders:cancel, payments:refund]}"))
    assert one.digest == other.digest
    assert entity(one, "gateway/orders/orders")["routes"]["GET /orders/{order_id}"]["any_of"] == [
        ["orders:cancel", "payments:refund"]
    ]


def test_a_public_route_says_nothing_else() -> None:
    assert entity(asked("production"), "gateway/orders/orders")["routes"]["GET /health"] == {"public": True}


def test_credentials_and_claims_of_a_route_are_in_its_entity() -> None:
    assert entity(asked("production"), "gateway/payments/payments")["routes"] == {
        "GET /payments/{payment_id}": {"any_of": [["payments:read"]], "credentials": ["certificate", "jwt"]},
        "POST /refunds": {
            "any_of": [["payments:refund"]],
            "credentials": ["jwt"],
            "claims": {"department": "finance"},
        },
    }


def test_a_client_says_what_differs_from_the_default_and_the_latest_end_of_a_denial() -> None:
    shop = entity(
        asked(
            "production",
            edit(
                SHOP,
                "addresses: [192.0.2.0/24]",
                "addresses: [198.51.100.0/24, 192.0.2.0/24]\n"
                "denied:\n"
                "  - {jti: a, until: 2027-01-02T00:00:00Z}\n"
                "  - {jti: a, until: 2027-01-01T00:00:00Z}\n"
                "  - {sub: a, until: 2027-01-01T00:00:00Z}",
            ),
        ),
        "client/shop",
    )
    assert shop == {
        "state": "active",
        "issuer": "workforce",
        "scopes": {"orders:read": {}, "orders:write": {"until": 1801353600}},
        "tokens_not_before": 1790812800,
        "denied_jti": {"a": 1798848000},
        "denied_sub": {"a": 1798761600},
        "addresses": ["192.0.2.0/24", "198.51.100.0/24"],
    }


def test_a_revoked_scope_stays_an_entity() -> None:
    revoked = edit(SCOPES, "owner: orders, risk: high}", "owner: orders, risk: high, state: revoked}")
    assert entity(asked("production", revoked), "scope/orders:cancel") == {"state": "revoked", "when_stale": "deny"}


def test_descriptions_throttles_domains_and_backends_are_no_policy() -> None:
    changed = asked(
        "production",
        edit(PAYMENTS, "description: Payments.", "description: Money."),
        edit(PAYMENTS, "domain: payments.example.com", "domain: money.example.com"),
        edit(PAYMENTS, "payments-service", "payments-service-2"),
        edit(ORDERS, "rate: 500", "rate: 501"),
    )
    assert changed.digest == asked("production").digest


def test_an_unknown_environment_is_refused_with_the_nearest_name() -> None:
    model, _ = model_of(POLICIES)
    with pytest.raises(GatefleetError) as refused:
        desired_state(model, "producton")
    assert [(one.code, one.fix) for one in refused.value.problems] == [("GF101", "did you mean `production`?")]


def test_an_environment_like_no_other_is_refused_with_all_names() -> None:
    model, _ = model_of(POLICIES)
    with pytest.raises(GatefleetError) as refused:
        desired_state(model, "moon")
    assert "`production`, `staging`" in refused.value.problems[0].fix
