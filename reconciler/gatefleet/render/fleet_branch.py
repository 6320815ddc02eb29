"""The branch `fleet`: rendered files as commits of their own, made without touching the work tree or its index.

Only this module writes to it, and only onto what it has read: somebody else's commit in between is never overwritten.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gatefleet.problems import failure
from gatefleet.render.tree import FileChange
from gatefleet.source.git import read_blobs

BRANCH = "fleet"
_TIMEOUT = 300.0  # seconds
_LARGEST = 16 * 1024 * 1024  # bytes; what is rendered is far below


@dataclass(frozen=True, slots=True)
class FleetBranch:
    """The branch in one repository. `remote`: where it is fetched from and pushed to; None keeps it in this clone."""

    repository: Path
    remote: str | None = None
    branch: str = BRANCH

    def tip(self) -> str | None:
        """The newest commit's id; None when there is no such branch yet. Raises GF545 when it cannot be fetched."""
        if self.remote is not None:
            listed = self._git("ls-remote", "--heads", "--end-of-options", self.remote, self._ref)
            if not listed.strip():
                return None
            self._git("fetch", "--quiet", "--no-tags", "--end-of-options", self.remote, self._ref)
            return listed.split()[0].decode("ascii")
        found = self._git("for-each-ref", "--format=%(objectname)", self._ref)
        return found.strip().decode("ascii") or None

    def files(self, tip: str | None, below: str) -> dict[str, bytes]:
        """Files below a folder at a commit, by path."""
        if tip is None:
            return {}
        listing = self._git("ls-tree", "-r", "-z", tip, "--", below).decode("utf-8", "surrogateescape")
        entries = [entry.partition("\t") for entry in listing.split("\x00")[:-1]]
        contents = read_blobs(self.repository, [head.split(" ")[2] for head, _, _ in entries], _LARGEST)
        return {
            path: content for (_, _, path), content in zip(entries, contents, strict=True) if isinstance(content, bytes)
        }

    def commit(self, tip: str | None, changed: Iterable[FileChange], subject: str, trailers: Mapping[str, str]) -> str:
        """One commit on `tip` with these changes, made the branch's newest. Raises GF545."""
        with tempfile.TemporaryDirectory() as folder:
            index = str(Path(folder) / "index")
            if tip is not None:
                self._git("read-tree", tip, index=index)
            entries = "".join(self._index_entry(one) for one in changed)
            self._git(
                "update-index", "-z", "--index-info", given=entries.encode("utf-8", "surrogateescape"), index=index
            )
            tree = self._git("write-tree", index=index).strip().decode("ascii")
        message = f"{subject}\n\n" + "".join(f"{name}: {value}\n" for name, value in trailers.items())
        parents = () if tip is None else ("-p", tip)
        made = self._git("commit-tree", tree, *parents, given=message.encode()).strip().decode("ascii")
        if self.remote is None:
            self._git("update-ref", self._ref, made, tip or "0" * len(made))
        else:
            # With a lease on what was read: whoever pushed meanwhile is not overwritten.
            lease = f"--force-with-lease={self._ref}:{tip or ''}"
            self._git("push", "--quiet", lease, "--end-of-options", self.remote, f"{made}:{self._ref}")
        return made

    @property
    def _ref(self) -> str:
        return f"refs/heads/{self.branch}"

    def _index_entry(self, one: FileChange) -> str:
        if one.content is None:
            return f"0 {'0' * 40}\t{one.path}\x00"
        blob = self._git("hash-object", "-w", "--stdin", given=one.content).strip().decode("ascii")
        return f"100644 {blob}\t{one.path}\x00"

    def _git(self, *arguments: str, given: bytes | None = None, index: str | None = None) -> bytes:
        command = ["git", "-C", str(self.repository), *arguments]
        environment = os.environ | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        if index is not None:
            environment["GIT_INDEX_FILE"] = index
        try:
            done = subprocess.run(
                command, input=given, env=environment, capture_output=True, timeout=_TIMEOUT, check=False
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise failure("GF545", str(self.repository), f"git cannot be used: {error}") from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            what = f"git {arguments[0]} failed: {said[-1] if said else 'it says nothing'}"
            fix = f"look at branch `{self.branch}`; was it moved meanwhile? Then render again"
            raise failure("GF545", str(self.repository), what, fix=fix)
        return done.stdout
