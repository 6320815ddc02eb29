"""Records what real Apache Kafka answers, for the wire vectors: `python -m tests.support.kafka_recorder`.

Sends the requests that `contract.vectorgen` makes to a broker of its own and writes both sides to RECORDING, the input
of the family `wire`. That what the vectors read from a Fetch is what librdkafka reads, is asserted here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from contract.vectorgen.families._wire_bytes import batch, record, request
from contract.vectorgen.families._wire_reading import expectation
from contract.vectorgen.families._wire_recorded import RECORDING
from tests.support.kafka import KafkaLog
from tests.support.logs import Chain

from gatefleet.local.broker import Broker
from gatefleet.local.kafka.access import RECONCILER, BrokerAccess
from gatefleet.local.kafka.server import ADMIN
from gatefleet.log.kafka_client import consumer_configuration

Json = dict[str, Any]

ENVIRONMENT = "example"
TOPIC = f"gatefleet.{ENVIRONMENT}.policy.v1"
STRANGE = "gatefleet.another.policy.v1"
USER, PASSWORD, NONCE = "us=er,", "pencil", "rOprNGfwEbeRWgbNEkqO"
TIME = 1_793_000_000_000


class Conversation:
    """A connection that keeps both sides of what is said."""

    def __init__(self, access: BrokerAccess, listener: str) -> None:
        host, _, port = access.addresses[listener].rpartition(":")
        plain = socket.create_connection((host, int(port)))
        context = ssl.create_default_context(cafile=str(access.certificates / "ca.pem"))
        self._socket = context.wrap_socket(plain, server_hostname=host) if listener == "SASL_SSL" else plain
        self._answers = self._socket.makefile("rb")
        self.kept: list[Json] = []

    def ask(self, name: str, api: str, given: Json) -> Json:
        """Ask, keep, and give what it said."""
        number = len(self.kept) + 1
        asked = request(api, number, given)
        self._socket.sendall(asked)
        said = self._answers.read(int.from_bytes(self._answers.read(4)))
        told = {key: value for key, value in given.items() if isinstance(value, str | int)}
        about = {"api": api, "correlation_id": number, **told}
        self.kept.append({"name": name, "given": about, "request": b64(asked), "response": b64(said)})
        return expectation(api, said, about)


def main(path: Path) -> int:
    """Record everything; a minute."""
    with Broker() as broker:
        access = broker.access
        access.grant(ENVIRONMENT, TOPIC)
        kept = [*_missing(access), *_reading(access), *_scram(access)]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"broker": "Apache Kafka 4.4.0", "said": kept}, indent=2) + "\n", encoding="utf-8")
    return 0


def _missing(access: BrokerAccess) -> list[Json]:
    asking = Conversation(access, "PLAINTEXT")
    asking.ask("metadata-of-a-missing-topic", "metadata", {"topic": TOPIC})
    asking.ask("fetch-of-a-missing-topic", "fetch", {"topic": TOPIC, "offset": 0})
    return asking.kept


def _reading(access: BrokerAccess) -> list[Json]:
    log = KafkaLog(access, ENVIRONMENT, TOPIC)
    log.create()
    KafkaLog(access, "another", STRANGE).create()
    asking = Conversation(access, "PLAINTEXT")
    _until_led(access)
    asking.ask("metadata-of-a-topic", "metadata", {"topic": TOPIC})
    asking.ask("metadata-of-a-topic-without-a-right", "metadata", {"topic": STRANGE})
    asking.ask("fetch-of-an-empty-log", "fetch", {"topic": TOPIC, "offset": 0})
    log.writer.append([Chain().revision()])
    one = batch([record(b"one", key=b"key")], timestamp=TIME)
    asking.ask("produce", "produce", {"topic": TOPIC, "batch": one})
    asking.ask("produce-without-a-right", "produce", {"topic": STRANGE, "batch": one})
    _produce(access, "none", ["two", "three", None, "five"])
    asking.ask("fetch-from-the-beginning", "fetch", {"topic": TOPIC, "offset": 0})
    middle = asking.ask("fetch-from-within-a-batch", "fetch", {"topic": TOPIC, "offset": 4})
    _equals_librdkafka(access, middle, 4)
    end = middle["high_watermark"]
    asking.ask("fetch-at-the-end", "fetch", {"topic": TOPIC, "offset": end})
    asking.ask("fetch-beyond-the-end", "fetch", {"topic": TOPIC, "offset": end + 1})
    asking.ask("fetch-without-a-right", "fetch", {"topic": STRANGE, "offset": 0})
    _transaction(access)
    asking.ask("fetch-of-a-transaction", "fetch", {"topic": TOPIC, "offset": end})
    asking.ask("earliest-of-a-whole-log", "list_offsets", {"topic": TOPIC})
    log.drop_before(3)
    asking.ask("earliest-of-a-log-without-its-beginning", "list_offsets", {"topic": TOPIC})
    asking.ask("fetch-before-the-beginning", "fetch", {"topic": TOPIC, "offset": 0})
    end = asking.ask("fetch-after-the-beginning", "fetch", {"topic": TOPIC, "offset": 3})["high_watermark"]
    _produce(access, "gzip", ["compressed" * 10])
    asking.ask("fetch-of-compressed-records", "fetch", {"topic": TOPIC, "offset": end})
    log.close()
    return asking.kept


def _until_led(access: BrokerAccess) -> None:
    # Created is not led yet; the answers of that moment are not what is to be recorded.
    while Conversation(access, "PLAINTEXT").ask("", "metadata", {"topic": TOPIC})["error"]:
        pass


def _produce(access: BrokerAccess, compression: str, values: Sequence[str | None]) -> None:
    settings = access.settings(RECONCILER).client_configuration()
    producer = Producer({**settings, "compression.type": compression, "linger.ms": 200})
    for value in values:
        producer.produce(TOPIC, value=value, partition=0, timestamp=TIME, headers=[("ce_specversion", b"1.0")])
    producer.flush()


def _transaction(access: BrokerAccess) -> None:
    # The producer of a transaction needs a right that nobody has here but the administrator.
    settings = access.settings(ADMIN).client_configuration()
    producer = Producer({**settings, "transactional.id": "recorded"})
    producer.init_transactions()
    for abort in (True, False):
        producer.begin_transaction()
        producer.produce(TOPIC, value="aborted" if abort else "committed", partition=0, timestamp=TIME)
        producer.flush()
        (producer.abort_transaction if abort else producer.commit_transaction)()


def _equals_librdkafka(access: BrokerAccess, read: Json, offset: int) -> None:
    consumer = Consumer(consumer_configuration(access.settings(ADMIN)))
    consumer.assign([TopicPartition(TOPIC, 0, offset)])
    for one in read["records"]:
        message = consumer.poll(30)
        assert message is not None and message.error() is None
        assert (message.offset(), str(message.timestamp()[1])) == (one["offset"], one["timestamp"])
        assert (message.value() or b"") == base64.b64decode(one["value"])
        assert {name: (value or b"").decode() for name, value in message.headers() or []} == one["headers"]
    consumer.close()


def _scram(access: BrokerAccess) -> list[Json]:
    admin = access.admin()
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    upsertion = UserScramCredentialUpsertion(USER, info, PASSWORD.encode(), b"a salt of 16 byt")
    admin.alter_user_scram_credentials([upsertion])[USER].result()
    refused = Conversation(access, "SASL_SSL")
    refused.ask("handshake-with-another-mechanism", "sasl_handshake", {"mechanism": "PLAIN"})
    kept = refused.kept
    for word, name in ((PASSWORD, "scram"), ("pen", "scram-with-a-wrong-password")):
        asking = Conversation(access, "SASL_SSL")
        asking.ask(f"{name}-handshake", "sasl_handshake", {"mechanism": "SCRAM-SHA-512"})
        bare = f"n={USER.replace('=', '=3D').replace(',', '=2C')},r={NONCE}"
        first = asking.ask(f"{name}-first", "sasl_authenticate", {"data": b"n,," + bare.encode()})
        server_first = base64.b64decode(first["data"]).decode()
        final = _client_final(word, bare, server_first)
        asking.ask(f"{name}-final", "sasl_authenticate", {"data": final})
        kept += asking.kept
    return kept


def _client_final(password: str, bare: str, server_first: str) -> bytes:
    """RFC 5802 section 3, with SHA-512."""
    told = dict(part.split("=", 1) for part in server_first.split(","))
    salted = hashlib.pbkdf2_hmac("sha512", password.encode(), base64.b64decode(told["s"]), int(told["i"]))
    client_key = hmac.digest(salted, b"Client Key", "sha512")
    without_proof = f"c=biws,r={told['r']}"
    signed = ",".join([bare, server_first, without_proof]).encode()
    signature = hmac.digest(hashlib.sha512(client_key).digest(), signed, "sha512")
    proof = bytes(one ^ other for one, other in zip(client_key, signature, strict=True))
    return f"{without_proof},p={b64(proof)}".encode()


def b64(data: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(data).decode()


if __name__ == "__main__":
    sys.exit(main(RECORDING))
