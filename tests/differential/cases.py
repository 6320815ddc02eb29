"""Cases for every build, from one seed: `generated` makes the lines of the adapter protocol, batch by batch."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from contract.vectorgen.families._tokens import canonical
from tests.differential.asking import a_case
from tests.differential.policies import GATEWAY, a_policy
from tests.differential.pulses import a_pulse
from tests.differential.randomness import Dice, with_duplicates
from tests.differential.records import a_chain

POSITION = {"epoch": 1, "revision": 42, "digest": "5c" * 32}
DECISION_ID = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Case:
    """One question to a build; `fixtures` are what it is asked on."""

    family: str
    given: dict[str, Any]
    fixtures: dict[str, Any] = field(default_factory=dict, repr=False)


def generated(seed: int, count: int, batch: int = 40) -> Iterator[list[Case]]:
    """So many cases in batches; those of a batch share a policy. Decisions are asked with their responses."""
    for number in range(-(-count // batch)):
        dice = Dice(f"{seed}/{number}")
        yield _batch(dice, min(batch, count - number * batch))


def _batch(dice: Dice, count: int) -> list[Case]:
    policy = a_policy(dice)
    fixtures = {"views": {"random": {"gateway": GATEWAY, "position": POSITION, "entities": _values(policy)}}}
    cases: list[Case] = []
    while len(cases) < count:
        match dice.random.randrange(20):
            case 0:
                cases.append(Case("canonical", _document(dice, policy)))
            case 1:
                cases.append(Case("view", _history(dice, policy)))
            case 2:
                cases.append(Case("chain", a_chain(dice)))
            case 3:
                cases.append(Case("heartbeat", a_pulse(dice)))
            case _:
                given = {"view": "random", **a_case(dice, policy)}
                cases.append(Case("decide", given, fixtures))
                said = {"decision_id": DECISION_ID, "latency_ms": dice.one((0, 3))}
                cases.append(Case("respond", given | said, fixtures))
    return cases


def _document(dice: Dice, policy: dict[str, Any]) -> dict[str, Any]:
    """Text that is an entity, or was one before something in it changed."""
    key = dice.one(sorted(policy))
    value = dice.replaced(policy[key]) if dice.chance(0.8) else policy[key]
    if dice.chance(0.4):
        spelled = with_duplicates(value, dice) if isinstance(value, dict) else b"[]"
        return {"operation": "read_json", "json": base64.b64encode(spelled).decode()}
    key = dice.mutated(key) if dice.chance(0.1) else key
    text = canonical(_without_fractions(value))
    return {"operation": "read_entity", "key": key, "value": dice.mutated(text) if dice.chance(0.2) else text}


def _without_fractions(value: Any) -> Any:
    """RFC 8785 cannot write integers beyond 2^53 and these vectors hold no fractions."""
    if isinstance(value, dict):
        return {name: _without_fractions(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_fractions(inner) for inner in value]
    beyond = isinstance(value, int) and abs(value) > 2**53 - 1
    return 2**53 - 1 if beyond else value


def _history(dice: Dice, policy: dict[str, Any]) -> dict[str, Any]:
    """A state, and revisions that lead to others."""
    before, revisions = policy, []
    for _ in range(dice.one((0, 1, 2, 3))):
        after = dict(before)
        other = a_policy(dice)
        for key in dice.some(sorted(before | other), 4):
            if key in other:
                after[key] = other[key]
            else:
                after.pop(key, None)
        changed = sorted(key for key in before | after if before.get(key) != after.get(key))
        revisions.append(
            [
                {"key": key, "value": canonical(after[key])} if key in after else {"key": key, "removed": True}
                for key in changed
            ]
        )
        before = after
    return {"gateway": GATEWAY, "entities": _values(policy), "revisions": revisions}


def _values(policy: dict[str, Any]) -> dict[str, str]:
    return {key: canonical(value) for key, value in policy.items()}
