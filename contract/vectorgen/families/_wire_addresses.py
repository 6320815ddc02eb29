"""Addresses of a Kafka log and the variables beside them: read the same by every build, refused by every build.

`addresses.json` counts for the reference too; `authorizer-addresses.json` has what only authorizers know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract.vectorgen.cases import Case

_SPEC = {"kafka": "Configuration"}
_USER = {"GATEFLEET_KAFKA_USERNAME": "authorizer", "GATEFLEET_KAFKA_PASSWORD": "pencil"}
_AWS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-central-1"}
_SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:AmazonMSK_authorizer-AbCdEf"
_PLAIN: dict[str, Any] = {
    "bootstrap": [{"host": "localhost", "port": 9092}],
    "topic": "gatefleet.staging.policy.v1",
    "security": "PLAINTEXT",
}
_SASL = {**_PLAIN, "security": "SASL_SSL", "mechanism": "SCRAM-SHA-512", "username": "authorizer"}
_LOG = "kafka:localhost:9092/gatefleet.staging.policy.v1"
_OURS = "authorizer-addresses"


def cases() -> Iterator[Case]:
    """Shared with the reference, then the authorizers' own."""
    yield from _read()
    yield from _refused()
    yield from _authorizers()


def _read() -> Iterator[Case]:
    yield _good("address", "one broker, a topic, no security", _LOG, _PLAIN)
    yield _good("address-with-slashes", "two slashes are passed over", _LOG.replace(":", "://", 1), _PLAIN)
    yield _good("address-with-an-empty-query", "a question mark alone asks for nothing", f"{_LOG}?", _PLAIN)
    several = [
        {"host": "b-1.example.com", "port": 1},
        {"host": "10.0.0.7", "port": 65535},
        {"host": "::1", "port": 9092},
    ]
    yield _good(
        "address-of-several-brokers",
        "brokers by name, by IPv4 and by IPv6 in brackets",
        "kafka:b-1.example.com:1,10.0.0.7:65535,[::1]:9092/t",
        {**_PLAIN, "bootstrap": several, "topic": "t"},
    )
    yield _good(
        "address-with-a-padded-port",
        "a port is a number, also with zeros before it",
        "kafka:a:00080/t",
        {**_PLAIN, "bootstrap": [{"host": "a", "port": 80}], "topic": "t"},
    )
    yield _good(
        "address-of-the-longest-topic",
        "a topic has at most 249 characters",
        f"kafka:localhost:9092/{'t' * 249}",
        {**_PLAIN, "topic": "t" * 249},
    )
    yield _good(
        "address-of-a-topic-of-dots", "three dots are a topic", "kafka:localhost:9092/...", {**_PLAIN, "topic": "..."}
    )
    yield _good(
        "security-in-the-address",
        "security by an option",
        f"{_LOG}?security=SSL&ca=/ca.pem",
        {**_PLAIN, "security": "SSL", "ca": "/ca.pem"},
    )
    yield _good(
        "security-by-variables",
        "everything is said by variables",
        _LOG,
        {**_SASL, "mechanism": "SCRAM-SHA-256", "ca": "/ca.pem"},
        {
            **_USER,
            "GATEFLEET_KAFKA_SECURITY": "SASL_SSL",
            "GATEFLEET_KAFKA_MECHANISM": "SCRAM-SHA-256",
            "GATEFLEET_KAFKA_CA": "/ca.pem",
        },
    )
    yield _good(
        "address-wins",
        "an option of the address wins over its variable",
        f"{_LOG}?security=SASL_PLAINTEXT&username=other",
        {**_SASL, "security": "SASL_PLAINTEXT", "username": "other"},
        {**_USER, "GATEFLEET_KAFKA_SECURITY": "SSL"},
    )
    yield _good(
        "empty-option-wins",
        "an empty option is none, whatever its variable says",
        f"{_LOG}?security=&ca=",
        _PLAIN,
        {"GATEFLEET_KAFKA_SECURITY": "SSL", "GATEFLEET_KAFKA_CA": "/ca.pem"},
    )
    yield _good(
        "empty-variables",
        "an empty variable is none",
        _LOG,
        _PLAIN,
        {"GATEFLEET_KAFKA_SECURITY": "", "GATEFLEET_KAFKA_KEY": ""},
    )
    yield _good(
        "option-percent-encoded",
        "options are decoded as forms are",
        f"{_LOG}?security=SASL_SSL&username=a%2Bb+c%c3%a9",
        {**_SASL, "username": "a+b cé"},
        _USER,
    )
    yield _good(
        "client-certificate",
        "mutual TLS has a certificate and its key",
        f"{_LOG}?security=SSL&certificate=%2Fc.pem&key=/k.pem",
        {**_PLAIN, "security": "SSL", "certificate": "/c.pem", "key": "/k.pem"},
    )
    yield _good(
        "user-without-sasl",
        "user name, password and mechanism are for SASL alone",
        f"{_LOG}?security=PLAINTEXT&mechanism=PLAIN",
        _PLAIN,
        _USER,
    )


