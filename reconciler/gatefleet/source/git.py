"""Reads what git holds without touching the work tree: names of commits, ancestry, the files of a commit.

A name given by a user is resolved to a full object id before anything else, behind `--end-of-options`; every later
call gets only ids.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from gatefleet.problems import GatefleetError, failure
from gatefleet.source.layout import ROOTS, printable

OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TIMEOUT = 300.0  # seconds; a local git that says nothing for so long hangs


def resolve_commit(repo: Path, name: str) -> str:
    """The full id of a commit, given any name git knows it by.

    Raises GF040 (no repository), GF041 (no such commit), GF042 (git cannot be used).
    """
    if "\x00" in name or "\n" in name or not name:
        raise failure("GF041", str(repo), "a revision must be one line of text", fix="name a branch, tag or commit id")
    done = _git(repo, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", accept=(0, 1, 128))
    commit = done.stdout.decode("ascii", "replace").strip()
    if done.returncode == 0 and OBJECT_ID.fullmatch(commit):
        return commit
    _git(repo, "rev-parse", "--git-dir")  # tells a missing repository from a missing revision
    raise failure(
        "GF041",
        str(repo),
        f"git knows no commit `{printable(name)[:200]}`",
        fix="name a branch, tag or commit id; in a fresh clone, `git fetch` may bring it",
    )


def is_ancestor(repo: Path, older: str, newer: str) -> bool:
    """Whether `older` is `newer` or one of its ancestors (names are resolved first).

    Raises GF047 when the answer would be no only because the clone's history is cut off.
    """
    try:
        first, second = resolve_commit(repo, older), resolve_commit(repo, newer)
    except GatefleetError as error:
        if [problem.code for problem in error.problems] == ["GF041"] and _is_shallow(repo):
            raise _cut_off(repo, older, newer) from None
        raise
    if _git(repo, "merge-base", "--is-ancestor", first, second, accept=(0, 1)).returncode == 0:
        return True
    if _is_shallow(repo):
        raise _cut_off(repo, first, second)
    return False


def merge_base(repo: Path, one: str, other: str) -> str | None:
    """The newest commit that is an ancestor of both (full ids); None when they have none in common here."""
    done = _git(repo, "merge-base", one, other, accept=(0, 1))
    return done.stdout.decode("ascii", "replace").strip() or None


def list_files(repo: Path, commit: str) -> Iterator[tuple[str, str, str]]:
    """Mode, object id and path of everything below `policies/` and `teams/` of a commit given by its full id, by path.

    The mode is git's: files have 100644 or 100755, 120000 is a symbolic link, 160000 a submodule.
    """
    listing = _git(repo, "ls-tree", "-r", "-z", commit, "--", *ROOTS).stdout.decode("utf-8", "surrogateescape")
    for entry in listing.split("\x00")[:-1]:
        head, _, path = entry.partition("\t")
        mode, _, blob = head.split(" ")
        yield mode, blob, path


def changed_files(repo: Path, older: str, newer: str) -> list[tuple[str, str]] | None:
    """Mode (000000: removed) and path of everything below `policies/` and `teams/` in which two commits differ.

    Both are full ids. None when git no longer has the older one.
    """
    options = ("-r", "-z", "--raw", "--no-renames", "--ignore-submodules=none")
    done = _git(repo, "diff-tree", *options, older, newer, "--", *ROOTS, accept=(0, 128))
    if done.returncode:
        return None
    entries = done.stdout.decode("utf-8", "surrogateescape").split("\x00")[:-1]
    return [(about.split(" ")[1], path) for about, path in zip(entries[::2], entries[1::2], strict=True)]


def read_blobs(repo: Path, blobs: Sequence[str], limit: int) -> Iterator[bytes | int]:
    """Contents of blobs, in order; for one larger than `limit` bytes its size instead."""
    if not blobs:
        return
    with _start(repo, "cat-file", "--batch", "--buffer") as process:
        assert process.stdin is not None and process.stdout is not None
        asking = threading.Thread(target=_ask, args=(process.stdin, blobs), daemon=True)
        asking.start()
        try:
            for blob in blobs:
                yield _answer(repo, process.stdout, blob, limit)
        finally:
            process.stdout.close()
            process.kill()
            asking.join()


def _ask(stdin: IO[bytes], blobs: Sequence[str]) -> None:
    with suppress(BrokenPipeError), stdin:
        stdin.write("".join(f"{blob}\n" for blob in blobs).encode("ascii"))


def _answer(repo: Path, stdout: IO[bytes], blob: str, limit: int) -> bytes | int:
    head = stdout.readline().split()
    if len(head) != 3 or head[1] != b"blob":
        raise failure("GF042", str(repo), f"git cannot give object {blob}", fix="check the repository with `git fsck`")
    size = int(head[2])
    if size > limit:
        left = size + 1
        while left and (chunk := stdout.read(min(left, 1 << 20))):
            left -= len(chunk)
        return size
    content = stdout.read(size + 1)
    if len(content) != size + 1:
        raise failure("GF042", str(repo), f"git ended within object {blob}", fix="check the repository with `git fsck`")
    return content[:-1]


def _is_shallow(repo: Path) -> bool:
    return _git(repo, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"


def _cut_off(repo: Path, older: str, newer: str) -> GatefleetError:
    return failure(
        "GF047",
        str(repo),
        f"this clone's history is cut off: whether {older[:12]} came before {newer[:12]} cannot be told",
        fix="git fetch --unshallow (in a workflow: `fetch-depth: 0`)",
    )


# --- calling git ------------------------------------------------------------------------------------------------------

# Set by git for its hooks: they would point every call at another repository or index than the one asked for.
_LOCAL_VARIABLES = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_PARAMETERS",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _LOCAL_VARIABLES}
    # Replacement refs show other content under an id: what was reviewed and what is read would differ.
    return kept | {"LC_ALL": "C", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}


def _git(repo: Path, *arguments: str, accept: Sequence[int] = (0,)) -> subprocess.CompletedProcess[bytes]:
    try:
        done = subprocess.run(
            ["git", "-C", str(repo), "--literal-pathspecs", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=_environment(),
            timeout=_TIMEOUT,
            check=False,
        )
    except OSError as error:
        raise _cannot_start(repo, error) from None
    except subprocess.TimeoutExpired:
        raise failure("GF042", str(repo), f"git {arguments[0]} did not end in {_TIMEOUT:.0f} s") from None
    if done.returncode not in accept:
        raise _git_failed(repo, arguments[0], done.stderr)
    return done


def _start(repo: Path, *arguments: str) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            ["git", "-C", str(repo), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
    except OSError as error:
        raise _cannot_start(repo, error) from None


def _cannot_start(repo: Path, error: OSError) -> GatefleetError:
    if isinstance(error, FileNotFoundError):
        return failure("GF042", str(repo), "the command `git` was not found", fix="install git, or put it on the PATH")
    return failure("GF042", str(repo), f"git cannot be started: {error.strerror}")


def _git_failed(repo: Path, command: str, stderr: bytes) -> GatefleetError:
    said = printable(stderr.decode("utf-8", "replace").strip().split("\n")[0].removeprefix("fatal: "))[:300]
    if "not a git repository" in said or "cannot change to" in said:
        return failure("GF040", str(repo), "not a git repository", fix="run it in a clone of the policy repository")
    if "dubious ownership" in said:
        fix = "git config --global --add safe.directory <the repository>, if you trust who owns it"
        return failure("GF042", str(repo), "git does not trust this repository: somebody else owns it", fix=fix)
    return failure("GF042", str(repo), f"git {command} failed: {said}")
