"""10,000 documents read, validated and planned, beside a bare YAML load of the same files; then one of them changed.

CPU time, git's processes included. `yaml.CSafeLoader` opens and loads each file and checks nothing. The warm runs have
what an earlier commit left: its documents (the whole path), or its results (`gatefleet.kept`); they stand beside
`git ls-tree` and the start of a Python process. The command is a process of its own: its imports count as well.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import yaml
from bench.corpus import ENVIRONMENTS, client, client_path, write_corpus
from bench.measure import cpu_of_command, milliseconds
from tests.support.sources import commit, git

from gatefleet.checks import check
from gatefleet.desired import desired_states
from gatefleet.kept import load_results, outcome_of, save_results, updated
from gatefleet.model import parse_model
from gatefleet.plan import changes
from gatefleet.problems import Severity
from gatefleet.source import Sources, read_commit, read_worktree

ROUNDS = 5
T = TypeVar("T")
States = Mapping[str, Mapping[str, str]]


def run() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        repo, cache = Path(name, "repo"), Path(name, "documents.json")
        repo.mkdir()
        git(repo, "init", "-q", "-b", "main")
        files = write_corpus(repo)
        commit(repo)
        git(repo, "gc", "-q")
        head = _Run(lambda: read_worktree(repo), {}).states
        bare, worktree, committed = [], [], []
        for _ in range(ROUNDS):
            bare.append(_cpu(lambda: _bare_load(files))[0])
            worktree.append(_Run(lambda: read_worktree(repo), head))
            committed.append(_Run(lambda: read_commit(repo, "HEAD"), head))
        base = statistics.median(bare)
        yield f"{len(files)} documents"
        yield f"yaml.CSafeLoader          {milliseconds(base):>8}"
        yield from _told("from the work tree", worktree, base, "yaml.CSafeLoader")
        yield from _told("from a commit", committed, base, "yaml.CSafeLoader")

        read_commit(repo, "HEAD", cache)
        results = Path(name, "results.txt")
        saved = _cpu(lambda: _keep(repo, results))[0]
        (repo / client_path(7, 7)).write_text(client(7, 7, suspended=True))
        commit(repo)
        listed, started, warm, updates = [], [], [], []
        for _ in range(ROUNDS):
            started.append(cpu_of_command([sys.executable, "-c", "pass"]))
            listed.append(cpu_of_command(["git", "-C", str(repo), "ls-tree", "-r", "HEAD"]))
            warm.append(_Run(lambda: read_commit(repo, "HEAD", cache), head))
            updates.append(_Update(repo, results, head))
            if updates[-1].states != warm[-1].states:
                raise RuntimeError("kept results give another state")
        base = statistics.median(started) + statistics.median(listed)
        yield f"git ls-tree, Python start {milliseconds(base):>8}"
        yield from _told("one client, documents", warm, base, "git ls-tree + Python start")
        yield from _told("one client, results", updates, base, "git ls-tree + Python start")
        yield f"{'':<25} {'':>8}   once per 20 changed files: {milliseconds(saved)} to read whole and keep"
        environment = {**os.environ, "XDG_CACHE_HOME": name}
        validate = [sys.executable, "-m", "gatefleet", "validate", "--repo", str(repo), "--commit"]
        cpu_of_command([*validate, "HEAD~1"], env=environment)
        command = [cpu_of_command([*validate, "HEAD"], env=environment) for _ in range(ROUNDS)]
        idle = [cpu_of_command([sys.executable, "-m", "gatefleet", "explain", "GF104"]) for _ in range(ROUNDS)]
        whole = statistics.median(command)
        yield f"gatefleet validate        {milliseconds(whole):>8}   {whole / base:5.2f} x git ls-tree + Python start"
        yield f"gatefleet explain         {milliseconds(statistics.median(idle)):>8}   (start and imports)"


class _Run:
    """One run from files to a plan: CPU seconds of its steps, and the states it ends with."""

    def __init__(self, read: Callable[[], Sources], head: States) -> None:
        self.seconds: dict[str, float] = {}
        sources = self._step("read", read)
        model, problems = self._step("parsed", lambda: parse_model(sources))
        found = self._step("checked", lambda: check(model, int(time.time())))
        wrong = [one for one in [*sources.problems, *problems, *found] if one.severity is Severity.ERROR]
        if wrong:
            raise RuntimeError(f"the corpus has a problem: {wrong[0]}")
        states = self._step("desired", lambda: desired_states(model, ENVIRONMENTS))
        self._step("digested", lambda: [state.digest for state in states.values()])
        self.states: States = {one: state.entities for one, state in states.items()}
        self._step("planned", lambda: [changes(self.states[one], head.get(one, {})) for one in self.states])

    def _step(self, name: str, call: Callable[[], T]) -> T:
        self.seconds[name], result = _cpu(call)
        return result


class _Update:
    """The same from kept results, as `validate` (read, checked) and `plan` of one environment do it."""

    def __init__(self, repo: Path, file: Path, head: States) -> None:
        self.seconds: dict[str, float] = {}
        now = int(time.time())
        kept = self._step("read", lambda: load_results(file))
        outcome = self._step("checked", lambda: kept and updated(repo, "HEAD", kept, now))
        if outcome is None:
            raise RuntimeError("the kept results do not do")
        name = ENVIRONMENTS[-1]
        state = self._step("desired", lambda: outcome.state(name))
        self._step("digested", lambda: state.digest)
        self._step("planned", lambda: changes(state.entities, head[name]))
        self.states: States = {one: outcome.state(one).entities for one in ENVIRONMENTS}

    def _step(self, name: str, call: Callable[[], T]) -> T:
        self.seconds[name], result = _cpu(call)
        return result


def _keep(repo: Path, file: Path) -> None:
    now = int(time.time())
    sources = read_commit(repo, "HEAD")
    model, problems = parse_model(sources)
    files = tuple(document.path for document in sources.documents)
    save_results(file, model, outcome_of(sources.commit, model, (*problems, *check(model, now)), files), now)


def _told(title: str, runs: Sequence[_Run | _Update], base: float, baseline: str) -> Iterator[str]:
    steps = {name: statistics.median(run.seconds[name] for run in runs) for name in runs[0].seconds}
    parts = ", ".join(f"{name} {milliseconds(seconds)}" for name, seconds in steps.items())
    whole = sum(steps.values())
    yield f"{title:<25} {milliseconds(whole):>8}   {whole / base:5.2f} x {baseline}"
    yield f"{'':<25} {'':>8}   {steps['read'] / base:5.2f} x for reading alone ({parts})"


def _bare_load(files: list[Path]) -> None:
    for file in files:
        with file.open("rb") as stream:
            yaml.load(stream.read(), yaml.CSafeLoader)


def _cpu(call: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds of a call, those of its child processes included, and what it returned."""
    before = _used()
    result = call()
    return _used() - before, result


def _used() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
