"""Where a log is, as people write it: `file:PATH` or `kafka:HOST:PORT[,HOST:PORT…]/TOPIC[?security=…]`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gatefleet.log.file import FileReader, FileWriter
from gatefleet.log.transport import LogReader, LogWriter
from gatefleet.problems import failure

FORMS = "write file:PATH, or kafka:HOST:PORT/TOPIC"


def open_reader(address: str, environ: Mapping[str, str]) -> LogReader:
    """A reader of the log at that address. Raises GF630 for an address of no known form."""
    kind, rest = _split(address)
    if kind == "file":
        return FileReader(Path(rest))
    from gatefleet.log.kafka import KafkaReader  # noqa: PLC0415 - a file log needs no Kafka client
    from gatefleet.log.kafka_settings import settings_from_url  # noqa: PLC0415

    return KafkaReader(*settings_from_url(address, environ))


def open_writer(address: str, environ: Mapping[str, str]) -> LogWriter:
    """A writer of the log at that address. Raises GF630 for an address of no known form."""
    kind, rest = _split(address)
    if kind == "file":
        return FileWriter(Path(rest))
    from gatefleet.log.kafka import KafkaWriter  # noqa: PLC0415
    from gatefleet.log.kafka_settings import settings_from_url  # noqa: PLC0415

    return KafkaWriter(*settings_from_url(address, environ))


def _split(address: str) -> tuple[str, str]:
    kind, colon, rest = address.partition(":")
    if kind not in ("file", "kafka") or not colon or not rest:
        raise failure("GF630", "--log", f"{address!r} is no address of a log", fix=FORMS)
    return kind, rest
