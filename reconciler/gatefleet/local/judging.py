"""Whether an answer that let somebody in was right: held against what was published, and when it could be known.

Pure. Moments are steady seconds (`time.monotonic`). Four things make an allow wrong: its revision was never published;
that revision denies; every revision that may still have counted denies; or its scope must be denied on so old a policy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from gatefleet.access.can import can
from gatefleet.contract.digests import Position
from gatefleet.contract.entities import KeyState, WhenStale
from gatefleet.decide import FreshnessState
from gatefleet.decide.view import Holdings, View
from gatefleet.local.scenario import ALLOWED, Call

MOST_BACKOFF = 30.0  # seconds: docs/reference/decision.md, how long a follower waits after failed reads
SLACK = 1.0  # seconds: what passes on a busy machine between a read, the decision and the answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call was answered, asked `at` and answered `until`. `said`: `allowed`, a reason, or `status N`."""

    name: str
    call: Call
    at: float
    until: float
    said: str
    freshness: str = ""
    revision: str = ""
    age: int = 0
    when_stale: str = ""

    def __str__(self) -> str:
        how = " ".join(one for one in (self.freshness, self.revision) if one)
        return f"{self.name} ({self.call.gateway}): {self.said}{f', {how}' if how else ''}"


@dataclass(frozen=True)
class Published:
    """A revision and the moments between which it came onto the log."""

    position: Position
    entities: Mapping[str, str] = field(repr=False)
    begun: float
    done: float

    @cached_property
    def revision(self) -> str:
        """As decisions name it."""
        return str(self.position)

    def permits(self, call: Call, kid: str, now: int) -> bool:
        """Whether this policy lets the call in, with a token signed by the key `kid`; `now` in UTC seconds."""
        view = _view(call.gateway, self)
        client = view.clients.get(call.client)
        issuer = None if client is None or client.issuer is None else view.issuers.get(client.issuer)
        key = None if issuer is None else issuer.keys.get(kid)
        verifies = key is not None and key.state in (KeyState.ACTIVE, KeyState.RETIRING)
        return verifies and can(call.client, call.route, view, now).allowed

    def __hash__(self) -> int:
        return hash(self.position)


@dataclass(slots=True)
class Dark:
    """A time in which the authorizers could not read the log, and why; `until` None: it lasts."""

    since: float
    until: float | None = None
    why: str = ""


@dataclass(slots=True)
class Record:
    """What was published, and when the log could not be read. `bound`: seconds in which a revocation must count."""

    bound: float
    published: list[Published] = field(default_factory=list)
    dark: list[Dark] = field(default_factory=list)

    def why_wrong(self, answer: Answer, kid: str, now: int) -> str | None:
        """Why the answer lets somebody in wrongly; None when it is right, or lets nobody in."""
        if answer.said != ALLOWED:
            return None
        decided = [one for one in self.published if one.revision == answer.revision]
        if not decided:
            return f"revision {answer.revision or '?'} was never published"
        if not decided[-1].permits(answer.call, kid, now):
            return f"revision {answer.revision} denies it"
        if not any(one.permits(answer.call, kid, now) for one in self.may_count(answer)):
            return f"it was denied {answer.at - self._denied_since(decided[-1]):.1f} s before"
        if answer.when_stale == WhenStale.DENY and answer.freshness != FreshnessState.FRESH:
            deny_after = _view(answer.call.gateway, decided[-1]).deny_after
            if answer.freshness == FreshnessState.FLOOR or answer.age > deny_after:
                return f"a scope of `when_stale: deny` on a policy that is {answer.freshness}, {answer.age} s old"
        return None

    def may_count(self, answer: Answer) -> Sequence[Published]:
        """The revisions by which this answer may have been decided: any that was the newest within its window."""
        since = self._window(answer)
        ends = [later.done for later in self.published[1:]] + [float("inf")]
        pairs = zip(self.published, ends, strict=True)
        return [one for one, end in pairs if one.begun <= answer.until and end >= since]

    def _window(self, answer: Answer) -> float:
        gateway = _view(answer.call.gateway, self.published[-1]).gateway
        kept = 0 if gateway is None else gateway.result_ttl
        if answer.freshness == FreshnessState.FRESH and gateway is not None:
            # INVARIANT: who says `fresh` has read to the end of the log no longer ago than this, outage or not.
            return answer.at - gateway.max_staleness - kept - SLACK
        since = answer.at - self.bound - kept
        for dark in reversed(self.dark):
            until = answer.until if dark.until is None else dark.until
            waits = min(MOST_BACKOFF, until - dark.since)
            if dark.since <= answer.until and until + waits >= since:
                since = min(since, dark.since - self.bound - kept)
        return since

    def _denied_since(self, decided: Published) -> float:
        return self.published[self.published.index(decided) + 1].done


@lru_cache(maxsize=256)
def _view(gateway: str, published: Published) -> View:
    return View(Holdings.build(gateway, published.entities), published.position)
