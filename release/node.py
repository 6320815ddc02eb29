"""The Node build: one bundled module, and `run`, by which AWS's managed runtime starts it with its own loop."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from release.processes import NotBuilt, run, tool


@dataclass(frozen=True, slots=True)
class NodeBuild:
    """The module, the script that starts it, and the compilers by name with their version."""

    module: bytes
    start: bytes
    compilers: Mapping[str, str]


def build_node(sources: Path) -> NodeBuild:
    """Bundle the sources, whose packages `make setup` installed.

    Raises `NotBuilt`, also when something of another package would get into the module: it has no dependencies.
    """
    with tempfile.TemporaryDirectory() as folder:
        bundle, inputs = Path(folder, "authorizer.mjs"), Path(folder, "inputs.json")
        options = [f"--outfile={bundle}", f"--metafile={inputs}", "--log-level=warning"]
        run([tool("npm", "make setup"), "run", "--silent", "build", "--", *options], sources)
        module = bundle.read_bytes()
        bundled = json.loads(inputs.read_text(encoding="utf-8"))["inputs"]
    foreign = sorted(name for name in bundled if not name.startswith("src/"))
    if foreign:
        raise NotBuilt(f"{foreign[0]} would be in the module, and its SBOM names no dependencies: leave it out")
    lock = json.loads((sources / "package-lock.json").read_text(encoding="utf-8"))
    esbuild = lock["packages"]["node_modules/esbuild"]["version"]
    return NodeBuild(module, (sources / "run").read_bytes(), {"esbuild": esbuild})
