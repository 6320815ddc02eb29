"""The threat model names tests and vectors; here they are looked up, so that the page cannot promise what is gone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:tests|contract|requirements)/[^`]+)`", PAGE)))
ROWS = re.findall(r"^\| ([TPKG]\d+) \|.*\|([^|]*)\|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("named", NAMED)
def test_what_the_threat_model_names_is_there(named: str) -> None:
    path, _, test = named.partition("::")
    assert (ROOT / path).is_file()
    if test:
        assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8")


def test_every_threat_has_a_row_and_every_row_a_proof_or_says_that_its_part_is_missing() -> None:
    expected = {*(f"T{n}" for n in range(1, 14)), *(f"P{n}" for n in range(1, 9))}
    expected |= {*(f"K{n}" for n in range(1, 15)), *(f"G{n}" for n in range(1, 11))}
    assert expected <= {row for row, _ in ROWS}
    unproven = [row for row, proof in ROWS if not proof.strip()]
    missing = re.findall(r"^\| ([TPKG]\d+) \|.*not here yet", PAGE, re.MULTILINE)
    assert set(unproven) <= set(missing)
