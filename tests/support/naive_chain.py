"""A second, naive follower: docs/reference/log.md read line by line, sharing no code with the package.

Shapes come from `contract/schemas/`, which the package does not read. It is slow and plain on purpose: what it and
`gatefleet.log.chain` disagree about is a mistake in one of them, or in the page.
"""

# ruff: noqa: TRY301, PLR0917 - plain on purpose
from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

SCHEMAS = Path(__file__).parent.parent.parent / "contract" / "schemas"
TYPES = {
    f"application/vnd.gatefleet.{name}.v1+json": (name, role)
    for name, role in [
        ("revision", "publish"),
        ("snapshot", "publish"),
        ("tick", "publish"),
        ("trust", "root"),
        ("recovery", "root"),
    ]
}


class NotStrictError(Exception):
    """The text is no strict JSON."""


@dataclass(frozen=True)
class State:
    """`held` is (epoch, revision, digest); `refused` the number up to which policy is known but not enforced."""

    held: tuple[int, int, str] = (1, 0, "0" * 64)
    refused: tuple[int, int] | None = None


def take(state: State, envelope: bytes, trust: dict[str, Any]) -> tuple[str, State]:
    """The outcome of one record, and the state after it."""
    outcome, number, after = _checks(state, envelope, trust)
    epoch, revision, _ = state.held
    if outcome == "accepted":
        held = after or state.held
        cleared = state.refused is None or held[:2] >= state.refused
        return outcome, State(held, None if cleared else state.refused)
    if outcome == "ignored" or number == "nobody":
        return outcome, state
    refused = (epoch, revision + 1) if number is None else number
    assert isinstance(refused, tuple)
    if refused <= (epoch, revision):
        return outcome, state
    return outcome, State(state.held, refused if state.refused is None else max(refused, state.refused))


Answer = tuple[str, "tuple[int, int] | str | None", "tuple[int, int, str] | None"]


def _checks(state: State, data: bytes, trust: dict[str, Any]) -> Answer:
    """Outcome; refused number ("nobody": changes nothing; None: not readable); the new position when it moves."""
    # 1
    if len(data) > 16 * 1024 * 1024:
        return "too_large", "nobody", None
    # 2
    if b"\n" in data:
        return "malformed", "nobody", None
    try:
        envelope = strict(data)
        _shape("envelope", envelope)
        payload_bytes = exact(envelope["payload"])
        signatures = [(one["keyid"], exact(one["sig"])) for one in envelope["signatures"]]
    except NotStrictError:
        return "malformed", "nobody", None
    # 3
    if envelope["payloadType"] not in TYPES:
        return "wrong_type", "nobody", None
    name, role = TYPES[envelope["payloadType"]]
    # 4
    kind = envelope["payloadType"].encode()
    message = f"DSSEv1 {len(kind)} ".encode() + kind + f" {len(payload_bytes)} ".encode() + payload_bytes
    signers = {
        keyid
        for keyid, sig in signatures
        if keyid in trust["roles"].get(role, {"keys": []})["keys"] and _signed(trust["keys"][keyid], sig, message)
    }
    if len(signers) < trust["roles"][role]["threshold"]:
        return "bad_signature", "nobody", None
    return _signed_checks(state, name, payload_bytes, trust, len(signers))


def _signed_checks(state: State, name: str, payload_bytes: bytes, trust: dict[str, Any], signers: int) -> Answer:
    number = None
    try:
        # 5
        payload = strict(payload_bytes)
        if not isinstance(payload, dict):
            raise NotStrictError
        if all(type(payload.get(one)) is int and payload[one] >= 1 for one in ("epoch", "revision")):
            number = (payload["epoch"], payload["revision"])
        properties = _schema("revision")["properties"]
        members = ["environment", "log"] + (["requires"] if name in ("revision", "snapshot") else [])
        for member in members:
            if member not in payload or not jsonschema_rs.is_valid(properties[member], payload[member]):
                raise NotStrictError
        requires = payload["requires"] if "requires" in members else []
        if sorted(set(requires)) != requires:
            raise NotStrictError
        # 6, 7
        if payload["environment"] != trust["environment"]:
            return "wrong_environment", "nobody", None
        if payload["log"] != trust["log"]:
            return "unknown_log", "nobody", None
        # 8
        if requires or name in ("trust", "recovery"):
            return "unsupported", number, None
        # 9
        _shape(name, payload)
        entities = payload.get("changes") or payload.get("entities") or []
        keys = [one["key"].encode() for one in entities]
        if sorted(set(keys)) != keys:
            raise NotStrictError
        for one in entities:
            if "value" in one:
                _entity(one["key"], one["value"])
    except NotStrictError:
        return "malformed", number, None
    return _order_checks(state, name, payload, hashlib.sha256(payload_bytes).hexdigest(), trust, signers)


