"""Forms of what records and trust documents name, at their edges: longest, one longer, and what is just outside.

A record of another environment or log shows which form it was taken for: one of the right form is another's, any other
is malformed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._chain_cases import case
from contract.vectorgen.families._records import R2, R3, TRUST, Json, b64, envelope, trust

_NAME_OUTSIDE, _COMMIT_OUTSIDE = "`{:_.AZ/ ", "`g/:AF"


def cases() -> Iterator[Case]:
    """By what is named."""
    names = ["a", "0", "9z", "a" + "az09-" * 12 + "zz"]
    bad_names = ["", "-", "-a", "a-", "a" * 64, *(f"a{one}a" for one in _NAME_OUTSIDE)]
    yield from _named("environment", names, bad_names, "wrong_environment")
    logs = ["a" * 8, "0az09-z-", "9" + "az09-" * 12 + "az0"]
    bad_logs = ["", "a" * 7, "a" * 65, "-" + "a" * 8, *(f"aaaa{one}aaaa" for one in _NAME_OUTSIDE)]
    yield from _named("log", logs, bad_logs, "unknown_log")
    yield from _named("requires", [[name] for name in names], [[name] for name in bad_names], "unsupported")
    commits = ["0" * 39, "0" * 41, "0" * 63, "0" * 65, "", *("0" * 39 + one for one in _COMMIT_OUTSIDE)]
    yield from _named("commit", [], commits, "accepted")
    for digits in ("09af" * 10, "09af" * 16):
        yield _accepted_commit(digits)
    yield from _types()
    yield from _documents(names, bad_names, logs, bad_logs)


def _named(member: str, good: list[Any], bad: list[Any], otherwise: str) -> Iterator[Case]:
    for at, value in enumerate(good):
        stale = (1, 3) if otherwise == "unsupported" else None
        yield _record(f"{member}-form-{at}", f"a {member} of the right form", R3 | {member: value}, otherwise, stale)
    for at, value in enumerate(bad):
        comment = f"a {member} of another form is none"
        yield _record(f"{member}-no-form-{at}", comment, R3 | {member: value}, "malformed", (1, 3))


def _record(name: str, comment: str, payload: Json, outcome: str, stale: tuple[int, int] | None) -> Case:
    return case(
        "forms",
        name,
        comment,
        "Payloads",
        [envelope(payload)],
        outcome,
        held=R2,
        at=R2,
        stale=stale,
        neighbour="payload",
    )


def _accepted_commit(digits: str) -> Case:
    payload = R3 | {"commit": digits}
    comment = "a commit is all digits of a git hash, of either length"
    return case(
        "forms", f"commit-of-{len(digits)}", comment, "Payloads", [envelope(payload)], "accepted", held=R2, at=payload
    )


def _types() -> Iterator[Case]:
    """A type of the right form that nobody knows is a wrong type; any other makes no envelope."""
    long = "az09./+-".ljust(127, "a")
    outcomes = {long: "wrong_type", "a": "wrong_type", long + "a": "malformed", "": "malformed"}
    outcomes |= {f"a{one}a": "malformed" for one in '`{,:*[@A_ "'}
    for at, (kind, outcome) in enumerate(outcomes.items()):
        comment = "a payload type has a form of its own, whoever knows it"
        value = envelope(R3, payload_type=kind)
        yield case(
            "forms",
            f"type-form-{at}",
            comment,
            "Envelopes",
            [value],
            outcome,
            held=R2,
            at=R2,
            neighbour="payload",
        )


def _documents(names: list[str], bad_names: list[str], logs: list[str], bad_logs: list[str]) -> Iterator[Case]:
    """The same forms, and numbers, where a trust document has them."""
    limits = trust()["blast_limit"]
    numbers = {"version": [1, 2**53 - 1], "issued_at": [0, 2**53 - 1]}
    bad_numbers = {"version": [0, -1, "1", True], "issued_at": [-1, "1", None]}
    for member, good, bad in (
        ("environment", names, bad_names),
        ("log", logs, bad_logs),
        ("version", numbers["version"], bad_numbers["version"]),
        ("issued_at", numbers["issued_at"], bad_numbers["issued_at"]),
        ("blast_limit", [limits | {"scope": 0}], [limits | {"scope": -1}, limits | {"scope": "1"}, limits | {"x": 1}]),
    ):
        for outcome, values in (("accepted", good), ("malformed", bad)):
            for at, value in enumerate(values):
                document = envelope(trust() | {member: value}, "root-a", payload_type=TRUST)
                form = "the right" if outcome == "accepted" else "another"
                yield Case(
                    name=f"trust-{member.replace('_', '-')}-{outcome}-{at}",
                    comment=f"a trust document's {member} of {form} form",
                    spec={"log": "Trust"},
                    given={"document": b64(document)},
                    expect={"outcome": outcome},
                    neighbour=None if outcome == "accepted" else "trust",
                    group="trust-forms",
                )
