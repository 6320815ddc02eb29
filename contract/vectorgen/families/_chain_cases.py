"""The shape of a chain case, said once."""

# ruff: noqa: PLR0917 - a case reads in its order: name, comment, clause, input, outcome
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._records import Json, position, record


def case(
    group: str,
    name: str,
    comment: str,
    clause: str,
    records: Sequence[Json | bytes],
    outcomes: str,
    *,
    held: Json | None = None,
    at: Json | None = None,
    stale: tuple[int, int] | None = None,
    neighbour: str | None = None,
    trust: str = "one-signer",
    spec: Mapping[str, str] | None = None,
) -> Case:
    """One case. `held` and `at` are payloads of the revisions held before and after; `stale` is refused_through."""
    taken = [record(one) if isinstance(one, bytes) else one for one in records]
    before, after = held and position_of(held), at and position_of(at)
    return Case(
        name=name,
        comment=comment,
        spec={"log": clause} | dict(spec or {}),
        given={"trust": trust, "held": before, "records": taken},
        expect={
            "outcomes": outcomes.split(),
            "position": after,
            "refused_through": None if stale is None else {"epoch": stale[0], "revision": stale[1]},
        },
        neighbour=neighbour,
        group=group,
    )


def position_of(payload: Json) -> dict[str, Any]:
    """The position of a revision's payload, or one that is given as such."""
    return payload if "digest" in payload else position(payload)
