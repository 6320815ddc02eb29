"""Kept results are whole and of this version, or there are none; whatever is in their file, nothing crashes."""

from __future__ import annotations

import json
import random
import re
from datetime import datetime
from pathlib import Path

import pytest
from tests.support.breach import Breach
from tests.support.breaches.every import BREACHES
from tests.support.policies import CARRIER, ORDERS, SHOP, edited, model_of
from tests.support.policy_edits import beginning, commit_all

from gatefleet.checks import check
from gatefleet.kept import load_results, outcome_of, results, save_results, updated
from gatefleet.kept.results import Results
from gatefleet.kept.ties import Ties
from gatefleet.model import parse_model
from gatefleet.problems import Place, Problem, Severity
from gatefleet.source import read_commit
from gatefleet.source.own_file import head_of

NOW = 1795518000


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept") / "repo"
    commit_all(folder, [beginning(), beginning() | {"teams/README.md": "Read me."}])
    return folder


@pytest.fixture
def file(repo: Path, tmp_path: Path) -> Path:
    keep(repo, tmp_path / "results.txt")
    return tmp_path / "results.txt"


def keep(repo: Path, file: Path, *problems: Problem) -> None:
    sources = read_commit(repo, "HEAD~1")
    model, _ = parse_model(sources)
    assert not check(model, NOW)
    files = tuple(document.path for document in sources.documents)
    save_results(file, model, outcome_of(sources.commit, model, problems, files), NOW)


def loaded(file: Path) -> Results:
    kept = load_results(file)
    assert kept is not None
    return kept


def rewrite(file: Path, body: bytes) -> None:
    """Another content, with everything around it in order."""
    file.write_bytes(head_of(body, results._version()) + body)


def body_of(file: Path) -> bytes:
    return file.read_bytes().split(b"\n", 1)[1]


def test_what_was_kept_is_found_by_path_and_by_name(file: Path) -> None:
    kept = loaded(file)
    assert kept.ties(CARRIER).uses == {"team/orders", "scope/orders:write"}
    assert {"client/carrier", "api_key/carrier-1"} < kept.ties(CARRIER).declares
    assert kept.ties("policies/clients/orders/nobody.yaml") == Ties()
    assert list(kept.declaring("client/shop")) == [SHOP]
    assert ORDERS in kept.using("team/orders")
    assert list(kept.below("policies/conventions.yaml")) == ["policies/conventions.yaml"]
    assert kept.paths == tuple(sorted(beginning()))


def test_a_name_with_any_character_stays_on_its_line(file: Path) -> None:
    for name in ("audience/a\tb", "audience/a\nb", "audience/ü ☃", "audience/\\t"):
        written = results._written(name)
        assert written.isascii()
        assert written.isprintable()
        assert results._read(written) == name


def test_results_with_an_error_are_not_kept_and_leave_what_there_was(repo: Path, file: Path) -> None:
    before = file.read_bytes()
    keep(repo, file, Problem("GF104", Place(SHOP, 1, 1), "wrong"))
    assert file.read_bytes() == before


def test_warnings_are_kept_as_they_were(repo: Path, file: Path) -> None:
    warning = Problem("GF324", Place(SHOP, 3, 5), "has\tended\n", "why", "fix", Severity.WARNING)
    keep(repo, file, warning)
    assert loaded(file).problems == (warning,)


def test_the_clock_bounds_how_long_results_are_good(repo: Path, file: Path) -> None:
    kept = loaded(file)
    assert kept.since == NOW
    assert updated(repo, "HEAD", kept, NOW) is not None
    assert updated(repo, "HEAD", kept, kept.until - 1) is not None
    assert updated(repo, "HEAD", kept, kept.until) is None
    assert updated(repo, "HEAD", kept, NOW - 1) is None


@pytest.mark.parametrize("breach", BREACHES, ids=str)
def test_no_rule_about_the_clock_changes_its_mind_at_another_moment_than_those_kept(breach: Breach) -> None:
    files, _ = edited(*breach.edits)
    model, _ = model_of(files)
    for text in set(re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "".join(files.values()))):
        try:
            moment = int(datetime.fromisoformat(text).timestamp())
        except ValueError:
            continue  # no day of the calendar
        for second in (moment, moment + 1):
            if check(model, second - 1) != check(model, second):
                assert second in set(results.moments_of(model))


def test_results_of_a_commit_that_git_no_longer_has_tell_nothing(repo: Path, file: Path) -> None:
    rewrite(file, body_of(file).replace(loaded(file).commit.encode(), b"1" * 40))
    assert updated(repo, "HEAD", loaded(file), NOW) is None


def test_a_file_of_another_version_is_not_used(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "_version", lambda: "another")
    assert load_results(file) is None


def test_damage_is_noticed(file: Path) -> None:
    whole = file.read_bytes()
    for at in range(0, len(whole), len(whole) // 97):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert load_results(file) is None
    file.write_bytes(whole[:-1])
    assert load_results(file) is None
    file.chmod(0o666)
    file.write_bytes(whole)
    assert load_results(file) is None  # others may write to it


@pytest.mark.parametrize(
    "wrong",
    [
        {"commit": "HEAD"},
        {"commit": "--output=x"},
        {"commit": 1},
        {"since": "0"},
        {"until": -1},
        {"until": 1.5},
        {"problems": [["GF104"]]},
        {"problems": [["GF104", "a", "1", 1, "", "", ""]]},
        {"problems": {}},
        {"numbers": {"client": True}},
        {"numbers": []},
    ],
)
def test_a_head_of_another_form_is_as_good_as_none(file: Path, wrong: dict[str, object]) -> None:
    head, _, rest = body_of(file).partition(b"\n\n")
    rewrite(file, json.dumps(json.loads(head) | wrong).encode() + b"\n\n" + rest)
    assert load_results(file) is None


@pytest.mark.parametrize("body", [b"", b"\n\n\n\n\n\n", b"[]\n\n\n\n\n\n", b"[" * 100_000 + b"\n\n\n\n\n\n", b"\xff"])
def test_a_body_of_another_form_is_as_good_as_none(file: Path, body: bytes) -> None:
    rewrite(file, body)
    assert load_results(file) is None


def test_nothing_that_somebody_writes_into_the_file_crashes(repo: Path, file: Path) -> None:
    whole, randomness = body_of(file), random.Random(7)
    for _ in range(60):
        body = bytearray(whole)
        for _ in range(randomness.randrange(1, 40)):
            at = randomness.randrange(len(body))
            elsewhere = bytes(body[at // 2 : at // 2 + 30])
            piece = randomness.choice((b"\n", b"\t", b"\\x", b"\xc3", b"!", b"/", b"", elsewhere))
            body[at : at + randomness.randrange(3)] = piece
        rewrite(file, bytes(body))
        kept = load_results(file)
        outcome = kept and updated(repo, "HEAD", kept, NOW)
        for environment in outcome.environments if outcome else ():
            assert outcome is not None
            assert len(outcome.state(environment).entities) > 0