def _refused() -> Iterator[Case]:
    bad = [
        ("address-without-a-topic", "kafka:localhost:9092"),
        ("address-with-an-empty-topic", "kafka:localhost:9092/"),
        ("address-with-a-topic-of-one-dot", "kafka:localhost:9092/."),
        ("address-with-a-topic-of-two-dots", "kafka:localhost:9092/.."),
        ("address-with-a-slash-in-its-topic", "kafka:localhost:9092/a/b"),
        ("address-with-a-long-topic", f"kafka:localhost:9092/{'t' * 250}"),
        ("address-with-a-topic-in-umlauts", "kafka:localhost:9092/bücher"),
        ("address-with-a-line-feed", "kafka:localhost:9092/t\n"),
        ("address-without-brokers", "kafka:/t"),
        ("address-without-a-port", "kafka:localhost/t"),
        ("address-with-an-empty-port", "kafka:localhost:/t"),
        ("address-with-port-0", "kafka:localhost:0/t"),
        ("address-with-port-65536", "kafka:localhost:65536/t"),
        ("address-with-a-port-of-six-digits", "kafka:localhost:009092/t"),
        ("address-with-a-port-with-a-sign", "kafka:localhost:+9092/t"),
        ("address-with-a-port-in-other-digits", "kafka:localhost:९०९२/t"),
        ("address-with-an-empty-broker", "kafka:localhost:9092,,b:9092/t"),
        ("address-with-a-trailing-comma", "kafka:localhost:9092,/t"),
        ("address-with-a-blank", "kafka:localhost:9092, b:9092/t"),
        ("address-with-a-user", "kafka:user@localhost:9092/t"),
        ("address-with-bare-ipv6", "kafka:::1:9092/t"),
        ("address-of-another-kind", "amqp:localhost:9092/t"),
        ("address-with-an-unknown-option", f"{_LOG}?group=a"),
        ("address-with-an-option-without-a-value", f"{_LOG}?security"),
        ("address-with-an-option-twice", f"{_LOG}?security=SSL&security=SSL"),
        ("address-with-an-empty-option-between", f"{_LOG}?security=SSL&&ca=/c"),
        ("address-with-a-password", f"{_LOG}?password=pencil"),
        ("address-with-a-key-password", f"{_LOG}?key_password=pencil"),
        ("address-with-an-unknown-security", f"{_LOG}?security=TLS"),
        ("address-with-security-in-lower-case", f"{_LOG}?security=ssl"),
        ("address-with-plain", f"{_LOG}?security=SASL_SSL&mechanism=PLAIN"),
    ]
    for name, address in bad:
        comment = f"an address is refused that is none: {name.removeprefix('address-').replace('-', ' ')}"
        yield _bad(name, comment, address, "GATEFLEET_LOG", neighbour="address", environ=_USER)
    sasl = f"{_LOG}?security=SASL_SSL"
    variables = [
        ("unknown-security", _LOG, {"GATEFLEET_KAFKA_SECURITY": "TLS"}, "SECURITY"),
        ("unknown-mechanism", sasl, {**_USER, "GATEFLEET_KAFKA_MECHANISM": "GSSAPI"}, "MECHANISM"),
        ("no-user-name", sasl, {"GATEFLEET_KAFKA_PASSWORD": "pencil"}, "USERNAME"),
        ("no-password", sasl, {"GATEFLEET_KAFKA_USERNAME": "authorizer"}, "PASSWORD"),
        ("no-user-name-and-no-password", sasl, {}, "USERNAME"),
        ("certificate-without-a-key", f"{_LOG}?security=SSL&certificate=/c.pem", {}, "KEY"),
        ("key-without-a-certificate", f"{_LOG}?security=SSL&key=/k.pem", {}, "CERTIFICATE"),
        ("key-without-a-certificate-and-without-tls", _LOG, {"GATEFLEET_KAFKA_KEY": "/k.pem"}, "CERTIFICATE"),
    ]
    for name, address, environ, variable in variables:
        comment = f"the variable that is wrong or missing is named: {name.replace('-', ' ')}"
        yield _bad(
            name, comment, address, f"GATEFLEET_KAFKA_{variable}", neighbour="security-by-variables", environ=environ
        )


