"""Random lives of an instance: decisions, reads, deliveries, clocks that jump; when it speaks, and in which bytes."""

from __future__ import annotations

from typing import Any

from tests.differential.randomness import Dice

from gatefleet.contract.reasons import Reason, RefusalReason

START = 1_793_534_400_000
STATES = ("fresh", "stale", "floor")
# Around the edges of a minute, of the credit of five and of what comes back of it.
STEPS = (
    0,
    1,
    999,
    1000,
    9_999,
    10_000,
    10_001,
    40_000,
    49_999,
    59_999,
    60_000,
    60_001,
    3_600_000,
    -1,
    -60_000,
    -3_600_000,
)


def a_pulse(dice: Dice) -> dict[str, Any]:
    """The `given` of a heartbeat vector."""
    now = START + dice.one((0, 1, 999))
    floor = {"epoch": 1, "revision": dice.one((1, 40)), "issued_at": START // 1000 + dice.one((-86_400, 0, 10))}
    identity = {
        "environment": dice.one(("production", "eu-staging")),
        "gateway": dice.one(("orders/orders", "order-desk/returns-2")),
        "instance": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "variant": dice.one(("rust", "node")),
        "version": dice.one(("1.0.0", "2.10.0-rc.1")),
        "floor": floor,
    }
    events, at, revision = [], now, floor["revision"]
    for _ in range(dice.random.randrange(1, 40)):
        at = max(0, at + (dice.one(STEPS) if dice.chance(0.4) else dice.one((0, 1, 5, 200))))
        revision += dice.chance(0.3)
        events.append(_event(dice, at, revision))
    return {"identity": identity, "started": now, "events": events}


def _event(dice: Dice, at: int, revision: int) -> dict[str, Any]:
    match dice.random.randrange(8):
        case 0:
            return {"delivery": dice.one(("sent", "unsent", "unsent"))}
        case 1:
            refused = {str(one): dice.one((1, 2, 1000)) for one in dice.some(tuple(RefusalReason), 2)}
            return {"read": dice.one(("succeeded", "failed")), "refused": refused}
        case 2 | 3:
            return {"decision": _decision(dice)}
    freshness: dict[str, Any] = {"state": dice.one(STATES), "read_failed": dice.chance(0.3)}
    if dice.chance(0.8):
        freshness["age"] = dice.one((0, 1, 2, 61, 100_000))
    position = {"epoch": dice.one((1, 1, 1, 2)), "revision": revision, "digest": dice.one(("42" * 32, "43" * 32))}
    standing = {"position": position, "view": "a0" * 32, "freshness": freshness, "follows": dice.chance(0.9)}
    return {"ask": {"now": at, **standing}}


def _decision(dice: Dice) -> dict[str, Any]:
    decision: dict[str, Any] = {"effect": "allow", "freshness": dice.one(STATES)}
    if dice.chance(0.5):
        decision |= {"effect": "deny", "reason": str(dice.one(tuple(Reason)))}
    if dice.chance(0.8):
        decision["path"] = dice.one(("fits", "differs"))
    return decision
