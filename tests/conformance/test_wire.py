"""The wire vectors against what is not a build for Lambda: the reference's addresses, and the recorded broker."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from contract.vectorgen.families._wire_recorded import recorded
from tests.support.vectors import name_of, vectors

from gatefleet.log.kafka_settings import KafkaSettings, settings_from_url
from gatefleet.model.types import KafkaSecurity
from gatefleet.problems import GatefleetError


@pytest.mark.parametrize("vector", vectors("wire", "addresses"), ids=name_of)
def test_the_reference_reads_and_refuses_the_same_addresses(vector: dict[str, Any]) -> None:
    given, expect = vector["given"], vector["expect"]
    try:
        settings, topic = settings_from_url(given["address"], given["environ"])
    except GatefleetError as refused:
        assert expect["outcome"] == "refused"
        assert "pencil" not in str(refused)
        return
    bootstrap = [{"host": host.strip("[]"), "port": int(port)} for host, _, port in map(split, settings.bootstrap)]
    assert {"outcome": "accepted", "bootstrap": bootstrap, "topic": topic, **told(settings)} == expect


def test_the_requests_that_kafka_answered_are_those_of_the_vectors() -> None:
    made = {vector["name"]: vector["expect"]["bytes"] for vector in vectors("wire", "requests")}
    taken = {f"request-{name}": base64.b64encode(said.request).decode() for name, said in recorded().items()}
    assert len(made.keys() & taken.keys()) == 6
    assert {name: made[name] for name in made.keys() & taken.keys()}.items() <= taken.items()


def split(address: str) -> tuple[str, str, str]:
    return address.rpartition(":")


def told(settings: KafkaSettings) -> dict[str, str]:
    """Of the settings what their security needs, as the vectors say it."""
    members = {"security": str(settings.security), "mechanism": settings.mechanism, "username": settings.username}
    if settings.security in {KafkaSecurity.SSL, KafkaSecurity.SASL_SSL}:
        files = {"ca": settings.ca, "certificate": settings.certificate, "key": settings.key}
        members |= {name: None if path is None else str(path) for name, path in files.items()}
    return {name: value for name, value in members.items() if value is not None}
