"""When a heartbeat is due: the minute, the news, and the bound on news."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._heartbeat_cases import ALLOWED, READ, SENT, START, UNSENT, ask, case, refused

FIRST: dict[str, Any] = {"first": True}


def cases() -> Iterator[Case]:
    """Rule by rule."""
    yield from _minutes()
    yield from _news()
    yield from _deliveries()
    yield from _bound()
    yield from _clock()


def since(after: int, **members: Any) -> dict[str, Any]:
    return {"since": START + after, **members}


def _minutes() -> Iterator[Case]:
    make = partial(case, clause="The step", group="minutes")
    yield make(
        "due-after-a-minute",
        "while nothing happens a heartbeat is due 60 seconds after the last one and not a millisecond before",
        [ask(0), ask(59_999), ask(60_000), ask(119_999), ask(120_000)],
        [FIRST, None, since(0), None, since(60_000)],
    )
    yield make(
        "due-counts-from-the-last-one",
        "a late heartbeat moves the next one: there is no schedule to catch up with",
        [ask(0), ask(95_000), ask(120_000), ask(154_999), ask(155_000)],
        [FIRST, since(0), None, None, since(95_000)],
    )
    yield make(
        "due-after-a-freeze-once",
        "an hour of freeze is followed by one heartbeat, not by sixty",
        [ask(0), ask(3_600_000), ask(3_600_001)],
        [FIRST, since(0), None],
    )
    yield make(
        "due-not-by-requests",
        "requests are no news, however many",
        [ask(0), *[event for at in range(1, 30) for event in (ALLOWED, ask(at))]],
        [FIRST, *[None] * 29],
    )
    yield make(
        "due-not-by-reads",
        "a read that brought nothing is no news, also when it failed",
        [READ, ask(0), READ, {"read": "failed", "refused": {}}, ask(1_000)],
        [{**FIRST, "reads": (1, 0)}, None],
    )


def _news() -> Iterator[Case]:
    make = partial(case, clause="The step", group="news")
    yield make(
        "due-by-an-applied-revision",
        "a revision that was applied is told at once, and then the minute begins anew",
        [ask(0), READ, ask(1, 43), ask(60_000, 43), ask(60_001, 43)],
        [FIRST, since(0, reads=(1, 0)), None, since(1)],
    )
    yield make(
        "due-by-several-revisions-once",
        "revisions that came with one read are told by one heartbeat",
        [ask(0), ask(1_000, 45), ask(1_001, 45)],
        [FIRST, since(0), None],
    )
    yield make(
        "due-by-another-epoch",
        "the same number in another epoch is another position",
        [
            ask(0),
            ask(1_000, position={"epoch": 2, "revision": 42, "digest": "42" * 32}),
            ask(2_000, position={"epoch": 2, "revision": 42, "digest": "42" * 32}),
        ],
        [FIRST, since(0), None],
    )
    yield make(
        "due-by-another-payload",
        "the same numbers with another payload are another position",
        [ask(0), ask(1_000, position={"epoch": 1, "revision": 42, "digest": "43" * 32})],
        [FIRST, since(0)],
    )
    yield make(
        "due-by-a-refused-record",
        "a refused record is told at once",
        [ask(0), refused(bad_signature=1), ask(1), ask(2)],
        [FIRST, since(0, reads=(0, 1), refusals={"bad_signature": 1}), None],
    )
    yield make(
        "due-by-a-record-refused-in-a-good-read",
        "a record that anybody could have written is refused while the read succeeds, and is told too",
        [ask(0), {"read": "succeeded", "refused": {"malformed": 2}}, ask(1)],
        [FIRST, since(0, reads=(1, 0), refusals={"malformed": 2})],
    )
    yield make(
        "due-not-by-a-view-of-the-same-position",
        "a view that was rebuilt at the same position is no news",
        [ask(0), ask(1_000, view="b0" * 32)],
        [FIRST, None],
    )


def _deliveries() -> Iterator[Case]:
    make = partial(case, clause="The step", group="deliveries")
    yield make(
        "due-by-a-lost-heartbeat",
        "a heartbeat that a freeze ended is news, so that a function that sleeps between requests is heard",
        [ask(0), UNSENT, ask(30_000), SENT, ask(30_001)],
        [FIRST, since(0, unsent=1), None],
    )
    yield make(
        "due-not-by-every-lost-heartbeat",
        "while the log is down lost heartbeats wait for the minute, so that a fleet does not knock all the time",
        [ask(0), UNSENT, ask(1_000), UNSENT, ask(2_000), ask(60_999), ask(61_000), UNSENT, ask(61_001)],
        [FIRST, since(0, unsent=1), None, None, since(1_000, unsent=2), None],
    )
    yield make(
        "due-by-a-lost-heartbeat-after-a-sent-one",
        "a heartbeat that was sent ends the row: the next lost one is news again",
        [ask(0), UNSENT, ask(1_000), SENT, ask(61_000), UNSENT, ask(62_000)],
        [FIRST, since(0, unsent=1), since(1_000), since(61_000, unsent=1)],
    )
    yield make(
        "due-not-by-a-sent-heartbeat",
        "that a heartbeat was sent is no news",
        [ask(0), SENT, ask(1_000)],
        [FIRST, None],
    )


def _bound() -> Iterator[Case]:
    make = partial(case, clause="The step", group="bound")
    yield make(
        "bound-of-five-at-once",
        "five heartbeats tell news at once; the sixth waits for ten seconds and tells the newest position",
        [
            ask(0),
            *[ask(at, 42 + at) for at in range(1, 8)],
            ask(10_000, 49),
            ask(10_001, 50),
            ask(10_002, 51),
        ],
        [FIRST, *[since(at) for at in range(5)], None, None, None, since(5), None],
    )
    yield make(
        "bound-comes-back-one-by-one",
        "each ten seconds one heartbeat comes back, and never more than five",
        [
            ask(0),
            *[ask(at, 42 + at) for at in range(1, 6)],
            ask(20_001, 51),
            ask(20_002, 52),
            ask(20_003, 53),
            ask(30_001, 53),
            ask(200_000, 53),
            *[ask(200_000 + at, 53 + at) for at in range(1, 7)],
        ],
        [
            FIRST,
            *[since(at) for at in range(5)],
            since(5),
            since(20_001),
            None,
            since(20_002),
            since(30_001),
            *[since(200_000 + at) for at in range(5)],
            None,
        ],
    )
    yield make(
        "bound-not-spent-by-the-minute",
        "a heartbeat that the minute makes due spends nothing, also when it tells news",
        [
            ask(0),
            ask(60_000, 43),
            *[ask(60_000 + at, 43 + at) for at in range(1, 7)],
        ],
        [FIRST, since(0), *[since(60_000 + at) for at in range(5)], None],
    )
    yield make(
        "bound-of-refused-records",
        "who can write to the log cannot make a fleet talk: what is refused is counted until it is told",
        [
            ask(0),
            *[event for at in range(1, 9) for event in (refused(malformed=1000), ask(at))],
            ask(10_001),
        ],
        [
            FIRST,
            *[since(at, reads=(0, 1), refusals={"malformed": 1000}) for at in range(5)],
            *[None] * 3,
            since(5, reads=(0, 3), refusals={"malformed": 3000}),
        ],
    )


def _clock() -> Iterator[Case]:
    make = partial(case, clause="The step", group="clock")
    yield make(
        "clock-set-back-is-told-once",
        "a clock that was set back makes one heartbeat due, and silences none for as long as it was set back",
        [ask(3_600_000), ask(0), ask(1), ask(59_999), ask(60_000)],
        [{**FIRST, "since": START}, {"since": START + 3_600_000}, None, None, since(0)],
    )
    yield make(
        "clock-set-back-gives-the-credit-back",
        "credit that was spent at a time that is yet to come is there again",
        [
            ask(3_600_000),
            *[ask(3_600_000 + at, 42 + at) for at in range(1, 7)],
            ask(0, 48),
            ask(1, 49),
        ],
        [
            {**FIRST, "since": START},
            *[since(3_600_000 + at) for at in range(5)],
            None,
            since(3_600_005),
            since(0),
        ],
    )
