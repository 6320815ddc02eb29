"""Terraform with a provider that needs no network."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from tests.support.adapters import ROOT
from tests.support.command import Company, a_published_company
from tests.support.terraform_provider import Terraform, cli_configuration


@pytest.fixture(scope="session")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cli_configuration(tmp_path_factory.mktemp("terraform"))


@pytest.fixture(scope="session")
def terraform_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the folder `terraform`: neither lock files nor the stub's checksums reach the repository."""
    copy = tmp_path_factory.mktemp("copy") / "terraform"
    shutil.copytree(ROOT / "terraform", copy, ignore=shutil.ignore_patterns(".terraform*"))
    return copy


@pytest.fixture(scope="session")
def terraform_in(configuration: Path, terraform_copy: Path) -> Callable[[Path], Terraform]:
    """Terraform in the copy of a module, initialised, the same for all who ask. Do not change it."""

    @cache
    def initialised(source: Path) -> Terraform:
        folder = terraform_copy / source.relative_to(ROOT / "terraform")
        terraform = Terraform(folder, folder, configuration)
        terraform.run("init", "-no-color", "-input=false")
        return terraform

    return initialised


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company whose environment `development` says where Kafka would be. Do not change it."""
    company = a_published_company(tmp_path_factory.mktemp("published"))
    kafka = "kafka:\n  bootstrap:\n    - b-1.kafka.example.com:9096\n  security: SASL_SSL\n  mechanism: SCRAM-SHA-512\n"
    company.commit("policies/environments/development.yaml", "kind: Environment\n", f"kind: Environment\n{kafka}")
    assert company.publish().code == 0
    return company


@pytest.fixture
def company(published: Company, tmp_path: Path) -> Company:
    return published.copy(tmp_path / "company")
