"""Who may sign what on one log: a document signed by its own offline roots (after TUF), and counting signers by it.

Roles: `root` signs trust and recovery, `publish` revisions, snapshots, floors and ticks, `narrow` break-glass.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

import rfc8785

from gatefleet.contract.entities import NAME
from gatefleet.contract.shape import Malformed, Members, hex_digest, list_of, map_of, matching, natural, one_of
from gatefleet.log import envelope as dsse
from gatefleet.log.envelope import Envelope, exact_base64, parse_envelope
from gatefleet.log.keys import KeyAlgorithm, PublicKey, Signer, public_key
from gatefleet.log.payloads import LOG_ID, check_ascending, counted, parse_json
from gatefleet.problems import failure

BLAST_KINDS = ("issuer", "scope", "client", "gateway")


class Role(StrEnum):
    """What a key may sign."""

    ROOT = "root"
    PUBLISH = "publish"
    NARROW = "narrow"


@dataclass(frozen=True, slots=True)
class RoleKeys:
    """The key ids of a role, sorted, and how many distinct ones must sign."""

    keys: tuple[str, ...]
    threshold: int


@dataclass(frozen=True, slots=True)
class Trust:
    """One version of a log's trust. `blast_limit`: the most keys of a kind one revision may change under one signer."""

    payload_type: ClassVar[str] = dsse.TRUST

    environment: str
    log: str
    version: int
    issued_at: int
    keys: Mapping[str, PublicKey]
    roles: Mapping[Role, RoleKeys]
    blast_limit: Mapping[str, int]

    def to_bytes(self) -> bytes:
        """The canonical payload bytes, to be sealed by root signers."""
        return rfc8785.dumps(
            {
                "environment": self.environment,
                "log": self.log,
                "version": self.version,
                "issued_at": self.issued_at,
                "keys": {
                    keyid: {"alg": str(key.alg), "spki": base64.b64encode(key.spki).decode()}
                    for keyid, key in self.keys.items()
                },
                "roles": {
                    str(role): {"keys": list(held.keys), "threshold": held.threshold}
                    for role, held in self.roles.items()
                },
                "blast_limit": dict(self.blast_limit),
            }
        )


def make_trust(
    *,
    environment: str,
    log: str,
    version: int,
    issued_at: int,
    roles: Mapping[Role, tuple[Iterable[Signer | PublicKey], int]],
    blast_limit: Mapping[str, int],
) -> Trust:
    """Make a trust document from the keys of each role and its threshold.

    Raises GF410 when it would be none that a follower accepts (a threshold above the number of keys, no root, …).
    """
    members = {role: [public_key(one.spki) for one in keys] for role, (keys, _) in roles.items()}
    trust = Trust(
        environment=environment,
        log=log,
        version=version,
        issued_at=issued_at,
        keys={key.keyid: key for role in sorted(members) for key in members[role]},
        roles={
            role: RoleKeys(tuple(sorted({key.keyid for key in members[role]})), threshold)
            for role, (_, threshold) in roles.items()
        },
        blast_limit=dict(blast_limit),
    )
    try:
        return _trust(parse_json(trust.to_bytes()))
    except (Malformed, rfc8785.CanonicalizationError) as error:
        raise failure("GF410", f"trust of {environment}", f"cannot be made: {error}") from None


def parse_trust(envelope_bytes: bytes, place: str = "trust document") -> Trust:
    """Read a sealed trust document that is signed by its own root threshold.

    That makes it consistent, not right: it comes from the reviewed repository, or is baked beside a floor.
    Raises GF410 (no trust document) or GF411 (its own roots did not sign it), with `place` for people.
    """
    again = "write it again with `gatefleet trust`, or take it from the last reviewed commit"
    try:
        envelope = parse_envelope(envelope_bytes)
        trust = _read(envelope)
    except Malformed as error:
        raise failure("GF410", place, f"is no trust document: {error}", fix=again) from None
    if not reaches_threshold(trust, verified_signers(trust, envelope, Role.ROOT), Role.ROOT):
        raise failure("GF411", place, "is not signed by the threshold of its own root keys", fix=again)
    return trust


def verified_signers(trust: Trust, envelope: Envelope, role: Role) -> frozenset[str]:
    """The ids of the role's keys that signed: distinct keys, however often one signed.

    A signature that names another key, or does not verify, counts nothing and spoils nothing.
    """
    held = trust.roles.get(role)
    if held is None:
        return frozenset()
    message = envelope.signed_bytes
    signers: set[str] = set()
    for signature in envelope.signatures:
        keyid = signature.keyid
        if keyid in held.keys and keyid not in signers and trust.keys[keyid].verifies(signature.sig, message):
            signers.add(keyid)
    return frozenset(signers)


def reaches_threshold(trust: Trust, signers: frozenset[str], role: Role) -> bool:
    """Whether that many distinct signers are enough for the role; nobody is enough for a role without keys."""
    held = trust.roles.get(role)
    return held is not None and len(signers) >= held.threshold


# --- reading ----------------------------------------------------------------------------------------------------------


def _read(envelope: Envelope) -> Trust:
    if envelope.payload_type != dsse.TRUST:
        raise Malformed(f"envelope.payloadType: not {dsse.TRUST}")
    return _trust(parse_json(envelope.payload))


def _trust(value: dict[str, Any]) -> Trust:
    members = Members(value, "trust")
    trust = Trust(
        environment=members.take("environment", matching(NAME)),
        log=members.take("log", matching(LOG_ID)),
        version=members.take("version", counted),
        issued_at=members.take("issued_at", natural),
        keys=members.take("keys", map_of(hex_digest, _key)),
        roles=members.take("roles", _roles),
        blast_limit=members.take("blast_limit", _blast_limit),
    )
    members.done()
    for keyid, key in trust.keys.items():
        if key.keyid != keyid:
            raise Malformed(f"trust.keys.{keyid}: not the SHA-256 of its spki")
    for role, held in trust.roles.items():
        unknown = [keyid for keyid in held.keys if keyid not in trust.keys]
        if unknown:
            raise Malformed(f"trust.roles.{role}: key {unknown[0]} is not among the keys")
    return trust


def _key(value: Any, where: str) -> PublicKey:
    members = Members(value, where)
    alg, spki = members.take("alg", one_of(KeyAlgorithm)), members.take("spki", exact_base64)
    members.done()
    try:
        key = public_key(spki)
    except ValueError as error:
        raise Malformed(f"{where}.spki: {error}") from None
    if key.alg is not alg:
        raise Malformed(f"{where}.alg: not the algorithm of its spki")
    return key


def _roles(value: Any, where: str) -> Mapping[Role, RoleKeys]:
    members = Members(value, where)
    roles = {Role.ROOT: members.take("root", _role), Role.PUBLISH: members.take("publish", _role)}
    if members.has("narrow"):
        roles[Role.NARROW] = members.take("narrow", _role)
    members.done()
    return roles


def _role(value: Any, where: str) -> RoleKeys:
    members = Members(value, where)
    role = RoleKeys(members.take("keys", list_of(hex_digest)), members.take("threshold", counted))
    members.done()
    check_ascending(role.keys, f"{where}.keys")
    if role.threshold > len(role.keys):
        raise Malformed(f"{where}.threshold: more than the role has keys")
    return role


def _blast_limit(value: Any, where: str) -> Mapping[str, int]:
    members = Members(value, where)
    limits = {kind: members.take(kind, natural) for kind in BLAST_KINDS}
    members.done()
    return limits
