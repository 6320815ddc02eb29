"""The reference authorizer behind the adapter protocol of contract/README.md: `python -m tests.support.reference`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

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


class Reference:
    """Answers cases; holds the views of the fixtures it was given."""

    def __init__(self) -> None:
        self._views: dict[str, dict[str, View]] = {}
        self._families: dict[str, Callable[[Json, Mapping[str, View]], dict[str, Any]]] = {
            "view": _view,
            "token": _token,
            "decide": _decide,
            "respond": _respond,
        }

    def ready(self, family: str, fixtures: Json) -> None:
        """Take the fixtures of a family."""
        self._views[family] = {name: view_of(fixture) for name, fixture in fixtures.get("views", {}).items()}

    def answer(self, family: str, given: Json) -> dict[str, Any]:
        """What the reference says to a case. Raises `KeyError` for a family that it does not have."""
        return self._families[family](given, self._views.get(family, {}))

    def lines(self, lines: Iterable[str]) -> Iterator[str]:
        """The adapter protocol: one answer for each line."""
        for line in lines:
            asked = json.loads(line)
            family = asked["family"]
            if family not in self._families:
                said = {"id": asked.get("id"), "unsupported": f"no family {family}"}
            elif "fixtures" in asked:
                self.ready(family, asked["fixtures"])
                said = {"ready": family}
            else:
                said = {"id": asked["id"], "answer": self.answer(family, asked["given"])}
            yield json.dumps(said)


def view_of(fixture: Json) -> View:
    """The view of a fixture: gateway, position, entities."""
    return View(Holdings.build(fixture["gateway"], fixture["entities"]), Position(**fixture["position"]))


def decision_json(decision: Decision) -> dict[str, Any]:
    """A decision as vectors write it; what is not there yet is left out."""
    members = {
        **_outcome_json(decision.outcome),
        "route": decision.route,
        "path": {None: None, True: "fits", False: "differs"}[decision.path_fits],
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


def _view(given: Json, _: Mapping[str, View]) -> dict[str, Any]:
    holdings = Holdings.build(given["gateway"], given["entities"])
    for changes in given.get("revisions", []):
        after = holdings.apply({change["key"]: change.get("value") for change in changes})
        if isinstance(after, NeedsSnapshot):
            return {"needs_snapshot": list(after.missing)}
        holdings = after
    return {"keys": sorted(holdings.values), "absent": sorted(holdings.absent), "digest": holdings.digest}


def _token(given: Json, views: Mapping[str, View]) -> dict[str, Any]:
    unverified = read_token(given["token"])
    token = unverified if isinstance(unverified, Deny) else verify(unverified, views[given["view"]], given["now"])
    return _outcome_json(token) if isinstance(token, Deny) else {"effect": "allow", "issuer": token.issuer_name}


def _decide(given: Json, views: Mapping[str, View]) -> dict[str, Any]:
    return decision_json(_decision(given, views))


def _respond(given: Json, views: Mapping[str, View]) -> dict[str, Any]:
    decision = _decision(given, views)
    response = respond(decision, given["decision_id"])
    said = {"error": response.message} if isinstance(response, Unauthorized) else {"response": response}
    line = log_line(decision, given["decision_id"], now=given["now"], latency_ms=given["latency_ms"])
    return {**said, "log": json.loads(line)}


def _decision(given: Json, views: Mapping[str, View]) -> Decision:
    freshness = given["freshness"]
    return decide(
        given["event"],
        views[given["view"]],
        Freshness(FreshnessState(freshness["state"]), freshness.get("age"), freshness["read_failed"]),
        given["now"],
    )


if __name__ == "__main__":
    for answered in Reference().lines(sys.stdin):
        print(answered, flush=True)
