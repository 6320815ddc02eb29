"""The version of a release. Cargo, npm, Python and Terraform each want it in a file of their own: all say the same."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from release.processes import NotBuilt


def release_version(root: Path) -> str:
    """The one version that all parts below `root` state.

    Raises `NotBuilt` when they do not agree.
    """
    stated = stated_versions(root)
    if len(set(stated.values())) != 1:
        lines = "\n  ".join(f"{version}  {place}" for place, version in sorted(stated.items()))
        raise NotBuilt(f"the parts of a release state one version; here they are\n  {lines}")
    return next(iter(stated.values()))


def stated_versions(root: Path) -> dict[str, str]:
    """The version that each part states, by the file that states it."""
    rust, node = root / "authorizer" / "rust", root / "authorizer" / "typescript"
    python = root / "reconciler" / "gatefleet" / "__init__.py"
    module = root / "terraform" / "modules" / "gateway" / "VERSION"
    locked = tomllib.loads((rust / "Cargo.lock").read_text(encoding="utf-8"))["package"]
    npm_lock = json.loads((node / "package-lock.json").read_text(encoding="utf-8"))
    return {
        "authorizer/rust/Cargo.toml": _toml(rust / "Cargo.toml")["workspace"]["package"]["version"],
        **{
            f"authorizer/rust/Cargo.lock ({package['name']})": package["version"]
            for package in locked
            if "source" not in package
        },
        "authorizer/typescript/package.json": json.loads((node / "package.json").read_text(encoding="utf-8"))[
            "version"
        ],
        "authorizer/typescript/package-lock.json": npm_lock["version"],
        "authorizer/typescript/package-lock.json (packages)": npm_lock["packages"][""]["version"],
        "authorizer/typescript/src/version.ts": _assigned("VERSION", node / "src" / "version.ts"),
        "pyproject.toml": _toml(root / "pyproject.toml")["project"]["version"],
        "reconciler/gatefleet/__init__.py": _assigned("__version__", python),
        "terraform/modules/gateway/VERSION": module.read_text(encoding="utf-8").strip(),
    }


def _toml(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _assigned(name: str, file: Path) -> str:
    found = re.search(
        rf"""^(?:export const )?{name} = ['"]([^'"]+)['"];?$""", file.read_text(encoding="utf-8"), re.MULTILINE
    )
    if found is None:
        raise NotBuilt(f"{file} assigns no {name}")
    return found[1]
