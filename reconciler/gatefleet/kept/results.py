"""The file of kept results: what one commit came to, in lines that load in milliseconds and are searched as they are.

A head in JSON; the paths; a line for each document with its ties; the entities, by the environments that have them so.
One file per repository in the user's cache folder (`source.own_file`), good for one version of everything that decides
a result. It has no document: what is needed of one is read from git, strictly as ever.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml._yaml

import gatefleet
from gatefleet.contract.schema_files import schema_folder
from gatefleet.contract.shape import Malformed, Members, list_of, map_of, matching, natural, text
from gatefleet.kept.outcome import Outcome
from gatefleet.kept.ties import Ties, ties_of
from gatefleet.model import Model
from gatefleet.problems import Place, Problem, Severity
from gatefleet.source.git import OBJECT_ID
from gatefleet.source.own_file import own_file, read_own, version_of, write_own

# Stages that decide what a commit comes to; the later ones only use it.
_STAGES = ("contract", "source", "model", "checks", "desired", "kept")
_NEVER = 1 << 53


def default_results(repo: Path) -> Path | None:
    """Where this user keeps the results of a repository; None: nowhere."""
    return own_file("results", repo, ".txt")


@dataclass(frozen=True, slots=True)
class Results:
    """What `commit` came to: `problems` are warnings. Good from the second `since` until before the second `until`."""

    commit: str
    since: int
    until: int
    problems: tuple[Problem, ...]
    numbers: Mapping[str, int]
    paths: tuple[str, ...] = field(repr=False)
    documents: str = field(repr=False)  # a line each: path, names; searched as it stands, which takes no time to load
    entities: bytes = field(repr=False)  # by sets of environments: their names, keys, values

    def ties(self, path: str) -> Ties:
        """The ties of one document; none when there is no such document."""
        for line in self._lines(f"\n{path}\t"):
            names = line.split("\t")[1:]
            return Ties(*({_read(name[1:]) for name in names if name[:1] == mark} for mark in "!?"))
        return Ties()

    def declaring(self, name: str) -> Iterator[str]:
        """The paths of the documents that declare or claim a name."""
        return self._having(f"\t!{_written(name)}\t")

    def using(self, name: str) -> Iterator[str]:
        """The paths of the documents that use a name."""
        return self._having(f"\t?{_written(name)}\t")

    def below(self, path: str) -> Iterator[str]:
        """The paths of the documents that begin so."""
        return self._having(f"\n{path}")

    def entities_of(self, environment: str) -> dict[str, str]:
        """The entities of one environment: value by key."""
        entities: dict[str, str] = {}
        parts = self.entities.decode("utf-8", "replace").split("\n\n")
        for having, keys, values in zip(parts[::3], parts[1::3], parts[2::3], strict=False):
            if environment in having.split(","):
                entities.update(zip(keys.split("\n"), values.split("\n"), strict=False))
        return entities

    def _having(self, sought: str) -> Iterator[str]:
        return (line.partition("\t")[0] for line in self._lines(sought))

    def _lines(self, sought: str) -> Iterator[str]:
        whole = self.documents
        at = whole.find(sought)
        while at >= 0:
            start, end = whole.rfind("\n", 0, at + 1) + 1, whole.find("\n", at + 1)
            yield whole[start:end]
            at = whole.find(sought, end)


def load_results(file: Path) -> Results | None:
    """What the file holds; None when it is missing, damaged, foreign, outdated or of another form."""
    body = read_own(file, _version())
    if body is None:
        return None
    try:
        head, paths, documents, entities = body.split(b"\n\n", 3)
        members = Members(json.loads(head), "head")
        return Results(
            commit=members.take("commit", matching(OBJECT_ID)),
            since=members.take("since", natural),
            until=members.take("until", natural),
            problems=members.take("problems", list_of(_problem, least=0)),
            numbers=members.take("numbers", map_of(text, natural)),
            paths=tuple(paths.decode("ascii").split("\n")),
            documents=f"\n{documents.decode('ascii')}\n",
            entities=entities,
        )
    except (ValueError, RecursionError):
        return None


def save_results(file: Path, model: Model, outcome: Outcome, now: int) -> None:
    """Replace the file by what a commit came to in the second `now`; one with errors, or no commit, is not kept."""
    if outcome.errors or outcome.commit is None:
        return
    head = {
        "commit": outcome.commit,
        "since": now,
        "until": min((moment for moment in moments_of(model) if moment > now), default=_NEVER),
        "problems": [_problem_json(one) for one in outcome.problems],
        "numbers": outcome.numbers,
    }
    ties = ties_of(model)
    documents = (_document_line(path, ties.get(path, Ties())) for path in outcome.files)
    parts = (json.dumps(head), "\n".join(outcome.files), "\n".join(documents), *_entity_parts(outcome))
    write_own(file, _version(), "\n\n".join(parts).encode())


def moments_of(model: Model) -> Iterator[int]:
    """Every second at which a rule about the clock (GF303, GF323 to GF325) begins to say something else."""
    for client in model.clients.values():
        yield from (until for until in client.scopes.values() if until is not None)
        yield from (key.expires for key in client.api_keys.values())
        if client.tokens_not_before is not None:
            yield client.tokens_not_before
    for issuer in model.issuers.values():
        yield from (key.not_after for key in issuer.keys.values() if key.not_after is not None)


def _document_line(path: str, ties: Ties) -> str:
    declared = (f"!{_written(name)}" for name in sorted(ties.declares))
    used = (f"?{_written(name)}" for name in sorted(ties.uses))
    return "\t".join([path, *declared, *used, ""])


def _entity_parts(outcome: Outcome) -> Iterator[str]:
    having: dict[tuple[str, str], list[str]] = {}
    for environment in outcome.environments:
        for entity in outcome.state(environment).entities.items():
            having.setdefault(entity, []).append(environment)
    groups: dict[str, list[tuple[str, str]]] = {}
    for entity, environments in having.items():
        groups.setdefault(",".join(environments), []).append(entity)
    for names, entities in groups.items():
        yield from (names, "\n".join(key for key, _ in entities), "\n".join(value for _, value in entities))


def _written(name: str) -> str:
    """A name on one line, whatever is in it."""
    return name.encode("unicode_escape").decode("ascii")


def _read(name: str) -> str:
    return name.encode("ascii", "replace").decode("unicode_escape", "replace")


def _problem_json(problem: Problem) -> list[Any]:
    place = problem.place
    return [problem.code, place.path, place.line, place.column, problem.what, problem.why, problem.fix]


def _problem(value: Any, where: str) -> Problem:
    match value:
        case [str(code), str(path), int(line), int(column), str(what), str(why), str(fix)]:
            return Problem(code, Place(path, line, column), what, why, fix, Severity.WARNING)
    raise Malformed(f"{where}: no problem")


@cache
def _version() -> str:
    """Digest of everything that decides what a commit comes to: code, schemas, libraries, the interpreter."""
    package = Path(gatefleet.__file__).parent
    code = [file for stage in _STAGES for file in sorted((package / stage).glob("*.py"))]
    schemas = sorted(schema_folder().glob("*.json"))
    libraries = (yaml._yaml.__file__, jsonschema_rs.__file__, sys.executable)
    return version_of([package / "problems.py", *code, *schemas], libraries)
