from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gatefleet.problems import GatefleetError
from gatefleet.render import Change, FileChange, FleetBranch


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "policy"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "Test")
    git(folder, "config", "user.email", "test@example.com")
    git(folder, "config", "commit.gpgsign", "false")
    (folder / "policy.yaml").write_text("kind: Policy\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Begin")
    return folder


def added(path: str, content: bytes) -> FileChange:
    return FileChange(path, Change.ADD, content, "new")


TRAILERS = {"Gatefleet-Commit": "abc", "Gatefleet-Revision": "1/2"}


def test_files_are_committed_without_touching_work_tree_or_index(repository: Path) -> None:
    branch = FleetBranch(repository)
    assert branch.tip() is None
    made = branch.commit(None, [added("terraform/teams/a/b/c/floor.json", b"{}\n")], "Render", TRAILERS)
    assert branch.tip() == made
    assert branch.files(made, "terraform/teams") == {"terraform/teams/a/b/c/floor.json": b"{}\n"}
    assert git(repository, "status", "--porcelain") == ""
    assert git(repository, "branch", "--show-current") == "main"
    assert git(repository, "log", "-1", "--format=%(trailers)", made).splitlines() == [
        "Gatefleet-Commit: abc",
        "Gatefleet-Revision: 1/2",
    ]


def test_what_changed_changes_and_the_rest_stays(repository: Path) -> None:
    branch = FleetBranch(repository)
    first = branch.commit(None, [added("terraform/a", b"1"), added("terraform/b", b"2"), added("c", b"3")], "1", {})
    changed = [
        FileChange("terraform/a", Change.REPLACE, b"new", ""),
        FileChange("terraform/b", Change.REMOVE, None, ""),
    ]
    second = branch.commit(first, changed, "2", {})
    assert branch.files(second, "terraform") == {"terraform/a": b"new"}
    assert git(repository, "rev-parse", f"{second}^") == first
    assert git(repository, "show", f"{second}:c") == "3"


def test_somebody_elses_commit_in_between_is_not_overwritten(repository: Path, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", str(remote))
    branch = FleetBranch(repository, str(remote))
    first = branch.commit(None, [added("terraform/a", b"1")], "1", {})
    assert branch.tip() == first
    branch.commit(first, [added("terraform/b", b"2")], "2", {})
    with pytest.raises(GatefleetError) as refused:
        branch.commit(first, [added("terraform/b", b"3")], "3", {})
    assert [problem.code for problem in refused.value.problems] == ["GF545"]
    tip = branch.tip()
    assert branch.files(tip, "terraform") == {"terraform/a": b"1", "terraform/b": b"2"}


def test_a_branch_made_meanwhile_is_not_overwritten(repository: Path) -> None:
    branch = FleetBranch(repository)
    first = branch.commit(None, [added("a", b"1")], "1", {})
    with pytest.raises(GatefleetError):
        branch.commit(None, [added("a", b"2")], "2", {})
    assert branch.tip() == first


def test_a_remote_that_cannot_be_reached_is_named_as_a_problem(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(GatefleetError) as refused:
        FleetBranch(repository, str(tmp_path / "nowhere.git")).tip()
    assert [problem.code for problem in refused.value.problems] == ["GF545"]
