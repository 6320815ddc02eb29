"""Every malformed file of the table is refused with exactly the expected problems."""

from __future__ import annotations

import pytest
from tests.support.malformed import CASES, Malformed

from gatefleet.problems import in_order
from gatefleet.source.layout import Slot, slot_of
from gatefleet.source.read import read_document


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_malformed_file_gives_its_problems_by_code_line_and_column(case: Malformed) -> None:
    slot = slot_of(case.path)
    assert isinstance(slot, Slot)
    document, problems = read_document(case.path, slot, case.content)
    assert document is None
    found = [f"{one.code}:{one.place.line}:{one.place.column}" for one in problems]
    assert sorted(found) == sorted(case.problems)
    assert case.says in str(in_order(problems)[0])
    if case.never:
        assert case.never not in repr(problems)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_problem_is_one_printable_line_with_a_path_and_no_longer_than_a_paragraph(case: Malformed) -> None:
    slot = slot_of(case.path)
    assert isinstance(slot, Slot)
    for problem in read_document(case.path, slot, case.content)[1]:
        assert str(problem).startswith(case.path)
        assert str(problem).isprintable()
        assert len(str(problem)) < 500


def test_the_table_has_at_least_sixty_cases_and_no_name_twice() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)
