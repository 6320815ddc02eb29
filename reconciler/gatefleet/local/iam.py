"""How API Gateway reads the policy an authorizer returned ("Output from an API Gateway Lambda authorizer")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

INVOKE = "execute-api:Invoke"


def allows(policy: Mapping[str, Any], method_arn: str) -> bool:
    """Whether the policy document lets this method be invoked: a matching Deny wins, no match denies.

    In `Resource`, `*` stands for any characters, slashes and colons included, and `?` for one.
    """
    effects = {
        statement["Effect"]
        for statement in policy["Statement"]
        if INVOKE in _listed(statement["Action"])
        and any(_matches(r, method_arn) for r in _listed(statement["Resource"]))
    }
    return effects == {"Allow"}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _matches(pattern: str, arn: str) -> bool:
    return bool(_compiled(pattern).fullmatch(arn))


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.compile("".join(parts), re.DOTALL)
