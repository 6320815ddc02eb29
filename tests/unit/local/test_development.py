"""The environment `development`, added to a clone of this repository's example."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from gatefleet.checks import check
from gatefleet.contract.entities import Client
from gatefleet.contract.entity_values import read_entity
from gatefleet.desired import desired_state
from gatefleet.local.development import TRUST_FILE, Development, add_development, branch, clone, commit, merge, revert
from gatefleet.log.trust import parse_trust
from gatefleet.model import Model, parse_model
from gatefleet.problems import GatefleetError
from gatefleet.source import read_commit, read_worktree

ROOT = Path(__file__).parents[3]


@pytest.fixture
def made(tmp_path: Path) -> Development:
    repo = tmp_path / "policy"
    for folder in ("policies", "teams"):
        shutil.copytree(ROOT / folder, repo / folder)
    git(repo, "init", "--quiet", "--initial-branch", "main")
    model, _ = parse_model(read_worktree(repo))
    return add_development(repo, tuple(sorted(model.issuers)), model.conventions.blast_limit, int(time.time()))


def git(repo: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", repo, *arguments], check=True, capture_output=True, text=True).stdout


def committed(repo: Path) -> Model:
    sources = read_commit(repo, "HEAD")
    model, problems = parse_model(sources)
    assert (*sources.problems, *problems, *check(model, int(time.time()))) == ()
    return model


def test_the_environment_is_committed_and_sound(made: Development) -> None:
    model = committed(made.repo)
    environment = model.environments["development"]
    assert git(made.repo, "status", "--porcelain") == ""
    assert environment.substitute_issuers == {"partners": "development", "workforce": "development"}
    trust = parse_trust((made.repo / TRUST_FILE).read_bytes().strip())
    assert (trust.environment, trust.log) == ("development", environment.log)
    assert set(model.issuers["development"].keys) == {made.issuer.kid}


def test_every_client_with_tokens_gets_them_from_the_generated_issuer(made: Development) -> None:
    state = desired_state(committed(made.repo), "development")
    clients = [read_entity(key, state.entities[key]) for key in state.of_kind("client")]
    assert {one.issuer for one in clients if isinstance(one, Client)} == {"development", None}


def test_private_keys_lie_beside_the_clone_readable_by_their_owner_alone(made: Development) -> None:
    keys = sorted(made.keys.iterdir())
    assert [key.name for key in keys] == ["issuer.key.pem", "publish.key.pem", "root.key.pem"]
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}
    assert not made.keys.is_relative_to(made.repo)
    assert "PRIVATE KEY" not in git(made.repo, "grep", "-h", "", "HEAD")


def test_two_environments_share_neither_log_nor_keys(made: Development, tmp_path: Path) -> None:
    other = tmp_path / "other" / "policy"
    clone(made.repo, other)
    again = add_development(other, ("partners", "workforce"), {"issuer": 1, "scope": 1, "client": 1, "gateway": 1}, 0)
    logs = {committed(repo).environments["development"].log for repo in (made.repo, other)}
    assert len(logs) == 2
    assert again.issuer.kid != made.issuer.kid
    assert again.signer.keyid != made.signer.keyid


def test_a_branch_merges_by_fast_forward_and_a_revert_brings_the_files_back(made: Development) -> None:
    file = made.repo / "policies/scopes/orders.yaml"
    before, main = file.read_text(), git(made.repo, "rev-parse", "main")
    branch(made.repo, "change")
    file.write_text(before + "# changed\n")
    changed = commit(made.repo, "Change")
    assert git(made.repo, "rev-parse", "main") == main
    merge(made.repo, "change")
    assert git(made.repo, "rev-parse", "main").strip() == changed
    revert(made.repo)
    assert file.read_text() == before


def test_what_is_no_repository_cannot_be_cloned_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    for source in (tmp_path / "plain", tmp_path / "missing"):
        with pytest.raises(GatefleetError, match="GF620"):
            clone(source, tmp_path / "into")
    assert not (tmp_path / "into").exists()
