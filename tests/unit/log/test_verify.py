from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.logs import ACTIVE, REVOKED, TRUST, Chain, ListReader, a_signer

from gatefleet.contract.digests import state_digest, value_digests
from gatefleet.log.envelope import REVISION, seal
from gatefleet.log.file import FileReader
from gatefleet.log.verify import Verification, verify_log

Found = list[tuple[int | None, tuple[int, int] | None, str]]


def on_file(path: Path, values: list[bytes]) -> Found:
    """What is found on a file log with these lines; offsets are given as line numbers from 0."""
    path.write_bytes(b"".join(value + b"\n" for value in values))
    begins = [sum(len(value) + 1 for value in values[:line]) for line in range(len(values))]
    found = verify_log(FileReader(path), TRUST).findings
    return [(None if one.offset is None else begins.index(one.offset), one.number, one.reason) for one in found]


def proof(*values: bytes, **expected: str) -> Verification:
    return verify_log(ListReader(values), TRUST, **expected)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_a_log_as_publishers_write_it_is_proven(path: Path) -> None:
    chain = Chain()
    values = [*chain.revisions(3), chain.snapshot(), chain.tick(), chain.revision({"scope/s1": None})]
    assert on_file(path, values) == []


def test_an_empty_log_is_proven() -> None:
    assert proof().findings == ()


def test_duplicates_and_lost_races_are_no_findings(path: Path) -> None:
    chain = Chain()
    values = chain.revisions(2)
    lost = chain.fork().revision({"scope/lost": ACTIVE})
    assert on_file(path, [*values, values[0], chain.revision(), lost, values[1]]) == []


def test_a_forged_record_is_found_where_it_stands(path: Path) -> None:
    chain = Chain()
    values = chain.revisions(2)
    forger = chain.fork()
    forger.signers = (a_signer("stranger"),)
    assert on_file(path, [*values, forger.revision(), *chain.revisions(1)]) == [(2, None, "bad_signature")]


@pytest.mark.parametrize("line", range(4))
def test_a_changed_byte_is_found_where_it_stands(path: Path, line: int) -> None:
    values = Chain().revisions(4)
    at = values[line].index(b'"sig":"') + 10
    values[line] = values[line][:at] + bytes([values[line][at] ^ 1]) + values[line][at + 1 :]
    found = on_file(path, values)
    assert found[0][0] == line
    assert found[0][2] in {"bad_signature", "malformed"}
    # Nothing after it counts, and each of those says so.
    assert found[1:] == [(later, (1, later + 1), "broken_chain") for later in range(line + 1, 4)]


@pytest.mark.parametrize("line", range(3))
def test_a_dropped_record_is_found_where_it_is_missing(path: Path, line: int) -> None:
    values = Chain().revisions(4)
    del values[line]
    assert on_file(path, values)[0] == (line, (1, line + 2), "broken_chain")


def test_a_dropped_head_is_found_when_the_head_is_known(path: Path) -> None:
    chain = Chain()
    values = chain.revisions(4)
    assert on_file(path, values[:-1]) == []
    (finding,) = proof(*values[:-1], commit=f"{4:040x}").findings
    assert (finding.code, finding.number) == ("GF434", (1, 3))
    assert f"{3:040x}" in finding.what


@pytest.mark.parametrize("line", range(3))
def test_reordered_records_are_found_at_the_first_that_came_too_early(path: Path, line: int) -> None:
    values = Chain().revisions(4)
    values[line], values[line + 1] = values[line + 1], values[line]
    assert on_file(path, values)[0] == (line, (1, line + 2), "broken_chain")


@pytest.mark.parametrize("line", range(3))
def test_a_replaced_record_is_found_at_the_one_that_it_does_not_lead_to(path: Path, line: int) -> None:
    """Even with the publisher's own key."""
    chain = Chain()
    values = chain.revisions(line)
    other = chain.fork()
    values += [other.revision({"scope/other": REVOKED})]
    chain.revision()
    values += chain.revisions(3 - line)
    assert on_file(path, values)[0] == (line + 1, (1, line + 2), "broken_chain")


def test_a_record_replaced_by_an_older_one_is_found_where_it_is_missing(path: Path) -> None:
    values = Chain().revisions(4)
    values[2] = values[1]
    assert on_file(path, values) == [(3, (1, 4), "broken_chain")]


def test_a_replaced_head_is_found_when_the_head_is_known() -> None:
    chain = Chain()
    values = chain.revisions(2)
    other = chain.fork()
    wanted = state_digest(value_digests(chain.entities | {"scope/s3": ACTIVE}))
    assert proof(*values, chain.revision(), state=wanted).findings == ()
    (finding,) = proof(*values, other.revision({"scope/s3": REVOKED}), state=wanted).findings
    assert (finding.code, finding.reason) == ("GF434", "unexpected_head")


def test_an_empty_log_is_not_the_head_that_was_expected() -> None:
    (finding,) = proof(commit="ab" * 20).findings
    assert (finding.code, finding.offset, finding.number) == ("GF434", None, None)


def test_a_healed_log_is_proven(path: Path) -> None:
    """What was refused out of order was appended again, as publishing does from the archive."""
    values = Chain().revisions(4)
    assert on_file(path, [*values[2:], *values]) == []


@pytest.mark.parametrize(
    ("number", "reason", "other"),
    [
        # The number of another log's record is none of this one.
        (None, "wrong_environment", {"environment": "staging"}),
        (None, "unknown_log", {"log": "11111111-prod"}),
        ((1, 3), "unsupported", {"requires": ("holds",)}),
    ],
)
def test_a_record_that_is_not_for_this_log_or_follower_is_found(
    path: Path, number: tuple[int, int] | None, reason: str, other: dict[str, Any]
) -> None:
    chain = Chain()
    values = chain.revisions(2)
    assert on_file(path, [*values, chain.fork().revision(**other)]) == [(2, number, reason)]


def test_what_followers_accept_and_no_publisher_should_sign_is_found(path: Path) -> None:
    chain = Chain()
    values = [
        chain.revision({"scope/a": ACTIVE}),
        chain.revision({"scope/b": ACTIVE}, state="00" * 32),
        chain.revision({"scope/c": None}),
        chain.revision({"scope/d": '{ "state": "active", "when_stale": "check" }'}),
        chain.snapshot(entities={}),
    ]
    assert on_file(path, values) == [
        (1, (1, 2), "wrong_state"),
        (2, (1, 3), "absent_key"),
        (3, (1, 4), "not_canonical"),
        (4, (1, 4), "wrong_snapshot"),
    ]


def test_a_payload_that_is_not_canonical_is_found() -> None:
    chain = Chain()
    chain.revision()
    assert chain.last is not None
    spaced = chain.last.to_bytes().replace(b'","', b'", "')
    (finding,) = proof(seal(REVISION, spaced, chain.signers)).findings
    assert (finding.reason, finding.what) == ("not_canonical", "its payload is not canonical JSON")


def test_a_finding_says_where_which_revision_and_why() -> None:
    values = Chain().revisions(3)
    (finding, _) = proof(values[1], values[2]).findings
    problem = finding.problem("file:policy.log")
    assert str(problem) == ("file:policy.log@0: GF430 revision 1/2: broken_chain: is revision 2 where 1 is next")
