"""The main job, end to end, on this machine: a change of policy in git is decided upon everywhere seconds later.

Everything is real but the place: real git commits, the real `gatefleet` command, real signatures and tokens, real API
Gateway events; a file or Apache Kafka as the log. Yields what happened; the command line shows it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gatefleet.contract.reasons import RefusalReason
from gatefleet.decide import View
from gatefleet.local.development import Development, add_development, clone, commit, revert
from gatefleet.local.fleet import Fleet
from gatefleet.local.probes import Probe, call, probes_for, wait_for
from gatefleet.local.stage import FileStage, KafkaStage, Stage
from gatefleet.log.address import open_writer
from gatefleet.log.envelope import seal
from gatefleet.log.keys import FileSigner, new_key
from gatefleet.log.payloads import Change, Revision
from gatefleet.log.trust import Trust, parse_trust
from gatefleet.model import parse_model
from gatefleet.model.types import DEVELOPMENT
from gatefleet.problems import failure
from gatefleet.source import read_worktree

SCOPE = "orders:read"
SCOPE_FILE = Path("policies/scopes/orders.yaml")
TOPIC = "gatefleet.development.policy.v1"


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the story that took `seconds`; `lines` are what one sees of it."""

    title: str
    seconds: float
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """A command that was run in the clone, and what it printed."""

    typed: str
    printed: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Turned:
    """How long after the commit, and after the log had the revision, each gateway first answered `status`."""

    title: str
    status: int
    after_commit: Mapping[str, float]
    published_at: float


Beat = Step | Command | Turned


