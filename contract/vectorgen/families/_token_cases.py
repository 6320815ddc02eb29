"""How the cases of `token` are written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._tokens import NOW

MALFORMED = ("malformed", "malformed_token")
PARTNER_HEADER = {"typ": "JWT", "alg": "EdDSA", "kid": "partner"}


def accepted(name: str, comment: str, text: str, *, group: str, issuer: str = "workforce", **spec: str) -> Case:
    return Case(name, comment, _given(text, spec), {"effect": "allow", "issuer": issuer}, _spec(spec), group=group)


def refused(
    name: str, comment: str, text: str, failing: tuple[str, str], *, neighbour: str, group: str, **spec: str
) -> Case:
    step, reason = failing
    expect = {"effect": "deny", "step": step, "reason": reason}
    return Case(name, comment, _given(text, spec), expect, _spec(spec), neighbour, group)


def _given(text: str, spec: Mapping[str, str]) -> dict[str, Any]:
    return {"view": "http", "token": text, "now": int(spec.get("now", NOW))}


def _spec(spec: Mapping[str, str]) -> dict[str, str]:
    return {name: clause for name, clause in spec.items() if name != "now"}


def json_of(members: Mapping[str, Any]) -> str:
    return json.dumps(members, separators=(",", ":"))


def extended(members: Mapping[str, Any], text: str) -> bytes:
    """The JSON object with more member text at its end, written as it is."""
    return (json_of(members)[:-1] + "," + text + "}").encode()
