"""A sample of the public APIs, as Terraform plans them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.public_apis import gateways, operations, rendered_roots
from tests.support.terraform_provider import Terraform
from tests.support.terraform_roots import override_for, planned_routes


@pytest.mark.parametrize(("api", "kind"), [("google-youtube", "http"), ("google-calendar", "rest")])
def test_a_public_api_is_planned_with_the_authorizer_before_each_operation(
    api: str, kind: str, terraform_copy: Path, configuration: Path
) -> None:
    model, unread = gateways(kind, [operations(api)])
    assert not unread
    root = json.loads(rendered_roots(model)["orders/orders"])
    folder = terraform_copy / "teams/orders/production" / api
    folder.mkdir(parents=True)
    root["module"]["authorizer"]["floor"]["sha256"] = '${filebase64sha256("floor.zip")}'
    (folder / "floor.zip").write_bytes(b"a floor")
    (folder / "main.tf.json").write_text(json.dumps(root))
    (folder / "override.tf.json").write_bytes(override_for(root))
    terraform = Terraform(folder, folder, configuration)
    terraform.run("init", "-no-color", "-input=false")
    terraform.run("plan", "-no-color", "-input=false", "-refresh=false", "-out=plan")
    plan = json.loads(terraform.run("show", "-json", "plan"))
    modules = plan["planned_values"]["root_module"]["child_modules"]
    planned = dict(planned_routes(one for module in modules for one in module["resources"]))
    assert planned == dict.fromkeys(operations(api), True)
