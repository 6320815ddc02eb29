"""When an instance says what it has in effect, and in which bytes (docs/reference/heartbeat.md).

`given`: `identity` (`environment`, `gateway`, `instance`, `variant`, `version`, `floor` with `epoch`, `revision`,
`issued_at`), `started` in milliseconds, and `events` in order, each one of

* `read`, `succeeded` or `failed`, with `refused`: records by reason;
* `decision`: `effect`, `reason`?, `freshness`, `path`?;
* `delivery`: `sent` or `unsent`;
* `ask`: whether a heartbeat is due at `now` (milliseconds), standing at `position` with the view digest `view` and
  `freshness`; `follows`: there is a log to follow.

`expect`: `heartbeats`, one for each `ask`: null, or `topic`, `key`, `timestamp`, `value` and `metrics` (the line).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families import _heartbeat_due, _heartbeat_said


def accepts(_: Mapping[str, Any]) -> bool:
    """Nothing is refused here."""
    return True


def cases() -> Iterator[Case]:
    """What is said, then when."""
    yield from _heartbeat_said.cases()
    yield from _heartbeat_due.cases()
