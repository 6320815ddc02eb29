"""What commands have in common: the model of a commit, an environment of it, its trust document and its log."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gatefleet.cli.output import show_problems
from gatefleet.log.transport import LogReader, LogUnavailableError, LogWriter
from gatefleet.log.trust import Trust, parse_trust
from gatefleet.model import Environment, Model, parse_model
from gatefleet.problems import Exit, GatefleetError, Problem, Severity, failure, in_order, nearest
from gatefleet.source import Sources, read_commit, read_worktree


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model of a commit (None: of the work tree), what is wrong with it, and how many files say it."""

    commit: str | None
    model: Model
    problems: tuple[Problem, ...]
    files: int


def load(repo: Path, commit: str | None = None) -> Loaded:
    """Read, parse and check everything; problems are found, not raised."""
    from gatefleet.checks import check

    sources: Sources = read_commit(repo, commit) if commit else read_worktree(repo)
    model, problems = parse_model(sources)
    found = in_order([*sources.problems, *problems, *check(model, int(time.time()))])
    return Loaded(sources.commit, model, found, len(sources.documents))


def load_worktree(repo: Path) -> Loaded:
    """The work tree, refused with all problems (exit 3) when it has an error; warnings are shown."""
    return _sound(load(repo))


def load_commit(repo: Path, commit: str) -> Loaded:
    """A commit, refused with all problems (exit 3) when it has an error; warnings are shown."""
    return _sound(load(repo, commit))


def _sound(loaded: Loaded) -> Loaded:
    if any(problem.severity is Severity.ERROR for problem in loaded.problems):
        raise GatefleetError(*loaded.problems, exit_code=Exit.FINDINGS)
    show_problems(loaded.problems)
    return loaded


def environment_of(model: Model, name: str | None) -> Environment:
    """The named environment; without a name the only one. Raises GF101 (unknown) or GF640 (which one?)."""
    known = model.environments
    if name is None:
        if len(known) == 1:
            return next(iter(known.values()))
        names = ", ".join(sorted(known))
        raise failure("GF640", "--environment", "which environment?", fix=f"name one of {names}")
    if name not in known:
        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(sorted(known))}"
        raise failure("GF101", "--environment", f"there is no environment {name!a}", fix=hint)
    return known[name]


def trust_of(repo: Path, environment: Environment, commit: str | None = None) -> Trust:
    """The environment's trust document, from the commit or from the work tree. Raises GF410, GF411, GF412."""
    place = environment.trust
    if commit is None:
        try:
            envelope = (repo / place).read_bytes()
        except OSError as error:
            raise _no_trust(place, error.strerror or "cannot be read", environment.name) from None
    else:
        shown = subprocess.run(
            ["git", "-C", str(repo), "cat-file", "blob", f"{commit}:{place}"], capture_output=True, check=False
        )
        if shown.returncode:
            raise _no_trust(place, f"is not in commit {commit[:12]}", environment.name)
        envelope = shown.stdout
    trust = parse_trust(envelope.strip(), place)
    if (trust.environment, trust.log) != (environment.name, environment.log):
        raise failure(
            "GF413",
            place,
            f"is for log {trust.log} of {trust.environment}, and {environment.name} has log {environment.log}",
            fix=f"put the right document there; {environment.document.path} names it",
        )
    return trust


def _no_trust(place: str, what: str, environment: str) -> GatefleetError:
    make = f"make one with `gatefleet keys new --out DIR --environment {environment}`"
    return failure("GF412", place, f"no trust document: {what}", fix=make)


@dataclass(frozen=True, slots=True)
class OpenLog:
    """A log, the trust document that says who may sign on it, and what people call it."""

    address: str
    environment: Environment
    trust: Trust
    reader: LogReader

    @contextmanager
    def writer(self) -> Iterator[LogWriter]:
        """A writer of the same log."""
        from gatefleet.log.address import open_writer

        writer = open_writer(self.address, os.environ)
        try:
            yield writer
        finally:
            writer.close()


@contextmanager
def open_log(repo: Path, environment: str | None, address: str | None, commit: str | None = None) -> Iterator[OpenLog]:
    """Open an environment's log, at `--log` or where the environment says it is. An unreachable log is GF450."""
    model = load_commit(repo, commit).model if commit else load_worktree(repo).model
    with open_log_of(repo, environment_of(model, environment), address, commit) as opened:
        yield opened


@contextmanager
def open_log_of(repo: Path, environment: Environment, address: str | None, commit: str | None) -> Iterator[OpenLog]:
    """As `open_log`, for an environment that was read already."""
    from gatefleet.log.address import open_reader

    trust = trust_of(repo, environment, commit)
    where = address or address_of(environment)
    reader = open_reader(where, os.environ)
    try:
        yield OpenLog(where, environment, trust, reader)
    except GatefleetError:
        raise  # a refusal by the log says more than that it cannot be reached
    except LogUnavailableError as error:
        raise failure(
            "GF450", where, f"the log cannot be reached: {error}", fix="check the address, the network and the rights"
        ) from None
    finally:
        reader.close()


def address_of(environment: Environment) -> str:
    """The address of an environment's log as its file says. Raises GF641 when it names none."""
    if environment.kafka is None:
        raise failure(
            "GF641",
            environment.document.path,
            f"{environment.name} names no Kafka cluster",
            fix="say where its log is: --log file:PATH or --log kafka:HOST:PORT/TOPIC",
        )
    kafka = environment.kafka
    mechanism = f"&mechanism={kafka.mechanism}" if kafka.mechanism else ""
    return f"kafka:{','.join(kafka.bootstrap)}/{environment.topic}?security={kafka.security}{mechanism}"
