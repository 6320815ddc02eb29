from __future__ import annotations

from typing import Any

import pytest
from tests.support.logs import PUBLISHER, ROOT, SECOND, TRUST, a_signer, a_trust

from gatefleet.log.envelope import TICK, parse_envelope, seal
from gatefleet.log.trust import Role, parse_trust, reaches_threshold, verified_signers
from gatefleet.problems import GatefleetError


def code(made: Any) -> str:
    with pytest.raises(GatefleetError) as caught:
        made()
    return caught.value.problems[0].code


def test_a_sealed_trust_document_is_read_back() -> None:
    assert parse_trust(seal(TRUST.payload_type, TRUST.to_bytes(), [ROOT])) == TRUST


def test_a_problem_with_a_trust_document_names_where_it_stands() -> None:
    with pytest.raises(GatefleetError) as caught:
        parse_trust(b"{}", "policies/environments/production.trust.json")
    (problem,) = caught.value.problems
    assert (problem.code, problem.place.path) == ("GF410", "policies/environments/production.trust.json")
    assert code(lambda: parse_trust(seal(TRUST.payload_type, TRUST.to_bytes(), [PUBLISHER]))) == "GF411"


@pytest.mark.parametrize(
    "other",
    [
        {"threshold": 3},
        {"threshold": 0},
        {"publishers": ()},
        {"version": 0},
        {"log": "short"},
        {"environment": "Production"},
        {"issued_at": -1},
        {"blast_limit": {"issuer": 1}},
        {"roles": {Role.PUBLISH: ([PUBLISHER], 1)}},
        {"version": 2**53},
    ],
)
def test_a_trust_document_that_no_follower_accepts_is_not_made(other: dict[str, Any]) -> None:
    assert code(lambda: a_trust(**other)) == "GF410"


def test_a_key_listed_twice_is_one_key_of_its_role() -> None:
    assert code(lambda: a_trust(publishers=(PUBLISHER, PUBLISHER), threshold=2)) == "GF410"


def test_signers_are_counted_by_key_and_by_role() -> None:
    stranger = a_signer("stranger")
    envelope = parse_envelope(seal(TICK, b"{}", [PUBLISHER, PUBLISHER, SECOND, ROOT, stranger]))
    assert verified_signers(TRUST, envelope, Role.PUBLISH) == {PUBLISHER.keyid, SECOND.keyid}
    assert verified_signers(TRUST, envelope, Role.ROOT) == {ROOT.keyid}
    assert verified_signers(TRUST, envelope, Role.NARROW) == frozenset()


def test_no_number_of_signers_is_enough_for_a_role_that_nobody_has() -> None:
    assert Role.NARROW not in TRUST.roles
    assert not reaches_threshold(TRUST, frozenset({PUBLISHER.keyid}), Role.NARROW)
    assert not reaches_threshold(TRUST, frozenset(), Role.NARROW)
