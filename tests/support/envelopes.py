"""Envelopes to carry, where who signed them and whether they continue a chain is not the question."""

from __future__ import annotations

import base64
import json

import rfc8785

from gatefleet.log import envelope as dsse


def an_envelope(revision: int = 1, *, size: int = 0, mark: str = "") -> bytes:
    """A revision's envelope with a signature that nobody checks; `size` pads it to at least so many bytes."""
    payload = {
        "environment": "staging",
        "log": "5b0f7a52-staging",
        "epoch": 1,
        "revision": revision,
        "issued_at": 1_790_000_000,
        "mark": mark + "x" * (size * 3 // 4),
    }
    whole = {
        "payload": base64.b64encode(rfc8785.dumps(payload)).decode(),
        "payloadType": dsse.REVISION,
        "signatures": [{"keyid": "0" * 64, "sig": base64.b64encode(bytes(64)).decode()}],
    }
    return json.dumps(whole, separators=(",", ":")).encode()
