"""Reads policy for a command: a commit or the work tree, whole, or by what was kept of an earlier commit."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gatefleet.checks import check
from gatefleet.cli.output import show_problems
from gatefleet.kept import Outcome, default_results, load_results, outcome_of, save_results, updated
from gatefleet.model import Model, parse_model
from gatefleet.problems import Exit, GatefleetError, Place, Problem, Severity, failure, in_order
from gatefleet.source import Sources, read_commit, read_worktree
from gatefleet.source.cache import default_cache
from gatefleet.source.layout import ROOTS

HEAD = "HEAD"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model of a commit (None: of the work tree), what is wrong with it, and the files that say it."""

    commit: str | None
    model: Model
    problems: tuple[Problem, ...]
    files: tuple[str, ...]


def load(repo: Path, commit: str | None = None, *, cache: Path | None = None, now: int | None = None) -> Loaded:
    """Read, parse and check everything; problems are found, not raised. Raises GF656 where there is nothing to read.

    `cache` keeps what was read. Only what looks may use one: a cache that somebody wrote into must not become policy.
    """
    sources: Sources = read_worktree(repo, cache) if commit is None else read_commit(repo, commit, cache)
    if not sources.documents and not sources.problems:
        raise _nothing_here(repo, commit)
    model, problems = parse_model(sources)
    found = in_order([*sources.problems, *problems, *check(model, int(time.time()) if now is None else now)])
    files = sources.unread.union(document.path for document in sources.documents)
    return Loaded(sources.commit, model, found, tuple(sorted(files)))


def look(repo: Path, commit: str | None) -> Outcome:
    """What a commit (None: the work tree) comes to, for commands that look and change nothing: by what was kept of an
    earlier commit where that is enough to tell, else read whole. Raises as `load` does.
    """
    now = int(time.time())
    results = default_results(repo)
    if commit is not None and results is not None:
        kept = load_results(results)
        outcome = None if kept is None else updated(repo, commit, kept, now)
        if outcome is not None:
            return outcome
    loaded = load(repo, commit, cache=default_cache(repo), now=now)
    outcome = outcome_of(loaded.commit, loaded.model, loaded.problems, loaded.files)
    if results is not None:
        save_results(results, loaded.model, outcome, now)
    return outcome


def look_at_commit(repo: Path, commit: str) -> Outcome:
    """As `look`; refused and warned about as in `load_commit`."""
    outcome = look(repo, commit)
    refuse_errors(outcome.problems)
    if commit == HEAD:
        show_problems(_uncommitted(repo))
    return outcome


def load_worktree(repo: Path) -> Loaded:
    """The work tree, refused with all problems (exit 3) when it has an error; warnings are shown."""
    loaded = load(repo)
    refuse_errors(loaded.problems)
    return loaded


def load_commit(repo: Path, commit: str) -> Loaded:
    """A commit, refused with all problems (exit 3) when it has an error; warnings are shown.

    For `HEAD`, which is what one means by saying nothing, changes that are not committed are a warning too.
    """
    loaded = load(repo, commit)
    refuse_errors(loaded.problems)
    if commit == HEAD:
        show_problems(_uncommitted(repo))
    return loaded


def refuse_errors(problems: Sequence[Problem]) -> None:
    """Show warnings; raise all problems (exit 3) when one of them is an error."""
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise GatefleetError(*problems, exit_code=Exit.FINDINGS)
    show_problems(problems)


def _nothing_here(repo: Path, commit: str | None) -> GatefleetError:
    top = next((folder for folder in repo.resolve().parents if any((folder / root).is_dir() for root in ROOTS)), None)
    if top is not None:
        fix = f"name the top of the repository: --repo {os.path.relpath(top)}"
    elif commit is not None and any((repo / root).is_dir() for root in ROOTS):
        fix = "they are here and not committed: git add policies teams && git commit"
    else:
        fix = "run it at the top of the policy repository, or name that by --repo"
    what = "holds neither policies/ nor teams/" if commit is None else f"holds neither policies/ nor teams/ at {commit}"
    return failure("GF656", str(repo), what, fix=fix)


def _uncommitted(repo: Path) -> tuple[Problem, ...]:
    listing = subprocess.run(
        [
            "git",
            "-C",
            str(repo),
            "--no-optional-locks",
            "status",
            "--porcelain",
            "-z",
            "--untracked-files=all",
            "--",
            *ROOTS,
        ],
        capture_output=True,
        check=False,
    )
    paths = [entry[3:].decode("utf-8", "replace") for entry in listing.stdout.split(b"\0") if entry[2:3] == b" "]
    if not paths:
        return ()
    others = f", and {len(paths) - 1} more," if len(paths) > 1 else ""
    what = f"changed{others} but not committed: it is no part of {HEAD}"
    return (
        Problem("GF657", Place(min(paths)), what, fix="commit it to plan or publish it", severity=Severity.WARNING),
    )
