"""The configuration of one KRaft node on loopback, and the formatted directory it starts from."""

from __future__ import annotations

import json
import random
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from gatefleet.local.kafka.distribution import Distribution, exclusive
from gatefleet.problems import failure

BROKER = "broker"
ADMIN = "admin"
CLIENT_LISTENERS = ("PLAINTEXT", "SSL", "SASL_SSL")
LISTENERS = (*CLIENT_LISTENERS, "CONTROLLER")

# Below every usual ephemeral range: a client that keeps asking a stopped broker could else get the broker's own port.
_PORTS = range(20_000, 32_000)

_LOGGING = """\
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ABSOLUTE} %p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
"""


def free_ports(listeners: Iterable[str] = LISTENERS) -> dict[str, int]:
    """One loopback port for each listener that nobody listens on just now."""
    ports: dict[str, int] = {}
    for listener in listeners:
        port = free_port()
        while port in ports.values():
            port = free_port()
        ports[listener] = port
    return ports


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    while True:
        port = random.choice(_PORTS)  # noqa: S311 - a place, not a secret
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def write_configuration(
    folder: Path, ports: Mapping[str, int], advertised: Mapping[str, int] = MappingProxyType({})
) -> Path:
    """Write `folder/server.properties` and its logging; data and certificates stand in the same folder.

    `advertised`: the port where clients of a listener are told to come, where that is not its own. A listener that is
    none of `LISTENERS` is like `SASL_SSL`.
    """
    certificates = folder / "certificates"
    more = [name for name in ports if name not in LISTENERS]
    pairs = {
        "process.roles": "broker,controller",
        "node.id": "1",
        # A static quorum is not written into the formatted directory, so a copy of it may use other ports.
        "controller.quorum.voters": f"1@127.0.0.1:{ports['CONTROLLER']}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "SSL",
        "listeners": ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items()),
        "advertised.listeners": ",".join(
            f"{name}://127.0.0.1:{advertised.get(name, port)}" for name, port in ports.items() if name != "CONTROLLER"
        ),
        "listener.security.protocol.map": ",".join(
            [
                "PLAINTEXT:PLAINTEXT",
                "SSL:SSL",
                "SASL_SSL:SASL_SSL",
                "CONTROLLER:SSL",
                *(f"{name}:SASL_SSL" for name in more),
            ]
        ),
        "log.dirs": str(folder / "data"),
        # Who may do what: nobody anything, unless a rule says so.
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": f"User:{ADMIN};User:{BROKER}",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificates / f"{BROKER}.store.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(certificates / "ca.pem"),
        "ssl.client.auth": "required",
        "ssl.principal.mapping.rules": "RULE:^CN=([a-z0-9-]+)$/$1/,DEFAULT",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        **{
            f"listener.name.{name.lower()}.{option}": value
            for name in ("SASL_SSL", *more)
            for option, value in (
                ("ssl.client.auth", "none"),
                (
                    "scram-sha-512.sasl.jaas.config",
                    "org.apache.kafka.common.security.scram.ScramLoginModule required;",
                ),
            )
        },
        # As production has it, in small.
        "auto.create.topics.enable": "false",
        "default.replication.factor": "1",
        "num.partitions": "1",
        "offsets.topic.num.partitions": "1",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "log.cleaner.dedupe.buffer.size": "2097152",
        "log.index.size.max.bytes": "1048576",
        # A killed broker may register again only after this; less, and a machine that stalls would lose its leader.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "num.network.threads": "1",
        "num.io.threads": "2",
        "background.threads": "2",
    }
    (folder / "log4j2.properties").write_text(_LOGGING)
    path = folder / "server.properties"
    path.write_text("".join(f"{name}={value}\n" for name, value in pairs.items()))
    return path


def copy_formatted(distribution: Distribution, folder: Path, principals: Iterable[str]) -> dict[str, str]:
    """Give a new broker its data directory `folder/data`; returns the SCRAM passwords of its principals.

    Formatting needs a Java start, so it is done once and kept as a template beside the jars, for its owner only.
    """
    names = sorted(principals)
    template = distribution.home / "-".join(["formatted", *names])
    if not template.is_dir():
        with exclusive(distribution.home / "formatted.lock"):
            if not template.is_dir():
                _format(distribution, template, names)
    shutil.copytree(template / "data", folder / "data")
    passwords: dict[str, str] = json.loads((template / "passwords.json").read_text())
    return passwords


def _format(distribution: Distribution, template: Path, names: list[str]) -> None:
    passwords = {name: secrets.token_urlsafe(24) for name in names}
    with tempfile.TemporaryDirectory(dir=distribution.home) as name:
        folder = Path(name)
        configuration = write_configuration(folder, {listener: 1 + n for n, listener in enumerate(LISTENERS)})
        users = [f"--add-scram=SCRAM-SHA-512=[name={name},password={word}]" for name, word in passwords.items()]
        cluster = ("--cluster-id", secrets.token_urlsafe(16).replace("-", "_"))
        done = subprocess.run(
            distribution.command("kafka.tools.StorageTool", "format", *cluster, "--config", str(configuration), *users),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise failure(
                "GF664",
                "kafka",
                f"Apache Kafka could not format a directory: {(done.stderr or done.stdout).strip()[:400]}",
                fix="remove .cache/kafka and try again",
            )
        kept = folder / "kept"
        kept.mkdir(mode=0o700)
        (folder / "data").rename(kept / "data")
        (kept / "passwords.json").write_text(json.dumps(passwords))
        kept.rename(template)
