"""From a commit to a denial: the example repository, a cold `gatefleet publish`, every gateway behind both builds.

Times begin when the commit is made. A scope that several gateways demand is revoked, and comes back by a revert.
`asked then`: the gateways were not asked for 3 s and are asked when the command has ended: each reads before it
decides. `asked all the time`: each is asked again 0.1 s after its answer, so a view may be 2 s old (`max_staleness`)
when the revision comes. `on the log` is when a raw consumer has the record, `published` when the command has read it
back and ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.measure import percentile
from confluent_kafka.admin import NewTopic
from tests.support.build_reader import kafka_variables
from tests.support.builds import Command, node_function, rust_function
from tests.support.followers import Fleet, Member, RawConsumer, raw_consumer
from tests.support.kafka_policy import ChaosKafka
from tests.support.load import Event

from gatefleet.contract.entities import ApiKind, Following
from gatefleet.decide import Holdings, View
from gatefleet.local.development import TRUST_FILE, Development, add_development, clone, commit, revert
from gatefleet.local.events import HttpRequest, http_event, rest_event
from gatefleet.local.kafka.access import AUTHORIZER
from gatefleet.local.probes import Probe, probes_for
from gatefleet.local.routes import match_route
from gatefleet.log.opening import open_floor
from gatefleet.log.payloads import Floor
from gatefleet.log.trust import parse_trust
from gatefleet.model import parse_model
from gatefleet.model.types import DEVELOPMENT
from gatefleet.source import read_worktree

REPOSITORY = Path(__file__).parents[2]
ROUNDS = 10
SCOPE = "orders:read"
SCOPE_FILE = Path("policies/scopes/orders.yaml")
TOPIC = f"gatefleet.{DEVELOPMENT}.policy.v1"


def run() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name, ChaosKafka() as kafka:
        folder = Path(name)
        access = kafka.broker.access
        access.grant(DEVELOPMENT, TOPIC)
        company = Company.cloned(folder, access.addresses["PLAINTEXT"])
        company.publish()
        company.gatefleet("render", "--floors", "--out", "../fleet", *company.signing)
        admin = access.admin()
        for team in {gateway.split("/")[0] for gateway in company.floors()}:
            admin.create_topics([NewTopic(f"gatefleet.{DEVELOPMENT}.heartbeat.{team}", 1, 1)])
        settings = access.settings(AUTHORIZER)
        patient = {"GATEFLEET_READ_DEADLINE_MS": "5000", "GATEFLEET_INIT_BUDGET_MS": "20000"}
        builds = {"node": node_function(folder), "rust": rust_function("release")}
        functions = company.functions(builds, kafka_variables(settings, TOPIC) | patient)
        yield f"{len(functions)} functions of {len(functions) // 2} gateways, {ROUNDS} revocations"
        columns = ("on the log p50", "p99", "published p50", "p99", "all deny p50", "p99")
        yield f"{'':20} " + " ".join(f"{one:>14}" for one in columns)
        with Fleet(functions) as fleet, raw_consumer(settings, TOPIC) as raw:
            fleet.ask_until("allowed")
            for title, every in (("asked then", None), ("asked all the time", 0.1)):
                rounds = [_round(company, fleet, raw, every) for _ in range(ROUNDS)]
                figures = [percentile(values, share) for values in zip(*rounds, strict=True) for share in (0.5, 0.99)]
                yield f"{title:20} " + " ".join(f"{figure * 1000:12.0f}ms" for figure in figures)


@dataclass(frozen=True)
class Company:
    """The example repository in a clone with the environment `development`, and what lies beside it."""

    development: Development
    signing = ("-e", DEVELOPMENT, "--key", "../keys/publish.key.pem")

    @classmethod
    def cloned(cls, folder: Path, bootstrap: str) -> Company:
        repo = folder / "policy"
        clone(REPOSITORY, repo)
        model, _ = parse_model(read_worktree(repo))
        issuers = tuple(sorted(model.issuers))
        limit = model.conventions.blast_limit
        return cls(add_development(repo, issuers, limit, int(time.time()), kafka=bootstrap))

    @property
    def repo(self) -> Path:
        return self.development.repo

    def gatefleet(self, *arguments: str) -> None:
        """Run the command, cold: a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "gatefleet", *arguments], cwd=self.repo, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr)

    def publish(self) -> None:
        self.gatefleet("publish", *self.signing, "--archive", "../archive")

    def revoke(self) -> None:
        """Commit the revocation."""
        file = self.repo / SCOPE_FILE
        head, found, tail = file.read_text(encoding="utf-8").partition(f"  {SCOPE}:\n")
        file.write_text(f"{head}{found}    state: revoked\n{tail}", encoding="utf-8")
        commit(self.repo, f"Revoke {SCOPE}")

    def floors(self) -> dict[str, Path]:
        """The file of each gateway's floor."""
        root = self.repo.parent / "fleet" / "terraform" / "teams"
        return {
            f"{file.parts[-4]}/{file.parts[-2]}": file for file in sorted(root.glob(f"*/{DEVELOPMENT}/*/floor.json"))
        }

    def functions(self, builds: Mapping[str, Command], variables: Mapping[str, str]) -> dict[str, Member]:
        """Each gateway that follows and demands the scope, behind each build, and a request that needs it."""
        trust_file = self.repo / TRUST_FILE
        trust = parse_trust(trust_file.read_bytes().strip(), str(TRUST_FILE))
        views = {}
        for gateway, file in self.floors().items():
            floor = open_floor(file.read_bytes().strip(), trust)
            assert isinstance(floor, Floor)
            views[gateway] = View(Holdings.build(gateway, floor.entities), floor.position)
        found = {}
        for probe in probes_for(SCOPE, views, int(time.time())):
            view = views[probe.gateway]
            if view.gateway is None or view.gateway.following is Following.FLOOR_ONLY:
                continue
            layer = {"GATEFLEET_FLOOR": str(self.floors()[probe.gateway]), "GATEFLEET_TRUST": str(trust_file)}
            told = {**variables, **layer}
            event = Event("check", json.dumps(self._event(probe, view)).encode())
            found |= {f"{probe.gateway} {name}": Member(command, told, event) for name, command in builds.items()}
        return found

    def _event(self, probe: Probe, view: View) -> object:
        assert view.gateway is not None
        now = int(time.time())
        token = self.development.issuer.mint(
            probe.client, probe.scopes, probe.audience, now, claims=dict(probe.claims), lifetime=3600
        )
        headers = (("authorization", f"Bearer {token}"),)
        request = HttpRequest(probe.method, probe.path, "", headers, "192.0.2.7", "request-1", now)
        match = match_route(view.gateway.routes, probe.method, probe.path, view.gateway.api)
        assert match is not None
        make = http_event if view.gateway.api is ApiKind.HTTP else rest_event
        return make(probe.gateway.replace("/", "-"), request, match)


def _round(company: Company, fleet: Fleet, raw: RawConsumer, every: float | None) -> tuple[float, float, float]:
    """One revocation: on the log, published, denied by all, in seconds after the commit; then the way back."""
    if every is None:
        time.sleep(3)
    count = len(raw.seen)
    company.revoke()
    began = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        asking = None if every is None else pool.submit(fleet.ask_until, "insufficient_scope", every)
        company.publish()
        published = time.monotonic()
        denied = fleet.ask_until("insufficient_scope") if asking is None else asking.result()
    on_log = raw.wait(count + 1)
    revert(company.repo)
    company.publish()
    fleet.ask_until("allowed", 0.1)
    return on_log - began, published - began, max(denied.values()) - began
