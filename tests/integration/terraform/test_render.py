"""`gatefleet render` and what Terraform makes of it, from a published policy to an applied and destroyed gateway."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.support.adapters import ROOT
from tests.support.command import Company, Ran
from tests.support.terraform_provider import Terraform
from tests.support.terraform_roots import override_for

RENDER = ("render", *Company.log, *Company.key)
OUT = ("--out", "../fleet")
TEAMS = "terraform/teams"
HTTP, REST = "orders/development/orders", "payments/development/payments"


def tree(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def terraform_in(company: Company, root: str, configuration: Path) -> Terraform:
    shutil.copytree(ROOT / "terraform" / "modules", company.folder / "fleet/terraform/modules", dirs_exist_ok=True)
    folder = company.folder / "fleet" / TEAMS / root
    (folder / "override.tf.json").write_bytes(override_for(json.loads((folder / "main.tf.json").read_text())))
    terraform = Terraform(folder, folder, configuration)
    terraform.run("init", "-no-color", "-input=false")
    return terraform


def plan_of(terraform: Terraform) -> dict[str, Any]:
    terraform.run("plan", "-no-color", "-input=false", "-out=plan")
    said = terraform.run("show", "-json", "plan")
    (terraform.folder / "plan.json").write_text(said)
    plan: dict[str, Any] = json.loads(said)
    return plan


def check_plan(company: Company, root: str) -> Ran:
    folder = f"../fleet/{TEAMS}/{root}"
    return company.run("check-plan", folder, "--plan", f"{folder}/plan.json")


def changed(plan: dict[str, Any]) -> set[str]:
    return {one["address"] for one in plan["resource_changes"] if one["change"]["actions"] not in (["no-op"], ["read"])}


def test_everything_is_rendered_once_and_then_kept(company: Company) -> None:
    ran = company.ok(*RENDER, *OUT)
    assert ran.out == "36 files rendered, 0 kept; development at revision 1/3\n"
    first = tree(company.folder / "fleet")
    assert len(first) == 36
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles"):
        again = company.run(*RENDER, *OUT, TZ=zone, LC_ALL="C")
        assert (again.code, again.out) == (0, "No changes; development at revision 1/3\n")
    assert tree(company.folder / "fleet") == first


def test_check_needs_no_key_and_names_what_is_out_of_date(company: Company) -> None:
    company.ok(*RENDER, *OUT)
    check = ("render", *Company.log, *OUT, "--check")
    assert company.ok(*check).out == "Everything is up to date; development at revision 1/3\n"
    company.commit("teams/orders/gateways/orders.yaml", "    rate: 100\n", "    rate: 90\n".replace("    ", "    "))
    floor = company.folder / "fleet" / TEAMS / REST / "floor.json"
    floor.write_bytes(floor.read_bytes().replace(b'"payload"', b'"Payload"'))
    before = tree(company.folder / "fleet")
    ran = company.run(*check)
    assert ran.code == 3
    lines = {line.split(": ")[0] for line in ran.out.splitlines()}
    assert f"~ {TEAMS}/{HTTP}/main.tf.json" in lines
    assert f"~ {TEAMS}/{REST}/floor.json" in lines
    assert tree(company.folder / "fleet") == before


def test_the_branch_fleet_gets_a_commit_that_says_what_it_is_of(company: Company) -> None:
    company.ok(*RENDER, "--push")
    assert company.git("log", "-1", "--format=%s", "fleet") == "Render development at revision 1/3: 9 gateways"
    trailers = company.git("log", "-1", "--format=%(trailers)", "fleet").splitlines()
    assert trailers == [
        "Gatefleet-Environment: development",
        "Gatefleet-Revision: 1/3",
        f"Gatefleet-Commit: {company.git('rev-parse', 'HEAD')}",
    ]
    assert company.git("status", "--porcelain") == ""
    assert company.ok(*RENDER, "--push").out == "No changes; development at revision 1/3\n"
    assert company.git("rev-list", "--count", "fleet") == "1"


def test_a_merge_of_one_team_touches_that_teams_roots_alone(company: Company) -> None:
    company.ok(*RENDER, "--push")
    company.commit("teams/orders/gateways/orders.yaml", "    rate: 500\n".replace("    ", "  "), "  rate: 400\n")
    assert company.publish().code == 0
    company.ok(*RENDER, "--push")
    files = company.git("diff", "--name-only", "fleet^", "fleet").splitlines()
    assert files == [f"{TEAMS}/{HTTP}/main.tf.json"]


@pytest.mark.parametrize("root", [HTTP, REST])
def test_a_rendered_root_is_planned_checked_applied_and_destroyed(
    root: str, company: Company, configuration: Path
) -> None:
    company.ok(*RENDER, *OUT)
    terraform = terraform_in(company, root, configuration)
    assert changed(plan_of(terraform))
    assert check_plan(company, root).out.endswith("in development: 0 differences from its floor\n")
    terraform.run("apply", "-no-color", "-input=false", "plan")
    assert changed(plan_of(terraform)) == set()

    # Another client may call from now on: a new floor, and nothing else of the gateway, is applied.
    client = "policies/clients/payments/checkout.yaml"
    company.commit(client, "  payments:refund: {}\n", "")
    assert company.publish().code == 0
    company.ok(*RENDER, *OUT)
    moved = changed(plan_of(terraform))
    layer = {"module.authorizer.aws_lambda_layer_version.floor"}
    reference = {"module.authorizer.aws_lambda_function.this", "module.authorizer.aws_lambda_alias.live"}
    assert layer <= moved <= layer | reference
    assert check_plan(company, root).code == 0
    terraform.run("apply", "-no-color", "-input=false", "plan")
    terraform.run("destroy", "-no-color", "-input=false", "-auto-approve")


def test_a_plan_with_an_open_route_is_refused(company: Company, configuration: Path) -> None:
    company.ok(*RENDER, *OUT)
    terraform = terraform_in(company, HTTP, configuration)
    opened = {"module": {"gateway": {"routes": {"GET /orders": {"backend": "orders", "public": True}}}}}
    override = json.loads((terraform.folder / "override.tf.json").read_text()) | opened
    (terraform.folder / "override.tf.json").write_text(json.dumps(override))
    plan_of(terraform)
    ran = check_plan(company, HTTP)
    assert ran.code == 3
    assert "route `GET /orders` has no authorizer" in ran.err
    assert "route `POST /orders` of the policy is missing" in ran.err


def test_a_floor_that_was_tampered_with_is_refused_whatever_the_plan_says(company: Company) -> None:
    company.ok(*RENDER, *OUT)
    folder = company.folder / "fleet" / TEAMS / HTTP
    (folder / "plan.json").write_text("{}")
    floor = folder / "floor.json"
    floor.write_bytes(floor.read_bytes().replace(b'"sig":"', b'"sig":"A'))
    ran = check_plan(company, HTTP)
    assert (ran.code, ran.codes) == (1, ["GF624"])
    assert os.fspath(folder.name) in ran.err
