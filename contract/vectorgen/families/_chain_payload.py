"""Payloads that were validly signed: which log, which features, strict JSON, closed shapes, sorted changes."""

# ruff: noqa: PLR0917 - a case reads in its order: name, comment, clause, input, outcome
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._chain_cases import case
from contract.vectorgen.families._records import (
    ACTIVE,
    CLIENT,
    E3,
    ENTITIES_2,
    GATEWAY,
    R2,
    R3,
    R4,
    REVISION,
    Json,
    canonical,
    envelope,
    put,
    remove,
    sha,
    snapshot,
    without,
)

_TEXT = canonical(R3)
_STALE = "Stale by refusal"


def cases() -> Iterator[Case]:
    """In the order of the checks."""
    yield case(
        "payload",
        "payload",
        "a revision with every member of its shape is accepted",
        "check 9",
        [E3],
        "accepted",
        held=R2,
        at=R3,
    )
    yield from _which_log()
    yield from _features()
    yield from _strict_json()
    yield from _members()
    yield from _changes()
    yield from _accepted_forms()


def _refused(
    name: str,
    comment: str,
    clause: str,
    payload: Json | bytes,
    reason: str = "malformed",
    stale: tuple[int, int] | None = (1, 3),
    *,
    held: Json = R2,
    spec: Mapping[str, str] | None = None,
) -> Case:
    return case(
        "payload",
        name,
        comment,
        clause,
        [envelope(payload)],
        reason,
        held=held,
        at=held,
        stale=stale,
        neighbour="payload",
        spec=spec,
    )


def _which_log() -> Iterator[Case]:
    def foreign(name: str, comment: str, reason: str, clause: str, **other: Any) -> Case:
        return _refused(name, comment, clause, R3 | other, reason, None)

    env, log = "wrong_environment", "unknown_log"
    yield foreign(
        "another-environment",
        "a revision of staging, validly signed, says nothing about production",
        env,
        "check 6",
        environment="staging",
    )
    yield foreign(
        "another-environment-by-prefix",
        "environments are compared whole, not by their beginning",
        env,
        "check 6",
        environment="production-2",
    )
    yield foreign(
        "another-log",
        "a revision of another log of the environment is none of this one",
        log,
        "check 7",
        log="11111111-prod",
    )
    yield foreign(
        "another-log-by-prefix",
        "log ids are compared whole, not by their beginning",
        log,
        "check 7",
        log=f"{R3['log']}-2",
    )
    yield foreign(
        "another-environment-and-log",
        "the environment is compared before the log",
        env,
        "check 6 before check 7",
        environment="staging",
        log="11111111-prod",
    )
    yield foreign(
        "another-environment-with-a-feature",
        "what another environment requires is no matter of this one",
        env,
        "check 6 before check 8",
        environment="staging",
        requires=["holds"],
    )
    yield foreign(
        "another-log-of-another-shape",
        "a record of another log is not looked at any further",
        log,
        "check 7 before check 9",
        log="11111111-prod",
        changes="none",
    )
    yield foreign(
        "another-environment-far-ahead",
        "a record of another environment with a huge number makes nobody stale",
        env,
        _STALE,
        environment="staging",
        revision=2**53 - 1,
    )
    yield _refused(
        "environment-missing",
        "a payload that names no environment is for none",
        "check 5",
        without(R3, "environment"),
    )
    yield _refused(
        "environment-null",
        "an environment of null does not stand for every environment",
        "check 5",
        R3 | {"environment": None},
    )
    yield _refused(
        "environment-uppercase",
        "an environment in other letters is no name of one",
        "check 5",
        R3 | {"environment": "Production"},
    )
    yield _refused("log-missing", "a payload that names no log is for none", "check 5", without(R3, "log"))
    yield _refused("log-list", "a list of logs is no log", "check 5", R3 | {"log": [R3["log"]]})


