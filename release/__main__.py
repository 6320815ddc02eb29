"""`make build`: what is released, in `dist/`.

make build                       all of it
make build ARGS="node rust-arm64"   only these
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from release.archives import ARCHIVES, Archive, code_sha256, write_release
from release.processes import NotBuilt
from release.rust import RUSTC, rustc_version
from release.versions import release_version

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m release", description="Make the archives of a release.")
    parser.add_argument("names", nargs="*", metavar="archive", help=f"one of {', '.join(ARCHIVES)}; default: all")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", metavar="FOLDER", help="default: dist")
    parser.add_argument("--version", action="store_true", help="print the version that would be released, and end")
    asked = parser.parse_args(arguments)
    names = asked.names or list(ARCHIVES)
    unknown = sorted(set(names) - set(ARCHIVES))
    if unknown:
        parser.error(f"no archive named {', '.join(unknown)}; there are {', '.join(ARCHIVES)}")
    try:
        version = release_version(ROOT)
        if asked.version:
            print(version)
            return 0
        _warn_of_another_compiler(names)
        made = {name: _make(name, version) for name in names}
    except NotBuilt as error:
        print(f"make build: {error}", file=sys.stderr)
        return 1
    write_release(made.values(), asked.out)
    for archive in made.values():
        print(f"{asked.out / archive.name}.zip  {len(archive.content) / 1e6:.1f} MB", file=sys.stderr)
    print("\n".join(_for_rollout(version, made)))
    return 0


def _make(name: str, version: str) -> Archive:
    print(f"{name} …", file=sys.stderr, flush=True)
    return ARCHIVES[name](ROOT, version)


def _warn_of_another_compiler(names: list[str]) -> None:
    if any(name.startswith("rust-") for name in names):
        rustc = rustc_version(ROOT)
        if rustc != RUSTC:
            print(f"rustc {rustc} is here: only {RUSTC} makes the bytes of the release", file=sys.stderr)


def _for_rollout(version: str, made: Mapping[str, Archive]) -> list[str]:
    """What policies/rollout.yaml takes, where it was made."""
    archives = {"rust": made.get("rust-arm64"), "node": made.get("node")}
    sums = [f"  {name}: {code_sha256(one.content)}" for name, one in archives.items() if one is not None]
    return [f"authorizer: {version}", "artifacts:", *sums] if sums else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
