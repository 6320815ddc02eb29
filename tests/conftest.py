"""Options of the whole suite: how many random cases, or for how long, and from which seed."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--differential-cases", type=int, default=100_000, help="cases asked of every build")
    parser.addoption("--differential-seed", type=int, default=1, help="another seed makes other cases")
    parser.addoption("--fuzz-seconds", type=int, default=600, help="how long each target is fuzzed")
    parser.addoption("--fuzz-seed", type=int, default=1, help="another seed makes other cases")
    parser.addoption("--access-edits", type=int, default=200, help="edits whose access diff is held against asking")
