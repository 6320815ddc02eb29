from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from tests.support.terraform_roots import example_model

from gatefleet.contract.entities import Following
from gatefleet.model import Model
from gatefleet.model.deployed import DeployedGateway, deployed_gateways
from gatefleet.problems import GatefleetError
from gatefleet.render.roots import render_empty_root, render_root


@pytest.fixture(scope="module")
def model() -> Model:
    return example_model()


def deployed(model: Model, gateway: str, environment: str = "production") -> DeployedGateway:
    return next(
        one for one in deployed_gateways(model, model.environments[environment]) if one.source.id == gateway
    )  # fmt: skip


def rendered(model: Model, gateway: str, environment: str = "production") -> dict[str, Any]:
    made = render_root(deployed(model, gateway, environment), model, layer_sha256="digest=")
    parsed: dict[str, Any] = json.loads(made)
    return parsed


def test_a_root_names_its_sources_and_who_made_it(model: Model) -> None:
    said = rendered(model, "orders/orders")["//"]
    assert set(said["sources"]) == {"teams/orders/gateways/orders.yaml", "teams/orders/team.yaml"}
    assert "gatefleet render" in said["made_by"]


def test_state_lies_in_the_teams_account_and_credentials_of_another_change_nothing(model: Model) -> None:
    root = rendered(model, "orders/orders")
    account = model.teams["orders"].accounts["production"]
    assert root["provider"]["aws"] == [{"region": account.region, "allowed_account_ids": [account.account]}]
    assert root["terraform"]["backend"]["s3"] == {
        "bucket": f"gatefleet-orders-state-{account.account}",
        "key": "production/orders.tfstate",
        "region": account.region,
        "encrypt": True,
        "use_lockfile": True,
    }


def test_the_overlay_of_the_environment_is_applied(model: Model) -> None:
    root = rendered(model, "catalog/catalog", "staging")
    assert root["module"]["gateway"]["domain"]["name"] == "catalog.staging.api.example.com"
    assert root["module"]["gateway"]["result_ttl"] == 0
    assert root["module"]["authorizer"]["log"]["topic"] == "gatefleet.staging.policy.v1"


def test_public_routes_are_said_to_be_and_the_others_take_their_credentials(model: Model) -> None:
    routes = rendered(model, "partners/partner-api")["module"]["gateway"]["routes"]
    assert routes["GET /feed"]["credentials"] == ["jwt", "api_key"]
    assert "public" not in routes["GET /feed"]
    assert rendered(model, "orders/orders")["module"]["gateway"]["routes"]["GET /health"]["public"] is True


def test_a_floor_only_gateway_is_given_no_log_and_no_network(model: Model) -> None:
    module = rendered(model, "catalog/media")["module"]
    assert deployed(model, "catalog/media").following is Following.FLOOR_ONLY
    assert not {"log", "vpc"} & module["authorizer"].keys()
    assert "stale_seconds" not in module["gateway"]["alarms"]


def test_heartbeats_go_to_the_teams_own_topic(model: Model) -> None:
    log = rendered(model, "payments/payments")["module"]["authorizer"]["log"]
    assert log["heartbeat_topic"] == "gatefleet.production.heartbeat.payments"


def test_what_stands_in_no_repository_comes_from_the_account(model: Model) -> None:
    gateway = rendered(model, "payments/settlements")["module"]["gateway"]
    assert gateway["mutual_tls"] == '${local.account.truststores["payments/settlements"]}'
    assert gateway["domain"]["certificate_arn"] == '${local.account.certificates["settlements.api.example.com"]}'
    assert gateway["domain"]["zone_id"] == (
        '${try(local.account.zones["settlements.api.example.com"], local.account.zones["api.example.com"],'
        ' local.account.zones["example.com"], null)}'
    )


def test_modules_come_from_the_rollouts_source_in_its_version(model: Model) -> None:
    assert model.rollout is not None
    rollout = replace(model.rollout, source="git::https://git.example.com/gatefleet.git", module_version="1.4.0")
    elsewhere = replace(model, rollout=rollout)
    source = rendered(elsewhere, "orders/orders")["module"]["gateway"]["source"]
    assert source == "git::https://git.example.com/gatefleet.git//terraform/modules/gateway?ref=v1.4.0"


def test_free_text_is_not_evaluated(model: Model) -> None:
    hostile = '${file("/etc/passwd")} %{ for x in [1] }"\\\n\u2028'
    gateway = deployed(model, "orders/orders")
    changed = replace(gateway, source=replace(gateway.source, description=hostile))
    root = json.loads(render_root(changed, model, layer_sha256="digest="))
    said = root["module"]["gateway"]["description"]
    assert said == '$${file("/etc/passwd")} %%{ for x in [1] }"\\\n\u2028'


def test_the_order_of_members_changes_no_byte(model: Model) -> None:
    gateway = deployed(model, "orders/orders")
    first = render_root(gateway, model, layer_sha256="digest=")
    for seed in range(5):
        routes = list(gateway.source.routes.items())
        random.Random(seed).shuffle(routes)
        again = replace(gateway, source=replace(gateway.source, routes=dict(routes)))
        assert render_root(again, model, layer_sha256="digest=") == first


def test_without_a_rollout_artifacts_or_log_the_place_to_write_it_is_named(model: Model) -> None:
    gateway = deployed(model, "orders/orders")
    assert model.rollout is not None
    nowhere = replace(gateway, environment=replace(gateway.environment, kafka=None))
    for code, one, changed in (
        ("GF540", gateway, replace(model, rollout=None)),
        ("GF541", gateway, replace(model, rollout=replace(model.rollout, artifacts=None))),
        ("GF542", nowhere, model),
    ):
        with pytest.raises(GatefleetError) as refused:
            render_root(one, changed, layer_sha256="digest=")
        assert [problem.code for problem in refused.value.problems] == [code]
        assert refused.value.problems[0].fix


def test_an_empty_root_keeps_provider_and_state_so_that_what_was_made_is_taken_away(model: Model) -> None:
    root = json.loads(render_empty_root(model.teams["orders"], "production", "orders"))
    whole = rendered(model, "orders/orders")
    assert (root["terraform"], root["provider"]) == (whole["terraform"], whole["provider"])
    assert "module" not in root
