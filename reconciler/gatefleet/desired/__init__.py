"""The state that a commit asks for in one environment: entities by key, canonical bytes, digests."""

from __future__ import annotations

from collections.abc import Iterable

from gatefleet.contract.entities import Entity
from gatefleet.contract.entity_values import entity_json
from gatefleet.desired.canonical import canonical_text
from gatefleet.desired.flatten import Flattening
from gatefleet.desired.state import State
from gatefleet.model.types import Environment, Model
from gatefleet.problems import failure, nearest
from gatefleet.source.allocation import collector_paused

__all__ = ["State", "desired_state", "desired_states"]


def desired_state(model: Model, environment: str) -> State:
    """What the model asks for in that environment. The model has passed `check`; same model, same bytes.

    Raises `GatefleetError` (GF101) when there is no such environment.
    """
    return desired_states(model, [environment])[environment]


def desired_states(model: Model, environments: Iterable[str]) -> dict[str, State]:
    """As `desired_state` for each of them; what is the same in several is made once."""
    flattening = Flattening(model)
    texts: dict[int, tuple[Entity, str]] = {}  # by identity: the entity beside its text keeps its identity in use

    def text(entity: Entity) -> str:
        known = texts.get(id(entity))
        if known is None:
            known = texts[id(entity)] = (entity, canonical_text(entity_json(entity)))
        return known[1]

    states = {}
    with collector_paused():
        for name in environments:
            entities = {key: text(entity) for key, entity in flattening.entities_of(_environment(model, name))}
            states[name] = State({key: entities[key] for key in sorted(entities)})
    return states


def _environment(model: Model, name: str) -> Environment:
    known = model.environments
    if name not in known:
        near = nearest(name, known)
        hint = f"did you mean `{near}`?" if near else f"it has {', '.join(f'`{one}`' for one in sorted(known))}"
        raise failure("GF101", "policies/environments", f"there is no environment `{name}`", fix=hint)
    return known[name]
