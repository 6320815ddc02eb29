"""What `gatefleet render` writes: for each gateway of an environment a Terraform root with its floor, as files by path.

A tree is compared with the one before, file by file, so that only what changed is touched and everything that is out of
date is named with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gatefleet.model.deployed import DeployedGateway, deployed_gateways
from gatefleet.model.types import Environment, Model
from gatefleet.render.floors import RenderedFloor
from gatefleet.render.layer import floor_layer, sha256_base64
from gatefleet.render.roots import render_empty_root, render_root

ROOTS = "terraform/teams"
ROOT_FILE, FLOOR_FILE, TRUST_FILE, LAYER_FILE = "main.tf.json", "floor.json", "trust.json", "floor.zip"


class Change(StrEnum):
    """What happens to a file."""

    ADD = "+"
    REPLACE = "~"
    REMOVE = "-"


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that is out of date: `content` None when it goes; `why` in words."""

    path: str
    change: Change
    content: bytes | None
    why: str


def root_folder(environment: str, gateway: str) -> str:
    """`terraform/teams/<team>/<environment>/<gateway>`; `gateway` is `<team>/<gateway>`."""
    team, _, name = gateway.partition("/")
    return f"{ROOTS}/{team}/{environment}/{name}"


def render_files(
    model: Model, environment: Environment, floors: Iterable[RenderedFloor], trust: bytes
) -> dict[str, bytes]:
    """Every file of the environment's roots, by path. `trust` is the signed trust document without a line feed.

    A gateway that is deployed but not on the log has no floor yet and is left out: it is rendered once it is published.
    """
    deployed = {one.source.id: one for one in deployed_gateways(model, environment)}
    files: dict[str, bytes] = {}
    for floor in floors:
        gateway = deployed.get(floor.gateway)
        if gateway is not None:
            files |= _root(gateway, model, floor.envelope + b"\n", trust + b"\n")
    return files


def changes(
    files: Mapping[str, bytes], before: Mapping[str, bytes], floors: Iterable[RenderedFloor], environment: Environment
) -> list[FileChange]:
    """What must be written or removed so that `files` stand there, sorted by path.

    `before` are all files below the environment's roots as they are now.
    """
    moved = {f"{root_folder(environment.name, one.gateway)}/{FLOOR_FILE}": one.moved for one in floors if one.moved}
    found = [_compared(path, content, before.get(path), moved.get(path, "")) for path, content in files.items()]
    gone = [FileChange(path, Change.REMOVE, None, "its gateway is gone") for path in before.keys() - files.keys()]
    return sorted((one for one in [*found, *gone] if one is not None), key=lambda one: one.path)


def emptied(
    files: Mapping[str, bytes], before: Iterable[str], model: Model, environment: Environment
) -> dict[str, bytes]:
    """Roots of gateways that are gone, each as one that holds nothing: applying it takes away what was made."""
    roots: dict[str, bytes] = {}
    for path in before:
        team, _, name = path.removeprefix(f"{ROOTS}/").removesuffix(f"/{ROOT_FILE}").split("/", 2)
        owner = model.teams.get(team)
        if path.endswith(f"/{ROOT_FILE}") and path not in files and owner and environment.name in owner.accounts:
            roots[path] = render_empty_root(owner, environment.name, name)
    return roots


def _root(gateway: DeployedGateway, model: Model, floor: bytes, trust: bytes) -> dict[str, bytes]:
    folder = root_folder(gateway.environment.name, gateway.source.id)
    layer = floor_layer(floor, trust)
    return {
        f"{folder}/{ROOT_FILE}": render_root(gateway, model, layer_sha256=sha256_base64(layer)),
        f"{folder}/{FLOOR_FILE}": floor,
        f"{folder}/{TRUST_FILE}": trust,
        f"{folder}/{LAYER_FILE}": layer,
    }


def _compared(path: str, content: bytes, before: bytes | None, moved: str) -> FileChange | None:
    if before == content:
        return None
    if before is None:
        return FileChange(path, Change.ADD, content, "new")
    why = moved or ("its floor moved" if path.endswith(f"/{LAYER_FILE}") else _what_differs(path))
    return FileChange(path, Change.REPLACE, content, why)


def _what_differs(path: str) -> str:
    if path.endswith(f"/{FLOOR_FILE}"):
        return "is not the floor that was rendered"
    if path.endswith(f"/{TRUST_FILE}"):
        return "new trust"
    return "its sources, conventions, versions or floor changed"
