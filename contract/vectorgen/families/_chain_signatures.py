"""Signatures: whose they are, what they are over, how many distinct keys, and the forms of each algorithm."""

from __future__ import annotations

from collections.abc import Iterator

from contract.vectorgen.cases import Case
from contract.vectorgen.families._chain_cases import case
from contract.vectorgen.families._records import (
    R2,
    R3,
    REVISION,
    TICK,
    Json,
    b64,
    canonical,
    envelope,
    pae,
    signature,
    tick,
)
from contract.vectorgen.keys import key_id, sign
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

_DATA = canonical(R3)
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


def cases() -> Iterator[Case]:
    """Whose, over what, how many, in which form."""
    yield from _keys()
    yield from _content()
    yield from _thresholds()
    yield from _forms()


def _accepted(name: str, comment: str, clause: str, *signatures: Json, trust: str = "one-signer", **spec: str) -> Case:
    value = envelope(R3, signatures=list(signatures))
    return case("signatures", name, comment, clause, [value], "accepted", held=R2, at=R3, trust=trust, spec=spec)


def _refused(
    name: str,
    comment: str,
    clause: str,
    *signatures: Json,
    trust: str = "one-signer",
    neighbour: str = "signed-with-ed25519",
    **spec: str,
) -> Case:
    value = envelope(R3, signatures=list(signatures))
    return case(
        "signatures",
        name,
        comment,
        clause,
        [value],
        "bad_signature",
        held=R2,
        at=R2,
        trust=trust,
        neighbour=neighbour,
        spec=spec,
    )


def _by(name: str) -> Json:
    return signature(name, REVISION, _DATA)


def _over(name: str, message: bytes) -> Json:
    return {"keyid": key_id(name), "sig": b64(sign(name, message))}


def _keys() -> Iterator[Case]:
    yield _accepted(
        "signed-with-ed25519", "an Ed25519 signature of a publisher's key counts", "check 4", _by("publish-a")
    )
    yield _accepted("signed-with-p256", "an ECDSA signature of a publisher's key counts", "check 4", _by("publish-b"))
    yield _refused(
        "unknown-key", "a key that the trust document does not name counts nothing", "check 4", _by("stranger")
    )
    yield _refused(
        "unknown-key-under-a-known-id",
        "a key id is a hint: a stranger's signature under a publisher's id does not verify",
        "check 4",
        _by("stranger") | {"keyid": key_id("publish-a")},
    )
    yield _refused(
        "known-key-under-an-unknown-id",
        "a publisher's signature under a stranger's id counts nothing",
        "check 4",
        _by("publish-a") | {"keyid": key_id("stranger")},
    )
    yield _refused(
        "known-key-under-another-known-id",
        "a publisher's signature under another publisher's id does not verify",
        "check 4",
        _by("publish-a") | {"keyid": key_id("publish-b")},
    )
    yield _refused("root-signs-a-revision", "a root key publishes nothing", "check 4", _by("root-a"))
    yield _refused(
        "narrow-signs-a-revision",
        "a key that may only narrow publishes no revision",
        "check 4",
        _by("narrow-a"),
    )


def _content() -> Iterator[Case]:
    kind, length = REVISION.encode(), str(len(_DATA)).encode()
    yield _refused(
        "signed-without-encoding",
        "a signature over the bare payload could be taken from any other protocol",
        "check 4",
        _over("publish-a", _DATA),
        dsse="protocol",
    )
    yield _refused(
        "signed-as-another-type",
        "a signature over the payload as a tick is none over it as a revision",
        "check 4",
        signature("publish-a", TICK, _DATA),
        dsse="protocol",
    )
    yield _refused(
        "signed-without-lengths",
        "an encoding without lengths lets type and payload run into each other",
        "check 4",
        _over("publish-a", b" ".join([b"DSSEv1", kind, _DATA])),
        dsse="protocol",
    )
    yield _refused(
        "signed-with-a-line-feed",
        "the encoding has blanks between its fields and nothing after them",
        "check 4",
        _over("publish-a", b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, length, _DATA]) + b"\n"),
        dsse="protocol",
    )
    yield _refused(
        "signed-over-base64",
        "the signature is over the payload's bytes and not over their base64",
        "check 4",
        _over("publish-a", pae(REVISION, b64(_DATA).encode())),
        dsse="protocol",
    )
    yield _refused(
        "signature-of-the-revision-before",
        "a signature moved from another revision does not verify",
        "check 4",
        signature("publish-a", REVISION, canonical(R2)),
    )
    yield _refused(
        "signature-of-a-tick",
        "a signature moved from a tick at the same number does not verify",
        "check 4",
        signature("publish-a", TICK, canonical(tick(R3))),
    )
    yield _refused(
        "signature-empty",
        "a signature of no bytes is none",
        "check 4",
        _by("publish-a") | {"sig": ""},
    )


