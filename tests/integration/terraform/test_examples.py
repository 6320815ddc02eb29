"""The examples of using the modules by hand, as Terraform plans them: all below one root, for the price of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.adapters import ROOT
from tests.support.terraform_provider import Terraform
from tests.support.terraform_roots import planned_routes

EXAMPLES = sorted(path.parent.name for path in (ROOT / "terraform" / "examples").glob("*/main.tf"))


def test_every_example_is_planned_with_the_authorizer_before_each_route_that_is_not_public(
    terraform_copy: Path, configuration: Path
) -> None:
    calls = {name: {"source": f"../examples/{name}"} for name in EXAMPLES}
    root = terraform_copy / "all-examples"
    root.mkdir()
    (root / "main.tf.json").write_text(json.dumps({"module": calls}))
    for name in EXAMPLES:
        for file in ("floor.zip", "authorizer-rust-arm64.zip"):
            (terraform_copy / "examples" / name / file).write_bytes(file.encode())
    terraform = Terraform(root, root, configuration)
    terraform.run("init", "-no-color", "-input=false")
    terraform.run("plan", "-no-color", "-input=false", "-refresh=false", "-out=plan")
    plan = json.loads(terraform.run("show", "-json", "plan"))
    assert EXAMPLES == ["complete", "minimal", "rest", "restricted-network"]
    assert {example: open_routes(plan, example) for example in EXAMPLES} == {
        "complete": {"OPTIONS /carriers/{event+}"},
        "minimal": {"GET /health"},
        "rest": {"GET /status"},
        "restricted-network": set(),
    }


def open_routes(plan: dict[str, Any], example: str) -> set[str]:
    (root,) = (
        one for one in plan["planned_values"]["root_module"]["child_modules"] if one["address"] == f"module.{example}"
    )
    routes = dict(planned_routes(one for module in root["child_modules"] for one in module["resources"]))
    assert len(routes) > len([key for key, guarded in routes.items() if not guarded])
    return {key for key, guarded in routes.items() if not guarded}
