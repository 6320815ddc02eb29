"""The tool that owns the vectors: ids for good, files that come out the same, cases that say what they catch."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contract.vectorgen import files
from contract.vectorgen.cases import Case, Family
from contract.vectorgen.keys import private_key, sign_pss
from contract.vectorgen.lint import findings
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ROOT = Path(__file__).parent.parent.parent

ALLOWS = Case(
    name="granted-scope-allows",
    comment="a granted scope allows its route",
    given={"token": "reader"},
    expect={"effect": "allow"},
    spec={"rfc6750": "3.1"},
)
DENIES = replace(
    ALLOWS,
    name="revoked-scope-denies",
    comment="a revoked scope denies although the token carries it",
    expect={"effect": "deny"},
    neighbour="granted-scope-allows",
)


def accepts(expect: Mapping[str, Any]) -> bool:
    return bool(expect["effect"] == "allow")


def family(*cases: Case, **fixtures: Any) -> Family:
    return Family("sample", cases, accepts, fixtures)


def made(root: Path, *cases: Case, **fixtures: Any) -> dict[str, Any]:
    files.write(family(*cases, **fixtures), root)
    return {path.name: json.loads(path.read_text()) for path in sorted((root / "sample").iterdir())}


def found(root: Path, *cases: Case) -> list[str]:
    return findings((family(*cases),), root)


def test_what_is_made_has_no_findings(tmp_path: Path) -> None:
    made(tmp_path, ALLOWS, DENIES)
    assert found(tmp_path, ALLOWS, DENIES) == []


def test_a_case_gets_its_id_and_its_neighbour_by_id(tmp_path: Path) -> None:
    content = made(tmp_path, DENIES, ALLOWS, views={"a": 1})
    denies, allows = content["cases.json"]["vectors"]
    assert (denies["id"], denies["neighbour"], allows["id"]) == ("sample-0001", "sample-0002", "sample-0002")
    assert content["fixtures.json"] == {"views": {"a": 1}}


def test_an_id_is_never_given_to_another_case(tmp_path: Path) -> None:
    made(tmp_path, ALLOWS, DENIES)
    made(tmp_path, ALLOWS)
    content = made(tmp_path, replace(DENIES, name="another-one"), ALLOWS)
    assert content["ids.json"]["ids"] == {
        "granted-scope-allows": "sample-0001",
        "revoked-scope-denies": "sample-0002",
        "another-one": "sample-0003",
    }
    assert [vector["id"] for vector in content["cases.json"]["vectors"]] == ["sample-0003", "sample-0001"]


def test_making_twice_changes_nothing(tmp_path: Path) -> None:
    assert files.write(family(ALLOWS, DENIES), tmp_path)
    assert files.write(family(ALLOWS, DENIES), tmp_path) == []


def test_a_file_without_cases_is_removed(tmp_path: Path) -> None:
    made(tmp_path, ALLOWS, replace(ALLOWS, name="elsewhere", group="more"))
    assert set(made(tmp_path, ALLOWS)) == {"cases.json", "ids.json"}


def test_a_file_changed_by_hand_is_found(tmp_path: Path) -> None:
    made(tmp_path, ALLOWS)
    path = tmp_path / "sample" / "cases.json"
    path.write_text(path.read_text().replace("allow", "deny", 1))
    assert found(tmp_path, ALLOWS) == ["sample/cases.json: differs from what `make` writes"]


def test_a_case_that_was_not_made_yet_is_found(tmp_path: Path) -> None:
    made(tmp_path, ALLOWS)
    assert ["revoked-scope-denies has no id yet" in one for one in found(tmp_path, ALLOWS, DENIES)] == [True]


def test_an_id_given_twice_is_found(tmp_path: Path) -> None:
    made(tmp_path, ALLOWS, DENIES)
    ids = tmp_path / "sample" / "ids.json"
    ids.write_text(ids.read_text().replace("sample-0002", "sample-0001"))
    assert any("given twice" in one for one in found(tmp_path, ALLOWS, DENIES))


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"neighbour": None}, "needs a neighbour"),
        ({"neighbour": "missing"}, "no case of this family"),
        ({"neighbour": "revoked-scope-denies"}, "not accepted itself"),
        ({"name": "Revoked_scope"}, "kebab-case"),
        ({"name": "granted-scope-allows"}, "name of two cases"),
        ({"comment": "a revoked scope denies although the token carries it."}, "no factual sentence"),
        ({"comment": "denies"}, "no factual sentence"),
        ({"comment": "a revoked scope should be denied everywhere"}, "no factual sentence"),
        ({"spec": {}}, "no clause"),
        ({"spec": {"blog": "1"}}, "not among SPECS"),
    ],
)
def test_a_case_that_says_too_little_is_found(tmp_path: Path, other: dict[str, Any], what: str) -> None:
    assert any(what in one for one in found(tmp_path, ALLOWS, replace(DENIES, **other)))


def test_a_case_of_another_shape_is_found_by_the_schema(tmp_path: Path) -> None:
    long = replace(ALLOWS, comment="a granted scope allows " + "x" * 300)
    made(tmp_path, long)
    assert any("longer than 280" in one for one in found(tmp_path, long))


def test_the_vectors_of_the_log_are_what_their_cases_make() -> None:
    command = [sys.executable, "-m", "contract.vectorgen", "lint", "canonical", "chain"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_pss_signature_with_a_fixed_salt_verifies_and_comes_out_the_same() -> None:
    key = private_key("issuer-rsa")
    assert isinstance(key, rsa.RSAPrivateKey)
    signature = sign_pss("issuer-rsa", b"message")
    assert signature == sign_pss("issuer-rsa", b"message")
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
    key.public_key().verify(signature, b"message", pss, hashes.SHA256())
