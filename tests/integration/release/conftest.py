"""A policy for released archives to start from."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.local_policy import LocalPolicy
from tests.support.release import a_policy


@pytest.fixture
def policy(tmp_path: Path) -> LocalPolicy:
    """One route, one scope, and one client that holds it."""
    return a_policy(tmp_path / "policy")