def _features() -> Iterator[Case]:
    unknown = R3 | {"requires": ["holds"]}
    yield _refused(
        "unknown-feature",
        "a follower that does not know a required feature applies nothing of the revision",
        "check 8",
        unknown,
        "unsupported",
    )
    yield _refused(
        "unknown-feature-with-a-new-member",
        "a feature may bring members, so it is reported before the shape",
        "check 8 before check 9",
        unknown | {"holds": []},
        "unsupported",
    )
    yield _refused(
        "unknown-feature-ahead",
        "a feature is reported before the order, and the number says how far the follower is behind",
        "check 8 before check 13",
        R4 | {"requires": ["holds"]},
        "unsupported",
        (1, 4),
    )
    yield _refused(
        "unknown-feature-without-a-number",
        "of a refused record without a readable number, the next one counts as refused",
        _STALE,
        unknown | {"revision": "3"},
        "unsupported",
    )
    yield _refused(
        "unknown-feature-in-the-past",
        "an old record that is refused tells of nothing that the held position does not cover",
        _STALE,
        unknown,
        "unsupported",
        None,
        held=R4,
    )
    yield _refused(
        "unknown-feature-at-the-beginning",
        "nor does the very first number",
        _STALE,
        unknown | {"revision": 1},
        "unsupported",
        None,
        held=R4,
    )
    yield _refused(
        "unknown-feature-with-an-epoch-as-text",
        "an epoch that is no number leaves the number unknown",
        _STALE,
        unknown | {"epoch": "1", "revision": 9},
        "unsupported",
    )
    yield _refused("requires-missing", "a revision says what it requires", "check 5", without(R3, "requires"))
    yield _refused("requires-null", "requiring null is not requiring nothing", "check 5", R3 | {"requires": None})
    yield _refused(
        "requires-object",
        "features are a list of names",
        "check 5",
        R3 | {"requires": {"holds": True}},
    )
    yield _refused(
        "requires-unsorted",
        "features are sorted, so that a set of them has one spelling",
        "check 5",
        R3 | {"requires": ["holds", "epochs"]},
    )
    yield _refused(
        "requires-twice",
        "each feature is named once",
        "check 5",
        R3 | {"requires": ["holds", "holds"]},
    )
    yield case(
        "payload",
        "feature-of-a-snapshot",
        "a snapshot requires features like a revision",
        "check 8",
        [envelope(snapshot(R2, ENTITIES_2, requires=["holds"]), payload_type=REVISION.replace("revision", "snapshot"))],
        "unsupported",
        held=R2,
        at=R2,
        neighbour="payload",
    )


def _strict_json() -> Iterator[Case]:
    def text(name: str, comment: str, data: bytes, clause: str = "check 5", **spec: str) -> Case:
        return _refused(name, comment, clause, data, spec=spec)

    yield text("payload-not-json", "a signed payload that is no JSON is the publisher's error", b"revision 3")
    yield text("payload-empty", "a signed payload of no bytes is the publisher's error", b"")
    yield text("payload-array", "a signed list of revisions is no revision", b"[" + _TEXT + b"]")
    yield text("payload-null", "a signed null is no revision", b"null")
    yield text(
        "payload-byte-order-mark", "a byte order mark is no part of JSON", b"\xef\xbb\xbf" + _TEXT, rfc8259="8.1"
    )
    yield text(
        "payload-member-twice",
        "two numbers in one revision are read differently by different readers",
        _TEXT.replace(b'"revision":3', b'"revision":3,"revision":3'),
        rfc8259="4",
    )
    yield text(
        "payload-member-twice-by-escape",
        "a duplicate member hidden by a JSON escape is a duplicate",
        _TEXT.replace(b'"revision":3', b'"revision":3,"r\\u0065vision":4'),
        rfc8259="4",
    )
    yield text(
        "payload-member-twice-deep",
        "a duplicate member within a change is a duplicate like any other",
        _TEXT.replace(b'{"key":', b'{"key":"scope/a","key":'),
        rfc8259="4",
    )
    yield text(
        "payload-lone-surrogate",
        "half of a surrogate pair is no character, and has no bytes to hash",
        _TEXT.replace(b'"key":"scope/', b'"key":"\\ud800scope/'),
        rfc8259="8.2",
    )
    yield text(
        "payload-bad-utf8",
        "bytes that are no UTF-8 are no text",
        _TEXT.replace(b'"key":"scope/', b'"key":"\xc0\xafscope/'),
        rfc8259="8.1",
    )
    yield text(
        "payload-overlong-number",
        "a number of more than 40 characters is refused wherever it stands",
        _TEXT.replace(b'"revision":3', b'"revision":3.' + b"0" * 40),
    )
    yield text(
        "payload-integer-out-of-range",
        "an integer of 2^53 is not the same number to every reader",
        _TEXT.replace(b'"issued_at":1793000003', b'"issued_at":9007199254740992'),
        rfc8259="6",
    )
    yield text("payload-nan", "NaN is no number of JSON", _TEXT.replace(b'"widens":1', b'"widens":NaN'), rfc8259="6")
    yield text(
        "payload-leading-zero",
        "a number with a leading zero is no JSON",
        _TEXT.replace(b'"widens":1', b'"widens":01'),
        rfc8259="6",
    )
    deep = b"[" * 64 + b"]" * 64
    yield text(
        "payload-nested-too-deeply",
        "the object and 64 arrays in it are 65 levels",
        _TEXT.replace(b'"changes":', b'"deep":' + deep + b',"changes":'),
    )
    yield _refused(
        "payload-nested-and-unknown",
        "64 levels are strict JSON, so a feature is reported before the member that brings them",
        "check 8",
        canonical(R3 | {"requires": ["holds"]}).replace(b'"changes":', b'"deep":' + deep[1:-1] + b',"changes":'),
        "unsupported",
    )


