"""What every problem code stands for: the rules of checks and of plans, and those of other stages from `codes.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from gatefleet.checks import RULES
from gatefleet.problems import Rule, Severity
from gatefleet.render.plan_check import RULES as PLAN_RULES


def all_rules() -> Mapping[str, Rule]:
    """Every rule by its code, in order."""
    table = tomllib.loads(Path(__file__).with_name("codes.toml").read_text(encoding="utf-8"))
    others = {
        code: Rule(code, entry["title"], entry["why"], entry["fix"], Severity(entry.get("severity", "error")))
        for code, entry in table.items()
    }
    return dict(sorted({**others, **RULES, **{rule.code: rule for rule in PLAN_RULES}}.items()))
