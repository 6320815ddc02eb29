"""What the envelopes of the log say: Revision, Snapshot, Floor, Tick (docs/reference/log.md, "Payloads").

Each reads from strict JSON, closed, and writes canonical bytes (RFC 8785). Reading checks shapes only: who signed it
and whether it continues a chain are the questions of `trust` and `chain`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import rfc8785

from gatefleet.contract import strict_json
from gatefleet.contract.digests import Position
from gatefleet.contract.entities import NAME
from gatefleet.contract.entity_values import check_key, read_entity
from gatefleet.contract.shape import Malformed, Members, hex_digest, list_of, matching, natural
from gatefleet.log import envelope

LOG_ID = re.compile(r"[a-z0-9][a-z0-9-]{7,63}")
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
GATEWAY_ID = re.compile(rf"{NAME.pattern}/{NAME.pattern}")


@dataclass(frozen=True, slots=True)
class Change:
    """One changed entity: its new value (canonical JSON as text), or None when it is removed."""

    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Revision:
    """The whole effect of one merge. `changes` are sorted by key; `widens` and `narrows` count changed keys."""

    payload_type: ClassVar[str] = envelope.REVISION

    environment: str
    log: str
    epoch: int
    revision: int
    parent: str
    commit: str
    issued_at: int
    requires: tuple[str, ...]
    changes: tuple[Change, ...]
    state: str
    widens: int
    narrows: int

    @classmethod
    def parse(cls, payload: bytes) -> Revision:
        """Read payload bytes. Raises `Malformed`."""
        return cls.from_json(parse_json(payload))

    @classmethod
    def from_json(cls, value: Any) -> Revision:
        """Read a payload that was parsed already. Raises `Malformed`."""
        members = Members(value, "revision")
        revision = cls(
            **_identity(members),
            parent=members.take("parent", hex_digest),
            commit=members.take("commit", matching(COMMIT)),
            issued_at=members.take("issued_at", natural),
            requires=members.take("requires", features),
            changes=members.take("changes", _changes),
            state=members.take("state", hex_digest),
            widens=members.take("widens", natural),
            narrows=members.take("narrows", natural),
        )
        members.done()
        return revision

    def to_bytes(self) -> bytes:
        """The canonical payload bytes."""
        return rfc8785.dumps(
            {
                **_identity_json(self),
                "parent": self.parent,
                "commit": self.commit,
                "issued_at": self.issued_at,
                "requires": list(self.requires),
                "changes": [_change_json(change) for change in self.changes],
                "state": self.state,
                "widens": self.widens,
                "narrows": self.narrows,
            }
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Restates an accepted revision: `payload` is the digest of that revision's payload, `entities` all it left."""

    payload_type: ClassVar[str] = envelope.SNAPSHOT

    environment: str
    log: str
    epoch: int
    revision: int
    payload: str
    commit: str
    issued_at: int
    requires: tuple[str, ...]
    state: str
    entities: Mapping[str, str]

    @property
    def position(self) -> Position:
        """The position that it restates."""
        return Position(self.epoch, self.revision, self.payload)

    @classmethod
    def parse(cls, payload: bytes) -> Snapshot:
        """Read payload bytes. Raises `Malformed`."""
        return cls.from_json(parse_json(payload))

    @classmethod
    def from_json(cls, value: Any) -> Snapshot:
        """Read a payload that was parsed already. Raises `Malformed`."""
        members = Members(value, "snapshot")
        snapshot = cls(
            **_identity(members),
            payload=members.take("payload", hex_digest),
            commit=members.take("commit", matching(COMMIT)),
            issued_at=members.take("issued_at", natural),
            requires=members.take("requires", features),
            state=members.take("state", hex_digest),
            entities=members.take("entities", _entities),
        )
        members.done()
        return snapshot

    def to_bytes(self) -> bytes:
        """The canonical payload bytes."""
        return rfc8785.dumps(
            {
                **_identity_json(self),
                "payload": self.payload,
                "commit": self.commit,
                "issued_at": self.issued_at,
                "requires": list(self.requires),
                "state": self.state,
                "entities": _entities_json(self.entities),
            }
        )


@dataclass(frozen=True, slots=True)
class Floor:
    """The fallback baked beside one authorizer: its view's entities at a position, and the trust version beside it.

    `offset` says where its revision began on the log when it was made, a hint where to read on; None: not known.
    """

    payload_type: ClassVar[str] = envelope.FLOOR

    environment: str
    log: str
    epoch: int
    revision: int
    payload: str
    commit: str
    issued_at: int
    requires: tuple[str, ...]
    trust: int
    gateway: str
    view: str
    entities: Mapping[str, str]
    offset: int | None = None

    @property
    def position(self) -> Position:
        """Where its authorizer continues the chain."""
        return Position(self.epoch, self.revision, self.payload)

    @classmethod
    def parse(cls, payload: bytes) -> Floor:
        """Read payload bytes. Raises `Malformed`."""
        return cls.from_json(parse_json(payload))

    @classmethod
    def from_json(cls, value: Any) -> Floor:
        """Read a payload that was parsed already. Raises `Malformed`."""
        members = Members(value, "floor")
        floor = cls(
            **_identity(members),
            payload=members.take("payload", hex_digest),
            commit=members.take("commit", matching(COMMIT)),
            issued_at=members.take("issued_at", natural),
            requires=members.take("requires", features),
            trust=members.take("trust", counted),
            gateway=members.take("gateway", matching(GATEWAY_ID)),
            view=members.take("view", hex_digest),
            entities=members.take("entities", _entities),
            offset=members.take("offset", natural, None),
        )
        members.done()
        return floor

    def to_bytes(self) -> bytes:
        """The canonical payload bytes."""
        return rfc8785.dumps(
            {
                **_identity_json(self),
                "payload": self.payload,
                "commit": self.commit,
                "issued_at": self.issued_at,
                "requires": list(self.requires),
                "trust": self.trust,
                "gateway": self.gateway,
                "view": self.view,
                "entities": _entities_json(self.entities),
                **({} if self.offset is None else {"offset": self.offset}),
            }
        )


