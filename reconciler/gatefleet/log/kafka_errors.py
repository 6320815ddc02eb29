"""What Kafka's errors mean to us: wait and try again, or somebody must grant, create or mend something."""

from __future__ import annotations

import re

from confluent_kafka import KafkaError

from gatefleet.log.kafka_settings import VARIABLES, KafkaSettings
from gatefleet.log.transport import LogUnavailableError
from gatefleet.problems import GatefleetError, Place, Problem

# What a client needs on the policy topic, in the words of `kafka-acls`.
READ_RIGHTS = ("Read", "Describe")
WRITE_RIGHTS = ("Write", "Describe")
TOPIC_RIGHTS = ("Create", "Describe", "DescribeConfigs")

MISSING = frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION})
_NOT_PERMITTED = frozenset({KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED})
_NOT_AUTHENTICATED = frozenset({KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED})
# A certificate that one side refuses, in OpenSSL's words: to librdkafka only one more connection that failed.
_CERTIFICATE = re.compile(r"certificate verify failed|\balert\b")
# Nobody answered; librdkafka tells the reason apart from it, if it knows one.
NO_ANSWER = frozenset(
    {
        KafkaError._TIMED_OUT,
        KafkaError._MSG_TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TIMED_OUT_QUEUE,
    }
)


class KafkaRefusedError(GatefleetError, LogUnavailableError):
    """Kafka answered, and waiting will not help: the problem says what to grant, create or set.

    It is a `LogUnavailableError` too, since to a follower it is one more way of not reading.
    """


def kafka_failure(
    error: KafkaError, settings: KafkaSettings, topic: str, doing: str, rights: tuple[str, ...]
) -> LogUnavailableError:
    """The error to raise for `error`, which came while `doing` (`reading`, `writing`, …) the topic."""
    code = error.code()
    if code in MISSING:
        what = "the topic does not exist, or this client may not see it"
        fix = "`gatefleet publish` creates it; docs/reference/configuration.md has the command for an administrator"
        return refused("GF451", settings, topic, what, fix)
    if code in _NOT_PERMITTED:
        what = f"{doing} is refused to {settings.who}"
        return refused("GF452", settings, topic, what, _grant(settings, topic, rights))
    if code in _NOT_AUTHENTICATED:
        fix = f"check {VARIABLES}USERNAME, {VARIABLES}PASSWORD and {VARIABLES}MECHANISM"
        return refused("GF453", settings, topic, f"Kafka does not accept {settings.who}", fix)
    if code == KafkaError._SSL or _CERTIFICATE.search(error.str()):
        fix = f"check {VARIABLES}CA (it signed the brokers' certificates), {VARIABLES}CERTIFICATE and {VARIABLES}KEY"
        return refused("GF453", settings, topic, f"no TLS connection: {_text(error)}", fix)
    if code == KafkaError._INVALID_ARG:
        fix = f"check {VARIABLES}CA, {VARIABLES}CERTIFICATE, {VARIABLES}KEY and {VARIABLES}KEY_PASSWORD: PEM files"
        return refused("GF632", settings, topic, _text(error), fix)
    if code == KafkaError.MSG_SIZE_TOO_LARGE:
        what = "the topic does not take records of 768 KiB, the size of a part"
        return refused("GF455", settings, topic, what, set_topic(settings, topic, "max.message.bytes=1048588"))
    return LogUnavailableError(f"{_place(settings, topic)}: {doing}: {_text(error)}")


def is_refusal(error: KafkaError | None) -> bool:
    """Whether waiting will not help, though librdkafka goes on trying: a password, a certificate, a right."""
    return error is not None and (
        error.code() in _NOT_AUTHENTICATED | _NOT_PERMITTED or _CERTIFICATE.search(error.str()) is not None
    )


def told_instead(error: KafkaError, fault: KafkaError | None) -> KafkaError:
    """Of an error and what came by the way (a bad certificate, a refused password), the one that tells more."""
    return fault if fault is not None and error.code() in NO_ANSWER else error


def refused(code: str, settings: KafkaSettings, topic: str, what: str, fix: str) -> KafkaRefusedError:
    """The error of one problem with a topic."""
    return KafkaRefusedError(problem(code, settings, topic, what, fix))


def problem(code: str, settings: KafkaSettings, topic: str, what: str, fix: str) -> Problem:
    """One problem with a topic, at the place `kafka:<servers>/<topic>`."""
    return Problem(code, Place(_place(settings, topic)), what, fix=fix)


def set_topic(settings: KafkaSettings, topic: str, pairs: str) -> str:
    """The command that sets a topic's configuration."""
    return (
        f"kafka-configs.sh --bootstrap-server {settings.servers} --alter --entity-type topics --entity-name {topic} "
        f"--add-config {pairs}"
    )


def _text(error: KafkaError) -> str:
    # Without the time that librdkafka adds, so that equal failures read alike.
    return re.sub(r" \(after \d+ms in state .*?\)", "", " ".join(error.str().split()))[:300]


def _grant(settings: KafkaSettings, topic: str, rights: tuple[str, ...]) -> str:
    operations = " ".join(f"--operation {right}" for right in rights)
    principal = f"User:{settings.username or '<principal>'}"
    return (
        f"an administrator grants it: kafka-acls.sh --bootstrap-server {settings.servers} --add "
        f"--allow-principal {principal} {operations} --topic {topic}"
    )


def _place(settings: KafkaSettings, topic: str) -> str:
    return f"kafka:{settings.servers}/{topic}"
