"""What `gatefleet up` does when its repository or its log is not as it should be: it says so, and goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatefleet.local.stage import FileStage
from gatefleet.local.up import InEffect, NotValid, Up
from gatefleet.problems import GatefleetError

ROOT = Path(__file__).parents[3]
SCOPES = Path("policies/scopes/orders.yaml")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = tmp_path / "policy"
    for name in ("policies", "teams"):
        shutil.copytree(ROOT / name, path / name)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-C", str(path)]
    subprocess.run(["git", "init", "--quiet", str(path)], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "first"], check=True)
    return path


@pytest.fixture
def fleet(repository: Path, tmp_path: Path) -> Iterator[Up]:
    fleet = Up(
        repository, worktree=True, kafka=False, builds=False, say_request=str, announce=lambda _text: None,
        cache=tmp_path / "cache",
    )  # fmt: skip
    try:
        fleet.start()
        yield fleet
    finally:
        fleet.stop()


def revoke(repository: Path) -> None:
    text = (repository / SCOPES).read_text()
    (repository / SCOPES).write_text(text.replace("  orders:read:\n", "  orders:read:\n    state: revoked\n"))


def test_nothing_is_published_where_nothing_changed(fleet: Up, repository: Path) -> None:
    assert fleet.go_along() is None
    os.utime(repository / SCOPES)
    assert fleet.go_along() is None


def test_what_is_no_file_is_named_and_stops_nothing(fleet: Up, repository: Path) -> None:
    os.mkfifo(repository / "teams/orders/gateways/pipe.yaml")
    refused = fleet.go_along()
    assert isinstance(refused, NotValid)
    assert [(one.code, one.place.path) for one in refused.problems] == [("GF048", "teams/orders/gateways/pipe.yaml")]
    assert fleet.go_along() is None  # said once
    (repository / "teams/orders/gateways/pipe.yaml").unlink()
    revoke(repository)
    became = fleet.go_along()
    assert isinstance(became, InEffect)
    assert became.plan is not None


def test_while_the_log_is_away_a_change_waits_and_is_published_when_it_returns(fleet: Up, repository: Path) -> None:
    log = FileStage(fleet.folder / "log")
    log.take_away()
    (fleet.folder / "log").mkdir()  # else publishing makes it anew, from the archive
    revoke(repository)
    refused = fleet.go_along()
    assert isinstance(refused, NotValid)
    assert [one.code for one in refused.problems] == ["GF520"]
    assert fleet.go_along() is None
    text = (repository / SCOPES).read_text()
    (repository / SCOPES).write_text(text.replace("state: revoked", "state: enormous"))
    assert isinstance(fleet.go_along(), NotValid)
    assert fleet.go_along() is None  # a mistake takes the place of what waited, and is said once
    (repository / SCOPES).write_text(text)
    assert isinstance(fleet.go_along(), NotValid)
    (fleet.folder / "log").rmdir()
    log.bring_back()
    became = fleet.go_along()
    assert isinstance(became, InEffect)
    assert (became.position.revision, became.plan is not None) == (2, True)


def test_a_repository_whose_policies_are_gone_is_named_and_stops_nothing(fleet: Up, repository: Path) -> None:
    shutil.rmtree(repository / "policies")
    refused = fleet.go_along()
    assert isinstance(refused, NotValid)
    assert {str(one.place.path) for one in refused.problems} >= {"policies/conventions.yaml"}
    assert len(fleet.addresses) == 9


def test_what_is_no_policy_repository_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "empty")], check=True)
    for place in (tmp_path / "empty", tmp_path / "missing"):
        fleet = Up(
            place, worktree=False, kafka=False, builds=False, say_request=str, announce=lambda _text: None,
            cache=tmp_path / "cache",
        )  # fmt: skip
        with pytest.raises(GatefleetError):
            fleet.start()
        fleet.stop()
    assert [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()] == ["lock", "lock"]
