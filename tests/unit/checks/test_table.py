"""The table of rules: one row a code, complete sentences, codes of the right hundred."""

from __future__ import annotations

import re

from tests.support.breaches.every import BREACHES

from gatefleet.checks import RULES
from gatefleet.checks.table import CHECKS


def test_no_two_checks_share_a_code() -> None:
    assert len(RULES) == len(CHECKS)


def test_every_rule_is_broken_by_a_case_and_every_case_breaks_a_rule() -> None:
    assert {breach.code for breach in BREACHES} == set(RULES)


def test_codes_are_references_gateways_or_credentials() -> None:
    assert [code for code in RULES if not re.fullmatch(r"GF[123]\d\d", code)] == []


def test_every_rule_says_why_in_sentences_and_what_to_do_as_one_order() -> None:
    for rule in RULES.values():
        assert rule.title and not rule.title.endswith("."), rule.code
        assert re.match(r"[A-Z`]", rule.why) and re.search(r"[.)]$", rule.why), rule.code
        assert re.match(r"[a-z`]", rule.fix) and not rule.fix.endswith("."), rule.code


def test_what_markdown_would_take_for_a_tag_stands_in_backticks() -> None:
    for rule in RULES.values():
        assert "<" not in re.sub(r"`[^`]*`", "", rule.why + rule.fix + rule.title), rule.code
