"""The archives as functions: unpacked into an empty folder, and started as AWS Lambda starts them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from release.archive import Member, zip_archive
from release.archives import ARCHIVES
from tests.support.builds import BIN, rust_function
from tests.support.functions import an_event
from tests.support.local_policy import LocalPolicy
from tests.support.release import GATEWAY, answer_of, copied_again, copied_sources, made_release, unpacked

from gatefleet.model.types import Variant
from gatefleet.render.roots import ARCHIVES as RENDERED


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied_sources(tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="session")
def node(sources: Path) -> dict[str, bytes]:
    """What `make build ARGS=node` makes."""
    return made_release(sources, "node")


def test_the_node_archive_starts_by_its_wrapper_in_place_of_the_managed_runtime(
    node: dict[str, bytes], policy: LocalPolicy, tmp_path: Path
) -> None:
    task = unpacked(node["authorizer-node.zip"], tmp_path / "task")
    # What Lambda hands to the wrapper; were it run, nothing would be found there.
    managed = (BIN / "node", "--max-http-header-size=81920", "/var/runtime/index.mjs")
    assert answer_of(task, policy, task / "run", *managed) == ("allowed", "fresh")


def test_the_node_archive_keeps_its_handler_for_the_managed_runtime(
    node: dict[str, bytes], policy: LocalPolicy, tmp_path: Path
) -> None:
    task = unpacked(node["authorizer-node.zip"], tmp_path / "task")
    event = json.dumps(an_event(policy, GATEWAY, "GET /orders", policy.bearer("shop", "orders:read")))
    script = (
        f"const {{ handler }} = await import({str(task / 'authorizer.mjs')!r}); console.log(await handler({event}));"
    )
    variables = {**policy.layer(GATEWAY), "GATEFLEET_LOG": f"file:{policy.log}"}
    ran = subprocess.run(
        [BIN / "node", "--input-type=module", "--eval", script],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "isAuthorized: true" in ran.stdout, ran.stderr[-2000:]


def test_the_rust_archive_holds_a_bootstrap_that_can_be_run(policy: LocalPolicy, tmp_path: Path) -> None:
    (built,) = rust_function()
    archive = zip_archive([Member("bootstrap", Path(built).read_bytes(), executable=True)])
    task = unpacked(archive, tmp_path / "task")
    assert answer_of(task, policy, task / "bootstrap") == ("allowed", "fresh")


def test_the_node_archive_is_the_same_bytes_in_another_folder(
    node: dict[str, bytes], sources: Path, tmp_path: Path
) -> None:
    elsewhere = copied_again(sources, tmp_path / "a folder" / "elsewhere")
    assert made_release(elsewhere, "node", umask=0o077, TZ="Asia/Tokyo", LC_ALL="C") == node


def test_checksums_are_those_of_the_files_in_both_spellings(node: dict[str, bytes]) -> None:
    assert set(node) == {"authorizer-node.zip", "authorizer-node.cdx.json", "SHA256SUMS", "CODE_SHA256"}
    digest = {name: hashlib.sha256(content) for name, content in node.items()}
    files = ("CODE_SHA256", "authorizer-node.cdx.json", "authorizer-node.zip")
    assert node["SHA256SUMS"].decode() == "".join(f"{digest[name].hexdigest()}  {name}\n" for name in files)
    code = base64.b64encode(digest["authorizer-node.zip"].digest()).decode()
    assert node["CODE_SHA256"].decode() == f"{code}  authorizer-node.zip\n"


def test_rendered_functions_take_archives_that_are_released() -> None:
    released = {f"authorizer-{name}.zip" for name in ARCHIVES}
    assert set(RENDERED) == set(Variant)
    assert set(RENDERED.values()) <= released


def test_an_archive_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    ran = subprocess.run([sys.executable, "-m", "release", "rust-mips"], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert re.search(r"no archive named rust-mips; there are .*node", ran.stderr)
