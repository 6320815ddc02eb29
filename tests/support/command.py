"""The real `gatefleet` command, and a company to run it in: a git repository with the example policies and a log."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from gatefleet.cli import run
from gatefleet.local.development import add_development
from gatefleet.model import parse_model
from gatefleet.source import read_worktree

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("gatefleet")
_HEAD = re.compile(r"(?P<place>.+?): (?P<code>GF\d{3}) (?P<what>.+)")


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @cached_property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def problems(self) -> list[tuple[str, str, str]]:
        """(code, place, what) of each problem on standard error."""
        found = (_HEAD.fullmatch(line) for line in self.err.splitlines())
        return [(one["code"], one["place"], one["what"]) for one in found if one]

    @property
    def codes(self) -> list[str]:
        return [code for code, _, _ in self.problems]


# What `validate` remembers of the repositories of one run; never in the home of whoever tests.
_CACHE = tempfile.TemporaryDirectory(prefix="gatefleet-cache-")


def gatefleet(*arguments: str, cwd: Path, **environ: str) -> Ran:
    """Run `gatefleet` with these arguments in a folder; `environ` adds to the environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GATEFLEET_", "GIT_"))}
    done = subprocess.run(
        [COMMAND, *arguments],
        cwd=cwd,
        env=kept | {"COLUMNS": "80", "XDG_CACHE_HOME": _CACHE.name} | environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def in_process(*arguments: str, cwd: Path) -> Ran:
    """The same without a process of its own, for long tables: `main` only adds `sys.exit` to this."""
    out, err = io.StringIO(), io.StringIO()
    with chdir(cwd), redirect_stdout(out), redirect_stderr(err):
        code = run(list(arguments))
    return Ran(code, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Company:
    """`policy` (the repository), beside it `keys`, `policy.log` and `archive`: named as from within the repository."""

    folder: Path

    log = ("--environment", "development", "--log", "file:../policy.log")
    key = ("--key", "../keys/publish.key.pem")
    archive = ("--archive", "../archive")

    @property
    def repo(self) -> Path:
        return self.folder / "policy"

    @property
    def log_file(self) -> Path:
        return self.folder / "policy.log"

    def run(self, *arguments: str, **environ: str) -> Ran:
        return gatefleet(*arguments, cwd=self.repo, **environ)

    def ok(self, *arguments: str) -> Ran:
        ran = self.run(*arguments)
        assert ran.code == 0, ran.err
        return ran

    def publish(self, *arguments: str) -> Ran:
        return self.run("publish", *self.log, *self.key, *self.archive, *arguments)

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=self.repo, check=True, capture_output=True, text=True
        ).stdout.strip()

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace what stands once in a file of the repository."""
        file = self.repo / path
        text = file.read_text()
        assert text.count(old) == 1, f"{old!r} does not stand once in {path}"
        file.write_text(text.replace(old, new))

    def commit(self, path: str, old: str, new: str) -> str:
        self.edit(path, old, new)
        self.git("commit", "--quiet", "--all", "--message", f"Change {path}")
        return self.git("rev-parse", "HEAD")

    def lines(self) -> list[bytes]:
        """The envelopes on the log."""
        return self.log_file.read_bytes().splitlines(keepends=True)

    def everything(self) -> Mapping[str, bytes]:
        """Every file beside the repository: log, archive, keys, what was rendered."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and not path.is_relative_to(self.repo)
        }

    def copy(self, folder: Path) -> Company:
        shutil.copytree(self.folder, folder, symlinks=True)
        return Company(folder)


def a_company(folder: Path) -> Company:
    """The example in the environment `development`, nothing published yet."""
    repo = folder / "policy"
    for name in ("policies", "teams"):
        shutil.copytree(ROOT / name, repo / name)
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main", repo], check=True)
    model, _ = parse_model(read_worktree(repo))
    add_development(repo, tuple(sorted(model.issuers)), model.conventions.blast_limit, int(time.time()))
    return Company(folder)


def a_published_company(folder: Path) -> Company:
    """Two revisions on the log: the example, and then `orders:read` denied on a stale policy."""
    company = a_company(folder)
    assert company.publish().code == 0
    company.commit(
        "policies/scopes/orders.yaml",
        "owner: orders\n    risk: medium\n  orders:write",
        "owner: orders\n    risk: medium\n    when_stale: deny\n  orders:write",
    )
    assert company.publish().code == 0
    return company
