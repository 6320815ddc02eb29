"""Writes docs/reference/problems.md from the rules: `python -m tests.support.problems_page`."""

from __future__ import annotations

from pathlib import Path

from gatefleet.checks.page import problems_page
from gatefleet.cli.codes import all_rules

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "problems.md"


def page() -> str:
    """The page as it should be."""
    return problems_page(all_rules().values())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
