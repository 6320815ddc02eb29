"""Writes docs/reference/sources.md from the schemas: `python -m tests.support.sources_page`."""

from __future__ import annotations

from pathlib import Path

from gatefleet.source.page import sources_page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "sources.md"

if __name__ == "__main__":
    PAGE.write_text(sources_page(), encoding="utf-8")
