"""DSSE envelopes, strictly read: exact members, exact base64, bounded size and number of signatures.

Two envelopes with one meaning are two chances to disagree about it, so there is one way to write anything here.
DSSE: https://github.com/secure-systems-lab/dsse, protocol version 1.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gatefleet.contract import strict_json
from gatefleet.contract.shape import Malformed, Members, hex_digest, list_of, matching
from gatefleet.log.keys import Signer

MAX_ENVELOPE = 16 * 1024 * 1024
MAX_PUBLISHED = 8 * 1024 * 1024
# Each signature costs a verification, also those of a stranger who can write to the topic.
MAX_SIGNATURES = 16

REVISION = "application/vnd.gatefleet.revision.v1+json"
SNAPSHOT = "application/vnd.gatefleet.snapshot.v1+json"
FLOOR = "application/vnd.gatefleet.floor.v1+json"
TRUST = "application/vnd.gatefleet.trust.v1+json"
RECOVERY = "application/vnd.gatefleet.recovery.v1+json"
TICK = "application/vnd.gatefleet.tick.v1+json"

_PAYLOAD_TYPE = re.compile(r"[a-z0-9./+-]{1,127}")
# `{`, `[` and `,` of an envelope with the most signatures; no string of an envelope can hold one of them.
_MOST_STRUCTURE = (1 + MAX_SIGNATURES) + 1 + (2 + 2 * MAX_SIGNATURES - 1)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature; `keyid` is only a hint at the key."""

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an envelope carries. Nothing in it is verified yet."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]

    @property
    def signed_bytes(self) -> bytes:
        """What its signatures are over."""
        return pae(self.payload_type, self.payload)


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: type and payload, each after its length, so none can pass for another."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def parse_envelope(data: bytes) -> Envelope:
    """Read an envelope of at most 16 MiB. Raises `Malformed`; says nothing about who signed it."""
    if len(data) > MAX_ENVELOPE:
        raise Malformed("envelope: larger than 16 MiB")
    if b"\n" in data:
        raise Malformed("envelope: holds a line feed")
    # Before parsing: 16 MiB of `[],[],…`, which anybody can write, would become some hundred MiB of lists.
    # It bounds the number of signatures too.
    if data.count(b"{") + data.count(b"[") + data.count(b",") > _MOST_STRUCTURE:
        raise Malformed(f"envelope: more members than one with {MAX_SIGNATURES} signatures has")
    try:
        value = strict_json.parse(data)
    except strict_json.NotStrictJson as error:
        raise Malformed(f"envelope: {error}") from None
    members = Members(value, "envelope")
    envelope = Envelope(
        payload_type=members.take("payloadType", matching(_PAYLOAD_TYPE)),
        payload=members.take("payload", exact_base64),
        signatures=members.take("signatures", list_of(_signature)),
    )
    members.done()
    return envelope


def seal(payload_type: str, payload: bytes, signers: Iterable[Signer]) -> bytes:
    """Sign a payload with every signer, in order of their key ids: the envelope as it goes onto the log."""
    message = pae(payload_type, payload)
    signatures = [
        {"keyid": signer.keyid, "sig": base64.b64encode(signer.sign(message)).decode()}
        for signer in sorted(signers, key=lambda signer: signer.keyid)
    ]
    whole = {"payload": base64.b64encode(payload).decode(), "payloadType": payload_type, "signatures": signatures}
    return json.dumps(whole, separators=(",", ":")).encode()


def exact_base64(value: Any, where: str) -> bytes:
    """Standard base64 with its padding (RFC 4648 section 4) and no second spelling of the same bytes."""
    if not isinstance(value, str):
        raise Malformed(f"{where}: not a string")
    try:
        decoded = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(f"{where}: not standard base64") from None
    # RFC 4648 section 3.5: the bits that pad the last character are zero.
    if base64.b64encode(decoded).decode() != value:
        raise Malformed(f"{where}: not the one spelling of these bytes in base64")
    return decoded


def _signature(value: Any, where: str) -> Signature:
    members = Members(value, where)
    signature = Signature(keyid=members.take("keyid", hex_digest), sig=members.take("sig", exact_base64))
    members.done()
    return signature
