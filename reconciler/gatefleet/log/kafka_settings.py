"""How to reach a Kafka cluster: addresses and protocol from a log's address, credentials from the environment.

Secrets come from the environment alone and never show: not in `repr`, not in a message, not in an address.
docs/reference/configuration.md documents both.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from gatefleet.model.types import KafkaSecurity
from gatefleet.problems import GatefleetError, failure

MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256")
VARIABLES = "GATEFLEET_KAFKA_"

# A librdkafka configuration.
Configuration = dict[str, str | int | float | bool]

_OPTIONS = ("security", "mechanism", "username", "ca", "certificate", "key")
_SECRETS = ("password", "key_password")
_FORM = "write kafka:HOST:PORT[,HOST:PORT…]/TOPIC[?security=SASL_SSL&mechanism=SCRAM-SHA-512&username=…&ca=FILE]"
_ADDRESS = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")
_TOPIC = re.compile(r"(?!\.\.?$)[A-Za-z0-9._-]{1,249}")


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

    def variables(self) -> dict[str, str]:
        """The same way in as the variables that another process reads beside the address. Holds the password."""
        named = {name: getattr(self, name) for name in (*_OPTIONS, *_SECRETS)}
        return {f"{VARIABLES}{name.upper()}": str(value) for name, value in named.items() if value is not None}

    def client_configuration(self) -> Configuration:
        """The part of a librdkafka configuration that says where the cluster is and who is asking.

        Raises `GatefleetError` (GF632) when a file cannot be read.
        """
        pairs: Configuration = {"bootstrap.servers": self.servers, "security.protocol": str(self.security)}
        if self.security in {KafkaSecurity.SSL, KafkaSecurity.SASL_SSL}:
            files = {
                "ssl.ca.location": ("ca", self.ca),
                "ssl.certificate.location": ("certificate", self.certificate),
                "ssl.key.location": ("key", self.key),
            }
            pairs |= {name: _readable(option, path) for name, (option, path) in files.items() if path is not None}
            if self.key_password is not None:
                pairs["ssl.key.password"] = self.key_password
        if self.security in {KafkaSecurity.SASL_SSL, KafkaSecurity.SASL_PLAINTEXT}:
            pairs |= {
                "sasl.mechanism": self.mechanism or MECHANISMS[0],
                "sasl.username": self.username or "",
                "sasl.password": self.password or "",
            }
        return pairs


def settings_from_url(url: str, environ: Mapping[str, str]) -> tuple[KafkaSettings, str]:
    """Read `kafka:HOST:PORT,…/TOPIC?option=…`; what it leaves out comes from `GATEFLEET_KAFKA_*`.

    Returns the settings and the topic. Raises `GatefleetError` (GF631) for whatever does not name a complete way in; a
    password in the address is refused too, since everybody on the machine sees command lines.
    """
    scheme, _, rest = url.partition(":")
    path, _, query = rest.partition("?")
    servers, _, topic = path.removeprefix("//").partition("/")
    given = _options(query)
    if scheme != "kafka" or not _TOPIC.fullmatch(topic):
        raise _wrong("the address does not name brokers and a topic")
    bootstrap = tuple(servers.split(","))
    for address in bootstrap:
        found = _ADDRESS.fullmatch(address)
        if found is None or not 0 < int(found["port"]) < 65536:
            raise _wrong(f"`{address}` is not HOST:PORT")
    return _settings(bootstrap, _variables(environ) | given), topic


def _options(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise _wrong("the part after `?` is not `option=value&…`") from None
    given = dict(pairs)
    if secret := next((name for name in _SECRETS if name in given), None):
        what = f"`{secret}` does not belong in an address: everybody on this machine can read it"
        raise _wrong(what, f"set {VARIABLES}{secret.upper()} instead")
    if unknown := next((name for name in given if name not in _OPTIONS), None):
        raise _wrong(f"unknown option `{unknown[:40]}`", f"known: {', '.join(_OPTIONS)}")
    if len(given) != len(pairs):
        raise _wrong("an option stands twice")
    return given


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    named = {name: environ.get(VARIABLES + name.upper(), "") for name in (*_OPTIONS, *_SECRETS)}
    return {name: value for name, value in named.items() if value}


def _settings(bootstrap: tuple[str, ...], options: Mapping[str, str]) -> KafkaSettings:
    try:
        security = KafkaSecurity(options.get("security") or KafkaSecurity.PLAINTEXT)
    except ValueError:
        raise _wrong(f"unknown security `{options['security'][:40]}`", f"known: {', '.join(KafkaSecurity)}") from None
    mechanism = None
    if security in {KafkaSecurity.SASL_SSL, KafkaSecurity.SASL_PLAINTEXT}:
        mechanism = options.get("mechanism") or MECHANISMS[0]
        if mechanism not in MECHANISMS:
            raise _wrong(f"unknown mechanism `{mechanism[:40]}`", f"known: {', '.join(MECHANISMS)}")
        for name in ("username", "password"):
            if not options.get(name):
                raise _wrong(f"{security} needs a {name}", f"set {VARIABLES}{name.upper()}")
    for name, other in (("certificate", "key"), ("key", "certificate")):
        if options.get(name) and not options.get(other):
            raise _wrong(f"a client {name} needs its {other}", f"set {VARIABLES}{other.upper()} to a PEM file")
    files = {name: Path(options[name]) if options.get(name) else None for name in ("ca", "certificate", "key")}
    return KafkaSettings(
        bootstrap,
        security,
        mechanism,
        username=options.get("username") if mechanism else None,
        password=options.get("password") if mechanism else None,
        ca=files["ca"],
        certificate=files["certificate"],
        key=files["key"],
        key_password=options.get("key_password"),
    )


def _wrong(what: str, fix: str = _FORM) -> GatefleetError:
    return failure("GF631", "--log", what, fix=fix)


def _readable(option: str, path: Path) -> str:
    if path.is_file() and os.access(path, os.R_OK):
        return str(path)
    raise failure(
        "GF632",
        str(path),
        f"the Kafka {option} file cannot be read",
        fix=f"set {VARIABLES}{option.upper()} to a PEM file",
    )
