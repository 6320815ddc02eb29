"""What a vector must be beyond its schema: findings as sentences, none when all is well."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import jsonschema_rs
from contract.vectorgen.cases import Case, Family
from contract.vectorgen.files import VECTORS, differences, given_ids, rendered

SCHEMA = Path(__file__).parent.parent / "schemas" / "vector.schema.json"
# The documents that `spec` may point into: RFCs, this repository's own pages, and the standards it builds on.
SPECS = re.compile(
    r"rfc[1-9][0-9]{2,4}|log|decision|heartbeat|dsse|tuf|kafka|aws|fips186|fips180|ecma262|wycheproof|sec1|w3c-trace"
)
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# A comment states what is so; what is wished or announced says nothing about the input.
_WISHES = re.compile(r"\b(?:should|shall|must|todo)\b", re.IGNORECASE)


def findings(families: tuple[Family, ...], root: Path = VECTORS) -> list[str]:
    """Everything that is wrong with the families and with their files."""
    found = [finding for family in families for finding in _of_cases(family)]
    if found:
        return found
    return [finding for family in families for finding in [*differences(family, root), *_of_files(family, root)]]


def _of_cases(family: Family) -> list[str]:
    named = {case.name: case for case in family.cases}
    twice = [name for name, count in Counter(case.name for case in family.cases).items() if count > 1]
    found = [f"{family.name}: {name} is the name of two cases" for name in twice]
    for case in family.cases:
        found += [f"{family.name}: {case.name}: {what}" for what in _of_case(case, family, named)]
    return found


def _of_case(case: Case, family: Family, named: dict[str, Case]) -> list[str]:
    found = []
    if not _NAME.fullmatch(case.name):
        found.append("the name is not kebab-case")
    if case.comment.endswith(".") or not 4 <= len(case.comment.split()) <= 40 or _WISHES.search(case.comment):
        found.append("the comment is no factual sentence of 4 to 40 words without a full stop at its end")
    if not case.spec:
        found.append("no clause is named in `spec`")
    found += [f"`spec` names {name}, which is not among SPECS" for name in case.spec if not SPECS.fullmatch(name)]
    if case.neighbour is not None:
        neighbour = named.get(case.neighbour)
        if neighbour is None:
            found.append(f"the neighbour {case.neighbour} is no case of this family")
        elif not family.accepts(neighbour.expect):
            found.append(f"the neighbour {case.neighbour} is not accepted itself")
    elif not family.accepts(case.expect):
        found.append("it is refused, so it needs a neighbour that is accepted")
    return found


def _of_files(family: Family, root: Path) -> list[str]:
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))
    ids = given_ids(family.name, root)
    if len(set(ids.values())) != len(ids):
        return [f"{family.name}/ids.json: an id is given twice"]
    files = rendered(family, ids) if all(case.name in ids for case in family.cases) else {}
    return [
        f"{family.name}/{name}: at {'/'.join(map(str, error.instance_path))}: {error.message[-160:]}"
        for name, text in files.items()
        if name not in ("ids.json", "fixtures.json")
        for error in validator.iter_errors(json.loads(text))
    ]
