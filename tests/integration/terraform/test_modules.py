"""Every module as Terraform sees it: in form, valid, and planned as its own tests say."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.adapters import ROOT
from tests.support.terraform_provider import Terraform

MODULES = sorted(path.parent for path in (ROOT / "terraform" / "modules").glob("*/versions.tf"))
each_module = pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)

InModule = Callable[[Path], Terraform]


def test_everything_is_formatted(terraform_in: InModule) -> None:
    terraform_in(MODULES[0]).run("fmt", "-check", "-recursive", "-diff", "../..")


@each_module
def test_a_module_is_valid_and_plans_what_its_tests_say(module: Path, terraform_in: InModule) -> None:
    terraform = terraform_in(module)
    terraform.run("validate", "-no-color")
    said = terraform.run("test", "-no-color")
    passed = re.search(r"(\d+) passed, 0 failed", said)
    assert passed, said
    assert int(passed[1]) >= 5


@pytest.mark.parametrize("argument", ["authorization_typ", "authorizer"])
def test_a_misspelt_argument_is_caught(
    argument: str, terraform_in: InModule, configuration: Path, tmp_path: Path
) -> None:
    initialised = terraform_in(ROOT / "terraform" / "modules" / "gateway").folder
    shutil.copytree(initialised, tmp_path / "gateway", symlinks=True)
    file = tmp_path / "gateway" / "http.tf"
    written = file.read_text()
    assert written.count("  authorization_type =") == 1
    file.write_text(written.replace("  authorization_type =", f"  {argument} ="))
    done = Terraform(file.parent, file.parent, configuration).try_run("validate", "-no-color")
    assert done.returncode != 0
    assert f'"{argument}" is not expected here' in done.stderr