def _members() -> Iterator[Case]:
    def member(name: str, comment: str, payload: Json | bytes, stale: tuple[int, int] = (1, 3), **spec: str) -> Case:
        return _refused(name, comment, "check 9", payload, "malformed", stale, spec=spec)

    yield member(
        "unknown-member-of-a-revision",
        "a member that a follower skips is a restriction that it misses",
        R3 | {"note": ""},
    )
    yield member(
        "unknown-member-ahead",
        "the number of a revision of unknown shape says how far the follower is behind",
        R4 | {"note": ""},
        (1, 4),
    )
    yield _refused(
        "unknown-member-in-the-past",
        "an old revision of unknown shape tells of nothing that the held position does not cover",
        _STALE,
        R3 | {"note": ""},
        stale=None,
        held=R4,
    )
    yield member("commit-missing", "a revision names its commit", without(R3, "commit"))
    yield member("commit-short", "an abbreviated commit is none", R3 | {"commit": "0123456"})
    yield member("commit-uppercase", "a commit is lowercase hex", R3 | {"commit": "A" * 40})
    yield member("parent-uppercase", "a digest is lowercase hex", R3 | {"parent": R3["parent"].upper()})
    yield member("parent-short", "a digest has 64 digits", R3 | {"parent": R3["parent"][:-1]})
    yield member("parent-with-a-line-feed", "a digest is matched to its very end", R3 | {"parent": R3["parent"] + "\n"})
    yield member("state-missing", "a revision names the state after it", without(R3, "state"))
    yield member("number-as-text", "a number in quotes is no number", R3 | {"revision": "3"})
    yield member(
        "number-as-fraction",
        "3.0 is no integer in a payload",
        _TEXT.replace(b'"revision":3', b'"revision":3.0'),
        rfc8785="3.2.2.3",
    )
    yield member(
        "number-with-exponent",
        "3e0 is no integer in a payload",
        _TEXT.replace(b'"revision":3', b'"revision":3e0'),
        rfc8785="3.2.2.3",
    )
    yield member("number-zero", "revisions are counted from 1", R3 | {"revision": 0})
    yield member("number-negative", "no revision stands before genesis", R3 | {"revision": -3})
    yield member("number-true", "true is not the number 1", R3 | {"revision": True})
    yield member("epoch-zero", "epochs are counted from 1", R3 | {"epoch": 0})
    yield member("minus-zero", "-0 is no integer in a payload", _TEXT.replace(b'"narrows":0', b'"narrows":-0'))
    yield member("time-negative", "no revision was issued before 1970", R3 | {"issued_at": -1})
    yield member("widens-missing", "a revision says how many of its changes widen access", without(R3, "widens"))


