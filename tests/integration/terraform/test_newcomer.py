"""docs/newcomer.md, walked as it stands there: from four new files to a plan that is what the policy says."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from tests.integration.terraform.test_render import changed, check_plan, plan_of, terraform_in
from tests.support.adapters import ROOT
from tests.support.command import Company
from tests.support.terraform_provider import Terraform
from tests.support.terraform_roots import example_model

PAGE = ROOT / "docs" / "newcomer.md"
_FILE = re.compile(r"^`((?:teams|policies)/[^`]+)`\n\n```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILES = dict(_FILE.findall(PAGE.read_text()))
GATEWAY = "returns/development/returns"  # where a copy on one machine has its gateways


def test_one_merge_leads_from_a_new_team_to_a_checked_plan(company: Company, configuration: Path) -> None:
    assert len(FILES) == 5
    for path, text in FILES.items():
        file = company.repo / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    company.git("add", "--all")
    company.git("commit", "--quiet", "--message", "Returns")
    assert company.run("validate").code == 0
    assert company.run("test", "--environment", "production").code == 0
    assert "returns-desk: GET /returns/{return_id} on returns/returns" in company.run("diff", "HEAD^..HEAD").out
    assert company.publish().code == 0
    company.ok("render", *Company.log, *Company.key, "--out", "../fleet")
    terraform = terraform_in(company, GATEWAY, configuration)
    plan = plan_of(terraform)
    assert "module.gateway.aws_apigatewayv2_api.this[0]" in changed(plan)
    assert check_plan(company, GATEWAY).out == "returns/returns in development: 0 differences from its floor\n"


def test_the_files_have_as_many_lines_as_the_page_says() -> None:
    lines = sum(len(text.splitlines()) for text in FILES.values())
    assert f"The five files have {lines} lines." in PAGE.read_text()


def test_the_log_is_opened_to_the_accounts_that_the_teams_files_name(tmp_path: Path, configuration: Path) -> None:
    expression = PAGE.read_text().partition("```hcl\nteams = ")[2].partition("```")[0]
    root = tmp_path / "platform" / "production"
    root.mkdir(parents=True)
    shutil.copytree(ROOT / "teams", tmp_path / "teams")
    (root / "main.tf").write_text(f"locals {{\n  teams = {expression}\n}}\n")
    said = Terraform(root, root, configuration).run("console", given="jsonencode(local.teams)\n")
    model = example_model()
    wanted = {name: [team.accounts["production"].account] for name, team in model.teams.items()}
    assert json.loads(json.loads(said)) == wanted
