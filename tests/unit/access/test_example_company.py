"""The example company's own policy tests hold, with the view that decides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gatefleet.access.can import can
from gatefleet.contract.digests import Position
from gatefleet.contract.entities import Client
from gatefleet.contract.entity_values import entity_json, read_entity
from gatefleet.decide.view import Holdings, View
from gatefleet.desired import desired_state
from gatefleet.desired.canonical import canonical_text
from gatefleet.model import parse_model
from gatefleet.model.types import PolicyCase
from gatefleet.source import read_worktree

MODEL, _ = parse_model(read_worktree(Path(__file__).parents[3]))
ENTITIES = desired_state(MODEL, "production").entities
CASES = [(tests.team, tests.clock, case) for tests in MODEL.tests for case in tests.cases]


def view_for(gateway: str, case: PolicyCase) -> View:
    """The gateway's view in which the client holds no more than the scopes that the case puts into its token."""
    key = f"client/{case.client}"
    client = read_entity(key, ENTITIES[key])
    assert isinstance(client, Client)
    if case.scopes is not None:
        client = replace(client, scopes={name: end for name, end in client.scopes.items() if name in case.scopes})
    entities = {**ENTITIES, key: canonical_text(entity_json(client))}
    return View(Holdings.build(gateway, entities), Position(1, 1, "0" * 64))


@pytest.mark.parametrize(
    ("team", "clock", "case"), CASES, ids=[f"{team}-{case.client}-{case.route}" for team, _, case in CASES]
)
def test_what_a_policy_test_expects_is_so(team: str, clock: int, case: PolicyCase) -> None:
    answer = can(case.client, case.route, view_for(f"{team}/{case.gateway}", case), clock)
    assert answer.reason == case.reason
