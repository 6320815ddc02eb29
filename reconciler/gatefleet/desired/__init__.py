"""The state that a commit asks for in one environment: entities by key, canonical bytes, digests."""

from __future__ import annotations

from gatefleet.contract.entity_values import entity_json
from gatefleet.desired.canonical import canonical_text
from gatefleet.desired.flatten import entities_of
from gatefleet.desired.state import State
from gatefleet.model.types import Model
from gatefleet.problems import failure, nearest

__all__ = ["State", "desired_state"]


def desired_state(model: Model, environment: str) -> State:
    """What the model asks for in that environment. The model has passed `check`; same model, same bytes.

    Raises `GatefleetError` (GF101) when there is no such environment.
    """
    known = model.environments
    if environment not in known:
        near = nearest(environment, known)
        hint = f"did you mean `{near}`?" if near else f"it has {', '.join(f'`{name}`' for name in sorted(known))}"
        raise failure("GF101", "policies/environments", f"there is no environment `{environment}`", fix=hint)
    entities = {key: canonical_text(entity_json(entity)) for key, entity in entities_of(model, known[environment])}
    return State({key: entities[key] for key in sorted(entities)})