def _thresholds() -> Iterator[Case]:
    two = "two-signers"
    yield _accepted(
        "two-of-two",
        "two distinct publishers reach a threshold of two",
        "check 4",
        _by("publish-a"),
        _by("publish-b"),
        trust=two,
    )
    yield _refused(
        "one-of-two",
        "one publisher does not reach a threshold of two",
        "check 4",
        _by("publish-a"),
        trust=two,
        neighbour="two-of-two",
    )
    yield _refused(
        "one-signature-twice",
        "the same signature twice is one signer",
        "check 4",
        _by("publish-a"),
        _by("publish-a"),
        trust=two,
        neighbour="two-of-two",
    )
    again = _by("publish-b")
    r, s = decode_dss_signature(sign("publish-b", pae(REVISION, _DATA)))
    other = again | {"sig": b64(encode_dss_signature(r, _P256_ORDER - s))}
    yield _refused(
        "two-signatures-of-one-key",
        "two different valid signatures of one key are one signer",
        "check 4",
        again,
        other,
        trust=two,
        neighbour="two-of-two",
        tuf="threshold",
    )
    yield _refused(
        "publisher-and-root-of-two",
        "a root key beside one publisher does not make two publishers",
        "check 4",
        _by("publish-a"),
        _by("root-a"),
        trust=two,
        neighbour="two-of-two",
    )
    yield _accepted(
        "strangers-beside-a-publisher",
        "signatures that count nothing spoil nothing",
        "check 4",
        _by("stranger"),
        _by("root-a"),
        _by("stranger-p256") | {"keyid": key_id("publish-b")},
        _by("publish-a"),
    )
    yield _accepted(
        "invalid-before-valid-of-one-key",
        "an invalid signature of a key does not stop its valid one from counting",
        "check 4",
        _by("publish-a") | {"sig": b64(bytes(64))},
        _by("publish-a"),
    )
    yield _accepted(
        "sixteen-signatures",
        "sixteen signatures are the most that an envelope has",
        "check 2",
        *[_by("stranger")] * 15,
        _by("publish-a"),
    )


def _forms() -> Iterator[Case]:
    der = sign("publish-b", pae(REVISION, _DATA))
    r, s = decode_dss_signature(der)
    other_s = encode_dss_signature(r, _P256_ORDER - s)

    def p256(sig: bytes) -> Json:
        return {"keyid": key_id("publish-b"), "sig": b64(sig)}

    def refused(name: str, comment: str, sig: bytes, **spec: str) -> Case:
        return _refused(name, comment, "Envelopes", p256(sig), neighbour="signed-with-p256", **spec)

    yield _accepted(
        "p256-with-the-other-s",
        "ECDSA has two valid values of s, and either is a signature of the key",
        "Envelopes",
        p256(other_s),
        fips186="6.4",
    )
    yield refused(
        "p256-as-raw-numbers",
        "the form of JWS, r and s side by side, is not the form of envelopes",
        r.to_bytes(32) + s.to_bytes(32),
        rfc7518="3.4",
    )
    yield refused(
        "p256-with-a-trailing-byte", "a byte after the DER value makes another signature of it", der + b"\x00"
    )
    long_form = b"\x30\x81" + der[1:]
    yield refused(
        "p256-with-a-long-length", "a length in long form where short form does is BER and not DER", long_form
    )
    padded = b"\x30" + bytes([der[1] + 1]) + b"\x02" + bytes([der[3] + 1]) + b"\x00" + der[4:]
    yield refused("p256-with-a-padded-number", "a number with a needless leading zero is BER and not DER", padded)
    yield refused("p256-of-zeros", "r and s of zero verify nothing", encode_dss_signature(0, 0), fips186="6.4.2")
    yield refused(
        "p256-s-out-of-range",
        "s plus the order of the curve is out of range",
        encode_dss_signature(r, s + _P256_ORDER),
        fips186="6.4.2",
    )
    raw = sign("publish-a", pae(REVISION, _DATA))
    larger = raw[:32] + (int.from_bytes(raw[32:], "little") + _ED25519_ORDER).to_bytes(32, "little")

    def ed25519(name: str, comment: str, sig: bytes) -> Case:
        clause = "5.1.7"
        return _refused(name, comment, "Envelopes", {"keyid": key_id("publish-a"), "sig": b64(sig)}, rfc8032=clause)

    yield ed25519("ed25519-s-out-of-range", "S plus the order of the group is out of range", larger)
    yield ed25519("ed25519-too-short", "63 bytes are no Ed25519 signature", raw[:-1])
    yield ed25519("ed25519-too-long", "65 bytes are no Ed25519 signature", raw + b"\x00")
    yield ed25519("ed25519-of-zeros", "64 zero bytes verify nothing", bytes(64))
