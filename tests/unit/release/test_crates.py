"""The crates of an SBOM are those that cargo links for its target, and no others."""

from __future__ import annotations

import json
import subprocess
import tomllib

import pytest
from release.crates import linked_crates
from release.rust import TARGETS
from tests.support.adapters import ROOT, tool
from tests.support.builds import INSTALL_RUST, RUST_BUILD

LOCK = (ROOT / "authorizer" / "rust" / "Cargo.lock").read_text(encoding="utf-8")


def cargo(*arguments: str) -> str:
    command = [tool("cargo", INSTALL_RUST), *arguments]
    return subprocess.run(command, cwd=RUST_BUILD, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("target", TARGETS.values())
def test_they_are_those_that_cargo_tree_shows_with_the_digests_of_the_lock(target: str) -> None:
    metadata = json.loads(cargo("metadata", "--locked", "--format-version=1", f"--filter-platform={target}"))
    components, named = linked_crates(metadata, LOCK)

    tree = cargo("tree", "--locked", "--package=lambda", "--edges=normal", f"--target={target}", "--prefix=none")
    lines = {line.removesuffix(" (*)") for line in tree.splitlines()}
    others = {tuple(line.split(" v", 1)) for line in lines if not line.endswith(")")}  # ours say where they are
    assert {(component.name, component.version) for component in components} == others
    assert named == {component.ref for component in components if component.name in NAMED}
    assert {(one.name, one.version, one.sha256) for one in components} <= {
        (package["name"], package["version"], package.get("checksum")) for package in tomllib.loads(LOCK)["package"]
    }
    assert all(component.purl and component.licence and "/" not in component.licence for component in components)


def test_every_crate_that_another_needs_is_there() -> None:
    metadata = json.loads(cargo("metadata", "--locked", "--format-version=1"))
    components, named = linked_crates(metadata, LOCK)
    there = {component.ref for component in components}
    assert named < there
    assert all(component.needs <= there for component in components)
    assert there - named == {ref for component in components for ref in component.needs} - named


# What the manifests of `authorizer`, `kafka` and `lambda` name.
NAMED = {"hashbrown", "ring", "rustls", "webpki-roots"}
