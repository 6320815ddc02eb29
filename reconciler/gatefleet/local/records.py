"""Records that nobody should have written to a policy log, for scenarios: forged, poisoned, replayed."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from gatefleet.local.judging import Published
from gatefleet.log.envelope import seal
from gatefleet.log.history import History
from gatefleet.log.keys import FileSigner, new_key
from gatefleet.log.payloads import Change, Floor, Revision
from gatefleet.log.trust import Trust


def forged(history: History, wanted: Published, trust: Trust) -> list[bytes]:
    """A revision that continues the chain and brings `wanted` back, signed by a key that nobody trusts."""
    held = history.position
    assert held is not None
    keys = sorted(key for key, value in wanted.entities.items() if history.entities.get(key) != value)
    revision = Revision(
        environment=trust.environment,
        log=trust.log,
        epoch=held.epoch,
        revision=held.revision + 1,
        parent=held.digest,
        commit="0" * 40,
        issued_at=int(time.time()),
        requires=(),
        changes=tuple(Change(key, wanted.entities[key]) for key in keys),
        state="0" * 64,
        widens=len(keys),
        narrows=0,
    )
    with tempfile.TemporaryDirectory() as folder:
        return [seal(Revision.payload_type, revision.to_bytes(), [new_key(Path(folder) / "forger.pem")])]


def poisoned(signer: FileSigner) -> list[bytes]:
    """What is no policy at all; the last of them is validly signed all the same, so followers know they miss one."""
    return [
        b"not an envelope",
        b"\xff\xfe\x00\x01",
        b"[" * 100_000,
        b'{"payload":"","payloadType":"' + b"x" * 70_000 + b'","signatures":[]}',
        b'{"payload":"e30=","payloadType":"application/vnd.gatefleet.revision.v1+json","signatures":[{"sig":"!"}]}',
        seal(Floor.payload_type, b"{}", [signer]),
        seal(Revision.payload_type, b'{"environment":"development"', [signer]),
        seal(Revision.payload_type, b"{}", [signer]),
    ]


def replayed(history: History) -> list[bytes]:
    """Every revision that was accepted so far, once more."""
    return [one.envelope for one in history.revisions]