@dataclass
class Demo:
    """The running demo. `close` ends and removes all of it."""

    repository: Path
    kafka: bool
    started: float = field(default_factory=time.monotonic)
    stage: Stage | None = None
    fleet: Fleet | None = None
    development: Development | None = None
    folder: Path | None = None
    probes: dict[Probe, str] = field(default_factory=dict)

    def close(self) -> None:
        """Stop the gateways and the log, and remove the clone with its keys."""
        if self.fleet is not None:
            self.fleet.stop()
        if self.stage is not None:
            self.stage.close()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def tell(self) -> Iterator[Beat]:
        """Play the story. Raises `GatefleetError` (GF625) when a step does not do what it must."""
        yield self._prepare()
        yield self._run("validate")
        yield self._publish()
        yield self._run("render", "--floors", "--out", str(self._folder / "fleet"), *self._signing())
        yield self._serve()
        yield self._all_allowed()
        yield from self._revoke()
        yield from self._outage()
        yield from self._revert()
        yield self._forge()

    @property
    def _folder(self) -> Path:
        assert self.folder is not None
        return self.folder

    @property
    def _dev(self) -> Development:
        assert self.development is not None
        return self.development

    @property
    def _log(self) -> Stage:
        assert self.stage is not None
        return self.stage

    @property
    def _running(self) -> Fleet:
        assert self.fleet is not None
        return self.fleet

    def _prepare(self) -> Step:
        begun = time.monotonic()
        repo = clone(self.repository)
        self.folder = repo.parent
        self.stage = KafkaStage(TOPIC) if self.kafka else FileStage(self._folder / "policy.log")
        model, _ = parse_model(read_worktree(repo))
        issuers = tuple(sorted(model.issuers))
        bootstrap = self.stage.bootstrap if isinstance(self.stage, KafkaStage) else None
        self.development = add_development(
            repo, issuers, model.conventions.blast_limit, int(time.time()), kafka=bootstrap
        )
        title = "Cloned the policies and added an environment `development` with generated keys"
        return Step(title, time.monotonic() - begun, (f"clone  {repo}", f"log    {self._log.address}"))

    def _signing(self) -> tuple[str, ...]:
        key = str(self._dev.keys / "publish.key.pem")
        return ("--environment", DEVELOPMENT, "--log", self._log.address, "--key", key)

    def _publish(self) -> Command:
        return self._run("publish", *self._signing(), "--archive", str(self._folder / "archive"))

    def _run(self, *arguments: str) -> Command:
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "gatefleet", *arguments],
            cwd=self._dev.repo,
            capture_output=True,
            text=True,
            check=False,
        )
        typed = " ".join(["gatefleet", *(one.replace(f"{self._folder}/", "") for one in arguments)])
        if done.returncode:
            raise failure("GF625", typed, f"ended with exit code {done.returncode}", why=done.stderr.strip())
        return Command(typed, tuple(done.stdout.splitlines()), time.monotonic() - begun)

    def _serve(self) -> Step:
        begun = time.monotonic()
        root = self._folder / "fleet" / "terraform" / "teams"
        floors = {
            f"{file.parts[-4]}/{file.parts[-2]}": file.read_bytes().strip()
            for file in sorted(root.glob(f"*/{DEVELOPMENT}/*/floor.json"))
        }
        model, _ = parse_model(read_worktree(self._dev.repo))
        trust = self._trust()
        decisions = self._folder / "decisions.jsonl"
        self.fleet = Fleet(floors, trust, self._log.open_reader, model.conventions.error_type_base, decisions)
        views = {gateway_id: one.follower.view for gateway_id, one in self.fleet.authorizers.items()}
        self.fleet.start()
        self.probes = self._with_tokens(views)
        if len(self.probes) < 2:
            raise failure("GF625", SCOPE, "too few gateways have a route that needs this scope")
        lines = tuple(f"{address}  {gateway_id}" for gateway_id, address in sorted(self.fleet.addresses.items()))
        title = f"{len(lines)} gateways are up; they answer from their floors, and follow the log"
        return Step(title, time.monotonic() - begun, lines)

    def _trust(self) -> Trust:
        place = Path("policies/environments/development.trust.json")
        return parse_trust((self._dev.repo / place).read_bytes().strip(), str(place))

    def _with_tokens(self, views: Mapping[str, View]) -> dict[Probe, str]:
        now = int(time.time())
        following = {name: view for name, view in views.items() if self._running.authorizers[name].follower.follows}
        return {
            probe: self._dev.issuer.mint(
                probe.client, probe.scopes, probe.audience, now, claims=dict(probe.claims), lifetime=3600
            )
            for probe in probes_for(SCOPE, following, now)
        }

    def _all_allowed(self) -> Step:
        begun = time.monotonic()
        self._expect(200, "before the change")
        probe, _ = next(iter(self.probes.items()))
        denied, _ = call(self._running.addresses[probe.gateway], probe.method, probe.path, None)
        if denied != 401:
            raise failure("GF625", probe.gateway, f"without a token it answered {denied}, not 401")
        lines = tuple(f"200  {probe.gateway:<24} {probe.client:<16} {probe.route}" for probe in self.probes)
        return Step(f"Clients with `{SCOPE}` are let in", time.monotonic() - begun, (*lines, "401  without a token"))

    def _revoke(self) -> Iterator[Beat]:
        def make_commit() -> None:
            file = self._dev.repo / SCOPE_FILE
            file.write_text(_revoked(file.read_text(encoding="utf-8")), encoding="utf-8")
            commit(self._dev.repo, f"Revoke {SCOPE}")

        yield self._turn(f"`{SCOPE}` is revoked by a commit", make_commit, 403)

    def _revert(self) -> Iterator[Beat]:
        yield self._turn("The way back is `git revert`", lambda: revert(self._dev.repo), 200)

    def _turn(self, title: str, make_commit: Callable[[], None], status: int) -> Turned:
        make_commit()
        begun = time.monotonic()
        self._publish()
        published = time.monotonic() - begun
        turned = wait_for(status, self.probes, self._running.addresses, begun)
        late = [probe.gateway for probe, seconds in turned.items() if seconds is None]
        if late:
            raise failure("GF625", ", ".join(late), f"did not answer {status} within 30 s of the commit")
        return Turned(title, status, {p.gateway: s for p, s in turned.items() if s is not None}, published)

    def _outage(self) -> Iterator[Beat]:
        begun = time.monotonic()
        how = self._log.take_away()
        time.sleep(2.5)  # longer than max_staleness: the views are stale now
        self._expect(403, "while the log is away")
        unaffected = self._still_allowed()
        said = f"{unaffected} other decisions did not change, `{SCOPE}` stays revoked; every decision says `stale`"
        yield Step("The log is taken away, and decisions go on", time.monotonic() - begun, (how, said))
        begun = time.monotonic()
        how = self._log.bring_back()
        self._caught_up(begun)
        yield Step("The log is back, and everybody has caught up", time.monotonic() - begun, (how,))

    def _still_allowed(self) -> int:
        """Public routes and another scope's: how many answer as before."""
        views = {name: one.follower.view for name, one in self._running.authorizers.items()}
        now = int(time.time())
        others = probes_for("catalog:read", views, now)
        for probe in others:
            token = self._dev.issuer.mint(probe.client, probe.scopes, probe.audience, now, claims=dict(probe.claims))
            status, body = call(self._running.addresses[probe.gateway], probe.method, probe.path, token)
            if status != 200:
                raise failure("GF625", probe.gateway, f"answered {status} to {probe.route} in the outage: {body}")
        return len(others)

    def _caught_up(self, begun: float) -> None:
        followers = [one.follower for one in self._running.authorizers.values() if one.follower.follows]
        while not all(one.freshness(time.time()).state == "fresh" for one in followers):
            if time.monotonic() - begun > 60:
                raise failure("GF625", "followers", "did not catch up within 60 s")
            time.sleep(0.01)

    def _forge(self) -> Step:
        """Append a revision that would allow more, rightly chained and signed by a key that nobody trusts."""
        begun = time.monotonic()
        authorizers = [one for one in self._running.authorizers.values() if one.follower.follows]
        held = authorizers[0].follower.view.position
        trust = self._trust()
        forged = Revision(
            environment=trust.environment,
            log=trust.log,
            epoch=held.epoch,
            revision=held.revision + 1,
            parent=held.digest,
            commit="0" * 40,
            issued_at=int(time.time()),
            requires=(),
            changes=(Change("scope/payments:refund", '{"state":"active","when_stale":"serve"}'),),
            state="0" * 64,
            widens=0,
            narrows=1,
        )
        stranger: FileSigner = new_key(self._dev.keys / "stranger.key.pem")
        writer = open_writer(self._log.address, {})
        try:
            writer.append([seal(Revision.payload_type, forged.to_bytes(), [stranger])])
        finally:
            writer.close()
        reason = str(RefusalReason.BAD_SIGNATURE)
        while not all(one.follower.refusals[reason] for one in authorizers):
            if time.monotonic() - begun > 30:
                raise failure("GF625", "forged revision", "was not refused by every gateway within 30 s")
            time.sleep(0.01)
        if any(one.follower.view.position != held for one in authorizers):
            raise failure("GF625", "forged revision", "moved a gateway")
        said = f"refused by {len(authorizers)} of {len(authorizers)} followers: {reason}; all stay at revision {held}"
        return Step("A forged revision is appended to the log", time.monotonic() - begun, (said,))

    def _expect(self, status: int, when: str) -> None:
        for probe, token in self.probes.items():
            got, body = call(self._running.addresses[probe.gateway], probe.method, probe.path, token)
            if got != status:
                raise failure("GF625", probe.gateway, f"{when}: {probe.route} answered {got}, not {status}", why=body)

    def decisions(self) -> list[dict[str, object]]:
        """The decision lines written so far."""
        return [json.loads(line) for line in (self._folder / "decisions.jsonl").read_text().splitlines()]


def _revoked(text: str) -> str:
    head, found, tail = text.partition(f"  {SCOPE}:\n")
    if not found:
        raise failure("GF625", str(SCOPE_FILE), f"declares no scope {SCOPE}")
    return f"{head}{found}    state: revoked\n{tail}"
