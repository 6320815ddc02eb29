"""Archives of a release as somebody else has them: made from a copy of the sources, unpacked as Lambda does."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.support.adapters import ROOT
from tests.support.builds import NODE_BUILD
from tests.support.functions import function_of
from tests.support.local_policy import LocalPolicy
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.contract.entities import Entity

GATEWAY = "orders/orders"

_SOURCES = (
    "authorizer",
    "release",
    "pyproject.toml",
    "reconciler/gatefleet/__init__.py",
    "terraform/modules/gateway/VERSION",
)


def copied_sources(folder: Path) -> Path:
    """What a release is made of, as it is in this work tree; node's packages are those of `make setup`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *_SOURCES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.split("\0")[:-1]:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / "authorizer" / "typescript" / "node_modules").symlink_to(NODE_BUILD / "node_modules")
    return folder


def copied_again(sources: Path, folder: Path) -> Path:
    """The same sources in another folder, without what was made of them."""
    return shutil.copytree(sources, folder, symlinks=True, ignore=shutil.ignore_patterns(".cache", "dist", "target"))


def made_release(sources: Path, *names: str, umask: int = 0o022, **variables: str) -> dict[str, bytes]:
    """Every file that `make build` makes of these sources, by name."""
    environ = {name: value for name, value in os.environ.items() if name not in ("CARGO_TARGET_DIR", "PYTHONPATH")}
    ran = subprocess.run(
        [sys.executable, "-m", "release", *names],
        cwd=sources,
        env=environ | variables,
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    return {path.name: path.read_bytes() for path in (sources / "dist").iterdir()}


def a_policy(folder: Path) -> LocalPolicy:
    """One route, one scope, and the client `shop` that holds it."""
    folder.mkdir()
    entities: dict[str, Entity] = {
        "scope/orders:read": a_scope(),
        "client/shop": a_client("orders:read"),
        f"gateway/{GATEWAY}": a_gateway(**{"GET /orders": "orders:read"}),
    }
    return LocalPolicy(folder, entities)


def answer_of(task: Path, policy: LocalPolicy, *command: str | Path) -> tuple[str, str]:
    """What a function whose code lies in `task` answers `shop`: `allowed`, or the reason, and how fresh it was."""
    function = function_of(command, policy, GATEWAY, variables={"LAMBDA_TASK_ROOT": str(task)})
    with function.environment:
        return function.call("GET /orders", "shop", "orders:read")


def unpacked(archive: bytes, folder: Path) -> Path:
    """The folder, with the archive's files and their modes: a function's `/var/task`."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        for info in opened.infolist():
            path = Path(opened.extract(info, folder))
            path.chmod(info.external_attr >> 16 & 0o777)
    return folder
