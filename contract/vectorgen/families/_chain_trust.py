"""Trust documents: consistent in themselves, signed by their own roots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._records import REVISION, TRUST, Json, b64, canonical, envelope, sha, trust, without
from contract.vectorgen.keys import key_id, private_key, spki
from cryptography.hazmat.primitives import serialization


def cases() -> Iterator[Case]:
    """Accepted ones first."""

    def case(name: str, comment: str, value: bytes, outcome: str = "malformed", clause: str = "Trust") -> Case:
        return Case(
            name=name,
            comment=comment,
            spec={"log": clause},
            given={"document": b64(value)},
            expect={"outcome": outcome},
            neighbour=None if outcome == "accepted" else "trust",
            group="trust",
        )

    def sealed(payload: Json, *signers: str) -> bytes:
        return envelope(payload, *(signers or ("root-a",)), payload_type=TRUST)

    plain = trust()
    yield case("trust", "a trust document that its own root signed is consistent", sealed(plain), "accepted")
    yield case(
        "trust-without-narrow",
        "without break-glass there is no narrow role",
        sealed(trust(narrow=())),
        "accepted",
    )
    yield case(
        "trust-by-a-p256-root",
        "a root key may be of either algorithm",
        sealed(trust(root=("root-b",)), "root-b"),
        "accepted",
    )
    bad = "bad_signature"
    yield case("trust-signed-by-a-publisher", "a publisher does not sign trust", sealed(plain, "publish-a"), bad)
    yield case(
        "trust-by-another-root", "a root that the document does not name signs no trust", sealed(plain, "root-b"), bad
    )
    two = trust(root=("root-a", "root-b"))
    two["roles"]["root"]["threshold"] = 2
    yield case("trust-by-two-roots", "two roots reach a threshold of two", sealed(two, "root-a", "root-b"), "accepted")
    yield case("trust-by-one-root-of-two", "one root does not reach a threshold of two", sealed(two), bad)
    yield case(
        "trust-by-one-root-twice",
        "one root who signs twice is one root",
        sealed(two, "root-a", "root-a"),
        bad,
    )
    yield case(
        "trust-signed-as-a-revision",
        "a trust document in an envelope of another type is none",
        envelope(plain, "root-a", payload_type=REVISION),
    )
    yield case("trust-not-an-envelope", "a bare trust document was signed by nobody", canonical(plain))
    for name, comment, payload in _malformed():
        yield case(name, comment, sealed(payload))


def _malformed() -> Iterator[tuple[str, str, Json]]:
    plain = trust()
    a, b = key_id("publish-a"), key_id("publish-b")

    def role(**other: Any) -> Json:
        return plain | {"roles": plain["roles"] | {"publish": plain["roles"]["publish"] | other}}

    def keys(**other: Any) -> Json:
        return plain | {"keys": plain["keys"] | other}

    yield (
        "trust-without-root",
        "a trust document without roots cannot be replaced",
        plain | {"roles": without(plain["roles"], "root")},
    )
    yield (
        "trust-without-publish",
        "a trust document without publishers trusts nobody",
        plain | {"roles": without(plain["roles"], "publish")},
    )
    yield (
        "trust-with-an-unknown-role",
        "a role that a follower does not know is not skipped",
        plain | {"roles": plain["roles"] | {"admin": plain["roles"]["root"]}},
    )
    yield "threshold-of-zero", "a threshold of zero accepts what nobody signed", role(threshold=0)
    yield "threshold-above-the-keys", "a threshold above the number of keys is never reached", role(threshold=3)
    yield "role-without-keys", "a role without keys signs nothing", role(keys=[])
    yield "role-with-a-key-twice", "a key named twice would count twice", role(keys=[a, a])
    yield "role-with-unsorted-keys", "the keys of a role are sorted", role(keys=sorted([a, b], reverse=True))
    yield "role-with-an-unknown-key", "a role names keys that are there", role(keys=sorted([a, "66" * 32]))
    yield "key-under-another-id", "a key's id is the digest of its own encoding", keys(**{a: plain["keys"][b]})
    yield (
        "key-of-another-algorithm",
        "a key's algorithm is the one of its own encoding",
        keys(**{a: plain["keys"][a] | {"alg": "ecdsa-p256"}}),
    )
    yield (
        "key-of-an-unknown-algorithm",
        "keys are of two algorithms, and RSA is neither",
        keys(**{a: plain["keys"][a] | {"alg": "rsa"}}),
    )
    compressed = (
        private_key("publish-b")
        .public_key()
        .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    )
    head = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    yield (
        "key-with-a-compressed-point",
        "a compressed point is a second encoding, and a second id, of the same key",
        keys(**{sha(head + compressed): {"alg": "ecdsa-p256", "spki": b64(head + compressed)}}),
    )
    longer = spki("publish-a") + b"\x00"
    yield (
        "key-with-a-trailing-byte",
        "bytes after the encoding make a second id of the same key",
        keys(**{sha(longer): {"alg": "ed25519", "spki": b64(longer)}}),
    )
    yield "blast-limit-missing", "a trust document limits the blast of one signer", without(plain, "blast_limit")
    yield (
        "blast-limit-of-a-missing-kind",
        "every kind has its limit",
        plain | {"blast_limit": without(plain["blast_limit"], "gateway")},
    )
    yield "version-zero", "versions are counted from 1", plain | {"version": 0}
    yield (
        "trust-with-an-unknown-member",
        "a member that a follower skips is a restriction that it misses",
        plain | {"expires": 1800000000},
    )
