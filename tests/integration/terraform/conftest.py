"""Terraform with a provider that needs no network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.terraform_provider import Terraform, cli_configuration


@pytest.fixture(scope="session")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cli_configuration(tmp_path_factory.mktemp("terraform"))


@pytest.fixture
def terraform_in(configuration: Path, tmp_path: Path) -> Callable[[Path], Terraform]:
    """Terraform in a copy of this folder, initialised."""

    def initialised(source: Path) -> Terraform:
        terraform = Terraform(source, tmp_path / source.name, configuration)
        terraform.run("init", "-no-color", "-input=false")
        return terraform

    return initialised