@dataclass(frozen=True, slots=True)
class Tick:
    """The head as its publisher saw it, so that silence and withholding look different."""

    payload_type: ClassVar[str] = envelope.TICK

    environment: str
    log: str
    epoch: int
    revision: int
    payload: str
    issued_at: int

    @property
    def position(self) -> Position:
        """The head that its publisher saw."""
        return Position(self.epoch, self.revision, self.payload)

    @classmethod
    def parse(cls, payload: bytes) -> Tick:
        """Read payload bytes. Raises `Malformed`."""
        return cls.from_json(parse_json(payload))

    @classmethod
    def from_json(cls, value: Any) -> Tick:
        """Read a payload that was parsed already. Raises `Malformed`."""
        members = Members(value, "tick")
        tick = cls(
            **_identity(members),
            payload=members.take("payload", hex_digest),
            issued_at=members.take("issued_at", natural),
        )
        members.done()
        return tick

    def to_bytes(self) -> bytes:
        """The canonical payload bytes."""
        return rfc8785.dumps({**_identity_json(self), "payload": self.payload, "issued_at": self.issued_at})


Payload = Revision | Snapshot | Floor | Tick


def parse_json(payload: bytes) -> dict[str, Any]:
    """Read payload bytes as one strict JSON object. Raises `Malformed`."""
    try:
        value = strict_json.parse(payload)
    except strict_json.NotStrictJson as error:
        raise Malformed(f"payload: {error}") from None
    if not isinstance(value, dict):
        raise Malformed("payload: not an object")
    return value


def counted(value: Any, where: str) -> int:
    """An integer from 1."""
    number = natural(value, where)
    if not number:
        raise Malformed(f"{where}: not a whole number from 1")
    return number


def features(value: Any, where: str) -> tuple[str, ...]:
    """A list of feature names, sorted, each once."""
    names = list_of(matching(NAME), least=0)(value, where)
    check_ascending(names, where)
    return names


def check_ascending(names: Iterable[str], where: str) -> None:
    """Refuse names that are not sorted (ASCII: characters order as bytes do) or not distinct. Raises `Malformed`."""
    last = ""
    for name in names:
        if name <= last:
            raise Malformed(f"{where}: not sorted, or one twice, at {name[:160]!a}")
        last = name


# --- details ----------------------------------------------------------------------------------------------------------


def _identity(members: Members) -> dict[str, Any]:
    return {
        "environment": members.take("environment", matching(NAME)),
        "log": members.take("log", matching(LOG_ID)),
        "epoch": members.take("epoch", counted),
        "revision": members.take("revision", counted),
    }


def _identity_json(payload: Payload) -> dict[str, Any]:
    return {
        "environment": payload.environment,
        "log": payload.log,
        "epoch": payload.epoch,
        "revision": payload.revision,
    }


def _changes(value: Any, where: str) -> tuple[Change, ...]:
    changes = list_of(_change, least=0)(value, where)
    check_ascending((change.key for change in changes), where)
    return changes


def _change(value: Any, where: str) -> Change:
    members = Members(value, where)
    key = members.take("key", _string)
    if members.has("removed"):
        members.take("removed", _true)
        members.done()
        check_key(key)
        return Change(key, None)
    text = members.take("value", _string)
    members.done()
    read_entity(key, text)
    return Change(key, text)


def _change_json(change: Change) -> dict[str, str | bool]:
    if change.value is None:
        return {"key": change.key, "removed": True}
    return {"key": change.key, "value": change.value}


def _entities(value: Any, where: str) -> Mapping[str, str]:
    items = list_of(_item, least=0)(value, where)
    check_ascending((key for key, _ in items), where)
    return dict(items)


def _item(value: Any, where: str) -> tuple[str, str]:
    members = Members(value, where)
    key, text = members.take("key", _string), members.take("value", _string)
    members.done()
    read_entity(key, text)
    return key, text


def _entities_json(entities: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": entities[key]} for key in sorted(entities)]


def _string(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise Malformed(f"{where}: not a string")
    return value


def _true(value: Any, where: str) -> bool:
    if value is not True:
        raise Malformed(f"{where}: only true may be written")
    return True
