"""Builders for the chain family: payloads, envelopes and records, made without any build's code.

The story that most cases tell a piece of: log `5b0f7a52-prod` of `production`, whose revisions 1 to 4 add, add, revoke
and remove a scope. Every builder takes what a case wants to be otherwise.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import rfc8785
from contract.vectorgen.keys import key_id, sign, spki

ENVIRONMENT = "production"
LOG = "5b0f7a52-prod"
ZEROS = "0" * 64
NOW = 1793000000
REVISION, SNAPSHOT, FLOOR, TRUST, RECOVERY, TICK = (
    f"application/vnd.gatefleet.{name}.v1+json"
    for name in ("revision", "snapshot", "floor", "trust", "recovery", "tick")
)

ACTIVE = '{"state":"active","when_stale":"check"}'
REVOKED = '{"state":"revoked","when_stale":"check"}'
CLIENT = '{"issuer":"workforce","scopes":{"orders:read":{}},"state":"active"}'
GATEWAY = (
    '{"api":"http","audience":["https://api.example.com/orders"],"deny_after":60,"max_staleness":2,"policy":"follow",'
    '"result_ttl":0,"routes":{"GET /orders":{"any_of":[["orders:read"]],"credentials":["jwt"]}}}'
)

Json = dict[str, Any]


def b64(data: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(data).decode()


def sha(data: bytes) -> str:
    """SHA-256, lowercase hex."""
    return hashlib.sha256(data).hexdigest()


def state_of(entities: Mapping[str, str]) -> str:
    """The state digest, as docs/reference/log.md spells it."""
    whole = b"".join(
        key.encode() + b"\x00" + hashlib.sha256(value.encode()).digest() for key, value in sorted(entities.items())
    )
    return sha(whole)


# --- payloads ---------------------------------------------------------------------------------------------------------


def put(key: str, value: str = ACTIVE) -> Json:
    """A change that sets an entity."""
    return {"key": key, "value": value}


def remove(key: str) -> Json:
    """A change that removes one."""
    return {"key": key, "removed": True}


def revision(number: int, parent: str, changes: Iterable[Json], entities: Mapping[str, str], **other: Any) -> Json:
    """A revision's payload that leaves `entities`; `other` replaces members."""
    return {
        "environment": ENVIRONMENT,
        "log": LOG,
        "epoch": 1,
        "revision": number,
        "parent": parent,
        "commit": f"{number:040x}",
        "issued_at": NOW + number,
        "requires": [],
        "changes": list(changes),
        "state": state_of(entities),
        "widens": 1,
        "narrows": 0,
    } | other


def snapshot(payload: Json, entities: Mapping[str, str], **other: Any) -> Json:
    """A snapshot's payload that restates a revision's."""
    return {
        **{name: payload[name] for name in ("environment", "log", "epoch", "revision", "commit", "state")},
        "payload": sha(canonical(payload)),
        "issued_at": NOW + 100,
        "requires": [],
        "entities": [put(key, value) for key, value in sorted(entities.items())],
    } | other


def floor(payload: Json, entities: Mapping[str, str], **other: Any) -> Json:
    """A floor's payload at a revision."""
    return {
        **{name: payload[name] for name in ("environment", "log", "epoch", "revision", "commit")},
        "payload": sha(canonical(payload)),
        "issued_at": NOW + 100,
        "requires": [],
        "trust": 1,
        "gateway": "orders/orders",
        "view": state_of(entities),
        "entities": [put(key, value) for key, value in sorted(entities.items())],
    } | other


def tick(payload: Json, **other: Any) -> Json:
    """A tick's payload that names a revision as the head."""
    return {
        **{name: payload[name] for name in ("environment", "log", "epoch", "revision")},
        "payload": sha(canonical(payload)),
        "issued_at": NOW + 100,
    } | other


def without(payload: Json, *names: str) -> Json:
    """A payload with members left out."""
    return {name: value for name, value in payload.items() if name not in names}


def canonical(payload: Json) -> bytes:
    """The payload's bytes."""
    return rfc8785.dumps(payload)


# --- the story --------------------------------------------------------------------------------------------------------

