"""Reads the vectors of `contract/vectors/` for the runners in tests/conformance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parent.parent.parent / "contract" / "vectors"


def vectors(family: str, *groups: str) -> list[dict[str, Any]]:
    """Every vector of a family, in order of the files; `groups` limits to some files."""
    files = [path for path in sorted((VECTORS / family).glob("*.json")) if path.stem not in ("ids", "fixtures")]
    chosen = [path for path in files if not groups or path.stem in groups]
    return [vector for path in chosen for vector in json.loads(path.read_text(encoding="utf-8"))["vectors"]]


def fixtures(family: str) -> dict[str, Any]:
    """What the vectors of a family name instead of repeating."""
    return dict(json.loads((VECTORS / family / "fixtures.json").read_text(encoding="utf-8")))


def name_of(vector: dict[str, Any]) -> str:
    """How a test run calls a vector."""
    return f"{vector['id']}-{vector['name']}"
