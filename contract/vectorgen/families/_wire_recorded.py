"""What a real broker said: the recording that `python -m tests.support.kafka_recorder` made, as vectors need it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

RECORDING = Path(__file__).parent.parent / "recordings" / "kafka-4.4.json"


@dataclass(frozen=True, slots=True)
class Said:
    """One exchange: `given` is `api`, `correlation_id` and the arguments; the response is without its length."""

    given: dict[str, Any]
    request: bytes
    response: bytes


@cache
def recorded() -> dict[str, Said]:
    """Every exchange by name, in the order in which they happened."""
    said = json.loads(RECORDING.read_text(encoding="utf-8"))["said"]
    return {
        one["name"]: Said(one["given"], base64.b64decode(one["request"]), base64.b64decode(one["response"]))
        for one in said
    }
