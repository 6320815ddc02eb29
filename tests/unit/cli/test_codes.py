"""`gatefleet explain` knows every code that the package can say, and none that it cannot."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import gatefleet
from gatefleet.checks import RULES
from gatefleet.cli.codes import all_rules
from gatefleet.problems import Severity

PACKAGE = Path(gatefleet.__file__).parent


def codes_in_the_package() -> dict[str, set[str]]:
    """Every code that stands as a string of its own in a module, or in a message beginning with it, and in which."""
    found: dict[str, set[str]] = {}
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                code = re.match(r"GF\d{3}(?= |$)", node.value)
                if code:
                    found.setdefault(code[0], set()).add(str(file.relative_to(PACKAGE)))
    return found


def test_every_code_that_is_said_is_explained_and_every_explained_one_is_said() -> None:
    said = codes_in_the_package()
    assert len(said) > 150
    assert said.keys() - all_rules().keys() == set()
    assert all_rules().keys() - said.keys() == set()


def test_a_code_of_a_check_is_explained_by_the_check_alone() -> None:
    others = tomllib.loads((PACKAGE / "cli/codes.toml").read_text(encoding="utf-8"))
    assert others.keys() & RULES.keys() == set()
    assert list(others) == sorted(others)


def test_every_rule_says_what_why_and_what_to_do() -> None:
    for rule in all_rules().values():
        assert rule.title[0].isupper(), rule
        assert not rule.title.endswith("."), rule
        assert rule.why.endswith((".", ".)")), rule
        assert rule.fix, rule
        assert not rule.fix.endswith("."), rule


def test_what_stops_nothing_is_a_warning() -> None:
    warnings = {code for code, rule in all_rules().items() if rule.severity is Severity.WARNING}
    assert {"GF615", "GF657"} <= warnings
    assert not {code for code in warnings if code < "GF100"}
