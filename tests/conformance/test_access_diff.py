"""The access diff against brute force: random edits of a repository, every caller asked as a full event."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.support.callers import Caller, reachable
from tests.support.policy_edits import Files, beginning, edit, text_of

from gatefleet.access.diff import AccessDiff, access_diff
from gatefleet.access.who import who_can
from gatefleet.checks import check
from gatefleet.contract.entities import CredentialKind, Entity, Gateway, Public
from gatefleet.contract.entity_values import read_entity
from gatefleet.desired import desired_states
from gatefleet.model import Model, parse_model
from gatefleet.problems import Severity
from gatefleet.source import Sources
from gatefleet.source.layout import Slot, slot_of
from gatefleet.source.read import read_document

NOW = 1_793_534_400  # 2026-11-01T12:00:00Z
ENVIRONMENTS = ("staging", "production")


def model_of(files: Files) -> Model | None:
    """The model of files that break no rule; None where they do."""
    documents = []
    for path, data in sorted(files.items()):
        slot = slot_of(path)
        if not isinstance(slot, Slot):
            return None
        document, problems = read_document(path, slot, text_of(data).encode())
        if document is None or problems:
            return None
        documents.append(document)
    model, found = parse_model(Sources(None, tuple(documents), (), frozenset()))
    broken = any(one.severity is Severity.ERROR for one in (*found, *check(model, NOW)))
    return None if broken else model


def versions(seed: int, count: int) -> Iterator[tuple[Model, Model]]:
    """Pairs of valid repositories, each one edit (of up to three files) apart."""
    randomness = random.Random(seed)
    files = beginning()
    before = model_of(files)
    assert before is not None
    while count:
        candidate = changed(files, randomness)
        after = model_of(candidate)
        if after is None:
            continue
        yield before, after
        files, before, count = candidate, after, count - 1


def changed(files: Files, randomness: random.Random) -> Files:
    """One edit, and sometimes one of what matters most here: who may call a route, with what."""
    made = edit(files, randomness)
    gateways = [path for path, data in made.items() if "/gateways/" in path and isinstance(data, dict)]
    if not gateways or randomness.random() < 0.5:
        return made
    gateway = made[randomness.choice(sorted(gateways))]
    routes = gateway.get("routes") or {"GET /one": {}}
    route = routes[randomness.choice(sorted(routes))]
    match randomness.randrange(7):
        case 0 | 1 | 2:
            route["credentials"] = randomness.choice((["jwt"], ["api_key"], ["api_key", "jwt"]))
            route.pop("claims", None)
        case 3:
            route["credentials"] = randomness.choice((["jwt"], ["certificate", "jwt"], ["certificate"]))
        case 4:
            backend = {"backend": route["backend"]} if "backend" in route else {}
            route.clear()
            route.update(backend, **randomness.choice(({"public": True}, {"any_client": True})))
        case 5:
            backend = {"backend": route["backend"]} if "backend" in route else {}
            route.clear()
            route.update(backend, scopes=[randomness.choice(("orders:read", "payments:read", "payments:refund"))])
        case 6:
            client = made[randomness.choice(sorted(path for path in made if "/clients/" in path))]
            number = randomness.randrange(9)
            client["api_keys"] = {f"made-{number}": {"sha256": f"{number}0" * 32, "expires": "2029-01-31T00:00:00Z"}}
    return made


def entities_of(model: Model) -> dict[str, dict[str, Entity]]:
    states = desired_states(model, [name for name in ENVIRONMENTS if name in model.environments])
    return {
        name: {key: read_entity(key, text) for key, text in state.entities.items()} for name, state in states.items()
    }


def listed(diff: AccessDiff) -> tuple[set[Caller], set[Caller]]:
    def callers(shifts: Any) -> set[Caller]:
        return {(one.gateway, one.route, one.client, kind) for one in shifts for kind in one.kinds}

    return callers(diff.gains), callers(diff.losses)


def named(entities: Mapping[str, Entity]) -> set[Caller]:
    """What `who_can` says of every gateway, as callers."""
    gateways = [key.removeprefix("gateway/") for key, entity in entities.items() if isinstance(entity, Gateway)]
    return {
        (gateway, one.route, client, kind)
        for gateway in gateways
        for one in who_can(entities, gateway, NOW)
        for client, kinds in one.clients
        for kind in kinds
    }


def public_routes(entities: Mapping[str, Entity]) -> set[tuple[str, str]]:
    return {
        (key.removeprefix("gateway/"), route_key)
        for key, entity in entities.items()
        if isinstance(entity, Gateway)
        for route_key, route in entity.routes.items()
        if isinstance(route.requirement, Public)
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_gains_and_losses_are_those_of_asking_every_caller(seed: int, request: pytest.FixtureRequest) -> None:
    count: int = request.config.getoption("--access-edits") // 2
    seen: dict[str, int] = dict.fromkeys(("gains", "losses", "openings", "closings", *CredentialKind), 0)
    for before, after in versions(seed, count):
        old, new = entities_of(before), entities_of(after)
        for name in old.keys() & new.keys():
            diff = access_diff(old[name], new[name], NOW)
            could, can = reachable(old[name], NOW), reachable(new[name], NOW)
            assert named(new[name]) == can
            was, is_ = public_routes(old[name]), public_routes(new[name])
            gains = {one for one in can - could if one[:2] not in was}
            losses = {one for one in could - can if one[:2] not in is_}
            assert listed(diff) == (gains, losses)
            assert {(one.gateway, one.route) for one in diff.openings} == is_ - was
            assert {(one.gateway, one.route) for one in diff.closings} == was - is_
            assert all(one.causes for one in (*diff.gains, *diff.losses)), "somebody shifts for no reason"
            for shift in (*diff.gains, *diff.losses):
                for kind in shift.kinds:
                    seen[kind] += 1
            for part in ("gains", "losses", "openings", "closings"):
                seen[part] += len(getattr(diff, part))
    assert all(seen.values()), f"edits that reach too little: {seen}"
