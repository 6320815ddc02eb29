"""Makes floors: for each gateway the signed fallback of its policy, at a position on the chain from which to go on.

A floor moves when its own entities change, with a new trust document, or when it gets old; otherwise the previous
envelope is kept byte for byte, so one team's merge does not churn the others. Where its revision is on the log is a
hint: a floor does not move because the log was restored and its offset is another one now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from gatefleet.contract.digests import Position, state_digest, value_digests
from gatefleet.contract.shape import Malformed
from gatefleet.decide.view import Holdings
from gatefleet.log.envelope import FLOOR, parse_envelope, seal
from gatefleet.log.keys import Signer
from gatefleet.log.opening import Refused, open_floor
from gatefleet.log.payloads import Floor, parse_json
from gatefleet.log.trust import Role, Trust, reaches_threshold, verified_signers
from gatefleet.render.shares import Shares


@dataclass(frozen=True, slots=True)
class RenderedFloor:
    """One gateway's floor. `moved` says why it is another envelope than before; empty: the previous one is kept."""

    gateway: str
    envelope: bytes
    moved: str


def render_floors(
    entities: Mapping[str, str],
    position: Position,
    commit: str,
    *,
    trust: Trust,
    signers: Sequence[Signer],
    now: int,
    max_age: int,
    accepted: Callable[[Position], bool],
    previous: Callable[[str], bytes | None],
    offset_of: Callable[[Position], int | None] = lambda _: None,
) -> tuple[RenderedFloor, ...]:
    """The floors of all gateways of a state, by gateway id. `previous` gives the envelope rendered before, if any.

    `entities` are those at `position`, which `commit` asked for; `now` and `max_age` in seconds. `accepted` says
    whether a position is on the log's chain: from a floor that is not, nothing goes on. `offset_of` says where a
    position's revision began on the log, so that followers need not read what stands before.
    """
    shares = Shares(entities)
    gateways = sorted(key.partition("/")[2] for key in entities if key.startswith("gateway/"))
    return tuple(
        render_floor(
            gateway,
            shares,
            position,
            commit,
            trust=trust,
            signers=signers,
            now=now,
            max_age=max_age,
            accepted=accepted,
            previous=previous(gateway),
            offset_of=offset_of,
        )
        for gateway in gateways
    )


def render_floor(
    gateway: str,
    shares: Shares,
    position: Position,
    commit: str,
    *,
    trust: Trust,
    signers: Sequence[Signer],
    now: int,
    max_age: int,
    accepted: Callable[[Position], bool],
    previous: bytes | None,
    offset_of: Callable[[Position], int | None] = lambda _: None,
) -> RenderedFloor:
    """One gateway's floor, the previous one where nothing asks for another. Raises `Malformed`."""
    share = shares.of(gateway)
    view = state_digest(value_digests(share))
    moved = _why_moved(previous, gateway, share, view, trust, now=now, max_age=max_age, accepted=accepted)
    if previous is not None and not moved:
        return RenderedFloor(gateway, previous, "")
    holdings = Holdings.build(gateway, share)  # read as strictly as the authorizer will
    floor = Floor(
        environment=trust.environment,
        log=trust.log,
        epoch=position.epoch,
        revision=position.revision,
        payload=position.digest,
        commit=commit,
        issued_at=now,
        requires=(),
        trust=trust.version,
        gateway=gateway,
        view=holdings.digest,
        entities=holdings.values,
        offset=offset_of(position),
    )
    return RenderedFloor(gateway, seal(FLOOR, floor.to_bytes(), signers), moved)


def _why_moved(
    previous: bytes | None,
    gateway: str,
    share: Mapping[str, str],
    view: str,
    trust: Trust,
    *,
    now: int,
    max_age: int,
    accepted: Callable[[Position], bool],
) -> str:
    if previous is None:
        return "new"
    floor = _with_just(share, previous, trust) or open_floor(previous, trust)
    if isinstance(floor, Refused):
        return f"the previous one is refused ({floor.reason})"
    if floor.gateway != gateway:
        return "the previous one is another gateway's"
    if not accepted(floor.position):
        return "the previous one is of a revision that the log does not hold"
    if floor.trust != trust.version:
        return "new trust"
    if floor.view != view:
        return "its policy changed"
    if floor.issued_at > now:  # made by a clock that ran ahead, it would not get old in time
        return "issued in the future"
    if now - floor.issued_at >= max_age:
        return "old"
    return ""


def _with_just(share: Mapping[str, str], envelope_bytes: bytes, trust: Trust) -> Floor | None:
    """The floor in an envelope that is signed and holds just these entities, None: read it whole.

    Most floors are kept, and reading a client anew for each gateway that knows it is most of what that would cost.
    """
    try:
        envelope = parse_envelope(envelope_bytes)
        if envelope.payload_type != FLOOR:
            return None
        if not reaches_threshold(trust, verified_signers(trust, envelope, Role.PUBLISH), Role.PUBLISH):
            return None
        members = parse_json(envelope.payload)
        if members["entities"] != [{"key": key, "value": value} for key, value in share.items()]:
            return None
        floor = replace(Floor.from_json({**members, "entities": []}), entities=share)
    except (Malformed, KeyError, TypeError):
        return None
    ours = (floor.environment, floor.log) == (trust.environment, trust.log) and floor.trust <= trust.version
    return floor if ours and not floor.requires else None
