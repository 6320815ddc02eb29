"""The reference authorizer behind the adapter protocol of contract/README.md: one answer for each vector of its families."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gatefleet.contract import strict_json
from gatefleet.contract.digests import Position
from gatefleet.decide import (
    Allow,
    Decision,
    Deny,
    Freshness,
    FreshnessState,
    Holdings,
    NeedsSnapshot,
    Unauthorized,
    View,
    decide,
    log_line,
    respond,
)
from gatefleet.decide.token import read_token, verify

Json = Mapping[str, Any]


def answer(family: str, given: Json, fixtures: Json) -> dict[str, Any]:
    """What the reference says to one vector; equal to its `expect`, or a build is wrong."""
    return _FAMILIES[family](given, fixtures)


def view_of(fixture: Json) -> View:
    """The view of a fixture: gateway, position, entities."""
    return View(Holdings.build(fixture["gateway"], fixture["entities"]), Position(**fixture["position"]))


def decision_json(decision: Decision) -> dict[str, Any]:
    """A decision as vectors write it; what is not there yet is left out."""
    members = {
        **_outcome_json(decision.outcome),
        "route": decision.route,
        "path": None if decision.path_fits is None else "fits" if decision.path_fits else "differs",
        "credential": decision.credential,
        "client_id": decision.client_id,
        "subject": decision.subject,
        "when_stale": decision.when_stale,
    }
    return {name: value for name, value in members.items() if value is not None}


def _outcome_json(outcome: Allow | Deny) -> dict[str, Any]:
    match outcome:
        case Allow(scopes):
            return {"effect": "allow", "scopes": list(scopes)}
        case Deny(step, reason):
            return {"effect": "deny", "step": step, "reason": reason}


def _view(given: Json, _: Json) -> dict[str, Any]:
    holdings = Holdings.build(given["gateway"], given["entities"])
    for changes in given.get("revisions", []):
        after = holdings.apply({change["key"]: change.get("value") for change in changes})
        if isinstance(after, NeedsSnapshot):
            return {"needs_snapshot": list(after.missing)}
        holdings = after
    return {"keys": sorted(holdings.values), "absent": sorted(holdings.absent), "digest": holdings.digest}


def _token(given: Json, fixtures: Json) -> dict[str, Any]:
    unverified = read_token(given["token"])
    view = view_of(fixtures["views"][given["view"]])
    token = unverified if isinstance(unverified, Deny) else verify(unverified, view, given["now"])
    return _outcome_json(token) if isinstance(token, Deny) else {"effect": "allow", "issuer": token.issuer_name}


def _decide(given: Json, fixtures: Json) -> dict[str, Any]:
    return decision_json(_decision(given, fixtures))


def _respond(given: Json, fixtures: Json) -> dict[str, Any]:
    decision = _decision(given, fixtures)
    response = respond(decision, given["decision_id"])
    said = {"error": response.message} if isinstance(response, Unauthorized) else {"response": response}
    line = log_line(decision, given["decision_id"], now=given["now"], latency_ms=given["latency_ms"])
    return {**said, "log": strict_json.parse(line.encode())}


def _decision(given: Json, fixtures: Json) -> Decision:
    freshness = given["freshness"]
    return decide(
        given["event"],
        view_of(fixtures["views"][given["view"]]),
        Freshness(FreshnessState(freshness["state"]), freshness.get("age"), freshness["read_failed"]),
        given["now"],
    )


_FAMILIES: dict[str, Callable[[Json, Json], dict[str, Any]]] = {
    "view": _view,
    "token": _token,
    "decide": _decide,
    "respond": _respond,
}
