"""A throw-away clone of a policy repository that has the environment `development` besides, and goes along with it.

Each state of the repository that is brought over, committed there or not, is one commit here, on top of the last: so
whatever happens to the repository's own history, what is published always follows what was.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from gatefleet.local.development import (
    ENVIRONMENT_FILE,
    ISSUER_FILE,
    TRUST_FILE,
    Development,
    add_development,
    clone,
    commit,
)
from gatefleet.problems import failure
from gatefleet.source.layout import ROOTS

_OURS = (ENVIRONMENT_FILE, ISSUER_FILE, TRUST_FILE)
Stamp = tuple[object, ...]


class Mirror:
    """The clone of `repository` in `folder`/policy, its keys in `folder`/keys. `worktree`: files count as they are."""

    def __init__(self, repository: Path, folder: Path, *, worktree: bool) -> None:
        self.repository = repository
        self.repo = folder / "policy"
        self._worktree = worktree
        self._development: Mapping[Path, bytes] = {}
        clone(repository, self.repo)
        self._lay()

    def add_development(
        self, issuers: tuple[str, ...], blast_limit: Mapping[str, int], now: int, kafka: str | None
    ) -> Development:
        """Add the environment, once, and commit it with what there is."""
        development = add_development(self.repo, issuers, blast_limit, now, kafka=kafka)
        self._development = {path: (self.repo / path).read_bytes() for path in _OURS}
        return development

    def set_issuer(self, content: bytes) -> None:
        """Let the development issuer be declared so from the next `bring` on."""
        self._development = {**self._development, ISSUER_FILE: content}

    def stamp(self) -> Stamp:
        """Something that is another as soon as there may be something to bring over."""
        if not self._worktree:
            return (_git(self.repository, "rev-parse", "HEAD").strip(),)
        found = []
        for root in ROOTS:
            for path in sorted((self.repository / root).rglob("*")):
                try:
                    state = path.lstat()
                except OSError:  # an editor replaces a file by another
                    continue
                found.append((str(path), state.st_mtime_ns, state.st_size))
        return tuple(found)

    def bring(self) -> str | None:
        """Bring the repository's policy over; gives the commit here, None when nothing is different."""
        said = self._lay()
        for path, content in self._development.items():
            (self.repo / path).parent.mkdir(parents=True, exist_ok=True)
            (self.repo / path).write_bytes(content)
        if not _git(self.repo, "status", "--porcelain"):
            return None
        return commit(self.repo, f"Bring over {said}")

    def _lay(self) -> str:
        """Put the repository's policy here, in place of what was; says which."""
        for root in ROOTS:
            shutil.rmtree(self.repo / root, ignore_errors=True)
        if self._worktree:
            self._copy()
            return "the files as they are"
        _git(self.repo, "fetch", "--quiet", "--", str(self.repository), "HEAD")
        there = _git(self.repo, "ls-tree", "--name-only", "FETCH_HEAD").split("\n")
        roots = [root for root in ROOTS if root in there]
        if roots:
            _git(self.repo, "checkout", "--quiet", "FETCH_HEAD", "--", *roots)
        return _git(self.repo, "rev-parse", "FETCH_HEAD").strip()

    def _copy(self) -> None:
        for root in ROOTS:
            if (self.repository / root).is_dir():
                try:
                    shutil.copytree(self.repository / root, self.repo / root, symlinks=True)
                except (OSError, shutil.Error) as error:  # a pipe, a file without rights, one that was just removed
                    first = (
                        error.args[0][0] if isinstance(error, shutil.Error) else (error.filename, "", error.strerror)
                    )
                    path = os.path.relpath(str(first[0]), self.repository)
                    raise failure("GF048", path, f"cannot be read: {first[2]}", fix="give read access to it") from None


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else str(error)
        fix = "run it in a git checkout with at least one commit"
        raise failure("GF620", str(folder), f"git failed: {said}", fix=fix) from None
    return done.stdout
