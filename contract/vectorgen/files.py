"""The files of a family: their text, the ids in them, and where they stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contract.vectorgen.cases import Case, Family

VECTORS = Path(__file__).parent.parent / "vectors"
IDS = "ids.json"
FIXTURES = "fixtures.json"


def text_of(value: Any) -> str:
    """The one form of a vector file: two spaces, members in the order written, a line feed at the end."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def given_ids(family: str, root: Path = VECTORS) -> dict[str, str]:
    """Every id ever given in a family, by case name."""
    path = root / family / IDS
    return dict(json.loads(path.read_text(encoding="utf-8"))["ids"]) if path.exists() else {}


def with_new_ids(family: Family, ids: Mapping[str, str]) -> dict[str, str]:
    """The ids with one more for each case that has none: the next number, never one that was given before."""
    numbered = dict(ids)
    last = max((int(one.rpartition("-")[2]) for one in numbered.values()), default=0)
    for case in family.cases:
        if case.name not in numbered:
            last += 1
            numbered[case.name] = f"{family.name}-{last:04}"
    return numbered


def rendered(family: Family, ids: Mapping[str, str]) -> dict[str, str]:
    """The family's files by name. Raises `KeyError` for a case or a neighbour without an id."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for case in family.cases:
        groups.setdefault(case.group, []).append(_vector(case, ids))
    files = {
        f"{group}.json": text_of(
            {"$schema": "../../schemas/vector.schema.json", "family": family.name, "vectors": all_}
        )
        for group, all_ in groups.items()
    }
    if family.fixtures:
        files[FIXTURES] = text_of(family.fixtures)
    files[IDS] = text_of({"ids": dict(sorted(ids.items(), key=lambda item: item[1]))})
    return files


def write(family: Family, root: Path = VECTORS) -> list[Path]:
    """Write a family's files and remove those it no longer has. Gives the paths that changed."""
    folder = root / family.name
    folder.mkdir(parents=True, exist_ok=True)
    wanted = rendered(family, with_new_ids(family, given_ids(family.name, root)))
    changed = [folder / name for name, text in wanted.items() if _read(folder / name) != text]
    for path in changed:
        path.write_text(wanted[path.name], encoding="utf-8")
    stale = [path for path in sorted(folder.glob("*.json")) if path.name not in wanted]
    for path in stale:
        path.unlink()
    return changed + stale


def differences(family: Family, root: Path = VECTORS) -> list[str]:
    """What `write` would change, said for people."""
    folder = root / family.name
    ids = given_ids(family.name, root)
    unnumbered = [case.name for case in family.cases if case.name not in ids]
    if unnumbered:
        return [f"{family.name}: {name} has no id yet; run `python -m contract.vectorgen make`" for name in unnumbered]
    wanted = rendered(family, ids)
    found = [
        f"{family.name}/{name}: differs from what `make` writes"
        for name, text in wanted.items()
        if _read(folder / name) != text
    ]
    stale = [path.name for path in sorted(folder.glob("*.json")) if path.name not in wanted]
    return found + [f"{family.name}/{name}: no case goes into it" for name in stale]


def _vector(case: Case, ids: Mapping[str, str]) -> dict[str, Any]:
    vector: dict[str, Any] = {"id": ids[case.name], "name": case.name, "comment": case.comment, "spec": dict(case.spec)}
    if case.neighbour is not None:
        vector["neighbour"] = ids[case.neighbour]
    return {**vector, "given": case.given, "expect": case.expect}


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
