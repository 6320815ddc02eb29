"""A commit and a work tree give the same documents, and every file that is no source is told, all at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.support.sources import CLIENT, SMALL, commit, git, repository, write

from gatefleet.problems import GatefleetError, Place
from gatefleet.source import Sources, read_commit, read_worktree
from gatefleet.source.strict_yaml import MAX_BYTES

ROOT = Path(__file__).parents[3]


def both(repo: Path) -> tuple[Sources, Sources]:
    """The sources of the work tree and of a commit of it."""
    return read_worktree(repo), read_commit(repo, commit(repo))


def test_a_commit_and_its_work_tree_are_read_alike(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    worktree, committed = both(repo)
    assert worktree.documents == committed.documents
    assert [document.path for document in committed.documents] == sorted(SMALL)
    assert committed.commit == git(repo, "rev-parse", "HEAD")
    assert worktree.commit is None
    assert committed.problems == worktree.problems == ()


def test_the_example_is_without_problems() -> None:
    sources = read_worktree(ROOT)
    assert sources.problems == ()
    assert {document.kind for document in sources.documents} >= {"Client", "Gateway", "PolicyTests", "Conventions"}


def test_a_commit_is_read_without_touching_the_work_tree(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    (repo / "policies" / "conventions.yaml").write_text("not: this\n")
    before = (repo / ".git" / "index").read_bytes()
    assert read_commit(repo, "HEAD").problems == ()
    assert (repo / ".git" / "index").read_bytes() == before
    assert git(repo, "status", "--porcelain") == "M policies/conventions.yaml"


def test_an_older_commit_is_read_as_it_was(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    write(repo, {"policies/clients/orders/new.yaml": CLIENT})
    commit(repo)
    assert len(read_commit(repo, "HEAD~1").documents) == 2
    assert len(read_commit(repo, "HEAD").documents) == 3


def test_all_problems_of_all_files_come_at_once_in_the_order_of_their_places(tmp_path: Path) -> None:
    files = SMALL | {
        "policies/clients/orders/a.yaml": "kind: Client\ncolour: red\n",
        "policies/clients/orders/b.yaml": "kind: Client\ndescription: a\ndescription: b\n",
        "policies/client/orders/c.yaml": CLIENT,
        "teams/orders/team.yaml": "a: b: c\n",
    }
    for sources in both(repository(tmp_path, files)):
        assert [(one.code, str(one.place)) for one in sources.problems] == [
            ("GF044", "policies/client/orders/c.yaml"),
            ("GF021", "policies/clients/orders/a.yaml:1:1"),
            ("GF020", "policies/clients/orders/a.yaml:2:1"),
            ("GF005", "policies/clients/orders/b.yaml:3:1"),
            ("GF004", "teams/orders/team.yaml:1:5"),
        ]
        assert [document.path for document in sources.documents] == sorted(SMALL)
        assert sources.unread == {one.place.path for one in sources.problems}


def test_files_that_are_no_yaml_and_files_elsewhere_are_left_alone(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        **SMALL,
        "policies/README.md": "# Policies\n",
        "policies/environments/production.trust.json": "{}",
        "teams/orders/notes.txt": b"\xff",
        "elsewhere/a.yaml": "a: b: c",
        "a.yaml": "a: b: c",
    }
    for sources in both(repository(tmp_path, files)):
        assert sources.problems == ()
        assert len(sources.documents) == len(SMALL)


def test_symbolic_links_are_refused_whatever_they_lead_to(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    (repo / "policies" / "clients" / "orders" / "copy.yaml").symlink_to("web-shop.yaml")
    (repo / "policies" / "clients" / "shop").symlink_to("orders")
    (repo / "policies" / "hosts.txt").symlink_to("/etc/hosts")
    (repo / "teams").symlink_to("policies")
    for sources in both(repo):
        assert [(one.code, one.place) for one in sources.problems] == [
            ("GF043", Place("policies/clients/orders/copy.yaml")),
            ("GF043", Place("policies/clients/shop")),
            ("GF043", Place("policies/hosts.txt")),
            ("GF043", Place("teams")),
        ]


def test_a_submodule_is_refused(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo")
    repository(tmp_path / "repo" / "teams" / "orders", {"team.yaml": "kind: Team\n"})
    for sources in both(repo):
        assert [(one.code, one.place, one.what) for one in sources.problems] == [
            ("GF043", Place("teams/orders"), "a submodule cannot be a source")
        ]


def test_a_pipe_in_the_work_tree_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    repo = write(tmp_path, SMALL)
    os.mkfifo(repo / "policies" / "scopes.yaml")
    assert [one.code for one in read_worktree(repo).problems] == ["GF043"]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser can read every file")
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    repo = write(tmp_path, SMALL)
    (repo / "policies" / "conventions.yaml").chmod(0)
    assert [(one.code, one.place.path) for one in read_worktree(repo).problems] == [
        ("GF048", "policies/conventions.yaml")
    ]


def test_a_file_of_ten_megabytes_is_told_by_its_size(tmp_path: Path) -> None:
    large = "policies/clients/orders/large.yaml"
    for sources in both(repository(tmp_path, SMALL | {large: b"#" * 10_000_000})):
        (problem,) = sources.problems
        assert (problem.code, problem.place.path) == ("GF002", large)
        assert f"10000000 bytes, more than {MAX_BYTES}" in problem.what


def test_a_name_that_is_no_text_is_told_in_printable_characters(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    os.close(os.open(os.fsencode(repo / "policies") + b"/\xff\x1b[2K.yaml", os.O_CREAT))
    for sources in both(repo):
        (problem,) = sources.problems
        assert problem.place.path == "policies/\\udcff\\u001b[2K.yaml"
        assert str(problem).isprintable()


def test_a_repository_without_sources_has_no_documents_and_no_problems(tmp_path: Path) -> None:
    for sources in both(repository(tmp_path, {"README.md": "empty"})):
        assert (sources.documents, sources.problems) == ((), ())


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GatefleetError) as caught:
        read_worktree(tmp_path / "nowhere")
    assert [one.code for one in caught.value.problems] == ["GF040"]


def test_a_work_tree_needs_no_git(tmp_path: Path) -> None:
    assert len(read_worktree(write(tmp_path, SMALL)).documents) == len(SMALL)
