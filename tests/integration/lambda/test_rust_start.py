"""The Rust function does not start on what is wrong, and says which variable it is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.support.builds import Command, rust_function
from tests.support.local_policy import LocalPolicy
from tests.support.states import a_client, a_gateway, a_scope


@pytest.fixture(scope="module")
def command() -> Command:
    return rust_function()


def variables(folder: Path, environment: str = "development") -> dict[str, str]:
    folder.mkdir()
    policy = LocalPolicy(
        folder,
        {
            "scope/orders:read": a_scope(),
            "client/shop": a_client("orders:read"),
            "gateway/orders/orders": a_gateway(**{"GET /orders": "orders:read"}),
        },
        environment,
    )
    return {**policy.layer("orders/orders"), "GATEFLEET_LOG": f"file:{policy.log}"}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return variables(tmp_path_factory.mktemp("policy") / "good")


def refused(command: Command, environment: dict[str, str]) -> str:
    """What a function that does not start says; nobody listens at its Runtime API."""
    ran = subprocess.run(
        [str(part) for part in command],
        env={"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9", **environment},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    return ran.stderr


@pytest.mark.parametrize(
    ("variable", "value", "what"),
    [
        ("GATEFLEET_FLOOR", "missing.json", "cannot be read"),
        ("GATEFLEET_FLOOR", "{GATEFLEET_TRUST}", "wrong_type"),
        ("GATEFLEET_TRUST", "{GATEFLEET_FLOOR}", "malformed"),
        ("GATEFLEET_LOG", "s3://bucket", "no address of a log"),
        ("GATEFLEET_LOG", "file:", "no address of a log"),
        ("GATEFLEET_LOG", "kafka:localhost/topic", "its brokers are not HOST:PORT"),
        ("GATEFLEET_LOG", "kafka:localhost:9092/topic?security=SASL_SSL&password=x", "does not belong into an address"),
        ("GATEFLEET_INIT_BUDGET_MS", "0", "not 1 to 99999 milliseconds"),
        ("GATEFLEET_READ_DEADLINE_MS", "1s", "not 1 to 99999 milliseconds"),
    ],
)
def test_a_wrong_variable_is_named_with_what_is_wrong(
    variable: str, value: str, what: str, command: Command, good: dict[str, str]
) -> None:
    said = refused(command, good | {variable: value.format(**good)})
    assert said.startswith(f"{variable}: ")
    assert what in said
    assert len(said.splitlines()) == 1


def test_only_an_api_that_cannot_be_reached_keeps_a_good_one_from_starting(
    command: Command, good: dict[str, str]
) -> None:
    assert refused(command, good).startswith("the runtime API cannot be reached: ")


def test_an_issuer_on_the_loopback_address_is_for_development_alone(command: Command, tmp_path: Path) -> None:
    said = refused(command, variables(tmp_path / "staging", "staging"))
    assert said == "GATEFLEET_FLOOR: issuer/workforce is on the loopback address, outside development\n"
