"""What the steps of a scenario do to a fleet that is up: to its policy, its log, the way there, its authorizers."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from confluent_kafka import Producer
from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]

from gatefleet.contract.entities import Gateway
from gatefleet.decide.view import Holdings, View
from gatefleet.local.chaos_proxy import ChaosProxy
from gatefleet.local.clock import JumpingClock
from gatefleet.local.development import ISSUER_URL, clone, commit, issuer_yaml, set_author
from gatefleet.local.judging import Dark, Published, Record
from gatefleet.local.probes import Probe
from gatefleet.local.records import forged, poisoned, replayed
from gatefleet.local.scenario import FIRST_KEY, Amount, Call, Commit, Deed, Do, Keys, Publish
from gatefleet.local.stage import KafkaStage
from gatefleet.local.tokens import DevelopmentIssuer
from gatefleet.local.up import NotValid, Up
from gatefleet.log.address import open_writer
from gatefleet.problems import GatefleetError, failure

BOUND = 10.0  # seconds: `revocation_slo` of the environment `development`
END_SECONDS = 30.0
TOKEN_SECONDS = 3600
# One read must not fail because the machine is busy. A function ends after 5 s, and a heartbeat may come before a read.
VARIABLES = {"GATEFLEET_READ_DEADLINE_MS": "1500", "GATEFLEET_INIT_BUDGET_MS": "1500"}


class Stagehand:
    """Hands on one fleet on Kafka, through `proxy`. `repository` is a clone made for this: commits are made in it.

    `record` is what was published here so far and when the log was dark.
    """

    def __init__(self, up: Up, repository: Path, proxy: ChaosProxy) -> None:
        assert isinstance(up.stage, KafkaStage)
        self.record = Record(BOUND)
        self._up = up
        self._stage: KafkaStage = up.stage
        self._repository = repository
        self._proxy = proxy
        self._base = _git(repository, "rev-parse", "HEAD")
        self._keys = {FIRST_KEY: up.development.issuer}
        self._states = {FIRST_KEY: "active"}
        self._clock: JumpingClock | None = None
        self._stopped = False
        self._poisoned = False
        self._note_published(time.monotonic())

    def ready(self, *, clock: bool) -> None:
        """Begin with new environments, under a clock that can jump where the story has one."""
        if clock and self._clock is None:
            self._clock = JumpingClock(self._up.folder)
        self._deploy(clock=clock)

    def do(self, deed: Deed) -> str:
        """Do what a step says; says what was done. Raises `GatefleetError`."""
        match deed:
            case Commit(file, old, new):
                return self._commit(file, old, new)
            case Publish(within):
                return self._publish(within)
            case Keys(states):
                return self._set_keys({**self._states, **states})
            case Amount("delay", number):
                self._proxy.round_trip = number / 1000
                return f"{number} ms there and back"
            case Amount("clock", number):
                assert self._clock is not None
                self._clock.set(number)
                return f"{number:+d} s"
            case Do(part, word):
                return self._acts[part, word]()
            case _:
                raise AssertionError(deed)  # `Expect` and `freeze` are the player's

    def restore(self) -> None:
        """Bring back what every scenario begins with: the policy, its keys, the log and the way there."""
        self._proxy.alive()
        self._proxy.drop()
        self._proxy.round_trip = 0.0
        if self._clock is not None:
            self._clock.set(0)
        if self._stopped:
            self._start_broker()
        if self._poisoned:  # whoever starts from a floor would read the validly signed garbage, and not be fresh
            self._recreate_topic()
            self._poisoned = False
        self._light()
        _git(self._repository, "checkout", "--quiet", self._base, "--", ".")
        if _git(self._repository, "status", "--porcelain"):
            commit(self._repository, "Bring back what was")
        self._keys = {FIRST_KEY: self._keys[FIRST_KEY]}
        self._states = {FIRST_KEY: "active"}
        self._up.set_issuer(issuer_yaml([(self._keys[FIRST_KEY], "active")]))
        self._publish(END_SECONDS)

    def probe_of(self, call: Call) -> Probe:
        """How a call looks. Raises GF633 where the policy has no such client, gateway or route."""
        entities = self.record.published[0].entities
        view = View(Holdings.build(call.gateway, entities), self.record.published[0].position)
        client = view.clients.get(call.client)
        if not isinstance(view.gateway, Gateway) or call.route not in view.gateway.routes or client is None:
            what = (
                f"{call.client} on {call.gateway}, {call.route}: not in this policy, or nothing that could be granted"
            )
            raise failure("GF633", str(self._repository), what, fix="play it in the repository that it was written for")
        claims = tuple(sorted(view.gateway.routes[call.route].claims.items()))
        audience = view.gateway.audience[0]
        return Probe(call.gateway, call.client, call.route, audience, tuple(sorted(client.scopes)), claims)

    def token_of(self, call: Call) -> str:
        """A fresh token for a call."""
        probe, now = self.probe_of(call), int(time.time())
        claims = dict(probe.claims)
        return self._keys[call.key].mint(
            call.client, probe.scopes, probe.audience, now, claims=claims, lifetime=TOKEN_SECONDS
        )

    def kid_of(self, key: str) -> str:
        """The id of a key."""
        return self._keys[key].kid

    # --- policy ------------------------------------------------------------------------------------------------------

    def _commit(self, file: str, old: str, new: str) -> str:
        path = self._repository / file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if not path.resolve().is_relative_to(self._repository.resolve()) or text.count(old) != 1:
            what = f"the text to replace stands there {text.count(old)} times" if text else "there is no such file"
            raise failure("GF633", file, what, fix="name text that stands there exactly once")
        path.write_text(text.replace(old, new), encoding="utf-8")
        commit(self._repository, f"Change {file}")
        return self._go_along()

    def _set_keys(self, states: dict[str, str]) -> str:
        for name in states:
            if name not in self._keys:
                path = self._up.folder / "keys" / f"{name}-{time.monotonic_ns()}.key.pem"
                self._keys[name] = DevelopmentIssuer.create(path, ISSUER_URL)
        self._states = states
        ends = int(time.time()) + TOKEN_SECONDS
        self._up.set_issuer(issuer_yaml([(self._keys[name], state) for name, state in states.items()], ends))
        return self._go_along()

    def _go_along(self) -> str:
        begun = time.monotonic()
        became = self._up.go_along()
        if isinstance(became, NotValid):
            if all(one.code in ("GF450", "GF520", "GF521") for one in became.problems):
                return "waits for the log"
            raise GatefleetError(*became.problems)
        self._note_published(begun)
        return f"revision {self.record.published[-1].revision}"

    def _publish(self, within: float) -> str:
        deadline = time.monotonic() + within
        while (said := self._go_along()) == "waits for the log":
            if time.monotonic() > deadline:
                raise failure("GF633", self._stage.address, f"nothing could be published within {within:g} s")
        return said

    def _note_published(self, begun: float) -> None:
        history = self._up.history()
        assert history.position is not None
        known = self.record.published
        if not known or known[-1].position != history.position:
            known.append(Published(history.position, dict(history.entities), begun, time.monotonic()))
        self._light(only="topic")

    # --- the log -----------------------------------------------------------------------------------------------------

    @property
    def _acts(self) -> dict[tuple[str, str], Callable[[], str]]:
        return {
            ("append", "forged"): lambda: self._append(forged(self._up.history(), self._first(), self._up.trust)),
            ("append", "poisoned"): lambda: self._produce(poisoned(self._up.development.signer)),
            ("append", "replayed"): lambda: self._append(replayed(self._up.history())),
            ("broker", "stop"): self._stop_broker,
            ("broker", "start"): self._start_broker,
            ("topic", "recreate"): self._recreate_topic,
            ("proxy", "dark"): self._darken(self._proxy.dark),
            ("proxy", "closed"): self._darken(self._proxy.closed),
            ("proxy", "alive"): self._lighten,
            ("proxy", "forget"): lambda: _done(self._proxy.forget),
            ("proxy", "drop"): lambda: _done(self._proxy.drop),
            ("authorizers", "kill"): self._kill,
            ("authorizers", "deploy"): lambda: self._deploy(clock=self._clock is not None),
        }

    def _first(self) -> Published:
        return self.record.published[0]

    def _append(self, records: list[bytes]) -> str:
        writer = open_writer(self._stage.address, {})
        try:
            writer.append(records)
        finally:
            writer.close()
        return f"{len(records)} record{'s' if len(records) > 1 else ''}"

    def _produce(self, values: list[bytes]) -> str:
        """Put values on the topic that our own writer would refuse."""
        self._poisoned = True
        producer = Producer({"bootstrap.servers": self._stage.bootstrap, "acks": "all"})
        for value in values:
            producer.produce(self._stage.topic, value, partition=0)
        if producer.flush(END_SECONDS):
            raise failure("GF633", self._stage.address, f"the broker did not take them within {END_SECONDS:g} s")
        return f"{len(values)} records"

    def _stop_broker(self) -> str:
        self._stopped = True
        self._mark_dark("broker")
        return self._stage.take_away()

    def _start_broker(self) -> str:
        said = self._stage.bring_back()
        self._stopped = False
        self._light(only="broker")
        return said

    def _recreate_topic(self) -> str:
        """Until something is published, nobody finds what they hold on the new topic."""
        self._mark_dark("topic")
        admin, topic = self._stage.access.admin(), self._stage.topic
        admin.delete_topics([topic])[topic].result()
        deadline = time.monotonic() + END_SECONDS
        while topic in admin.list_topics(timeout=END_SECONDS).topics and time.monotonic() < deadline:
            pass
        admin.create_topics([NewTopic(topic, 1, 1, config={"retention.ms": "-1", "retention.bytes": "-1"})])[
            topic
        ].result()
        return "empty"

    # --- the way there -----------------------------------------------------------------------------------------------

    def _darken(self, how: Callable[[], None]) -> Callable[[], str]:
        def act() -> str:
            self._mark_dark("proxy")
            return _done(how)

        return act

    def _lighten(self) -> str:
        said = _done(self._proxy.alive)
        self._light(only="proxy")
        return said

    def _mark_dark(self, why: str) -> None:
        self.record.dark.append(Dark(time.monotonic(), why=why))

    def _light(self, only: str | None = None) -> None:
        for one in self.record.dark:
            if one.until is None and only in (None, one.why):
                one.until = time.monotonic()

    # --- the authorizers ---------------------------------------------------------------------------------------------

    def _kill(self) -> str:
        functions = [one for each in self._up.functions.values() for one in each.by_gateway.values()]
        pids = [pid for one in functions for pid in one.pids]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + END_SECONDS
        while any(one.environments for one in functions) and time.monotonic() < deadline:
            for one in functions:
                one.sweep()
            time.sleep(0.01)
        return f"{len(pids)} processes"

    def _deploy(self, *, clock: bool) -> str:
        variables = self._clock.variables if clock and self._clock is not None else {}
        for one in self._up.functions.values():
            one.deploy(variables)
        return "the former version ends what it has begun"


def clone_for_play(repository: Path, into: Path) -> None:
    """A clone of HEAD that scenarios may commit to. Raises GF620 when it is no checkout."""
    clone(repository, into)
    set_author(into)


def _done(act: Callable[[], None]) -> str:
    act()
    return ""


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()
