"""A function whose PEM files for Kafka are wrong does not start, and names variable and file, never what is in it."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from tests.support.builds import Command
from tests.support.local_policy import LocalPolicy
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.contract.entities import Entity
from gatefleet.local.kafka.certificates import make_certificates
from gatefleet.local.lambda_host import EndedError, LambdaEnvironment

SENTINEL = "c2VzYW1lLXNlc2FtZS1zZXNhbWU="  # base64, so that it could stand in a PEM file
GARBAGE = f"-----BEGIN CERTIFICATE-----\n{SENTINEL}\n-----END CERTIFICATE-----\n"
GARBAGE_KEY = GARBAGE.replace("CERTIFICATE", "PRIVATE KEY")


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """Of a function that would start: its floor, an address that is not asked, and good PEM files."""
    entities: dict[str, Entity] = {
        "scope/orders:read": a_scope(),
        "client/shop": a_client("orders:read"),
        "gateway/orders/orders": a_gateway(**{"GET /orders": "orders:read"}),
    }
    make_certificates(tmp_path / "pem", "broker", ("client", "other"), datetime.datetime.now(datetime.UTC))
    encrypted = load_pem_private_key((tmp_path / "pem" / "client.key.pem").read_bytes(), None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"open-sesame"),
    )
    (tmp_path / "pem" / "encrypted.key.pem").write_bytes(encrypted)
    (tmp_path / "pem" / "garbage.pem").write_text(GARBAGE)
    (tmp_path / "pem" / "garbage.key.pem").write_text(GARBAGE_KEY)
    (tmp_path / "pem" / "text.pem").write_text(SENTINEL)
    return {
        **LocalPolicy(tmp_path, entities).layer("orders/orders"),
        "GATEFLEET_LOG": "kafka:127.0.0.1:1/t?security=SSL",
        "GATEFLEET_INIT_BUDGET_MS": "1",
        "GATEFLEET_KAFKA_CA": str(tmp_path / "pem" / "ca.pem"),
        "GATEFLEET_KAFKA_CERTIFICATE": str(tmp_path / "pem" / "client.pem"),
        "GATEFLEET_KAFKA_KEY": str(tmp_path / "pem" / "client.key.pem"),
    }


def test_with_good_files_it_starts(build: Command, variables: dict[str, str]) -> None:
    with LambdaEnvironment(build, variables) as environment:
        assert environment.running


@pytest.mark.parametrize(
    ("variable", "file"),
    [
        ("CA", "missing.pem"),
        ("CA", "text.pem"),
        ("CA", "garbage.pem"),
        ("CA", "client.key.pem"),
        ("CERTIFICATE", "missing.pem"),
        ("KEY", "missing.pem"),
        ("KEY", "text.pem"),
        ("KEY", "garbage.key.pem"),
        ("KEY", "other.key.pem"),
        ("KEY", "encrypted.key.pem"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_its_variable(
    build: Command, variables: dict[str, str], tmp_path: Path, variable: str, file: str
) -> None:
    wrong = tmp_path / "pem" / file
    environment = LambdaEnvironment(build, {**variables, f"GATEFLEET_KAFKA_{variable}": str(wrong)})
    with pytest.raises(EndedError, match=f"GATEFLEET_KAFKA_{variable}: ") as ended:
        environment.start()
    said = str(ended.value)
    assert str(wrong) in said
    assert SENTINEL not in said
    assert "PRIVATE" not in said


def test_a_certificate_that_is_none_keeps_a_function_from_starting(
    build: Command, variables: dict[str, str], tmp_path: Path
) -> None:
    """It may be told as a key that does not fit."""
    wrong = {**variables, "GATEFLEET_KAFKA_CERTIFICATE": str(tmp_path / "pem" / "garbage.pem")}
    with pytest.raises(EndedError, match=r"GATEFLEET_KAFKA_(CERTIFICATE|KEY): ") as ended:
        LambdaEnvironment(build, wrong).start()
    assert SENTINEL not in str(ended.value)
