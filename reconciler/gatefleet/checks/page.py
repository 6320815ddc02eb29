"""docs/reference/problems.md, made from the rules, so that `explain` and the page say the same."""

from __future__ import annotations

from collections.abc import Iterable

from gatefleet.problems import Rule, Severity

_HEAD = """# Problems

What `gatefleet` can find wrong, by code. This page is made from the rules themselves; `gatefleet explain GF104` says
the same.

An **error** stops a publish; a **warning** is shown and stops nothing. Whatever depends on the clock only warns, so
that a `git revert` can always roll back.
"""

_CHAPTERS = {
    "GF0": "Reading files",
    "GF1": "References",
    "GF2": "Gateways and routes",
    "GF3": "Issuers, keys, clients, environments",
    "GF4": "Log, archive, trust",
    "GF5": "Plan and publish",
    "GF6": "Configuration, key files, command line",
}


def problems_page(rules: Iterable[Rule]) -> str:
    """The page as Markdown: a chapter for each hundred of codes, a section for each rule."""
    parts = [_HEAD]
    chapter = ""
    for rule in sorted(rules, key=lambda one: one.code):
        if rule.code[:3] != chapter:
            chapter = rule.code[:3]
            parts.append(f"\n## {chapter}xx {_CHAPTERS[chapter]}\n")
        severity = "" if rule.severity is Severity.ERROR else " *(warning)*"
        parts.append(f"\n### {rule.code} {rule.title}{severity}\n\n{rule.why}\n\n**What to do:** {rule.fix}.\n")
    return "".join(parts)
