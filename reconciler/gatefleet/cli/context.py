"""What commands have in common: an environment of a commit, its trust document and its log."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gatefleet.cli.loading import load, refuse_errors
from gatefleet.cli.output import told_when_slow
from gatefleet.log.transport import Batch, LogReader, LogUnavailableError, LogWriter
from gatefleet.log.trust import Trust, parse_trust
from gatefleet.model import Environment
from gatefleet.problems import GatefleetError, failure, nearest
from gatefleet.source.git import read_blobs

LONGEST_TRUST = 1024 * 1024


def known(code: str, place: str, name: str, names: Iterable[str]) -> None:
    """Refuse a name that is not among `names` with the given code, and say which was likely meant."""
    there = sorted(names)
    if name in there:
        return
    ends = (one for one in there if one.endswith((f"/{name}", f" {name}")))  # a gateway without its team, a bare path
    near = nearest(name, there) or next(ends, None)
    listed = ", ".join(there[:12]) + (", …" if len(there) > 12 else "")
    raise failure(code, place, f"there is no {name!a}", fix=f"did you mean {near}?" if near else f"there are {listed}")


def environment_of(declared: Mapping[str, Environment], name: str | None) -> Environment:
    """The named environment; without a name the only one. Raises GF101 (unknown) or GF640 (which one?)."""
    if name is not None:
        known("GF101", "--environment", name, declared)
        return declared[name]
    if len(declared) == 1:
        return next(iter(declared.values()))
    if not declared:
        fix = "declare one in policies/environments/<name>.yaml"
        raise failure("GF640", "--environment", "no environment is declared", fix=fix)
    raise failure("GF640", "--environment", "which environment?", fix=f"name one of {', '.join(sorted(declared))}")


def trust_of(repo: Path, environment: Environment, commit: str | None = None) -> Trust:
    """The environment's trust document, from a commit (its full id) or from the work tree. Raises GF410 to GF413."""
    place = environment.trust
    trust = parse_trust(trust_document(repo, environment, commit), place)
    if (trust.environment, trust.log) != (environment.name, environment.log):
        raise failure(
            "GF413",
            place,
            f"is for log {trust.log} of {trust.environment}, and {environment.name} has log {environment.log}",
            fix=f"put the right document there; {environment.document.path} names it",
        )
    return trust


def trust_document(repo: Path, environment: Environment, commit: str | None) -> bytes:
    """The signed trust document as it stands, without the line feed at its end. Raises GF412."""
    envelope = _in_worktree(repo, environment) if commit is None else _in_commit(repo, environment, commit)
    return envelope.strip()


def _in_worktree(repo: Path, environment: Environment) -> bytes:
    try:
        with (repo / environment.trust).open("rb") as file:
            return file.read(LONGEST_TRUST)
    except OSError as error:
        raise _no_trust(environment, error.strerror or "cannot be read") from None


def _in_commit(repo: Path, environment: Environment, commit: str) -> bytes:
    try:
        (content,) = read_blobs(repo, [f"{commit}:{environment.trust}"], LONGEST_TRUST)
    except GatefleetError:
        raise _no_trust(environment, f"is not in commit {commit[:12]}") from None
    if isinstance(content, int):
        raise _no_trust(environment, f"{content} bytes, more than {LONGEST_TRUST}")
    return content


def _no_trust(environment: Environment, what: str) -> GatefleetError:
    make = f"make one with `gatefleet keys new --out DIR --environment {environment.name}`, review and commit it"
    return failure("GF412", environment.trust, f"no trust document: {what}", fix=make)


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
def open_log(repo: Path, environment: str | None, address: str | None) -> Iterator[OpenLog]:
    """Open an environment's log, at `--log` or where the environment says it is. An unreachable log is GF450.

    Of the work tree only the environment counts: a mistake elsewhere must not keep anybody from looking at the log.
    """
    loaded = load(repo)
    if environment not in loaded.model.environments and loaded.problems:
        refuse_errors(loaded.problems)
    with open_log_of(repo, environment_of(loaded.model.environments, environment), address, None) as opened:
        yield opened


@contextmanager
def open_log_of(repo: Path, environment: Environment, address: str | None, commit: str | None) -> Iterator[OpenLog]:
    """As `open_log`, for an environment that was read already; the trust document is the commit's."""
    from gatefleet.log.address import open_reader

    trust = trust_of(repo, environment, commit)
    where = address or address_of(environment)
    reader = _TellingReader(open_reader(where, os.environ), where)
    try:
        yield OpenLog(where, environment, trust, reader)
    except GatefleetError:
        raise  # a refusal by the log says more than that it cannot be reached
    except LogUnavailableError as error:
        what = f"the log cannot be reached: {str(error).removeprefix(f'{where}: ')}"
        raise failure("GF450", where, what, fix="check the address, the network and the rights") from None
    finally:
        reader.close()


@dataclass(frozen=True, slots=True)
class _TellingReader:
    """A reader that says so when the log takes its time."""

    inner: LogReader
    where: str

    def read(self, offset: int, timeout: float) -> Batch:
        """As the inner one."""
        with told_when_slow(f"waiting for {self.where}, {timeout:.0f} s at most …"):
            return self.inner.read(offset, timeout)

    def close(self) -> None:
        """As the inner one."""
        self.inner.close()


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
