"""Logs to read, made revision by revision with real signatures; a test says only what it wants to be otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from gatefleet.contract.digests import GENESIS_PARENT, Position, digest, state_digest, value_digests
from gatefleet.log.envelope import seal
from gatefleet.log.keys import FileSigner, KeyAlgorithm, public_key
from gatefleet.log.payloads import Change, Revision, Snapshot, Tick
from gatefleet.log.transport import Batch, Record
from gatefleet.log.trust import Role, Trust, make_trust

NOW = 1_793_000_000
ACTIVE = '{"state":"active","when_stale":"check"}'
REVOKED = '{"state":"revoked","when_stale":"check"}'


@cache
def a_signer(name: str, alg: KeyAlgorithm = KeyAlgorithm.ED25519) -> FileSigner:
    """A signer, the same one for a name throughout a test run."""
    private: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey = (
        ed25519.Ed25519PrivateKey.generate() if alg is KeyAlgorithm.ED25519 else ec.generate_private_key(ec.SECP256R1())
    )
    spki = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return FileSigner(public_key(spki), private)


ROOT = a_signer("root")
PUBLISHER = a_signer("publisher")
SECOND = a_signer("second", KeyAlgorithm.ECDSA_P256)


def a_trust(publishers: Sequence[FileSigner] = (PUBLISHER, SECOND), threshold: int = 1, **other: Any) -> Trust:
    """Trust in some publishers, with a blast limit of three keys of each kind."""
    arguments: dict[str, Any] = {
        "environment": "production",
        "log": "5b0f7a52-prod",
        "version": 1,
        "issued_at": NOW,
        "roles": {Role.ROOT: ([ROOT], 1), Role.PUBLISH: (publishers, threshold)},
        "blast_limit": {"issuer": 3, "scope": 3, "client": 3, "gateway": 3},
    }
    return make_trust(**arguments | other)


TRUST = a_trust()


@dataclass
class Chain:
    """A chain as its publisher grows it: each call gives one more envelope."""

    signers: tuple[FileSigner, ...] = (PUBLISHER,)
    entities: dict[str, str] = field(default_factory=dict)
    last: Revision | None = None

    def revision(self, changes: Mapping[str, str | None] | None = None, **other: Any) -> bytes:
        """The next revision, which sets or (None) removes entities; `other` replaces members of its payload."""
        made = changes if changes is not None else {f"scope/s{self.number + 1}": ACTIVE}
        self.entities = {key: value for key, value in (self.entities | dict(made)).items() if value is not None}
        self.last = replace(
            Revision(
                environment="production",
                log="5b0f7a52-prod",
                epoch=1,
                revision=self.number + 1,
                parent=self.position.digest if self.last else GENESIS_PARENT,
                commit=f"{self.number + 1:040x}",
                issued_at=NOW + self.number,
                requires=(),
                changes=tuple(Change(key, made[key]) for key in sorted(made)),
                state=state_digest(value_digests(self.entities)),
                widens=1,
                narrows=0,
            ),
            **other,
        )
        return self.sealed(self.last)

    def revisions(self, count: int) -> list[bytes]:
        """So many more revisions."""
        return [self.revision() for _ in range(count)]

    def snapshot(self, **other: Any) -> bytes:
        """A snapshot of the last revision."""
        assert self.last is not None
        last = self.last
        return self.sealed(
            replace(
                Snapshot(
                    environment=last.environment,
                    log=last.log,
                    epoch=last.epoch,
                    revision=last.revision,
                    payload=self.position.digest,
                    commit=last.commit,
                    issued_at=NOW,
                    requires=(),
                    state=last.state,
                    entities=self.entities,
                ),
                **other,
            )
        )

    def tick(self, **other: Any) -> bytes:
        """A tick that names the last revision as the head."""
        assert self.last is not None
        last, position = self.last, self.position
        tick = Tick(last.environment, last.log, last.epoch, last.revision, position.digest, NOW)
        return self.sealed(replace(tick, **other))

    def sealed(self, payload: Revision | Snapshot | Tick) -> bytes:
        """A payload in its envelope, signed by this chain's signers."""
        return seal(payload.payload_type, payload.to_bytes(), self.signers)

    def fork(self) -> Chain:
        """A second publisher's chain with the same past."""
        return Chain(self.signers, dict(self.entities), self.last)

    @property
    def number(self) -> int:
        return self.last.revision if self.last else 0

    @property
    def position(self) -> Position:
        """Where a follower of this chain stands."""
        assert self.last is not None
        return Position(self.last.epoch, self.last.revision, digest(self.last.to_bytes()))


@dataclass
class ListReader:
    """A `LogReader` of records in memory, `batch` of them at a time; offsets are their indices."""

    values: Sequence[bytes | Record]
    batch: int = 1000

    def read(self, offset: int, timeout: float) -> Batch:
        rewound = offset > len(self.values)
        start = 0 if rewound else offset
        end = min(start + self.batch, len(self.values))
        records = tuple(
            replace(value, offset=index) if isinstance(value, Record) else Record(index, value)
            for index, value in enumerate(self.values[start:end], start)
        )
        return Batch(records, end, at_end=end == len(self.values), rewound=rewound)

    def close(self) -> None:
        pass
