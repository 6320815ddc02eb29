"""The Kafka source of a build as a `LogReader`, so that what the reference's reader must do, a build's must do too.

It is asked over lines, as `authorizer/typescript/test/support/kafka_reader.ts` says.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.builds import BIN, NODE_BUILD, Command, rust_executable

from gatefleet.log.kafka_settings import KafkaSettings
from gatefleet.log.transport import Batch, LogUnavailableError, Record

NODE_READER = (BIN / "node", NODE_BUILD / "test" / "support" / "kafka_reader.ts")


def rust_reader() -> Command:
    """The same of the Rust build, `authorizer/rust/crates/kafka/examples/kafka_reader.rs`."""
    return (rust_executable("kafka", "dev-fast", "--example", "kafka_reader"),)


class BuildReader:
    """One process; it ends with `end`, or with this one."""

    def __init__(self, command: Sequence[str | Path], variables: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [str(part) for part in command],
            env={"PATH": os.environ["PATH"], **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def read(self, offset: int, timeout: float) -> Batch:
        told = self._ask({"offset": offset, "timeout_ms": round(timeout * 1000)})
        if "error" in told:
            raise LogUnavailableError(told["error"])
        records = tuple(
            Record(one["offset"], base64.b64decode(one["value"]), one["headers"]) for one in told["records"]
        )
        return Batch(records, told["next_offset"], told["at_end"], told["rewound"])

    def close(self) -> None:
        self._ask({"close": True})

    def end(self) -> None:
        self._process.kill()
        self._process.wait()

    def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(asked) + "\n")
        stdin.flush()
        line = stdout.readline()
        assert line, f"the reader ended: {self._process.wait()}"
        return dict(json.loads(line))


def kafka_variables(settings: KafkaSettings, topic: str) -> dict[str, str]:
    """What tells an authorizer this way in."""
    return {"GATEFLEET_LOG": f"kafka:{settings.servers}/{topic}", **settings.variables()}
