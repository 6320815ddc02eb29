"""A user name and password kept as a secret: asked for by one signed request over TLS, again once Kafka refuses them.

A server on loopback stands for AWS Secrets Manager; whether AWS takes the signature, the wire vectors say.
"""

from __future__ import annotations

import datetime
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tests.support.build_reader import NODE_READER, BuildReader, kafka_variables, rust_reader
from tests.support.envelopes import an_envelope
from tests.support.kafka import KafkaLog

from gatefleet.local.kafka.access import AUTHORIZER
from gatefleet.local.kafka.certificates import make_certificates
from gatefleet.log.transport import LogUnavailableError

pytestmark = pytest.mark.kafka

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:AmazonMSK_authorizer-AbCdEf"
HOST = "secretsmanager.eu-central-1.amazonaws.com"


class Secrets(HTTPServer):
    """Gives `answers` one after another, the last one again and again; `asked` are headers and bodies."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        made = make_certificates(folder, "secrets", (), datetime.datetime.now(datetime.UTC))["secrets"]
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(made.certificate, made.key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.answers: list[tuple[int, bytes]] = []
        self.asked: list[tuple[dict[str, str], bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Secrets
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append(({name.lower(): value for name, value in self.headers.items()}, body))
        status, answer = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def secrets(tmp_path: Path) -> Iterator[Secrets]:
    server = Secrets(tmp_path)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["node", "rust"])
def reader(
    request: pytest.FixtureRequest, kafka_log: KafkaLog, secrets: Secrets, tmp_path: Path
) -> Iterator[BuildReader]:
    """A reader that knows a secret's name alone."""
    kafka_log.writer.append([an_envelope(1)])
    variables = kafka_variables(kafka_log.settings(AUTHORIZER), kafka_log.topic)
    del variables["GATEFLEET_KAFKA_USERNAME"], variables["GATEFLEET_KAFKA_PASSWORD"]
    variables |= {"GATEFLEET_KAFKA_SECRET": ARN, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "hidden"}
    variables |= {"SECRETS_PORT": str(secrets.server_port), "SECRETS_CA": str(tmp_path / "ca.pem")}
    reader = BuildReader(NODE_READER if request.param == "node" else rust_reader(), variables)
    yield reader
    reader.end()


def holding(username: str, password: str) -> tuple[int, bytes]:
    return 200, json.dumps({"SecretString": json.dumps({"username": username, "password": password})}).encode()


def test_a_secret_opens_the_log_and_is_asked_once(reader: BuildReader, secrets: Secrets, kafka_log: KafkaLog) -> None:
    secrets.answers = [holding(AUTHORIZER, kafka_log.broker.passwords[AUTHORIZER])]
    assert len(reader.read(0, 20).records) == 1
    reader.close()
    assert reader.read(1, 20).at_end
    [(headers, body)] = secrets.asked
    assert json.loads(body) == {"SecretId": ARN}
    assert (headers["host"], headers["x-amz-target"]) == (HOST, "secretsmanager.GetSecretValue")
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")


def test_a_rotated_secret_is_asked_for_again(reader: BuildReader, secrets: Secrets, kafka_log: KafkaLog) -> None:
    secrets.answers = [holding(AUTHORIZER, "open-sesame"), holding(AUTHORIZER, kafka_log.broker.passwords[AUTHORIZER])]
    with pytest.raises(LogUnavailableError, match="does not accept this user") as refused:
        reader.read(0, 20)
    assert "sesame" not in str(refused.value)
    assert len(reader.read(0, 20).records) == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((400, b'{"__type":"AccessDeniedException"}'), "AWS answers 400"),
        ((200, b'{"SecretString":"open-sesame"}'), "no username and password"),
        ((200, b"open-sesame" * 10_000), "too long"),
    ],
)
def test_an_answer_that_holds_no_secret_fails_the_read_and_is_not_shown(
    reader: BuildReader, secrets: Secrets, answer: tuple[int, bytes], says: str
) -> None:
    secrets.answers = [answer]
    with pytest.raises(LogUnavailableError, match=says) as failed:
        reader.read(0, 20)
    assert "sesame" not in str(failed.value)
    assert "hidden" not in str(failed.value)
