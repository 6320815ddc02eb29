"""Every module as Terraform sees it: in form, valid, and planned as its own tests say."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.adapters import ROOT
from tests.support.terraform_provider import Terraform

MODULES = sorted(path.parent for path in (ROOT / "terraform" / "modules").glob("*/versions.tf"))
each_module = pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)

InModule = Callable[[Path], Terraform]


@each_module
def test_a_module_is_formatted_and_valid(module: Path, terraform_in: InModule) -> None:
    terraform = terraform_in(module)
    terraform.run("fmt", "-check", "-recursive", "-diff")
    terraform.run("validate", "-no-color")


@each_module
def test_a_module_plans_what_its_tests_say(module: Path, terraform_in: InModule) -> None:
    said = terraform_in(module).run("test", "-no-color")
    passed = re.search(r"(\d+) passed, 0 failed", said)
    assert passed, said
    assert int(passed[1]) >= 5


@pytest.mark.parametrize("argument", ["authorization_typ", "authorizer"])
def test_a_misspelt_argument_is_caught(argument: str, terraform_in: InModule) -> None:
    terraform = terraform_in(ROOT / "terraform" / "modules" / "gateway")
    file = terraform.folder / "http.tf"
    written = file.read_text()
    assert written.count("  authorization_type =") == 1
    file.write_text(written.replace("  authorization_type =", f"  {argument} ="))
    done = terraform.try_run("validate", "-no-color")
    assert done.returncode != 0
    assert f'"{argument}" is not expected here' in done.stderr
