"""The chain vectors against the Python build: the adapter is the function `follow`."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from tests.support.vectors import fixtures, name_of, vectors

from gatefleet.contract.digests import Position
from gatefleet.log.chain import Accepted, ChainState, Ignored, Verdict, adopt_base, judge
from gatefleet.log.opening import Refused, open_floor
from gatefleet.log.parts import Parts, Pending, Whole
from gatefleet.log.transport import Record
from gatefleet.log.trust import Trust, parse_trust
from gatefleet.problems import GatefleetError

FOLLOWED = [vector for vector in vectors("chain") if "records" in vector["given"]]
TRUSTED = [vector for vector in vectors("chain") if "document" in vector["given"]]


@pytest.mark.parametrize("vector", FOLLOWED, ids=name_of)
def test_a_follower_answers_each_record_as_the_vector_says(vector: dict[str, Any]) -> None:
    assert follow(vector["given"]) == vector["expect"]


@pytest.mark.parametrize("vector", TRUSTED, ids=name_of)
def test_a_trust_document_is_read_as_the_vector_says(vector: dict[str, Any]) -> None:
    document = base64.b64decode(vector["given"]["document"])
    try:
        parse_trust(document)
        outcome = "accepted"
    except GatefleetError as error:
        outcome = {"GF410": "malformed", "GF411": "bad_signature"}[error.problems[0].code]
    assert {"outcome": outcome} == vector["expect"]


def follow(given: dict[str, Any]) -> dict[str, Any]:
    """Feed one vector's records to the build and answer in the vector's form."""
    trust = parse_trust(base64.b64decode(fixtures("chain")["trusts"][given["trust"]]))
    held = given["held"]
    state = ChainState(Position(held["epoch"], held["revision"], held["digest"]) if held else None)
    parts = Parts()
    outcomes = []
    for offset, one in enumerate(given["records"]):
        value = value_of(one)
        match one.get("use"):
            case "floor":
                opened = open_floor(value, trust)
                if isinstance(opened, Refused):
                    outcomes.append(str(opened.reason))
                else:
                    state = ChainState(opened.position)
                    outcomes.append("accepted")
            case "base":
                verdict: Verdict = adopt_base(state.position, value, trust)
                state = state.after(verdict)
                outcomes.append(said(verdict))
            case None:
                parts, outcome = parts.take(Record(offset, value, one.get("headers", {})))
                state, answer = judged(outcome, state, trust)
                outcomes.append(answer)
    refused, position = state.refused_through, state.position
    return {
        "outcomes": outcomes,
        "position": position and {"epoch": position.epoch, "revision": position.revision, "digest": position.digest},
        "refused_through": refused and {"epoch": refused[0], "revision": refused[1]},
    }


def judged(outcome: Whole | Pending | Refused, state: ChainState, trust: Trust) -> tuple[ChainState, str]:
    match outcome:
        case Pending():
            return state, "pending"
        case Refused():
            return state.after(outcome), said(outcome)
        case Whole(envelope):
            verdict = judge(state.position, envelope, trust)
            return state.after(verdict), said(verdict)


def said(verdict: Verdict) -> str:
    match verdict:
        case Accepted():
            return "accepted"
        case Ignored():
            return "ignored"
        case Refused(reason):
            return str(reason)


def value_of(one: dict[str, Any]) -> bytes:
    """The bytes of a record: written out, or made of repeated pieces."""
    if "value" in one:
        return base64.b64decode(one["value"])
    return b"".join(base64.b64decode(piece["base64"]) * piece["times"] for piece in one["pieces"])
