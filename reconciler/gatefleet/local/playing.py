"""Plays a scenario on a fleet of its own on this machine: real authorizers of both builds, a real Apache Kafka.

While the steps happen one after the other, clients make the scenario's calls all the time. Every answer is held against
what was published (`local/judging.py`), at the end, when it is known what had been published when.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from gatefleet.local.asking import Asking, Caller, Decisions
from gatefleet.local.chaos_proxy import ChaosProxy
from gatefleet.local.judging import Answer
from gatefleet.local.scenario import ALLOWED, Amount, Expect, Scenario, Step
from gatefleet.local.stagehand import VARIABLES, Stagehand, clone_for_play
from gatefleet.local.up import Up
from gatefleet.problems import GatefleetError, Place, failure

AGAIN_SECONDS = 0.05
READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Played:
    """A step that did what it must: how long that took, and what is to tell besides."""

    step: Step
    seconds: float
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that was answered. `wrong_allows` and `unexpected` say what was wrong with each."""

    answers: tuple[Answer, ...]
    wrong_allows: tuple[str, ...]
    unexpected: tuple[str, ...]

    @property
    def allowed(self) -> int:
        """How many were let in."""
        return sum(one.said == ALLOWED for one in self.answers)


class Theatre:
    """A fleet to play scenarios on, one after the other. `open`, then `play`; `close` at the end, also unopened."""

    def __init__(self, repository: Path, announce: Callable[[str], None], cache: Path | None = None) -> None:
        self._repository = repository
        self._announce = announce
        self._cache = cache
        self._ending = ExitStack()

    def open(self) -> None:
        """Start everything. Raises `GatefleetError` as `Up.start` does, and GF627 when a build cannot be made."""
        folder = Path(self._ending.enter_context(tempfile.TemporaryDirectory(prefix="gatefleet-play-"))).resolve()
        clone = folder / "policy"
        clone_for_play(self._repository, clone)
        proxy = self._ending.enter_context(ChaosProxy())
        self._decisions = Decisions()
        self._up = Up(
            clone,
            worktree=False,
            kafka=True,
            builds=True,
            say_request=lambda _line: None,
            say_decision=self._decisions.take,
            announce=self._announce,
            cache=self._cache,
            proxy=proxy,
            variables=VARIABLES,
        )
        self._ending.callback(self._up.stop)
        self._up.start()
        missing = sorted({api.variant for api in self._up.apis.values()} - self._up.functions.keys())
        if missing:
            raise failure("GF627", ", ".join(missing), "is not built, so no scenario would prove anything about it")
        self._hand = Stagehand(self._up, clone, proxy)

    def play(self, scenario: Scenario) -> Iterator[Step | Played | Verdict]:
        """Each step before and after it is done, and the verdict at the end. Raises GF633 at a step that fails.

        Afterwards the fleet is as before, for the next scenario.
        """
        caller = Caller(self._up.addresses, self._hand.probe_of, self._hand.token_of, self._decisions)
        for call in scenario.calls.values():
            self._hand.probe_of(call)
        clock = any(isinstance(step.deed, Amount) and step.deed.part == "clock" for step in scenario.steps)
        self._hand.ready(clock=clock)
        always = {name: scenario.calls[name] for name in scenario.always}
        expected: list[Answer] = []
        asking = Asking(caller, always)
        try:
            for name in always:
                _until_fresh(caller, name, scenario)
            asking.start()
            performance = _Performance(scenario, self._hand, caller, asking, expected)
            for step in scenario.steps:
                yield step
                yield performance.play(step)
        finally:
            asking.stop()
            verdict = self._judge(scenario, asking.answers, expected)
            self._hand.restore()
        yield verdict

    def close(self) -> None:
        """End and remove all of it."""
        self._ending.close()

    def _judge(self, scenario: Scenario, asked: list[Answer], expected: list[Answer]) -> Verdict:
        now = int(time.time())
        wrong = []
        for one in (*asked, *expected):
            kid = self._hand.kid_of(one.call.key)
            if (why := self._hand.record.why_wrong(one, kid, now)) is not None:
                wrong.append(f"{one}: {why}")
        unexpected = tuple(str(one) for one in asked if one.said not in scenario.always[one.name])
        return Verdict((*asked, *expected), tuple(wrong), unexpected)


@dataclass(slots=True)
class _Performance:
    """One scenario while it is played."""

    scenario: Scenario
    hand: Stagehand
    caller: Caller
    asking: Asking
    expected: list[Answer]
    thaw_at: float | None = None  # steady seconds: while environments are frozen nobody asks, until then at least

    def play(self, step: Step) -> Played:
        begun = time.monotonic()
        try:
            told = self._do(step)
        except GatefleetError as error:
            first = error.problems[0]
            place = Place(f"scenario {self.scenario.name}", step.line, 1)
            raise failure("GF633", place, f"{step.say} {first.what}", why=first.why, fix=first.fix) from None
        return Played(step, time.monotonic() - begun, told)

    def _do(self, step: Step) -> tuple[str, ...]:
        match step.deed:
            case Expect() as expect:
                return self._expect(expect)
            case Amount("freeze", seconds):
                self.asking.pause()
                self.thaw_at = time.monotonic() + seconds
                return ("nobody asks, every environment stays frozen",)
            case deed:
                quiet = self.thaw_at is None and _interrupts(step)
                if quiet:  # a request that is under way when its process is killed is lost in Lambda, too
                    self.asking.pause()
                try:
                    said = self.hand.do(deed)
                finally:
                    if quiet:
                        self.asking.go_on()
                return (said,) if said else ()

    def _expect(self, expect: Expect) -> tuple[str, ...]:
        if self.thaw_at is not None:
            time.sleep(max(0.0, self.thaw_at - time.monotonic()))
        begun = time.monotonic()
        told = []
        for name in expect.calls:
            answer = self._until(name, expect, begun)
            how = f"{answer.freshness} {answer.revision}"
            told.append(f"{answer.said:<18} {name:<13} {answer.call.gateway:<18} {how}  {answer.until - begun:.2f} s")
        if self.thaw_at is not None:
            self.thaw_at = None
            self.asking.go_on()
        return tuple(told)

    def _until(self, name: str, expect: Expect, begun: float) -> Answer:
        while True:
            answer = self.caller.ask(name, self.scenario.calls[name])
            self.expected.append(answer)
            if answer.said == expect.answer and expect.freshness in (None, answer.freshness):
                return answer
            if answer.until - begun >= expect.within:
                wanted = f"{expect.answer}{f', {expect.freshness}' if expect.freshness else ''}"
                when = f"within {expect.within} s" if expect.within else "at once"
                raise failure("GF633", name, f"Expected {when} of {name}: {wanted}. It answered {answer}.")
            time.sleep(AGAIN_SECONDS)


def _interrupts(step: Step) -> bool:
    deed = step.deed
    return getattr(deed, "part", "") == "authorizers" and getattr(deed, "word", "") == "kill"


def _until_fresh(caller: Caller, name: str, scenario: Scenario) -> None:
    """Ask until the call is answered by all that is published, so that the story begins where it says."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        answer = caller.ask(name, scenario.calls[name])
        if answer.freshness == "fresh" and answer.said in scenario.always[name]:
            return
        if time.monotonic() > deadline:
            raise failure("GF633", name, f"before the first step, within {READY_SECONDS:g} s, it answered {answer}")
        time.sleep(AGAIN_SECONDS)
