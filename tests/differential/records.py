"""Random logs: records of the chain vectors in other orders and mutated, and hostile payloads that are well signed."""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import Any

from contract.vectorgen.families import _records
from tests.differential.randomness import Dice, with_duplicates
from tests.support.vectors import vectors

_STORY = ((_records.REVISION, _records.R1), (_records.REVISION, _records.R2), (_records.REVISION, _records.R3))


def a_chain(dice: Dice) -> dict[str, Any]:
    """The `given` of a chain vector."""
    if dice.chance(0.03):
        document = base64.b64decode(dice.one(_documents()))
        return {"document": _b64(dice.mutated_bytes(document) if dice.chance(0.8) else document)}
    given = dice.one(_givens())
    records = [_record(dice, one) for one in given["records"]]
    for _ in range(dice.one((0, 1, 2))):
        records.insert(dice.random.randint(0, len(records)), _record(dice, dice.one(dice.one(_givens())["records"])))
    if dice.chance(0.3):
        dice.random.shuffle(records)
    if dice.chance(0.5):
        records.insert(dice.random.randint(0, len(records)), {"value": _b64(_hostile(dice))})
    held = given["held"] if dice.chance(0.7) else dice.one(_givens())["held"]
    return {"trust": given["trust"], "held": held, "records": records[:8]}


def _record(dice: Dice, record: dict[str, Any]) -> dict[str, Any]:
    changed = dict(record)
    if dice.chance(0.1) and "value" in record:
        changed["value"] = _b64(dice.mutated_bytes(base64.b64decode(record["value"])))
    if dice.chance(0.05):
        changed["use"] = dice.one(("base", "floor"))
    if dice.chance(0.05) and "headers" in record:
        changed["headers"] = {name: dice.mutated(text) for name, text in record["headers"].items()}
    return changed


def _hostile(dice: Dice) -> bytes:
    """A payload with something wrong or unusual in it, signed by one who may."""
    kind, payload = dice.one(_STORY)
    entities = _records.ENTITIES_2
    kind, payload = dice.one(
        (
            (kind, payload),
            (_records.SNAPSHOT, _records.snapshot(payload, entities)),
            (_records.TICK, _records.tick(payload)),
            (_records.FLOOR, _records.floor(payload, entities)),
        )
    )
    changed = dice.replaced(payload) if dice.chance(0.9) else payload
    if not isinstance(changed, dict) or dice.chance(0.2):
        data = with_duplicates(payload, dice)
    else:
        data = json.dumps(changed, separators=(",", ":"), ensure_ascii=dice.chance(0.5)).encode()
    kinds = (_records.REVISION, _records.SNAPSHOT, _records.TICK, _records.TRUST, _records.RECOVERY, _records.FLOOR)
    signers = dice.one((["publish-a"], ["publish-a", "publish-b"], ["root-a"], ["stranger"], ["publish-a"]))
    return _records.envelope(data, *signers, payload_type=kind if dice.chance(0.95) else dice.one(kinds))


@cache
def _givens() -> list[dict[str, Any]]:
    # Records of several MiB made of pieces would be most of the time that this takes.
    found = [one["given"] for one in vectors("chain") if "records" in one["given"]]
    return [given for given in found if all("value" in record for record in given["records"])]


@cache
def _documents() -> list[str]:
    return [one["given"]["document"] for one in vectors("chain", "trust")]


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
