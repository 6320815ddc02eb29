from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatefleet.log.kafka_settings import MECHANISMS, KafkaSettings, settings_from_url
from gatefleet.model.types import KafkaSecurity
from gatefleet.problems import GatefleetError

SCHEMAS = Path(__file__).parents[3] / "contract" / "schemas"
SCRAM = {"GATEFLEET_KAFKA_USERNAME": "reconciler", "GATEFLEET_KAFKA_PASSWORD": "hunter2"}


def test_brokers_and_topic_alone_are_a_plaintext_connection() -> None:
    settings, topic = settings_from_url("kafka:127.0.0.1:9092/gatefleet.staging.policy.v1", {})
    assert settings == KafkaSettings(("127.0.0.1:9092",))
    assert topic == "gatefleet.staging.policy.v1"
    assert settings.client_configuration() == {
        "bootstrap.servers": "127.0.0.1:9092",
        "security.protocol": "PLAINTEXT",
    }


def test_an_environment_can_name_the_mechanisms_that_are_known_and_no_other() -> None:
    kafka = json.loads((SCHEMAS / "environment.schema.json").read_bytes())["properties"]["kafka"]
    assert set(kafka["properties"]["mechanism"]["enum"]) == set(MECHANISMS)


def test_several_brokers_and_options_are_read() -> None:
    url = "kafka:b-1.example.com:9096,[2001:db8::1]:9096/policy?security=SASL_SSL&mechanism=SCRAM-SHA-256&username=ci"
    settings, topic = settings_from_url(url, {"GATEFLEET_KAFKA_PASSWORD": "hunter2"})
    assert topic == "policy"
    assert settings.bootstrap == ("b-1.example.com:9096", "[2001:db8::1]:9096")
    assert settings.client_configuration() == {
        "bootstrap.servers": "b-1.example.com:9096,[2001:db8::1]:9096",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": "ci",
        "sasl.password": "hunter2",
    }


def test_what_the_address_leaves_out_comes_from_the_environment_and_what_it_says_wins() -> None:
    environ = SCRAM | {"GATEFLEET_KAFKA_SECURITY": "SASL_SSL", "GATEFLEET_KAFKA_CA": "/etc/ca.pem"}
    settings, _ = settings_from_url("kafka:h:1/t?username=other", environ)
    assert settings == KafkaSettings(
        ("h:1",), KafkaSecurity.SASL_SSL, "SCRAM-SHA-512", "other", "hunter2", Path("/etc/ca.pem")
    )


def test_a_user_name_is_not_sent_where_nobody_asks_for_one() -> None:
    settings, _ = settings_from_url("kafka:h:1/t?security=PLAINTEXT", SCRAM)
    assert settings == KafkaSettings(("h:1",))


def test_client_certificates_are_read_from_files(tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.pem" for name in ("ca", "certificate", "key")}
    for path in files.values():
        path.touch()
    environ = {f"GATEFLEET_KAFKA_{name.upper()}": str(path) for name, path in files.items()}
    settings, _ = settings_from_url("kafka:h:1/t?security=SSL", environ | {"GATEFLEET_KAFKA_KEY_PASSWORD": "hunter2"})
    assert settings.client_configuration() == {
        "bootstrap.servers": "h:1",
        "security.protocol": "SSL",
        "ssl.ca.location": str(files["ca"]),
        "ssl.certificate.location": str(files["certificate"]),
        "ssl.key.location": str(files["key"]),
        "ssl.key.password": "hunter2",
    }


def test_secrets_do_not_show() -> None:
    settings = KafkaSettings(("h:1",), username="u", password="hunter2", key_password="hunter3")
    assert "hunter" not in repr(settings)
    assert "hunter" not in settings.who


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("kafka:h:1", "does not name brokers and a topic"),
        ("kafka:h:1/", "does not name brokers and a topic"),
        ("kafka:h:1/a/b", "does not name brokers and a topic"),
        ("kafka:h:1/..", "does not name brokers and a topic"),
        ("kafka:h:1/with space", "does not name brokers and a topic"),
        ("http:h:1/t", "does not name brokers and a topic"),
        ("kafka:/t", "`` is not HOST:PORT"),
        ("kafka:h/t", "`h` is not HOST:PORT"),
        ("kafka:h:0/t", "`h:0` is not HOST:PORT"),
        ("kafka:h:65536/t", "`h:65536` is not HOST:PORT"),
        ("kafka:h:1,/t", "`` is not HOST:PORT"),
        ("kafka:h:1,g h:2/t", "`g h:2` is not HOST:PORT"),
        ("kafka:h:1/t?security", "not `option=value"),
        ("kafka:h:1/t?security=TLS", "unknown security `TLS`; known: PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"),
        ("kafka:h:1/t?security=SASL_SSL&mechanism=PLAIN", "unknown mechanism `PLAIN`; known: SCRAM-SHA-512"),
        ("kafka:h:1/t?security=SASL_SSL", "SASL_SSL needs a username; set GATEFLEET_KAFKA_USERNAME"),
        ("kafka:h:1/t?security=SASL_SSL&username=u", "SASL_SSL needs a password; set GATEFLEET_KAFKA_PASSWORD"),
        ("kafka:h:1/t?security=SSL&key=k.pem", "a client key needs its certificate; set GATEFLEET_KAFKA_CERTIFICATE"),
        ("kafka:h:1/t?security=SSL&certificate=c.pem", "certificate needs its key; set GATEFLEET_KAFKA_KEY to a PEM"),
        ("kafka:h:1/t?group=g", "unknown option `group`; known: security"),
        ("kafka:h:1/t?ca=a&ca=b", "an option stands twice"),
    ],
)
def test_an_address_that_is_no_complete_way_in_is_refused_with_what_to_write(url: str, said: str) -> None:
    with pytest.raises(GatefleetError) as refused:
        settings_from_url(url, {})
    assert [problem.code for problem in refused.value.problems] == ["GF631"]
    assert said in str(refused.value)


@pytest.mark.parametrize("option", ["password", "key_password"])
def test_a_secret_in_an_address_is_refused_and_not_repeated(option: str) -> None:
    with pytest.raises(GatefleetError, match=f"set GATEFLEET_KAFKA_{option.upper()} instead") as refused:
        settings_from_url(f"kafka:h:1/t?{option}=hunter2", {})
    assert "hunter2" not in str(refused.value)


def test_a_file_that_cannot_be_read_is_named() -> None:
    settings, _ = settings_from_url("kafka:h:1/t?security=SSL&ca=absent.pem", {})
    with pytest.raises(GatefleetError, match=r"absent\.pem: GF632 the Kafka ca file cannot be read"):
        settings.client_configuration()
