"""A cache makes reading faster and changes nothing: whatever is wrong with it, the sources are read anew."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from tests.support.sources import CLIENT, SMALL, commit, git, repository, write

from gatefleet.source import Sources, cache, read_commit, read_worktree
from gatefleet.source.cache import default_cache, load_documents
from gatefleet.source.own_file import head_of

MANY = SMALL | {f"policies/clients/orders/client-{n:03}.yaml": CLIENT.replace("shop", f"shop {n}") for n in range(60)}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", MANY)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "documents.json"


def poison(file: Path) -> None:
    """Make every cached client say something else, with everything around it in order."""
    entries = json.loads(file.read_bytes().split(b"\n", 1)[1])
    for entry in entries.values():
        entry[3]["description"] = "From the cache."
    body = json.dumps(entries).encode()
    file.write_bytes(head_of(body, cache._version()) + body)


def from_cache(sources: Sources) -> int:
    return sum(document.data.get("description") == "From the cache." for document in sources.documents)


def test_a_second_reading_takes_unchanged_documents_from_the_cache_and_gives_the_same(repo: Path, file: Path) -> None:
    bare = read_commit(repo, "HEAD")
    assert read_commit(repo, "HEAD", file) == bare
    assert len(load_documents(file)) == len(MANY)
    assert read_commit(repo, "HEAD", file) == bare
    poison(file)
    assert from_cache(read_commit(repo, "HEAD", file)) == len(MANY)
    assert from_cache(read_commit(repo, "HEAD")) == 0


def test_a_commit_and_a_work_tree_share_what_was_read(repo: Path, file: Path) -> None:
    read_commit(repo, "HEAD", file)
    poison(file)
    write(repo, {"policies/clients/orders/client-001.yaml": CLIENT})
    assert from_cache(read_worktree(repo, file)) == len(MANY) - 1


def test_only_what_changed_is_read_anew(repo: Path, file: Path) -> None:
    read_commit(repo, "HEAD", file)
    poison(file)
    write(repo, {"policies/clients/orders/client-001.yaml": CLIENT})
    git(repo, "mv", "policies/clients/orders/client-002.yaml", "policies/clients/orders/moved.yaml")
    (repo / "policies/clients/orders/client-003.yaml").unlink()
    commit(repo)
    sources = read_commit(repo, "HEAD", file)
    fresh = {document.name for document in sources.documents if document.data["description"] != "From the cache."}
    assert fresh == {"client-001", "moved"}
    assert "client-003" not in {document.name for document in sources.documents}


def test_a_document_from_the_cache_knows_its_places(repo: Path, file: Path) -> None:
    bare = read_commit(repo, "HEAD", file)
    for one, other in zip(read_commit(repo, "HEAD", file).documents, bare.documents, strict=True):
        assert callable(one.content)
        assert one.place("scopes", "orders:read") == other.place("scopes", "orders:read")


def test_problems_are_found_anew_each_time(repo: Path, file: Path) -> None:
    write(repo, {"policies/clients/orders/client-001.yaml": "kind: Client\ncolour: red\n", "policies/x.yaml": "a: b\n"})
    (repo / "policies" / "link.yaml").symlink_to("x.yaml")
    commit(repo)
    first = read_commit(repo, "HEAD", file)
    assert [one.code for one in first.problems] == ["GF021", "GF020", "GF043", "GF044"]
    assert read_commit(repo, "HEAD", file) == first
    assert read_worktree(repo, file).problems == first.problems


def test_a_few_changed_files_leave_the_cache_as_it_is_and_many_write_it_anew(repo: Path, file: Path) -> None:
    read_commit(repo, "HEAD", file)
    before = file.read_bytes()
    write(repo, {"policies/clients/orders/client-001.yaml": CLIENT})
    read_worktree(repo, file)
    assert file.read_bytes() == before
    write(repo, {path: CLIENT.replace("shop", "store") for path in MANY if "client-" in path})
    changed = read_worktree(repo, file)
    assert file.read_bytes() != before
    assert read_worktree(repo, file) == changed


def test_no_damage_to_the_file_changes_what_is_read(repo: Path, file: Path) -> None:
    bare = read_commit(repo, "HEAD", file)
    whole = file.read_bytes()
    damaged = [
        b"",
        b"\n",
        whole[:50],
        whole[:-1],
        whole + b" ",
        whole.replace(b"shop 7", b"shop 8"),
        whole.replace(b"gatefleet", b"gatefleed"),
        b"x" * 1000,
        os.urandom(len(whole)),
        *(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(0, len(whole), len(whole) // 40)),
    ]
    for content in damaged:
        file.write_bytes(content)
        assert load_documents(file) == {}
        assert read_commit(repo, "HEAD", file) == bare


def test_a_cache_of_another_version_of_the_reader_is_not_used(
    repo: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_commit(repo, "HEAD", file)
    monkeypatch.setattr(cache, "_version", lambda: "another")
    assert load_documents(file) == {}


@pytest.mark.parametrize("mode", [0o666, 0o620])
def test_a_cache_that_others_can_write_is_not_used(repo: Path, file: Path, mode: int) -> None:
    read_commit(repo, "HEAD", file)
    file.chmod(mode)
    assert load_documents(file) == {}


def test_a_cache_behind_a_symbolic_link_is_not_used(repo: Path, file: Path, tmp_path: Path) -> None:
    read_commit(repo, "HEAD", file)
    link = tmp_path / "link"
    link.symlink_to(file)
    assert load_documents(link) == {}


def test_a_place_that_cannot_be_written_is_no_problem(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    sources = read_commit(repo, "HEAD", tmp_path / "file" / "documents.json")
    assert sources == read_commit(repo, "HEAD")
    (tmp_path / "folder").mkdir()
    assert read_commit(repo, "HEAD", tmp_path / "folder") == sources
    assert list((tmp_path / "folder").iterdir()) == []


def test_writers_at_the_same_time_leave_one_whole_file(repo: Path, file: Path) -> None:
    bare = read_commit(repo, "HEAD")
    found = []

    def write_and_read() -> None:
        for _ in range(10):
            cache.save_documents(file, {str(n): one for n, one in enumerate(bare.documents)})
            found.append(len(load_documents(file)))

    threads = [threading.Thread(target=write_and_read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [len(MANY)] * 40
    assert list(file.parent.iterdir()) == [file]


def test_the_usual_place_is_the_user_s_cache_folder_one_file_per_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    one = default_cache(tmp_path / "a")
    assert one is not None
    assert one.parent == tmp_path / "gatefleet"
    assert one == default_cache(tmp_path / "b" / ".." / "a") != default_cache(tmp_path / "b")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    usual = default_cache(tmp_path / "a")
    assert usual is not None
    assert usual.parent == tmp_path / "home" / ".cache" / "gatefleet"
