"""A real Apache Kafka broker on loopback: TLS, SCRAM, mutual TLS and access rules, for tests and the demo.

    with Broker() as broker:
        broker.access.grant(environment="staging")
        settings = broker.access.settings("reconciler")

Nobody may do anything until `grant` says so, save `admin`. However this Python process ends, the broker ends with it.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from gatefleet.local.kafka.access import PRINCIPALS, BrokerAccess
from gatefleet.local.kafka.certificates import make_certificates
from gatefleet.local.kafka.distribution import Distribution, kafka_distribution
from gatefleet.local.kafka.server import (
    BROKER,
    CLIENT_LISTENERS,
    LISTENERS,
    copy_formatted,
    free_ports,
    write_configuration,
)
from gatefleet.problems import GatefleetError, failure

# How long a start or stop may take before something must be broken; a cold JVM on a busy machine takes 15 s.
PATIENCE = 180.0
_WATCH = 'read -r _; kill -9 "$1"; [ -z "$2" ] || rm -rf "$2"'
_JVM = ("-Xms64m", "-Xmx192m")


class Broker:
    """One KRaft node in a folder of its own (by default a temporary one), on ports that it keeps over restarts.

    `start` returns when the broker answers an authenticated request. Stopped or killed, it keeps its data. `advertised`
    names further listeners like `SASL_SSL`, each with the port where its clients are told to come: that of something
    that stands before `port(name)`.
    """

    def __init__(
        self,
        folder: Path | None = None,
        distribution: Distribution | None = None,
        *,
        advertised: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._distribution = distribution or kafka_distribution()
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="gatefleet-kafka-")
        self._folder = folder or Path(self._temporary.name if self._temporary else "")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._certificates = self._folder / "certificates"
        make_certificates(self._certificates, BROKER, PRINCIPALS, datetime.datetime.now(datetime.UTC))
        self._passwords = copy_formatted(self._distribution, self._folder, PRINCIPALS)
        self._advertised = dict(advertised)
        self._ports = self._free_ports()
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: subprocess.Popen[bytes] | None = None

    @property
    def access(self) -> BrokerAccess:
        """Addresses and credentials; plain data that may be handed to other processes."""
        addresses = {name: f"127.0.0.1:{self._ports[name]}" for name in CLIENT_LISTENERS}
        return BrokerAccess(addresses, self._passwords, self._certificates)

    def port(self, listener: str) -> int:
        """Where it listens itself."""
        return self._ports[listener]

    @property
    def pid(self) -> int | None:
        """The process id, while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def data(self) -> Path:
        """Where its records are kept: a test may put an older copy there while the broker is down."""
        return self._folder / "data"

    def start(self) -> Self:
        """Start and wait until the broker answers. Raises `GatefleetError` (GF664) with the end of its log."""
        if self.pid is not None:
            return self
        deadline = time.monotonic() + PATIENCE
        self._launch()
        admin = self.access.admin()
        while not self._answers(admin):
            if time.monotonic() >= deadline or not (self.pid or self._lost_its_port()):
                self.kill()
                raise self._did_not_start()
            if self.pid is None:
                self._ports = self._free_ports()
                self._launch()
                admin = self.access.admin()
        return self

    def stop(self) -> None:
        """Shut down in order and wait for the end."""
        if self.pid is None or self._process is None:
            return self._forget()
        self._process.send_signal(signal.SIGCONT)
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE)
            self._keep_class_archive()
        return self.kill()

    def kill(self) -> None:
        """End the process at once, as a power cut would (what it acknowledged is in the page cache and survives)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        return self._forget()

    def restart(self) -> None:
        """Stop, and start again on the same ports with the same data."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze the process: its sockets stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused process go on."""
        self._signal(signal.SIGCONT)

    def log_tail(self, lines: int = 20) -> str:
        """The last lines that the broker wrote."""
        path = self._folder / "broker.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.is_file() else ""

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop, and remove what it kept unless a folder was given."""
        self.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _launch(self) -> None:
        self._forget()
        configuration = write_configuration(self._folder, self._ports, self._advertised)
        archive = self._class_archive
        classes = (
            f"-XX:SharedArchiveFile={archive}"
            if archive.is_file()
            else f"-XX:ArchiveClassesAtExit={self._folder / archive.name}"
        )
        jvm = (*_JVM, classes, f"-Dlog4j2.configurationFile={self._folder / 'log4j2.properties'}")
        with (self._folder / "broker.log").open("wb") as log:
            self._process = subprocess.Popen(
                self._distribution.command("kafka.Kafka", str(configuration), jvm=jvm),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                # A Ctrl-C in the terminal is ours to answer, in our order.
                start_new_session=True,
            )
        # The pipe closes when this Python ends, however it ends. (PR_SET_PDEATHSIG follows the thread that forked.)
        self._watch = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH, "watch", str(self._process.pid), self._temporary.name if self._temporary else ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _answers(self, admin: AdminClient) -> bool:
        # Blocks while librdkafka connects again and again; short, so that a process that ended is seen soon.
        try:
            return bool(admin.list_topics(timeout=1.0).brokers)
        except KafkaException:
            return False

    def _lost_its_port(self) -> bool:
        return "Address already in use" in self.log_tail(200)

    def _did_not_start(self) -> GatefleetError:
        return failure(
            "GF664",
            "kafka",
            f"Apache Kafka did not start:\n{self.log_tail()}",
            fix="read the lines above; if the cache is damaged, remove .cache/kafka and try again",
        )

    def _free_ports(self) -> dict[str, int]:
        return free_ports((*LISTENERS, *self._advertised))

    @property
    def _class_archive(self) -> Path:
        return self._distribution.home / f"classes-{self._distribution.java_version}.jsa"

    def _keep_class_archive(self) -> None:
        # The first orderly stop leaves an archive of all loaded classes; with it a start takes half the time.
        made = self._folder / self._class_archive.name
        if made.is_file():
            near = self._class_archive.with_suffix(f".{os.getpid()}")
            near.write_bytes(made.read_bytes())
            near.rename(self._class_archive)
            made.unlink()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _forget(self) -> None:
        self._process = None
        if self._watch is not None:
            self._watch.kill()
            if self._watch.stdin is not None:
                self._watch.stdin.close()
            self._watch.wait()
            self._watch = None
