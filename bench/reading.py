"""10,000 documents read, validated and planned, beside a bare YAML load of the same files; then one of them changed.

CPU time, git's processes included. `yaml.CSafeLoader` opens and loads each file and checks nothing. The warm run has a
cache of documents read before, and stands beside `git ls-tree` and the start of a Python process.
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import yaml
from bench.corpus import ENVIRONMENTS, client, client_path, write_corpus
from bench.measure import cpu_of_command, milliseconds
from tests.support.sources import commit, git

from gatefleet.checks import check
from gatefleet.desired import desired_state
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
        (repo / client_path(7, 7)).write_text(client(7, 7, suspended=True))
        commit(repo)
        listed, started, warm = [], [], []
        for _ in range(ROUNDS):
            started.append(cpu_of_command([sys.executable, "-c", "pass"]))
            listed.append(cpu_of_command(["git", "-C", str(repo), "ls-tree", "-r", "HEAD"]))
            warm.append(_Run(lambda: read_commit(repo, "HEAD", cache), head))
        base = statistics.median(started) + statistics.median(listed)
        yield f"git ls-tree, Python start {milliseconds(base):>8}"
        yield from _told("one client changed, warm", warm, base, "git ls-tree + Python start")


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
        states = self._step("desired", lambda: {one: desired_state(model, one) for one in ENVIRONMENTS})
        self._step("digested", lambda: [state.digest for state in states.values()])
        self.states: States = {one: state.entities for one, state in states.items()}
        self._step("planned", lambda: [changes(self.states[one], head.get(one, {})) for one in self.states])

    def _step(self, name: str, call: Callable[[], T]) -> T:
        self.seconds[name], result = _cpu(call)
        return result


def _told(title: str, runs: list[_Run], base: float, baseline: str) -> Iterator[str]:
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