def _changes() -> Iterator[Case]:
    def changes(name: str, comment: str, *made: Any, **spec: str) -> Case:
        return _refused(name, comment, "check 9", R3 | {"changes": list(made)}, spec=spec)

    def value(name: str, comment: str, key: str, text: Any, **spec: str) -> Case:
        return changes(name, comment, {"key": key, "value": text}, **spec)

    first, second = put("scope/orders:a"), put("scope/orders:b")
    yield changes("changes-unsorted", "changes that are not sorted by key are refused", second, first)
    yield changes("changes-twice", "a key that is changed twice has no one value", first, first)
    yield changes(
        "changes-set-and-removed", "a key that is set and removed has no one outcome", first, remove("scope/orders:a")
    )
    yield changes(
        "changes-sorted-by-letters",
        "keys are sorted by bytes, so an upper-case letter stands before every lower-case one",
        put("client/a", CLIENT),
        put("client/B", CLIENT),
    )
    yield changes("change-of-both-kinds", "a change sets or removes, not both", first | {"removed": True})
    yield changes("change-of-no-kind", "a change that neither sets nor removes is none", {"key": "scope/orders:a"})
    yield changes(
        "change-removed-one",
        "removed is written as true and not as a number",
        {"key": "scope/orders:a", "removed": 1},
    )
    yield changes(
        "change-removed-false", "removed is written as true or not at all", {"key": "scope/orders:a", "removed": False}
    )
    yield changes(
        "change-with-a-null-value", "a value of null removes nothing", {"key": "scope/orders:a", "value": None}
    )
    yield changes("change-with-more", "a change has no other members", first | {"note": ""})
    yield changes("change-as-list", "a change is an object", ["scope/orders:a", ACTIVE])
    yield value(
        "value-as-object",
        "a value is a string that holds JSON, so that its bytes are hashed as received",
        "scope/orders:a",
        {"state": "active", "when_stale": "check"},
    )
    yield value("value-not-json", "a value that is no JSON is no entity", "scope/orders:a", "active")
    yield value("value-empty", "an empty value is no entity", "scope/orders:a", "")
    yield value(
        "value-member-twice",
        "a duplicate member within a value is a duplicate",
        "scope/orders:a",
        '{"state":"revoked","state":"active","when_stale":"check"}',
        rfc8259="4",
    )
    yield value(
        "value-unknown-member",
        "a member of an entity that a follower skips is a restriction that it misses",
        "scope/orders:a",
        '{"only":"internal","state":"active","when_stale":"check"}',
    )
    yield value(
        "value-missing-member", "a scope without when_stale has no default", "scope/orders:a", '{"state":"active"}'
    )
    yield value(
        "value-unknown-state",
        "an unknown state is not taken for active",
        "scope/orders:a",
        '{"state":"paused","when_stale":"check"}',
    )
    yield value("value-of-another-kind", "a client's value under a scope's key is no scope", "scope/orders:a", CLIENT)
    yield value(
        "value-lone-surrogate",
        "half of a surrogate pair in a value is no text",
        "scope/orders:a",
        '{"state":"active","when_stale":"\\ud800"}',
        rfc8259="8.2",
    )
    for name, comment, key in [
        ("key-of-an-unknown-kind", "a key of an unknown kind is not skipped", "limit/orders"),
        ("key-of-a-hold", "a hold comes with the feature that it requires", "hold/scope/orders:a"),
        ("key-without-a-name", "a key names one entity", "scope/"),
        ("key-without-a-kind", "a key names the kind of its entity", "orders"),
        ("key-with-a-blank", "a scope's name holds no blank", "scope/orders read"),
        ("key-not-ascii", "keys are ASCII, so look-alike letters are refused", "scope/\u043erders:read"),
        ("key-with-a-line-feed", "a key is matched to its very end", "client/web-shop\n"),
        ("key-of-a-gateway-without-a-team", "a gateway belongs to a team", "gateway/orders"),
        ("key-of-a-gateway-with-more", "a gateway has a team and a name, and no third part", "gateway/orders/orders/2"),
        ("key-in-upper-case", "kinds are compared byte for byte", "Scope/orders:a"),
    ]:
        kind = {"client": CLIENT, "gateway": GATEWAY}.get(key.partition("/")[0], ACTIVE)
        yield changes(name, comment, put(key, kind))
    yield changes(
        "removal-of-a-key-of-no-form", "a removal names a key of a known form too", remove("hold/scope/orders:a")
    )


def _accepted_forms() -> Iterator[Case]:
    def accepted(name: str, comment: str, payload: Json) -> Case:
        return case("payload", name, comment, "check 9", [envelope(payload)], "accepted", held=R2, at=payload)

    yield accepted("commit-of-sha256", "a commit of a SHA-256 repository has 64 digits", R3 | {"commit": "ab" * 32})
    yield accepted(
        "changes-sorted-by-bytes",
        "an upper-case client stands before a lower-case one",
        R3 | {"changes": [put("client/B", CLIENT), put("client/a", CLIENT), put("scope/orders:a")]},
    )
    yield accepted(
        "value-with-blanks",
        "a value that is not canonical is hashed as received, and decided upon all the same",
        R3 | {"changes": [put("scope/orders:a", '{ "when_stale": "check", "state": "active" }')]},
    )
    yield accepted("largest-time", "2^53 - 1 is the largest integer", R3 | {"issued_at": 2**53 - 1})
    spaced = canonical(R3).replace(b'","', b'" ,\r\n"')
    yield case(
        "payload",
        "payload-with-white-space",
        "a payload that is not canonical is hashed as received: the successor names its bytes",
        "Bytes",
        [envelope(spaced), E3],
        "accepted ignored",
        held=R2,
        at={"epoch": 1, "revision": 3, "digest": sha(spaced)},
    )
