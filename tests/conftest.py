"""Options of the whole suite: how many differential cases, and from which seed."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--differential-cases", type=int, default=100_000, help="cases asked of every build")
    parser.addoption("--differential-seed", type=int, default=1, help="another seed makes other cases")
