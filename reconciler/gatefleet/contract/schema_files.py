"""Where the JSON Schemas of `contract/schemas/` are: beside this module in a wheel, in `contract/` in a checkout."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_BESIDE = Path(__file__).with_name("schemas")


@cache
def schema_folder() -> Path:
    """The folder of the schemas."""
    return _BESIDE if _BESIDE.is_dir() else Path(__file__).parents[3] / "contract" / "schemas"


@cache
def schema(name: str) -> dict[str, Any]:
    """Read `<name>.schema.json`, such as `schema("client")`. Callers share the object: read only."""
    parsed: dict[str, Any] = json.loads((schema_folder() / f"{name}.schema.json").read_bytes())
    return parsed
