"""The access diff of two commits, beside loading the two states that it compares.

CPU time. "Load": both commits read, parsed and checked, and their entities made in two environments; "diff": what they
gain and lose, with reasons, places, risks and reviewers. Small: one client suspended. Large: every GET route asks for
another scope. The last column is the peak memory of `gatefleet diff` as a process of its own, imports included.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.corpus import ENVIRONMENTS, client, client_path, documents
from bench.measure import cpu_of_call, medians, milliseconds
from tests.support.sources import commit, git

from gatefleet.access.diff import AccessDiff, access_diff
from gatefleet.access.report import Report, report
from gatefleet.checks import check
from gatefleet.contract.entities import Entity
from gatefleet.contract.entity_values import read_entity
from gatefleet.desired import desired_states
from gatefleet.model import Model, parse_model
from gatefleet.source import read_commit

ROUNDS = 3
NOW = 1_793_534_400
BASE, SMALL, LARGE = "HEAD~2", "HEAD~1", "HEAD"


@dataclass(frozen=True)
class Fleet:
    """Part of the corpus: so many of its teams, and of each so many clients; `without` are files left out."""

    name: str
    teams: int
    clients: int
    without: str = "^$"

    def documents(self) -> Iterator[tuple[str, str]]:
        return ((path, text) for path, text in documents() if self._has(path) and not re.search(self.without, path))

    def _has(self, path: str) -> bool:
        number, index = re.search(r"team-(\d{3})", path), re.search(r"client-(\d+)", path)
        if number is None or int(number[1]) < self.teams:
            return index is None or int(index[1]) < self.clients
        # Clients may do something at the team next door: its scopes and the team itself are there, and no more.
        own = (f"policies/scopes/{number[0]}.yaml", f"teams/{number[0]}/team.yaml")
        return int(number[1]) == self.teams and path in own


FLEETS = (
    Fleet("500 routes x 299 clients", teams=13, clients=23, without=r"/team-012-1\.yaml$"),
    Fleet("400 gateways x 20 routes x 9,000 clients", teams=200, clients=45),
)


def run() -> Iterator[str]:
    for fleet in FLEETS:
        with tempfile.TemporaryDirectory() as name:
            repo = Path(name)
            _write(fleet, repo)
            yield fleet.name
            for what, head in (("small", SMALL), ("large", LARGE)):
                yield _told(what, repo, head)


def _write(fleet: Fleet, repo: Path) -> None:
    """Three commits: the fleet, one client suspended, and then every GET route asking for another scope."""
    git(repo, "init", "-q", "-b", "main")
    files = dict(fleet.documents())
    for path, text in files.items():
        (repo / path).parent.mkdir(parents=True, exist_ok=True)
        (repo / path).write_text(text)
    commit(repo)
    (repo / client_path(7, 7)).write_text(client(7, 7, suspended=True))
    commit(repo)
    for path, text in files.items():
        if "/gateways/" in path:
            (repo / path).write_text(re.sub(r"(  GET /.+\n    scopes:\n      - team-\d+):read", r"\1:export", text))
    commit(repo)


def _told(what: str, repo: Path, head: str) -> str:
    base, other = _loaded(repo, BASE), _loaded(repo, head)
    reports = _reports(base, other)
    lines = sum(len(one.lines) for one, _ in reports)
    shifts = sum(len(diff.gains) + len(diff.losses) for _, diff in reports)
    load, diff = medians(
        [
            lambda: cpu_of_call(lambda: (_loaded(repo, BASE), _loaded(repo, head))),
            lambda: cpu_of_call(lambda: _reports(base, other)),
        ],
        ROUNDS,
    )
    return (
        f"{what}: load {milliseconds(load):>8}, diff {milliseconds(diff):>8} ({diff / load:.2f} x load), "
        f"{shifts} gains and losses in {lines} lines; command {_peak(repo, head) // 1024} MB"
    )


Side = tuple[Model, Mapping[str, Mapping[str, Entity]]]


def _loaded(repo: Path, at: str) -> Side:
    model, problems = parse_model(read_commit(repo, at))
    if problems:
        raise RuntimeError(str(problems[0]))
    check(model, NOW)
    states = desired_states(model, ENVIRONMENTS)
    return model, {
        name: {key: read_entity(key, text) for key, text in state.entities.items()} for name, state in states.items()
    }


def _reports(base: Side, head: Side) -> list[tuple[Report, AccessDiff]]:
    diffs = {name: access_diff(base[1][name], head[1][name], NOW) for name in ENVIRONMENTS}
    return [(report(diff, base[0], head[0], name), diff) for name, diff in diffs.items()]


def _peak(repo: Path, head: str) -> int:
    """Peak resident memory of the command, in KiB."""
    command = [sys.executable, "-m", "gatefleet", "diff", f"{BASE}..{head}", "--repo", str(repo)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return usage.ru_maxrss