def _authorizers() -> Iterator[Case]:
    sasl = f"{_LOG}?security=SASL_SSL"
    iam = {key: value for key, value in _SASL.items() if key != "username"} | {"mechanism": "AWS_MSK_IAM"}
    yield _good("msk-iam-address", "AWS_MSK_IAM needs no user", f"{sasl}&mechanism=AWS_MSK_IAM", iam, _AWS, group=_OURS)
    yield _good(
        "msk-iam-with-a-user",
        "a user does not count with AWS_MSK_IAM",
        f"{sasl}&mechanism=AWS_MSK_IAM",
        iam,
        _AWS | _USER,
        group=_OURS,
    )
    secret = {key: value for key, value in _SASL.items() if key != "username"} | {"secret": _SECRET}
    named = {"GATEFLEET_KAFKA_SECRET": _SECRET}
    yield _good("secret-address", "a secret stands for user name and password", sasl, secret, _AWS | named, group=_OURS)
    yield _good("secret-without-sasl", "a secret is for SASL alone", _LOG, _PLAIN, named, group=_OURS)
    yield _good(
        "address-of-16-brokers",
        "16 brokers are the most",
        "kafka:" + ",".join(f"b-{n}:1" for n in range(16)) + "/t",
        {**_PLAIN, "bootstrap": [{"host": f"b-{n}", "port": 1} for n in range(16)], "topic": "t"},
        group=_OURS,
    )
    bad: list[tuple[str, str, str, dict[str, str]]] = [
        ("address-of-17-brokers", "GATEFLEET_LOG", "kafka:" + ",".join(f"b-{n}:1" for n in range(17)) + "/t", {}),
        ("address-of-a-long-host", "GATEFLEET_LOG", f"kafka:{'a' * 254}:1/t", {}),
        ("address-of-no-ipv6", "GATEFLEET_LOG", "kafka:[1:2]:1/t", {}),
        ("msk-iam-without-tls", "GATEFLEET_LOG", f"{_LOG}?security=SASL_PLAINTEXT&mechanism=AWS_MSK_IAM", _AWS),
        (
            "msk-iam-without-tls-by-variable",
            "GATEFLEET_KAFKA_MECHANISM",
            f"{_LOG}?security=SASL_PLAINTEXT",
            {**_AWS, "GATEFLEET_KAFKA_MECHANISM": "AWS_MSK_IAM"},
        ),
        ("msk-iam-without-a-region", "AWS_REGION", f"{sasl}&mechanism=AWS_MSK_IAM", _without("AWS_REGION")),
        (
            "msk-iam-without-a-key-id",
            "AWS_ACCESS_KEY_ID",
            f"{sasl}&mechanism=AWS_MSK_IAM",
            _without("AWS_ACCESS_KEY_ID"),
        ),
        (
            "msk-iam-without-a-key",
            "AWS_SECRET_ACCESS_KEY",
            f"{sasl}&mechanism=AWS_MSK_IAM",
            _without("AWS_SECRET_ACCESS_KEY"),
        ),
        (
            "secret-beside-a-password",
            "GATEFLEET_KAFKA_SECRET",
            sasl,
            {**_AWS, **named, "GATEFLEET_KAFKA_PASSWORD": "pencil"},
        ),
        ("secret-beside-a-user-name", "GATEFLEET_KAFKA_SECRET", f"{sasl}&username=a", {**_AWS, **named}),
        (
            "secret-that-is-no-arn",
            "GATEFLEET_KAFKA_SECRET",
            sasl,
            {**_AWS, "GATEFLEET_KAFKA_SECRET": "AmazonMSK_authorizer"},
        ),
        (
            "secret-of-another-service",
            "GATEFLEET_KAFKA_SECRET",
            sasl,
            {**_AWS, "GATEFLEET_KAFKA_SECRET": _SECRET.replace("secretsmanager", "ssm")},
        ),
        (
            "secret-of-a-strange-region",
            "GATEFLEET_KAFKA_SECRET",
            sasl,
            {**_AWS, "GATEFLEET_KAFKA_SECRET": _SECRET.replace("eu-central-1", "evil.example.com/")},
        ),
        ("secret-without-credentials", "AWS_ACCESS_KEY_ID", sasl, named),
        (
            "key-with-a-password",
            "GATEFLEET_KAFKA_KEY_PASSWORD",
            f"{_LOG}?security=SSL&certificate=/c&key=/k",
            {"GATEFLEET_KAFKA_KEY_PASSWORD": "pencil"},
        ),
    ]
    for name, variable, address, environ in bad:
        comment = f"an authorizer does not start, and names what is wrong: {name.replace('-', ' ')}"
        yield _bad(name, comment, address, variable, neighbour="secret-address", environ=environ, group=_OURS)


def _without(variable: str) -> dict[str, str]:
    return {name: value for name, value in _AWS.items() if name != variable}


def _good(
    name: str,
    comment: str,
    address: str,
    expect: Mapping[str, Any],
    environ: Mapping[str, str] | None = None,
    *,
    group: str = "addresses",
) -> Case:
    given = {"operation": "address", "address": address, "environ": dict(environ or {})}
    return Case(name, comment, given, {"outcome": "accepted", **expect}, _SPEC, group=group)


def _bad(
    name: str,
    comment: str,
    address: str,
    variable: str,
    *,
    neighbour: str,
    environ: Mapping[str, str],
    group: str = "addresses",
) -> Case:
    given = {"operation": "address", "address": address, "environ": dict(environ)}
    return Case(name, comment, given, {"outcome": "refused", "variable": variable}, _SPEC, neighbour, group)
