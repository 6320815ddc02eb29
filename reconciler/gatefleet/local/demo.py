"""The main job, end to end, on this machine: a change of policy in git is decided upon everywhere seconds later.

Everything is real but the place: real git commits, the real `gatefleet` command, real signatures and tokens, real API
Gateway events; a file or Apache Kafka as the log. Yields what happened; the command line shows it.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from gatefleet.contract.digests import Position
from gatefleet.contract.reasons import RefusalReason
from gatefleet.decide import FreshnessState, View
from gatefleet.local.beats import Beat, Command, Step, Turned
from gatefleet.local.development import TRUST_FILE, Development, add_development, branch, clone, commit, merge, revert
from gatefleet.local.fleet import Fleet
from gatefleet.local.gateway.api import apis_of
from gatefleet.local.probes import Probe, call, probes_for, wait_for
from gatefleet.local.stage import FileStage, KafkaStage, Stage
from gatefleet.log.address import open_writer
from gatefleet.log.envelope import seal
from gatefleet.log.follow import Follower
from gatefleet.log.keys import new_key
from gatefleet.log.payloads import Change, Revision
from gatefleet.log.trust import Trust, parse_trust
from gatefleet.model import parse_model
from gatefleet.model.types import DEVELOPMENT
from gatefleet.problems import failure
from gatefleet.source import read_worktree

SCOPE = "orders:read"
SCOPE_FILE = Path("policies/scopes/orders.yaml")
OTHER_SCOPE = "catalog:read"
BRANCH = "revoke-orders-read"
TOPIC = "gatefleet.development.policy.v1"


@dataclass
class Demo:
    """The running demo. `close` ends and removes all of it; `announce` is told what takes long."""

    repository: Path
    kafka: bool
    announce: Callable[[str], None] = lambda _text: None
    started: float = field(default_factory=time.monotonic)
    folder: Path | None = None
    stage: Stage | None = None
    fleet: Fleet | None = None
    development: Development | None = None
    probes: dict[Probe, str] = field(default_factory=dict)

    def close(self) -> None:
        """Stop the gateways and the log, and remove the clone with its keys: each, whatever becomes of the others."""
        with ExitStack() as ending:
            if self.folder is not None:
                ending.callback(shutil.rmtree, self.folder, ignore_errors=True)
            if self.stage is not None:
                ending.callback(self.stage.close)
            if self.fleet is not None:
                ending.callback(self.fleet.stop)

    def tell(self) -> Iterator[Beat]:
        """Play the story. Raises `GatefleetError` (GF625) when a step does not do what it must."""
        yield self._prepare()
        yield self._run("validate")
        yield self._publish()
        yield self._run("render", "--floors", "--out", "../fleet", *self.on_log, *self.signing)
        yield self._serve()
        yield self._all_allowed()
        yield from self._revoke()
        yield from self._outage()
        yield self._turn("The way back is `git revert`, merged", lambda: revert(self._dev.repo), 200)
        yield self._forge()

    @property
    def on_log(self) -> tuple[str, ...]:
        """The options that name environment and log, for commands in the clone."""
        return ("-e", DEVELOPMENT, "--log", self._log.address.replace(f"{self._folder}/", "../"))

    @property
    def signing(self) -> tuple[str, ...]:
        """The option that names the publish key."""
        return ("--key", "../keys/publish.key.pem")

    @property
    def archiving(self) -> tuple[str, ...]:
        """The option that names the archive."""
        return ("--archive", "../archive")

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

    # --- the parts of the story ---------------------------------------------------------------------------------------

    def _prepare(self) -> Step:
        begun = time.monotonic()
        self.folder = Path(tempfile.mkdtemp(prefix="gatefleet-demo-")).resolve()
        repo = self.folder / "policy"
        clone(self.repository, repo)
        self.stage = KafkaStage(TOPIC, self.announce) if self.kafka else FileStage(self.folder / "log")
        sources = read_worktree(repo)
        if not sources.documents:
            what, fix = "holds neither policies/ nor teams/ at HEAD", "name a policy repository by --repo"
            raise failure("GF656", str(self.repository), what, fix=fix)
        model, _ = parse_model(sources)
        issuers = tuple(sorted(model.issuers))
        bootstrap = self.stage.bootstrap if isinstance(self.stage, KafkaStage) else None
        self.development = add_development(
            repo, issuers, model.conventions.blast_limit, int(time.time()), kafka=bootstrap
        )
        title = "Cloned the policies, added `development` with generated keys"
        return Step(title, time.monotonic() - begun, (f"clone  {repo}", f"log    {self._log.address}"))

    def _publish(self) -> Command:
        return self._run("publish", *self.on_log, *self.signing, *self.archiving)

    def _serve(self) -> Step:
        begun = time.monotonic()
        root = self._folder / "fleet" / "terraform" / "teams"
        floors = {
            f"{file.parts[-4]}/{file.parts[-2]}": file.read_bytes().strip()
            for file in sorted(root.glob(f"*/{DEVELOPMENT}/*/floor.json"))
        }
        model, _ = parse_model(read_worktree(self._dev.repo))
        self.fleet = Fleet(
            floors,
            self._trust(),
            self._log.open_reader,
            apis_of(model, model.environments[DEVELOPMENT]),
            decisions=self._folder / "decisions.jsonl",
            requests=self._folder / "requests.jsonl",
        )
        self.fleet.start()
        self.probes = self._with_tokens(SCOPE, follow=True)
        if len(self.probes) < 2:
            raise failure("GF625", SCOPE, "too few gateways have a route that needs this scope")
        lines = tuple(f"{address}  {gateway_id}" for gateway_id, address in sorted(self.fleet.addresses.items()))
        title = f"{len(lines)} gateways are up, each on its floor, and follow the log"
        return Step(title, time.monotonic() - begun, lines)

    def _all_allowed(self) -> Step:
        begun = time.monotonic()
        self._expect(200, self.probes, "before the change")
        lines = [f"200  {probe.gateway:<20} {probe.client:<14} {probe.route}" for probe in self.probes]
        for probe in self.probes:
            status, _ = self._call(probe, None)
            if status != 401:
                raise failure("GF625", probe.gateway, f"without a token it answered {status}, not 401")
        return Step(f"Clients with `{SCOPE}` are let in", time.monotonic() - begun, (*lines, "401  without a token"))

    def _revoke(self) -> Iterator[Beat]:
        begun = time.monotonic()
        repo = self._dev.repo
        branch(repo, BRANCH)
        text = (repo / SCOPE_FILE).read_text(encoding="utf-8")
        head, found, tail = text.partition(f"  {SCOPE}:\n")
        if not found:
            raise failure("GF625", str(SCOPE_FILE), f"declares no scope {SCOPE}")
        (repo / SCOPE_FILE).write_text(f"{head}{found}    state: revoked\n{tail}", encoding="utf-8")
        commit(repo, f"Revoke {SCOPE}")
        added = (f"{SCOPE_FILE}", f"  {SCOPE}:", "+   state: revoked")
        yield Step(f"A branch `{BRANCH}` adds one line", time.monotonic() - begun, added)
        planned = self._run("plan", *self.on_log, "--commit", BRANCH)
        if not any(f"scope/{SCOPE}" in line for line in planned.printed):
            raise failure("GF625", planned.typed, f"does not show that {SCOPE} changes")
        yield planned  # what its reviewer sees
        yield self._turn(f"Merged: `{SCOPE}` is revoked", lambda: merge(repo, BRANCH), 403)

    def _turn(self, title: str, to_main: Callable[[], None], status: int) -> Turned:
        begun = time.monotonic()
        to_main()
        self._publish()
        published = time.monotonic() - begun
        turned = wait_for(status, self.probes, self._running.addresses, begun)
        late = [probe.gateway for probe, seconds in turned.items() if seconds is None]
        if late:
            raise failure("GF625", ", ".join(late), f"did not answer {status} within 30 s of the merge")
        return Turned(title, status, {p.gateway: s for p, s in turned.items() if s is not None}, published)

    def _outage(self) -> Iterator[Step]:
        begun = time.monotonic()
        others = self._with_tokens(OTHER_SCOPE)
        how = self._log.take_away()
        self._until("the views did not become stale", lambda: not any(self._fresh(one) for one in self._followers))
        before = len(self._decisions())
        self._expect(403, self.probes, "while the log is away")
        self._expect(200, others, "while the log is away")
        said = Counter(str(line["freshness"]) for line in self._decisions()[before:])
        if said[FreshnessState.FRESH]:
            raise failure("GF625", "decisions.jsonl", "a decision without the log says that it is fresh")
        counts = ", ".join(f"{count} {freshness}" for freshness, count in sorted(said.items()))
        yield Step(
            "The log is taken away, and decisions go on",
            time.monotonic() - begun,
            (how, f"`{SCOPE}` stays revoked, {len(others)} other calls are let in", f"the decisions say: {counts}"),
        )
        begun = time.monotonic()
        how = self._log.bring_back()
        self._until("the followers did not catch up", lambda: all(self._fresh(one) for one in self._followers))
        yield Step("The log is back, and everybody has caught up", time.monotonic() - begun, (how,))

    def _forge(self) -> Step:
        """Append a revision that would allow more, rightly chained and signed by a key that nobody trusts."""
        begun = time.monotonic()
        followers = self._followers
        held = followers[0].view.position
        forged = self._forged(held)
        writer = open_writer(self._log.address, {})
        try:
            writer.append([seal(Revision.payload_type, forged.to_bytes(), [new_key(self._dev.keys / "forger.pem")])])
        finally:
            writer.close()
        reason = str(RefusalReason.BAD_SIGNATURE)
        self._until("not every gateway refused it", lambda: all(one.refusals[reason] for one in followers))
        if any(one.view.position != held for one in followers):
            raise failure("GF625", "forged revision", "moved a gateway")
        said = f"refused by {len(followers)} of {len(followers)} followers: {reason}; all stay at revision {held}"
        return Step("A forged revision is appended to the log", time.monotonic() - begun, (said,))

    # --- what the parts have in common --------------------------------------------------------------------------------

    def _run(self, *arguments: str) -> Command:
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "gatefleet", *arguments],
            cwd=self._dev.repo,
            capture_output=True,
            text=True,
            check=False,
        )
        typed = shlex.join(["gatefleet", *arguments])
        if done.returncode:
            raise failure("GF625", typed, f"ended with exit code {done.returncode}", why=done.stderr.strip())
        return Command(typed, tuple(done.stdout.splitlines()), time.monotonic() - begun)

    @property
    def _followers(self) -> list[Follower]:
        followers = (one.follower for one in self._running.authorizers.values())
        return [one for one in followers if one.follows]

    @staticmethod
    def _fresh(follower: Follower) -> bool:
        return follower.freshness(time.time()).state is FreshnessState.FRESH

    def _until(self, otherwise: str, condition: Callable[[], bool], patience: float = 60.0) -> None:
        deadline = time.monotonic() + patience
        while not condition():
            if time.monotonic() > deadline:
                raise failure("GF625", "gateways", f"{otherwise} within {patience:.0f} s")
            time.sleep(0.01)

    def _with_tokens(self, scope: str, *, follow: bool = False) -> dict[Probe, str]:
        now = int(time.time())
        views: dict[str, View] = {
            name: one.follower.view
            for name, one in self._running.authorizers.items()
            if one.follower.follows or not follow
        }
        mint = self._dev.issuer.mint
        return {
            one: mint(one.client, one.scopes, one.audience, now, claims=dict(one.claims), lifetime=3600)
            for one in probes_for(scope, views, now)
        }

    def _call(self, probe: Probe, token: str | None) -> tuple[int, str]:
        return call(self._running.addresses[probe.gateway], probe.method, probe.path, token)

    def _expect(self, status: int, probes: Mapping[Probe, str], when: str) -> None:
        for probe, token in probes.items():
            got, body = self._call(probe, token)
            if got != status:
                raise failure("GF625", probe.gateway, f"{when}: {probe.route} answered {got}, not {status}", why=body)

    def _decisions(self) -> list[dict[str, object]]:
        """The decision lines written so far."""
        return [json.loads(line) for line in (self._folder / "decisions.jsonl").read_text().splitlines()]

    def _trust(self) -> Trust:
        return parse_trust((self._dev.repo / TRUST_FILE).read_bytes().strip(), str(TRUST_FILE))

    def _forged(self, held: Position) -> Revision:
        trust = self._trust()
        return Revision(
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
