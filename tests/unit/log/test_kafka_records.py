from __future__ import annotations

import base64
import json

import pytest
from tests.support.envelopes import an_envelope

from gatefleet.contract.digests import digest
from gatefleet.contract.shape import Malformed
from gatefleet.log.envelope import TRUST
from gatefleet.log.kafka_records import cloud_event, kafka_records
from gatefleet.log.parts import MAX_PART


def test_a_small_envelope_is_one_record_without_part_headers() -> None:
    envelope = an_envelope(7)
    (record,) = kafka_records(envelope)
    assert record.value == envelope
    assert record.headers == cloud_event(envelope)
    assert record.headers["gatefleet-position"] == "1/7"


def test_every_part_of_a_large_envelope_carries_its_cloud_event_and_its_place() -> None:
    envelope = an_envelope(1, size=2 * MAX_PART)
    records = kafka_records(envelope)
    assert b"".join(record.value for record in records) == envelope
    assert [record.headers["gatefleet-part"] for record in records] == ["0/3", "1/3", "2/3"]
    assert {record.headers["gatefleet-envelope"] for record in records} == {digest(envelope)}
    assert {record.headers["ce_id"] for record in records} == {digest(envelope)}


def test_a_payload_without_a_revision_has_no_position() -> None:
    trust = _enveloped({"environment": "staging", "log": "5b0f7a52-staging", "version": 2, "issued_at": 0}, TRUST)
    assert "gatefleet-position" not in cloud_event(trust)
    assert cloud_event(trust)["ce_type"] == "gatefleet.trust.v1"


def test_a_time_beyond_the_calendar_is_left_out_and_keeps_no_envelope_off_the_log() -> None:
    payload = {"environment": "staging", "log": "5b0f7a52-staging", "version": 2}
    for issued_at in (253402300800, 2**53 - 1):
        (record,) = kafka_records(_enveloped(payload | {"issued_at": issued_at}, TRUST))
        assert "ce_time" not in record.headers
    assert cloud_event(_enveloped(payload | {"issued_at": 253402300799}, TRUST))["ce_time"] == "9999-12-31T23:59:59Z"


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"environment": "staging", "log": "l"},
        {"environment": "staging", "log": "l", "issued_at": "now"},
        {"environment": "", "log": "l", "issued_at": 1},
    ],
)
def test_an_envelope_that_does_not_tell_its_log_or_time_is_malformed(payload: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        kafka_records(_enveloped(payload, TRUST))


def _enveloped(payload: dict[str, object], kind: str) -> bytes:
    whole = {
        "payload": base64.b64encode(json.dumps(payload).encode()).decode(),
        "payloadType": kind,
        "signatures": [{"keyid": "0" * 64, "sig": base64.b64encode(bytes(64)).decode()}],
    }
    return json.dumps(whole).encode()
