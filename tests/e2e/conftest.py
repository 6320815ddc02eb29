"""Companies for the command: made once a session, copied for each test that changes one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.command import Company, a_company, a_published_company


@pytest.fixture(scope="session")
def unpublished(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Do not change it."""
    return a_company(tmp_path_factory.mktemp("unpublished"))


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Do not change it."""
    return a_published_company(tmp_path_factory.mktemp("published"))


@pytest.fixture
def fresh(unpublished: Company, tmp_path: Path) -> Company:
    return unpublished.copy(tmp_path / "company")


@pytest.fixture
def company(published: Company, tmp_path: Path) -> Company:
    return published.copy(tmp_path / "company")
