"""The archives of a release, and what lies beside them in its folder."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from release.archive import Member, zip_archive
from release.crates import linked_crates
from release.node import build_node
from release.rust import TARGETS, RustBuild, build_rust
from release.sbom import Component, Contents, bill_of_materials

HEX_CHECKSUMS = "SHA256SUMS"  # of all other files, as sha256sum(1) writes and checks them
CODE_CHECKSUMS = "CODE_SHA256"  # as Lambda states them, `CodeSha256`


@dataclass(frozen=True, slots=True)
class Archive:
    """`<name>.zip` and `<name>.cdx.json`."""

    name: str
    content: bytes
    sbom: bytes


def node_archive(root: Path, version: str) -> Archive:
    """The Node build, of the sources below `root`."""
    build = build_node(root / "authorizer" / "typescript")
    members = [Member("authorizer.mjs", build.module), Member("run", build.start, executable=True)]
    return _archive("authorizer-node", version, Contents(members, build.compilers))


def rust_archive(architecture: str, root: Path, version: str) -> Archive:
    """The Rust build for one processor, of the sources below `root`."""
    workspace = root / "authorizer" / "rust"
    build = build_rust(workspace, architecture, root / ".cache" / "release")
    crates, named = linked_crates(build.metadata, (workspace / "Cargo.lock").read_text(encoding="utf-8"))
    runtimes = _runtimes(build)
    members = [Member("bootstrap", build.bootstrap, executable=True)]
    needs = named | {runtime.ref for runtime in runtimes}
    contents = Contents(members, build.compilers, [*crates, *runtimes], needs)
    return _archive(f"authorizer-rust-{architecture}", version, contents)


ARCHIVES: Mapping[str, Callable[[Path, str], Archive]] = {
    **{f"rust-{architecture}": partial(rust_archive, architecture) for architecture in TARGETS},
    "node": node_archive,
}


def write_release(archives: Iterable[Archive], folder: Path) -> None:
    """These archives, their SBOMs and the checksums, as the only files of a release in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in [*folder.glob("authorizer-*"), folder / HEX_CHECKSUMS, folder / CODE_CHECKSUMS]:
        old.unlink(missing_ok=True)
    archives = sorted(archives, key=lambda archive: archive.name)
    code = [f"{code_sha256(archive.content)}  {archive.name}.zip\n" for archive in archives]
    files = {CODE_CHECKSUMS: "".join(code).encode()}
    for archive in archives:
        files |= {f"{archive.name}.cdx.json": archive.sbom, f"{archive.name}.zip": archive.content}
    sums = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items()]
    for name, content in {**files, HEX_CHECKSUMS: "".join(sums).encode()}.items():
        (folder / name).write_bytes(content)


def code_sha256(archive: bytes) -> str:
    """SHA-256 as AWS Lambda states it of a function's code, and `artifacts:` of policies/rollout.yaml takes it."""
    return base64.b64encode(hashlib.sha256(archive).digest()).decode("ascii")


def _archive(name: str, version: str, contents: Contents) -> Archive:
    content = zip_archive(contents.members)
    return Archive(name, content, bill_of_materials(name, version, content, contents))


def _runtimes(build: RustBuild) -> list[Component]:
    """What the compilers themselves link into a program."""
    rustc, zig = build.compilers["rustc"], build.compilers["zig"]
    return [
        Component(
            ref=f"std@{rustc}",
            name="std",
            version=rustc,
            licence="MIT OR Apache-2.0",
            purl=f"pkg:github/rust-lang/rust@{rustc}",
            description="The standard library of Rust",
        ),
        Component(
            ref=f"zig@{zig}",
            name="zig",
            version=zig,
            licence="MIT AND Apache-2.0 WITH LLVM-exception",
            purl=f"pkg:pypi/ziglang@{zig}",
            description="Start files, compiler-rt and libunwind, as Zig compiles them",
        ),
    ]
