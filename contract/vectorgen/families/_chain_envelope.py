"""Envelopes: size, strict JSON, exact base64, types. What is refused before a signature counts changes nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from contract.vectorgen.cases import Case
from contract.vectorgen.families._chain_cases import case
from contract.vectorgen.families._records import (
    E3,
    ENTITIES_2,
    ENTITIES_3,
    FLOOR,
    R2,
    R3,
    RECOVERY,
    REVISION,
    SNAPSHOT,
    TICK,
    TRUST,
    Json,
    b64,
    canonical,
    envelope,
    floor,
    generated,
    signature,
    snapshot,
    text_of,
    trust,
)

MIB = 1024 * 1024
_PAYLOAD = b64(canonical(R3))
_SIGNATURE = signature("publish-a", REVISION, canonical(R3))


def cases() -> Iterator[Case]:
    """In the order of the checks."""
    yield case(
        "envelope",
        "envelope",
        "an envelope with its three members is read",
        "check 2",
        [E3],
        "accepted",
        held=R2,
        at=R3,
    )
    yield from _sizes()
    for name, comment, value in _malformed():
        yield refused(name, comment, "check 2", value, "malformed")
    yield case(
        "envelope",
        "white-space-between-members",
        "blanks between the members change nothing that is signed",
        "check 2",
        [E3.replace(b'","', b'" ,\t"')],
        "accepted",
        held=R2,
        at=R3,
    )
    yield case(
        "envelope",
        "escaped-base64",
        "base64 written with JSON escapes is the same string",
        "check 2",
        [E3.replace(b'"payload":"e', b'"payload":"\\u0065')],
        "accepted",
        held=R2,
        at=R3,
        spec={"rfc8259": "7"},
    )
    yield from _types()


def refused(name: str, comment: str, clause: str, value: Json | bytes, reason: str) -> Case:
    """A record that is refused and leaves the follower exactly as it was."""
    return case("envelope", name, comment, clause, [value], reason, held=R2, at=R2, neighbour="envelope")


def _sizes() -> Iterator[Case]:
    yield refused(
        "above-16-mib",
        "an envelope of one byte above 16 MiB is refused without reading it",
        "check 1",
        generated((b" " * 1024, 16 * 1024), (b"x", 1)),
        "too_large",
    )
    yield refused(
        "exactly-16-mib",
        "an envelope of exactly 16 MiB is read, and this one is blanks",
        "check 2",
        generated((b" " * 1024, 16 * 1024)),
        "malformed",
    )
    head, tail = E3[:-1], E3[-1:]
    padding = 16 * MIB - len(E3)
    yield case(
        "envelope",
        "a-revision-of-16-mib",
        "an envelope that white space fills up to 16 MiB is accepted",
        "check 1",
        [generated((head, 1), (b" " * 1024, padding // 1024), (b" ", padding % 1024), (tail, 1))],
        "accepted",
        held=R2,
        at=R3,
    )
    yield refused(
        "many-empty-arrays",
        "millions of empty arrays, which anybody can write, are refused within bounded memory",
        "check 2",
        generated((b'{"payload":[', 1), (b"[]," * 1024, 5 * 1024), (b"[]]}", 1)),
        "malformed",
    )
    yield refused(
        "deep-nesting",
        "a hundred thousand open brackets exhaust no stack",
        "check 2",
        generated((b"[" * 1000, 100)),
        "malformed",
    )


def _malformed() -> Iterator[tuple[str, str, bytes]]:
    whole = {"payload": _PAYLOAD, "payloadType": REVISION, "signatures": [_SIGNATURE]}
    yield "empty-value", "an empty record is no envelope", b""
    yield "not-json", "bytes that are no JSON are no envelope", b"\x00\xff gatefleet"
    yield "null", "JSON that is no object is no envelope", b"null"
    yield "array", "an array of an envelope is no envelope", b"[" + E3 + b"]"
    yield "byte-order-mark", "a byte order mark is no part of JSON", b"\xef\xbb\xbf" + E3
    yield "bytes-after-the-end", "a second envelope after the first one makes two documents of one record", E3 + E3
    yield "trailing-comma", "a comma after the last member is no JSON", E3[:-1] + b",}"
    yield "line-feed", "a line feed would make two lines of the envelope in a file", E3.replace(b'","', b'",\n"', 1)
    yield "line-feed-at-the-end", "a line feed after the envelope does not belong to it", E3 + b"\n"
    yield (
        "unknown-member",
        "a member that this reader would skip could mean something to another",
        envelope(R3, note=""),
    )
    yield (
        "member-twice",
        "two payloads in one envelope are read differently by different readers",
        E3.replace(b'{"payload"', b'{"payload":"e30=","payload"', 1),
    )
    yield (
        "member-twice-by-escape",
        "a duplicate member hidden by a JSON escape is a duplicate",
        E3.replace(b'{"payload"', b'{"\\u0070ayload":"e30=","payload"', 1),
    )
    yield (
        "payload-missing",
        "an envelope without payload carries nothing",
        text_of({name: value for name, value in whole.items() if name != "payload"}),
    )
    yield (
        "type-missing",
        "an envelope without a payload type cannot be verified",
        text_of({name: value for name, value in whole.items() if name != "payloadType"}),
    )
    yield (
        "type-not-lowercase",
        "a payload type is compared as bytes and written in lower case",
        envelope(R3, payload_type="application/vnd.gatefleet.Revision.v1+json"),
    )
    yield "type-null", "a payload type of null is no type", text_of(whole | {"payloadType": None})
    yield (
        "payload-object",
        "a payload that is an object instead of base64 was never signed as bytes",
        text_of(whole | {"payload": {}}),
    )
    yield (
        "signatures-missing",
        "an envelope without signatures is no envelope",
        text_of({name: value for name, value in whole.items() if name != "signatures"}),
    )
    yield (
        "signatures-empty",
        "an envelope with no signature is refused before a threshold is asked",
        text_of(whole | {"signatures": []}),
    )
    yield (
        "signatures-object",
        "signatures are a list, also when there is one",
        text_of(whole | {"signatures": _SIGNATURE}),
    )
    yield (
        "signatures-seventeen",
        "each signature costs a verification, so 16 are the most",
        text_of(whole | {"signatures": [_SIGNATURE] * 17}),
    )
    yield (
        "signature-without-keyid",
        "a signature names its key",
        text_of(whole | {"signatures": [{"sig": _SIGNATURE["sig"]}]}),
    )
    yield (
        "signature-with-a-certificate",
        "a signature brings no key or certificate of its own",
        text_of(whole | {"signatures": [_SIGNATURE | {"cert": ""}]}),
    )
    yield (
        "keyid-uppercase",
        "a key id is lowercase hex, so that a key has one",
        text_of(whole | {"signatures": [_SIGNATURE | {"keyid": _SIGNATURE["keyid"].upper()}]}),
    )
    yield from _base64(whole)


def _base64(whole: Json) -> Iterator[tuple[str, str, bytes]]:
    sig = _SIGNATURE["sig"]  # 64 bytes: 86 characters and ==
    spare = sig[:85] + chr(ord(sig[85]) + 1) + "=="
    assert sig[85] in "AQgw"
    forms = [
        ("base64-without-padding", "base64 without its padding is a second spelling of the signature", sig[:-2]),
        ("base64-with-more-padding", "padding beyond the last group is a second spelling of the signature", sig + "="),
        ("base64-spare-bits", "spare bits that are not zero are a second spelling of the signature", spare),
        ("base64-with-blanks", "a blank within base64 is a second spelling of the signature", f"{sig[:8]} {sig[8:]}"),
        ("base64-url-alphabet", "the URL alphabet is another encoding", "-_" + sig[2:]),
        ("base64-escaped-line-feed", "a line feed within base64 is a second spelling of the signature", sig + "\n"),
        ("base64-not-ascii", "digits of another script are no base64", "\u0661" + sig[1:]),
    ]
    for name, comment, spelling in forms:
        yield name, comment, text_of(whole | {"signatures": [_SIGNATURE | {"sig": spelling}]})
    yield (
        "payload-url-alphabet",
        "a payload in the URL alphabet is in another encoding",
        text_of(whole | {"payload": _PAYLOAD[:-4] + "-_=="}),
    )


def _types() -> Iterator[Case]:
    def typed(name: str, comment: str, value: bytes, reason: str = "wrong_type") -> Case:
        return refused(name, comment, "check 3", value, reason)

    yield typed(
        "type-unknown", "another payload type than the known ones is refused", envelope(R3, payload_type="text/plain")
    )
    yield typed(
        "type-of-version-2",
        "a later version of a type is another type",
        envelope(R3, payload_type="application/vnd.gatefleet.revision.v2+json"),
    )
    yield typed(
        "type-with-a-longer-name",
        "types are compared whole, not by their beginning",
        envelope(R3, payload_type=REVISION + "-patch"),
    )
    yield typed(
        "floor-on-the-log",
        "a floor, which any authorizer has beside it, is no record of a log",
        envelope(floor(R3, ENTITIES_3), payload_type=FLOOR),
    )
    yield refused(
        "type-confusion-in-the-envelope",
        "a revision whose envelope calls it a tick was not signed as one",
        "check 4",
        E3.replace(b"gatefleet.revision", b"gatefleet.tick"),
        "bad_signature",
    )
    yield case(
        "envelope",
        "revision-signed-as-a-snapshot",
        "a revision's payload signed as a snapshot has not a snapshot's shape",
        "check 9",
        [envelope(R3, payload_type=SNAPSHOT)],
        "malformed",
        held=R2,
        at=R2,
        stale=(1, 3),
        neighbour="envelope",
    )
    yield case(
        "envelope",
        "snapshot-signed-as-a-revision",
        "a snapshot's payload signed as a revision has not a revision's shape",
        "check 9",
        [envelope(snapshot(R3, ENTITIES_2))],
        "malformed",
        held=R2,
        at=R2,
        stale=(1, 3),
        neighbour="envelope",
    )
    yield case(
        "envelope",
        "trust-on-the-log",
        "a trust document that the roots signed is not followed yet, and the follower knows that it misses something",
        "check 8",
        [envelope(trust(version=2), "root-a", payload_type=TRUST)],
        "unsupported",
        held=R2,
        at=R2,
        stale=(1, 3),
        neighbour="envelope",
    )
    yield refused(
        "trust-by-a-publisher",
        "a publisher's signature on a trust document counts nothing",
        "check 4",
        envelope(trust(version=2), "publish-a", payload_type=TRUST),
        "bad_signature",
    )
    recovery = {"environment": R3["environment"], "log": R3["log"], "epoch": 2, "revision": 2}
    yield case(
        "envelope",
        "recovery-on-the-log",
        "a recovery is not followed yet, and its number says what the follower misses",
        "check 8",
        [envelope(recovery, "root-a", payload_type=RECOVERY)],
        "unsupported",
        held=R2,
        at=R2,
        stale=(2, 2),
        neighbour="envelope",
    )
    yield refused(
        "recovery-by-a-publisher",
        "a publisher cannot raise the epoch",
        "check 4",
        envelope(recovery, "publish-a", "publish-b", payload_type=RECOVERY),
        "bad_signature",
    )
    yield refused(
        "tick-by-a-root",
        "a root key signs no ticks",
        "check 4",
        envelope({"epoch": 1}, "root-a", payload_type=TICK),
        "bad_signature",
    )
