"""Checks 1 to 9 of docs/reference/log.md: what can be said of an envelope without holding a position.

Total: no bytes make anything here raise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gatefleet.contract.digests import digest, state_digest, value_digests
from gatefleet.contract.entities import NAME
from gatefleet.contract.reasons import RefusalReason
from gatefleet.contract.shape import Malformed, Members, matching
from gatefleet.log import envelope as dsse
from gatefleet.log.envelope import MAX_ENVELOPE, parse_envelope
from gatefleet.log.payloads import LOG_ID, Floor, Revision, Snapshot, Tick, features, parse_json
from gatefleet.log.trust import Role, Trust, reaches_threshold, verified_signers

# Features that a record may require of this follower. `holds` comes with break-glass.
KNOWN_FEATURES: frozenset[str] = frozenset()

Number = tuple[int, int]  # epoch, revision: in this order
Body = Revision | Snapshot | Tick


@dataclass(frozen=True, slots=True)
class Opened:
    """A record signed for this log and of its shape. `digest` is of its payload bytes, `signers` of its role's keys."""

    body: Body
    digest: str
    signers: frozenset[str]

    @property
    def number(self) -> Number:
        """Epoch and revision that it names."""
        return self.body.epoch, self.body.revision


@dataclass(frozen=True, slots=True)
class Refused:
    """The record does not count; `what` is for people.

    `concerns`: it was validly signed for this very log, so it tells of policy that this follower does not enforce.
    `number` is the epoch and revision that it names, None where they cannot be read.
    """

    reason: RefusalReason
    what: str
    concerns: bool = False
    number: Number | None = None


def open_record(envelope_bytes: bytes, trust: Trust) -> Opened | Refused:
    """Open what a log holds: a revision, a snapshot or a tick."""
    opened = _open(envelope_bytes, trust, _ON_A_LOG)
    if isinstance(opened, Refused):
        return opened
    body, payload, signers = opened
    assert isinstance(body, Revision | Snapshot | Tick)
    return Opened(body, digest(payload), signers)


def open_floor(envelope_bytes: bytes, trust: Trust) -> Floor | Refused:
    """Open what is baked beside an authorizer.

    Beyond checks 1 to 9 its view digest is that of its entities (`malformed`), and it does not name a newer trust than
    the one it was opened with (`rollback`).
    """
    opened = _open(envelope_bytes, trust, _BAKED)
    if isinstance(opened, Refused):
        return opened
    floor = opened[0]
    assert isinstance(floor, Floor)
    number = (floor.epoch, floor.revision)
    if floor.view != state_digest(value_digests(floor.entities)):
        return Refused(RefusalReason.MALFORMED, "floor.view: not the digest of its entities", True, number)
    if floor.trust > trust.version:
        what = f"floor: wants trust version {floor.trust}, this is {trust.version}"
        return Refused(RefusalReason.ROLLBACK, what, True, number)
    return floor


# --- the checks -------------------------------------------------------------------------------------------------------

_Shape = type[Revision] | type[Snapshot] | type[Tick] | type[Floor]
# Payload types by who signs them and what they are; None: reserved, and not followed yet.
_ON_A_LOG: dict[str, tuple[Role, _Shape | None]] = {
    dsse.REVISION: (Role.PUBLISH, Revision),
    dsse.SNAPSHOT: (Role.PUBLISH, Snapshot),
    dsse.TICK: (Role.PUBLISH, Tick),
    dsse.TRUST: (Role.ROOT, None),
    dsse.RECOVERY: (Role.ROOT, None),
}
_BAKED: dict[str, tuple[Role, _Shape | None]] = {dsse.FLOOR: (Role.PUBLISH, Floor)}
_HAVE_REQUIRES = (Revision, Snapshot, Floor)


def _open(
    data: bytes, trust: Trust, known: dict[str, tuple[Role, _Shape | None]]
) -> tuple[Body | Floor, bytes, frozenset[str]] | Refused:
    # 1. Size, before anything is read.
    if len(data) > MAX_ENVELOPE:
        return Refused(RefusalReason.TOO_LARGE, f"envelope: {len(data)} bytes")
    # 2. A DSSE envelope.
    try:
        envelope = parse_envelope(data)
    except Malformed as error:
        return Refused(RefusalReason.MALFORMED, str(error))
    # 3. The type, before anything of the payload.
    if envelope.payload_type not in known:
        return Refused(RefusalReason.WRONG_TYPE, f"payload type {envelope.payload_type[:80]!a} does not belong here")
    role, shape = known[envelope.payload_type]
    # 4. Signatures; nothing above this line has parsed the payload.
    signers = verified_signers(trust, envelope, role)
    if not reaches_threshold(trust, signers, role):
        return Refused(RefusalReason.BAD_SIGNATURE, f"{len(signers)} of the keys that may {role} signed it")
    body = _read(envelope.payload, shape, trust)
    return body if isinstance(body, Refused) else (body, envelope.payload, signers)


def _read(payload: bytes, shape: _Shape | None, trust: Trust) -> Body | Floor | Refused:
    number: Number | None = None
    try:
        # 5. Strict JSON that says which log it is for and what it takes to read it.
        value = parse_json(payload)
        number = _number(value)
        environment = Members(value, "payload").take("environment", matching(NAME))
        log = Members(value, "payload").take("log", matching(LOG_ID))
        requires = Members(value, "payload").take("requires", features) if shape in _HAVE_REQUIRES else ()
        # 6. and 7. Another environment's or a foreign log's record says nothing about this one.
        if environment != trust.environment:
            return Refused(RefusalReason.WRONG_ENVIRONMENT, f"is for environment {environment}")
        if log != trust.log:
            return Refused(RefusalReason.UNKNOWN_LOG, f"is for log {log}")
        # 8. Features, before the shape that they may change.
        unknown = [feature for feature in requires if feature not in KNOWN_FEATURES]
        if unknown:
            return Refused(RefusalReason.UNSUPPORTED, f"requires {', '.join(unknown[:5])}", True, number)
        if shape is None:
            return Refused(RefusalReason.UNSUPPORTED, "is of a type that is not followed yet", True, number)
        # 9. The whole shape.
        return shape.from_json(value)
    except Malformed as error:
        return Refused(RefusalReason.MALFORMED, str(error), True, number)


def _number(value: dict[str, Any]) -> Number | None:
    epoch, revision = value.get("epoch"), value.get("revision")
    if type(epoch) is int and type(revision) is int and epoch > 0 and revision > 0:
        return epoch, revision
    return None
