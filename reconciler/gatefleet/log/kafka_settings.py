"""How to reach a Kafka cluster: addresses, protocol and credentials, from a source file, the environment or a URL.

Secrets come from the environment alone and never show: not in `repr`, not in a message, not in a URL.
The variables and the URL are documented in docs/reference/configuration.md.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from gatefleet.model.types import KafkaConnection, KafkaSecurity
from gatefleet.problems import GatefleetError, failure

MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256")
VARIABLES = "GATEFLEET_KAFKA_"

# A librdkafka configuration.
Configuration = dict[str, str | int | float | bool]

_PLAIN_OPTIONS = ("security", "mechanism", "username", "ca", "certificate", "key")
_SECRET_OPTIONS = ("password", "key_password")
_FORM = "write kafka:HOST:PORT[,HOST:PORT…]/TOPIC[?security=SASL_SSL&mechanism=SCRAM-SHA-512&username=…&ca=FILE]"


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """One way into one cluster. `ca`, `certificate` and `key` are PEM files; without `ca` the system's roots count."""

    bootstrap: tuple[str, ...]
    security: KafkaSecurity = KafkaSecurity.PLAINTEXT
    mechanism: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    key_password: str | None = field(default=None, repr=False)

    @property
    def servers(self) -> str:
        """The bootstrap addresses as one word, as messages and command lines show them."""
        return ",".join(self.bootstrap)

    @property
    def who(self) -> str:
        """Who asks, for messages."""
        if self.username is not None:
            return f"user `{self.username}`"
        return f"the certificate {self.certificate.name}" if self.certificate is not None else "an anonymous client"

    def client_configuration(self) -> Configuration:
        """The part of a librdkafka configuration that says where the cluster is and who is asking.

        Raises `GatefleetError` (GF632) when a named file cannot be read: librdkafka would only say so on stderr.
        """
        pairs: Configuration = {
            "bootstrap.servers": self.servers,
            "security.protocol": str(self.security),
        }
        if self.security in {KafkaSecurity.SSL, KafkaSecurity.SASL_SSL}:
            files = {
                "ssl.ca.location": ("ca", self.ca),
                "ssl.certificate.location": ("certificate", self.certificate),
                "ssl.key.location": ("key", self.key),
            }
            pairs |= {name: _readable(option, path) for name, (option, path) in files.items() if path is not None}
            if self.key_password is not None:
                pairs["ssl.key.password"] = self.key_password
        if self.username is not None and self.password is not None and self.mechanism is not None:
            pairs |= {
                "sasl.mechanism": self.mechanism,
                "sasl.username": self.username,
                "sasl.password": self.password,
            }
        return pairs


def settings_from_environment(environ: Mapping[str, str], connection: KafkaConnection | None = None) -> KafkaSettings:
    """Join a source file's `kafka:` with the variables `GATEFLEET_KAFKA_*`, which win.

    Raises `GatefleetError` (GF631) when the two together do not name a complete way in.
    """
    options = _variables(environ)
    bootstrap = options.pop("bootstrap", "")
    if connection is not None:
        options = {"security": str(connection.security), "mechanism": connection.mechanism or ""} | options
    addresses = tuple(bootstrap.split(",")) if bootstrap else connection.bootstrap if connection else ()
    return _settings(addresses, options, f"environment {VARIABLES}*")


def settings_from_url(url: str, environ: Mapping[str, str]) -> tuple[KafkaSettings, str]:
    """Read `kafka:HOST:PORT,…/TOPIC?option=…`, the value of `--log`; what it leaves out comes from `GATEFLEET_KAFKA_*`.

    Returns the settings and the topic. Raises `GatefleetError` (GF631); a password in the URL is refused, since command
    lines are seen by everybody on the machine.
    """
    scheme, _, rest = url.partition(":")
    path, _, query = rest.partition("?")
    servers, _, topic = path.removeprefix("//").partition("/")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise failure("GF631", "--log", "the part after `?` is not `option=value&…`", fix=_FORM) from None
    given = dict(pairs)
    if secret := next((name for name in _SECRET_OPTIONS if name in given), None):
        raise failure(
            "GF631",
            "--log",
            f"`{secret}` does not belong in a URL: everybody on this machine can read it",
            fix=f"set {VARIABLES}{secret.upper()} instead",
        )
    if unknown := next((name for name in given if name not in _PLAIN_OPTIONS), None):
        raise failure("GF631", "--log", f"unknown option `{unknown}`", fix=f"known: {', '.join(_PLAIN_OPTIONS)}")
    if len(given) != len(pairs):
        raise failure("GF631", "--log", "an option stands twice", fix=_FORM)
    if scheme != "kafka" or not servers or not topic or "/" in topic:
        raise failure("GF631", "--log", f"`{path or url}` does not name brokers and a topic", fix=_FORM)
    options = _variables(environ)
    options.pop("bootstrap", None)
    return _settings(tuple(servers.split(",")), options | given, "--log"), topic


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    known = ("bootstrap", *_PLAIN_OPTIONS, *_SECRET_OPTIONS)
    named = {name: environ.get(VARIABLES + name.upper(), "") for name in known}
    return {name: value for name, value in named.items() if value}


def _settings(bootstrap: tuple[str, ...], options: Mapping[str, str], place: str) -> KafkaSettings:
    for address in bootstrap:
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536 or any(c.isspace() for c in address):
            raise failure("GF631", place, f"`{address}` is not HOST:PORT", fix=_FORM)
    if not bootstrap:
        raise failure("GF631", place, "no broker is named", fix=f"set {VARIABLES}BOOTSTRAP=HOST:PORT[,HOST:PORT…]")
    security = _security(options.get("security", KafkaSecurity.PLAINTEXT), place)
    text = {name: options.get(name) or None for name in ("username", "password", "key_password")}
    files = {name: Path(options[name]) if options.get(name) else None for name in ("ca", "certificate", "key")}
    mechanism = options.get("mechanism") or None
    if security in {KafkaSecurity.SASL_SSL, KafkaSecurity.SASL_PLAINTEXT}:
        mechanism = mechanism or MECHANISMS[0]
        if mechanism not in MECHANISMS:
            raise failure("GF631", place, f"unknown mechanism `{mechanism}`", fix=f"known: {', '.join(MECHANISMS)}")
        for name in ("username", "password"):
            if text[name] is None:
                raise failure("GF631", place, f"{security} needs a {name}", fix=f"set {VARIABLES}{name.upper()}")
    if (files["certificate"] is None) != (files["key"] is None):
        missing = "key" if files["key"] is None else "certificate"
        raise failure(
            "GF631", place, f"a client certificate needs its {missing}", fix=f"set {VARIABLES}{missing.upper()}=FILE"
        )
    return KafkaSettings(tuple(bootstrap), security, mechanism, **text, **files)  # type: ignore[arg-type]


def _security(value: str, place: str) -> KafkaSecurity:
    try:
        return KafkaSecurity(value)
    except ValueError:
        known = ", ".join(KafkaSecurity)
        raise failure("GF631", place, f"unknown security `{value}`", fix=f"known: {known}") from None


def _readable(option: str, path: Path) -> str:
    if not path.is_file() or not os.access(path, os.R_OK):
        raise _unreadable(option, path)
    return str(path)


def _unreadable(option: str, path: Path) -> GatefleetError:
    return failure(
        "GF632",
        str(path),
        f"the Kafka {option} file cannot be read",
        fix=f"set {VARIABLES}{option.upper()} to a PEM file",
    )
