"""Kafka's protocol as an authorizer speaks it (docs/reference/kafka.md): bytes out, bytes in, and addresses.

`given.operation` says what is asked; byte strings in base64; `outcome` is accepted or refused:

* `request` (`api`, `correlation_id`, and of the api `topic`, `offset`, `mechanism`, `data`; of `produce`, which sends
  one record, `topic`, `timestamp`, `key`?, `value`) → `bytes`, with their length in front.
* `frame` (`stream`, `limit`) → `data` of the first frame, or the outcome incomplete.
* `response` (`api`, `correlation_id`, `topic`, `offset` for `fetch`, `most`? records, by default 10,000; `data` without
  the length) → `error`, and where that is 0 what the api answers: `leader` (null with an error), `offset`, or
  `high_watermark`, `next_offset` and `records` (`timestamp` as text, since it has 64 bits). Of SASL `mechanisms`, or
  `message` (null or text), `data`, `session_lifetime_ms`, with an error too.
* `scram` (`mechanism`, `username`, `password`, `nonce`, `server_first`, `server_final`) → `client_first`,
  `client_final`; refused also has `at`: the message that is not taken.
* `msk_iam` (`host`, `region`, `access_key`, `secret_key`, `session_token`?, `now`) → `data`, the JSON as text.
* `secret_request` (`arn`, credentials and `now` as before) → `host`, `headers`, `body`.
* `secret` (`data`) → `username`, `password`.
* `address` (`address`, `environ`) → `bootstrap`, `topic`, `security`, and what that security needs of `mechanism`,
  `username`, `secret` (the ARN), `ca`, `certificate`, `key`; refused has `variable`, which the message begins with.

The file `recorded.json` and what else is named so was said by Apache Kafka 4.4 (`contract/vectorgen/recordings/`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families import (
    _wire_addresses,
    _wire_aws,
    _wire_hostile,
    _wire_records,
    _wire_requests,
    _wire_responses,
    _wire_scram,
)


def accepts(expect: Mapping[str, Any]) -> bool:
    """Whatever is not refused."""
    return bool(expect.get("outcome", "accepted") != "refused")


def cases() -> Iterator[Case]:
    """From the bytes up."""
    for part in (
        _wire_requests,
        _wire_responses,
        _wire_hostile,
        _wire_records,
        _wire_scram,
        _wire_aws,
        _wire_addresses,
    ):
        yield from part.cases()