ENTITIES_1 = {"gateway/orders/orders": GATEWAY, "scope/orders:read": ACTIVE}
ENTITIES_2 = ENTITIES_1 | {"scope/orders:write": ACTIVE}
ENTITIES_3 = ENTITIES_2 | {"scope/orders:write": REVOKED}
ENTITIES_4 = ENTITIES_1

R1 = revision(1, ZEROS, [put(key, value) for key, value in sorted(ENTITIES_1.items())], ENTITIES_1)
R2 = revision(2, sha(canonical(R1)), [put("scope/orders:write")], ENTITIES_2)
R3 = revision(3, sha(canonical(R2)), [put("scope/orders:write", REVOKED)], ENTITIES_3)
R4 = revision(4, sha(canonical(R3)), [remove("scope/orders:write")], ENTITIES_4)


# --- envelopes --------------------------------------------------------------------------------------------------------


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding."""
    kind = payload_type.encode()
    return b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload])


def signature(signer: str, payload_type: str, payload: bytes) -> Json:
    """One signature of an envelope."""
    return {"keyid": key_id(signer), "sig": b64(sign(signer, pae(payload_type, payload)))}


def envelope(payload: Json | bytes, *signers: str, payload_type: str = REVISION, **other: Any) -> bytes:
    """An envelope, signed by `publish-a` unless others are named; `other` replaces its members."""
    data = payload if isinstance(payload, bytes) else canonical(payload)
    signatures = [signature(signer, payload_type, data) for signer in signers or ("publish-a",)]
    return text_of({"payload": b64(data), "payloadType": payload_type, "signatures": signatures} | other)


def text_of(value: Any) -> bytes:
    """JSON without white space, members as written."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


E1, E2, E3, E4 = (envelope(payload) for payload in (R1, R2, R3, R4))


# --- trust ------------------------------------------------------------------------------------------------------------

ED25519 = frozenset({"root-a", "publish-a", "publish-c", "narrow-a"})


def trust(
    publish: tuple[str, ...] = ("publish-a", "publish-b"),
    threshold: int = 1,
    root: tuple[str, ...] = ("root-a",),
    narrow: tuple[str, ...] = ("narrow-a",),
    **other: Any,
) -> Json:
    """A trust document's payload with these keys by role."""
    roles = {"root": (root, 1), "publish": (publish, threshold), "narrow": (narrow, 1)}
    return {
        "environment": ENVIRONMENT,
        "log": LOG,
        "version": 1,
        "issued_at": NOW,
        "keys": {
            key_id(name): {"alg": "ed25519" if name in ED25519 else "ecdsa-p256", "spki": b64(spki(name))}
            for names, _ in roles.values()
            for name in names
        },
        "roles": {
            role: {"keys": sorted(key_id(name) for name in names), "threshold": count}
            for role, (names, count) in roles.items()
            if names
        },
        "blast_limit": {"issuer": 1, "scope": 2, "client": 3, "gateway": 1},
    } | other


# --- records ----------------------------------------------------------------------------------------------------------


def record(value: bytes, headers: Mapping[str, str] | None = None) -> Json:
    """A record of the log."""
    return {"value": b64(value)} | ({"headers": dict(headers)} if headers else {})


def generated(*pieces: tuple[bytes, int], headers: Mapping[str, str] | None = None) -> Json:
    """A record too long to be written out: pieces, each repeated."""
    value = {"pieces": [{"base64": b64(data), "times": times} for data, times in pieces]}
    return value | ({"headers": dict(headers)} if headers else {})


def as_base(value: bytes) -> Json:
    """A snapshot that is taken as the base to go on from."""
    return {"use": "base", "value": b64(value)}


def as_floor(value: bytes) -> Json:
    """A floor that the authorizer starts from."""
    return {"use": "floor", "value": b64(value)}


def part(value: bytes, name: str, place: str) -> Json:
    """A part of the envelope with digest `name`."""
    return record(value, {"gatefleet-envelope": name, "gatefleet-part": place})


def position(payload: Json) -> Json:
    """The position of a follower that accepted a revision."""
    return {"epoch": payload["epoch"], "revision": payload["revision"], "digest": sha(canonical(payload))}
