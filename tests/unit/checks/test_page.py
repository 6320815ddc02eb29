"""docs/reference/problems.md says of every rule what the rule itself says."""

from __future__ import annotations

import re

from tests.support.problems_page import PAGE, page

from gatefleet.cli.codes import all_rules


def test_the_page_in_the_repository_is_the_one_made_from_the_rules() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m tests.support.problems_page"


def test_every_rule_has_its_section() -> None:
    assert re.findall(r"^### (GF\d{3}) ", page(), re.MULTILINE) == sorted(all_rules())
