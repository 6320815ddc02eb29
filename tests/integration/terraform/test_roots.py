"""The example company's rendered roots as Terraform plans them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.adapters import ROOT
from tests.support.terraform_provider import Terraform
from tests.support.terraform_roots import example_files, example_model, override_for, planned_routes, write_files

from gatefleet.contract.entities import Public
from gatefleet.model import Model
from gatefleet.model.deployed import deployed_gateways

MODEL = example_model()
# Staging's differ by overlays alone: one of each kind of API stands for them.
ROOTS = [
    *(("production", one.source.id) for one in deployed_gateways(MODEL, MODEL.environments["production"])),
    ("staging", "orders/back-office"),
    ("staging", "shipping/shipping"),
]
_PIECES = (
    "${path.cwd}",
    "%{ if true }x%{ endif }",
    "$${x}",
    "%%{",
    "'; #{} {{",
    "null",
    '"',
    "\\",
    "\n",
    "\t",
    "ü",
    "\u2028",
)
HOSTILE = [
    *(one + other for one in _PIECES for other in ("", "a", "${", '"}', "\\", "\u202e", "%{", "${local.account}")),
    *("x" * size for size in (255, 4096)),
    "${" * 500,
    "%{ for one in var.routes }" * 100,
]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    shutil.copytree(ROOT / "terraform" / "modules", folder / "terraform" / "modules")
    for environment in ("staging", "production"):
        write_files(folder, example_files(MODEL, environment))
    return folder


@pytest.fixture(scope="module")
def plans(fleet: Path, configuration: Path) -> dict[str, dict[str, Any]]:
    """All roots as Terraform plans them, each a module of one root: one start of Terraform and its plugin for all."""
    calls = {}
    for environment, gateway in ROOTS:
        team, name = gateway.split("/")
        folder = f"terraform/teams/{team}/{environment}/{name}"
        (fleet / folder / "override.tf.json").write_bytes(override_for(document(fleet / folder)))
        calls[f"{environment}-{team}-{name}"] = {"source": f"./{folder}"}
    (fleet / "main.tf.json").write_text(json.dumps({"module": calls}))
    modules = planned(fleet, configuration)["planned_values"]["root_module"]["child_modules"]
    return {module["address"].removeprefix("module."): module for module in modules}


def document(root: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((root / "main.tf.json").read_text())
    return read


def planned(root: Path, configuration: Path) -> dict[str, Any]:
    terraform = Terraform(root, root, configuration)
    terraform.run("init", "-no-color", "-input=false")
    terraform.run("plan", "-no-color", "-input=false", "-refresh=false", "-out=plan")
    plan: dict[str, Any] = json.loads(terraform.run("show", "-json", "plan"))
    assert plan["errored"] is False
    return plan


def resources(root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for module in root["child_modules"]:
        yield from module["resources"]


@pytest.mark.parametrize(("environment", "gateway"), ROOTS, ids=[f"{one}-{two}" for one, two in ROOTS])
def test_a_root_plans_each_route_with_its_authorizer(
    environment: str, gateway: str, plans: dict[str, dict[str, Any]]
) -> None:
    root = plans[f"{environment}-{gateway.replace('/', '-')}"]
    source = MODEL.gateways[gateway]
    open_routes = {key for key, route in source.routes.items() if isinstance(route.requirement, Public)}
    assert dict(planned_routes(resources(root))) == {key: key not in open_routes for key in source.routes}


def test_no_free_text_is_evaluated(fleet: Path, configuration: Path, tmp_path: Path) -> None:
    """A hundred hostile texts arrive in the plan as they were written: as tags, and as descriptions of routes."""
    assert len(set(HOSTILE)) >= 100
    folder = tmp_path / "hostile"
    shutil.copytree(fleet / "terraform" / "modules", folder / "terraform" / "modules")
    files = example_files(with_texts(MODEL), "production")
    write_files(folder, {path: content for path, content in files.items() if "/orders/production/orders/" in path})
    root = folder / "terraform/teams/orders/production/orders"
    (root / "override.tf.json").write_bytes(override_for(document(root)))
    plan = planned(root, configuration)["planned_values"]["root_module"]
    api = next(one["values"] for one in resources(plan) if one["type"] == "aws_apigatewayv2_api")
    assert {name: text for name, text in api["tags"].items() if name.startswith("note")} == NOTES
    assert (api["description"], api["tags"]["cost-centre"]) == (HOSTILE[0], HOSTILE[1])
    named = {
        one["values"]["route_key"]: one["values"]["operation_name"]
        for one in resources(plan)
        if one["type"] == "aws_apigatewayv2_route"
    }
    assert named == {f"GET /{index}": _ascii_beginning(text) for index, text in enumerate(HOSTILE)}


def _ascii_beginning(text: str) -> str | None:
    """What API Gateway can take of a text as an operation's name."""
    found = re.match("[ -~]{1,64}", text)
    return found[0] if found else None


NOTES = {f"note{index}": text for index, text in enumerate(HOSTILE)}


def with_texts(model: Model) -> Model:
    team, gateway = model.teams["orders"], model.gateways["orders/orders"]
    (route,) = (route for key, route in gateway.routes.items() if key == "GET /orders")
    routes = {f"GET /{index}": replace(route, description=text) for index, text in enumerate(HOSTILE)}
    return replace(
        model,
        teams=dict(model.teams) | {"orders": replace(team, cost_centre=HOSTILE[1], tags=NOTES)},
        gateways=dict(model.gateways) | {"orders/orders": replace(gateway, description=HOSTILE[0], routes=routes)},
    )
