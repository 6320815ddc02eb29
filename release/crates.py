"""What is linked into the Rust build: the crates of others, as `cargo metadata` resolved them for one target."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from release.sbom import Component

_REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"


def linked_crates(metadata: Mapping[str, Any], lock: str) -> tuple[list[Component], frozenset[str]]:
    """The crates below the package `lambda`, without those of tests and build scripts, and which of them it names.

    `lock` is the text of Cargo.lock, where the digests are. The workspace's own crates count as the program itself.
    """
    packages = {package["id"]: package for package in metadata["packages"]}
    needs = {node["id"]: _needed(node) for node in metadata["resolve"]["nodes"]}
    digests = {(one["name"], one["version"]): one.get("checksum") for one in tomllib.loads(lock)["package"]}
    own = {package_id for package_id, package in packages.items() if package["source"] is None}
    start = next(package_id for package_id in own if packages[package_id]["name"] == "lambda")

    reached, named, waiting = set[str](), set[str](), [start]
    while waiting:
        package_id = waiting.pop()
        if package_id in reached:
            continue
        reached.add(package_id)
        waiting += needs[package_id]
        if package_id in own:
            named |= needs[package_id] - own
    others = [packages[package_id] for package_id in sorted(reached - own)]
    components = [
        Component(
            ref=_purl(package),
            name=package["name"],
            version=package["version"],
            licence=package["license"].replace("/", " OR "),  # how old manifests write it
            purl=_purl(package) if package["source"] == _REGISTRY else None,
            sha256=digests[package["name"], package["version"]],
            needs=frozenset(_purl(packages[needed]) for needed in needs[package["id"]]),
        )
        for package in others
    ]
    return components, frozenset(_purl(packages[package_id]) for package_id in named)


def _needed(node: Mapping[str, Any]) -> set[str]:
    def linked(kinds: Iterable[Mapping[str, Any]]) -> bool:
        return any(kind["kind"] is None for kind in kinds)  # neither `dev` nor `build`

    return {dependency["pkg"] for dependency in node["deps"] if linked(dependency["dep_kinds"])}


def _purl(package: Mapping[str, Any]) -> str:
    return f"pkg:cargo/{package['name']}@{package['version']}"
