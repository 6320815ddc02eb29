"""How the cases of `decide` are written: what a decision carries follows from the step at which it ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._tokens import NOW

FRESH = {"state": "fresh", "age": 1, "read_failed": False}

# docs/reference/decision.md, "The steps": those named here carry what the steps before them have found.
_STEPS = (
    *("event", "gateway", "route", "path", "credential", "malformed", "issuer", "typ", "kid", "alg", "key_state"),
    *("signature", "exp", "nbf", "lifetime", "aud", "client", "suspended", "revoked", "cnf", "address", "claims"),
    *("scope", "stale"),
)
_FOUND_BEFORE = {"route": "path", "path": "credential", "credential": "malformed", "client_id": "suspended"}


def allowed(
    name: str,
    comment: str,
    event: Any,
    *,
    route: str,
    client: str | None = "reader",
    subject: str | None = "user-1",
    scopes: tuple[str, ...] = ("orders:read",),
    when_stale: str | None = "check",
    credential: str | None = "jwt",
    path: str = "fits",
    group: str,
    spec: Mapping[str, str],
    **given: Any,
) -> Case:
    """A case that is allowed; `given` may change `view`, `now` and `freshness`."""
    found = {"credential": credential, "client_id": client, "subject": subject, "when_stale": when_stale}
    expect = {"effect": "allow", "scopes": list(scopes), "route": route, "path": path, **_there(found)}
    return Case(name, comment, _given(event, given), expect, spec, group=group)


def denied(
    name: str,
    comment: str,
    event: Any,
    step: str,
    reason: str,
    *,
    neighbour: str,
    route: str | None = None,
    client: str | None = None,
    subject: str | None = "user-1",
    credential: str = "jwt",
    path: str = "fits",
    when_stale: str | None = None,
    group: str,
    spec: Mapping[str, str],
    **given: Any,
) -> Case:
    """A case that is denied at a step; the members found by then are expected too."""
    known = {"route": route, "path": path, "credential": credential, "client_id": client, "subject": subject}
    found = {name: value for name, value in known.items() if _found_by(step, name)}
    expect = {"effect": "deny", "step": step, "reason": reason, **_there({**found, "when_stale": when_stale})}
    return Case(name, comment, _given(event, given), expect, spec, neighbour, group)


def _found_by(step: str, member: str) -> bool:
    first = _FOUND_BEFORE["client_id" if member == "subject" else member]
    return _STEPS.index(step) >= _STEPS.index(first)


def _given(event: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    return {"view": "http", "event": event, "now": NOW, "freshness": FRESH, **given}


def _there(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