def _order_checks(
    state: State, name: str, payload: dict[str, Any], digest: str, trust: dict[str, Any], signers: int
) -> Answer:
    epoch, revision, held = state.held
    number = (payload["epoch"], payload["revision"])
    # 10, 11
    if number[0] < epoch:
        return "ignored", None, None
    if number[0] > epoch:
        return "broken_chain", number, None
    if name == "revision":
        # 12, 13
        if number[1] <= revision:
            return "ignored", None, None
        if number[1] != revision + 1 or payload["parent"] != held:
            return "broken_chain", number, None
        # 14
        kinds = Counter(change["key"].split("/")[0] for change in payload["changes"])
        if number != (1, 1) and signers < 2 and any(kinds[kind] > trust["blast_limit"][kind] for kind in kinds):
            return "over_blast_limit", number, None
        return "accepted", None, (*number, digest)
    # 15, 16
    if number[1] < revision:
        return "ignored", None, None
    if number[1] > revision:
        return "broken_chain", number, None
    if payload["payload"] != held:
        return "broken_chain", (epoch, revision + 1), None
    return "accepted", None, None


# --- JSON -------------------------------------------------------------------------------------------------------------


def strict(data: bytes) -> Any:
    """Strict JSON; numbers that are no integers become a list that fits no shape."""
    try:
        text = data.decode("utf-8")
        if _depth(text) > 64:
            raise NotStrictError
        value = json.loads(
            text, object_pairs_hook=_members, parse_int=_integer, parse_float=_fraction, parse_constant=_constant
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise NotStrictError from error
    return value


def _depth(text: str) -> int:
    depth = deepest = 0
    within = escaped = False
    for character in text:
        if within:
            within = escaped or character != '"'
            escaped = not escaped and character == "\\"
        elif character == '"':
            within = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise NotStrictError
    return dict(pairs)


def _integer(text: str) -> Any:
    if text == "-0":
        return _fraction(text)
    if len(text) > 40 or abs(int(text)) >= 2**53:
        raise NotStrictError
    return int(text)


def _fraction(text: str) -> Any:
    if len(text) > 40:
        raise NotStrictError
    return [["number", text]]


def _constant(text: str) -> Any:
    raise NotStrictError


# --- shapes -----------------------------------------------------------------------------------------------------------

_SCHEMAS: dict[str, dict[str, Any]] = {}
_VALIDATORS: dict[str, Any] = {}


def _schema(name: str) -> dict[str, Any]:
    if name not in _SCHEMAS:
        _SCHEMAS[name] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return _SCHEMAS[name]


def _shape(name: str, value: Any) -> None:
    if name not in _VALIDATORS:
        _VALIDATORS[name] = jsonschema_rs.validator_for(_schema(name))
    if not _VALIDATORS[name].is_valid(value):
        raise NotStrictError


def _entity(key: str, text: str) -> None:
    kind = key.split("/", maxsplit=1)[0]
    name = f"entity {kind}"
    if name not in _VALIDATORS:
        one = {"$ref": f"#/definitions/{kind}", "definitions": _schema("entity")["definitions"]}
        _VALIDATORS[name] = jsonschema_rs.validator_for(one)
    value = strict(text.encode("utf-8"))
    _shape(name, value)
    for address in value.get("addresses", []):
        # The schema says that it looks like a network; whether it is one, in its one form, takes a library.
        try:
            network = ipaddress.ip_network(address)
        except ValueError as error:
            raise NotStrictError from error
        if str(network) != address or getattr(network.network_address, "ipv4_mapped", None):
            raise NotStrictError


# --- bytes ------------------------------------------------------------------------------------------------------------


def exact(text: str) -> bytes:
    """Base64 that is the one spelling of its bytes."""
    try:
        data = base64.b64decode(text.encode("ascii"))
    except ValueError as error:
        raise NotStrictError from error
    if base64.b64encode(data) != text.encode():
        raise NotStrictError
    return data


def _signed(key: dict[str, str], sig: bytes, message: bytes) -> bool:
    public = serialization.load_der_public_key(base64.b64decode(key["spki"]))
    try:
        if isinstance(public, ed25519.Ed25519PublicKey):
            public.verify(sig, message)
        else:
            assert isinstance(public, ec.EllipticCurvePublicKey)
            public.verify(sig, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
