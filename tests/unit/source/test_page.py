"""docs/reference/sources.md says of every member what its schema says."""

from __future__ import annotations

import re

from tests.support.sources_page import PAGE

from gatefleet.source.layout import Kind
from gatefleet.source.page import sources_page


def test_the_page_in_the_repository_is_the_one_made_from_the_schemas() -> None:
    assert PAGE.read_text(encoding="utf-8") == sources_page(), "write it anew: python -m tests.support.sources_page"


def test_every_kind_has_its_section_and_members_their_rows() -> None:
    page = sources_page()
    assert re.findall(r"^## (\w+)$", page, re.MULTILINE) == list(Kind)
    assert "| `order` | 1 to 100, required |" in page
    assert "| `routes.*.claims` |" in page
    assert "| `denied[].until` | time, required |" in page
    assert "| `typ` | list of text, default `at+jwt` |" in page


def test_no_row_holds_what_markdown_takes_for_a_tag_or_another_column() -> None:
    for row in re.findall(r"^\| .*$", sources_page(), re.MULTILINE):
        assert "<" not in re.sub(r"`[^`]*`", "", row)
        assert len(re.findall(r"(?<!\\)\|", row)) == 4
