"""The reference authorizer behind the adapter protocol of contract/README.md: `python -m tests.support.reference`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from gatefleet.contract.digests import GENESIS_PARENT, Position
from gatefleet.contract.entities import ApiKind
from gatefleet.contract.reasons import Reason, RefusalReason
from gatefleet.decide import (
    Allow,
    Decision,
    Deny,
    Freshness,
    FreshnessState,
    Holdings,
    Identity,
    NeedsSnapshot,
    Pulse,
    Standing,
    Step,
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
            "heartbeat": _heartbeat,
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
    return decide(given["event"], views[given["view"]], _freshness(given["freshness"]), given["now"])


def _freshness(given: Json) -> Freshness:
    return Freshness(FreshnessState(given["state"]), given.get("age"), given["read_failed"])


def _heartbeat(given: Json, _: Mapping[str, View]) -> dict[str, Any]:
    identity = dict(given["identity"])
    floor = {f"floor_{name}": value for name, value in identity.pop("floor").items()}
    pulse = Pulse.start(Identity(**identity, **floor), given["started"])
    heartbeats: list[dict[str, Any] | None] = []
    for event in given["events"]:
        match event:
            case {"read": read, "refused": refused}:
                counts = {RefusalReason(reason): count for reason, count in refused.items()}
                pulse = pulse.read(read == "succeeded", counts)
            case {"decision": decision}:
                pulse = pulse.decided(_decided(decision))
            case {"delivery": delivery}:
                pulse = pulse.delivered(delivery == "sent")
            case {"ask": ask}:
                freshness = _freshness(ask["freshness"])
                standing = Standing(Position(**ask["position"]), ask["view"], freshness, ask["follows"])
                pulse, heartbeat = pulse.beat(standing, ask["now"])
                heartbeats.append(None if heartbeat is None else asdict(heartbeat))
    return {"heartbeats": heartbeats}


def _decided(given: Json) -> Decision:
    """A decision of which only what a heartbeat counts is true."""
    return Decision(
        outcome=Deny(Step.EVENT, Reason(given["reason"])) if given["effect"] == "deny" else Allow(),
        gateway="orders/orders",
        position=Position(1, 1, GENESIS_PARENT),
        freshness=Freshness(FreshnessState(given["freshness"])),
        api=ApiKind.HTTP,
        path_fits={None: None, "fits": True, "differs": False}[given.get("path")],
    )


if __name__ == "__main__":
    for answered in Reference().lines(sys.stdin):
        print(answered, flush=True)
