from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gatefleet.log.kafka import KafkaReader, KafkaWriter
from gatefleet.log.kafka_errors import KafkaRefusedError
from gatefleet.log.kafka_settings import KafkaSettings
from gatefleet.log.kafka_topic import ensure_topic
from gatefleet.model.types import KafkaSecurity


@pytest.mark.parametrize(
    "use",
    [
        lambda settings: KafkaReader(settings, "t").read(0, 1),
        lambda settings: KafkaWriter(settings, "t"),
        lambda settings: ensure_topic(settings, "t", production=False, timeout=1),
    ],
)
def test_a_file_that_is_no_pem_is_a_problem_and_not_a_crash(
    tmp_path: Path, use: Callable[[KafkaSettings], object]
) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("not a certificate")
    with pytest.raises(KafkaRefusedError, match=r"GF632 .*ssl\.ca\.location.*check GATEFLEET_KAFKA_CA"):
        use(KafkaSettings(("127.0.0.1:9",), KafkaSecurity.SSL, ca=ca))
