"""A real git repository whose commits ask for small policies: what publishing needs of one, without the YAML."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.states import Asked, value

from gatefleet.contract.entities import Entity

POLICY = "policy.json"
_WHO = {
    "GIT_AUTHOR_NAME": "Policy",
    "GIT_AUTHOR_EMAIL": "policy@example.com",
    "GIT_COMMITTER_NAME": "Policy",
    "GIT_COMMITTER_EMAIL": "policy@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


class Repository:
    """`commit` states what the policy is from then on, `asked` what a commit asks for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        if not (path / ".git").exists():
            self._git("init", "--quiet", "--initial-branch", "main")

    def commit(self, entities: Mapping[str, Entity]) -> str:
        """Commit a policy on top of what is checked out."""
        policy = {key: value(entity) for key, entity in entities.items()}
        (self.path / POLICY).write_text(json.dumps(policy, indent=1, sort_keys=True))
        self._git("add", POLICY)
        self._git("commit", "--quiet", "--allow-empty", "--message", "Change the policy")
        return self.head

    def commits(self, policies: list[Mapping[str, Entity]]) -> list[str]:
        """Commit many policies, one after the other; one process for all."""
        stream = []
        for number, entities in enumerate(policies):
            text = json.dumps({key: value(entity) for key, entity in entities.items()}, indent=1, sort_keys=True)
            who = f"Policy <policy@example.com> {1_790_000_000 + number} +0000"
            stream.append(f"commit refs/heads/main\nmark :{number + 1}\ncommitter {who}\ndata 0\n")
            if number == 0 and self._git("branch", "--list", "main"):
                stream.append("from refs/heads/main^0\n")
            stream.append(f"M 100644 inline {POLICY}\ndata {len(text.encode())}\n{text}\n")
        marks = self.path / ".git" / "marks"
        self._git("fast-import", "--quiet", f"--export-marks={marks}", stdin="".join(stream))
        self._git("reset", "--quiet", "--hard")
        by_mark = dict(line.split() for line in marks.read_text().splitlines())
        return [by_mark[f":{number + 1}"] for number in range(len(policies))]

    def revert(self, commit: str) -> str:
        """`git revert` one commit."""
        self._git("revert", "--no-edit", commit)
        return self.head

    def branch_from(self, commit: str, name: str) -> None:
        """Check out a new branch from a commit."""
        self._git("checkout", "--quiet", "-b", name, commit)

    @property
    def head(self) -> str:
        """The commit that is checked out."""
        return self._git("rev-parse", "HEAD").strip()

    def asked(self, commit: str) -> Asked:
        """What a commit asks for."""
        return Asked(json.loads(self._git("show", f"{commit}:{POLICY}")))

    def _git(self, *arguments: str, stdin: str | None = None) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.path), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=os.environ | _WHO,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
