"""Reading from real git: names are resolved to ids first, and no text of a user is ever an option."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.support.sources import SMALL, commit, git, repository, write

from gatefleet.problems import GatefleetError
from gatefleet.source.git import is_ancestor, list_files, read_blobs, resolve_commit


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo")


def refusal(caught: pytest.ExceptionInfo[GatefleetError]) -> tuple[str, str]:
    (problem,) = caught.value.problems
    assert str(problem).isprintable()
    return problem.code, problem.what


@pytest.mark.parametrize("name", ["HEAD", "main", "v1", "v2", "HEAD~0", "@{0}", "main^{commit}"])
def test_any_name_of_a_commit_gives_its_full_id(repo: Path, name: str) -> None:
    git(repo, "tag", "v1")
    git(repo, "tag", "-a", "v2", "-m", "annotated")
    head = git(repo, "rev-parse", "HEAD")
    assert resolve_commit(repo, name) == head
    assert resolve_commit(repo, head[:10]) == head


@pytest.mark.parametrize(
    "name",
    [
        "nowhere",
        "",
        "HEAD:policies",
        "HEAD^{tree}",
        "--help",
        "--git-dir",
        "-h",
        "a b",
        "HEAD\nHEAD",
        "a\x00b",
        "..",
        "\x1b[2K",
    ],
)
def test_what_names_no_commit_is_refused(repo: Path, name: str) -> None:
    with pytest.raises(GatefleetError) as caught:
        resolve_commit(repo, name)
    assert refusal(caught)[0] == "GF041"


def test_a_branch_that_looks_like_an_option_is_found_by_its_full_name_and_is_no_option(repo: Path) -> None:
    git(repo, "update-ref", "refs/heads/--output=x", "HEAD")
    assert resolve_commit(repo, "refs/heads/--output=x") == git(repo, "rev-parse", "HEAD")
    assert resolve_commit(repo, "--output=x") == git(repo, "rev-parse", "HEAD")
    assert not (repo / "x").exists()


def test_a_folder_outside_of_git_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(GatefleetError) as caught:
            resolve_commit(folder, "HEAD")
        assert refusal(caught) == ("GF040", "not a git repository")


def test_a_repository_without_a_commit_is_refused(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    with pytest.raises(GatefleetError) as caught:
        resolve_commit(tmp_path, "HEAD")
    assert refusal(caught)[0] == "GF041"


def test_a_machine_without_git_is_told_to_install_it(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GatefleetError) as caught:
        resolve_commit(repo, "HEAD")
    assert refusal(caught) == ("GF042", "the command `git` was not found")


def test_a_damaged_object_is_told_and_not_read_as_something_else(repo: Path) -> None:
    blob = git(repo, "rev-parse", "HEAD:policies/conventions.yaml")
    file = repo / ".git" / "objects" / blob[:2] / blob[2:]
    file.chmod(0o644)
    file.write_bytes(b"damaged")
    with pytest.raises(GatefleetError) as caught:
        list(read_blobs(repo, [blob], 1000))
    assert refusal(caught) == ("GF042", f"git cannot give object {blob}")


def test_variables_that_git_sets_for_its_hooks_lead_to_no_other_repository(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = repository(tmp_path / "other", {"policies/other.md": "x"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert resolve_commit(repo, "HEAD") == git(repo, "rev-parse", "HEAD") != git(other, "rev-parse", "HEAD")


def test_replaced_objects_are_read_as_they_were_committed(repo: Path) -> None:
    first = git(repo, "rev-parse", "HEAD")
    blob = git(repo, "rev-parse", "HEAD:policies/conventions.yaml")
    write(repo, {"policies/conventions.yaml": "kind: Other\n"})
    commit(repo)
    git(repo, "replace", blob, git(repo, "rev-parse", "HEAD:policies/conventions.yaml"))
    files = {path: blob for _, blob, path in list_files(repo, first)}
    (content,) = read_blobs(repo, [files["policies/conventions.yaml"]], 10_000)
    assert content == SMALL["policies/conventions.yaml"].encode()


def test_files_are_listed_with_mode_and_blob_whatever_their_names(repo: Path) -> None:
    write(repo, {"teams/a b/ü\n\t'.txt": "x", "elsewhere/a.yaml": "y"})
    (repo / "teams" / "link").symlink_to("a b")
    os.close(os.open(os.fsencode(repo / "teams") + b"/\xff", os.O_CREAT))
    head = commit(repo)
    files = {path: (mode, blob) for mode, blob, path in list_files(repo, head)}
    assert files.keys() == {*SMALL, "teams/a b/ü\n\t'.txt", "teams/link", "teams/\udcff"}
    assert files["teams/link"][0] == "120000"
    assert files["teams/a b/ü\n\t'.txt"] == ("100644", git(repo, "hash-object", "teams/a b/ü\n\t'.txt"))


def test_a_repository_within_a_larger_one_is_read_by_its_folder(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {"company/policies/conventions.yaml": "a: b\n", "policies/x.md": ""})
    head = git(repo, "rev-parse", "HEAD")
    assert [path for _, _, path in list_files(repo / "company", head)] == ["policies/conventions.yaml"]


def test_many_blobs_come_in_the_order_asked_for_and_large_ones_only_as_their_size(repo: Path) -> None:
    contents = {f"teams/{n:04}.txt": b"%d\n\x00" % n * (n % 50) for n in range(3000)} | {
        "teams/large.txt": b"x" * 200_000
    }
    write(repo, contents)
    paths = {path: blob for _, blob, path in list_files(repo, commit(repo))}
    read = list(read_blobs(repo, list(paths.values()), 100_000))
    expected: dict[str, bytes | int] = (
        contents | {path: text.encode() for path, text in SMALL.items()} | {"teams/large.txt": 200_000}
    )
    assert dict(zip(paths, read, strict=True)) == expected


def test_reading_can_stop_half_way(repo: Path) -> None:
    write(repo, {f"teams/{n}.txt": "x" * 1000 + str(n) for n in range(500)})
    blobs = [blob for _, blob, _ in list_files(repo, commit(repo))]
    reading = read_blobs(repo, blobs, 10_000)
    assert isinstance(next(reading), bytes)
    reading.close()  # type: ignore[attr-defined]


def test_no_blobs_ask_git_nothing(repo: Path) -> None:
    assert list(read_blobs(repo, [], 10)) == []


def test_ancestry_goes_one_way_and_a_commit_is_its_own_ancestor(repo: Path) -> None:
    first = git(repo, "rev-parse", "HEAD")
    second = commit(repo)
    assert is_ancestor(repo, first, second)
    assert is_ancestor(repo, first, first)
    assert not is_ancestor(repo, second, first)
    git(repo, "checkout", "-q", "-b", "other", first)
    third = commit(repo, "On another line")
    assert not is_ancestor(repo, second, third)
    assert is_ancestor(repo, "main~1", "other")


def test_a_shallow_clone_cannot_deny_ancestry(repo: Path, tmp_path: Path) -> None:
    first = git(repo, "rev-parse", "HEAD")
    commit(repo)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repo}", "shallow")
    shallow = tmp_path / "shallow"
    with pytest.raises(GatefleetError) as caught:
        is_ancestor(shallow, first, "HEAD")
    assert refusal(caught)[0] == "GF047"
    git(shallow, "fetch", "-q", "--depth", "1", "origin", first)
    with pytest.raises(GatefleetError) as caught:
        is_ancestor(shallow, first, "HEAD")
    assert refusal(caught)[0] == "GF047"
    assert is_ancestor(shallow, "HEAD", "HEAD")
