"""The proxy that stands for a network fails in the ways it is told, so that nothing is proved by one that does not."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.support.envelopes import an_envelope
from tests.support.kafka import new_log

from gatefleet.local.broker import Broker
from gatefleet.local.chaos_proxy import HOST, ChaosProxy
from gatefleet.local.kafka.access import AUTHORIZER
from gatefleet.log.kafka import KafkaReader
from gatefleet.log.transport import LogUnavailableError

BRIEF = 0.2  # how long a test waits for what never comes


@pytest.fixture
def proxy() -> Iterator[ChaosProxy]:
    """A proxy before a server that sends back what it gets."""
    server = socket.create_server((HOST, 0))
    threading.Thread(target=_echo, args=(server,), daemon=True).start()
    with ChaosProxy(server.getsockname()) as proxy:
        yield proxy
    server.close()


def _echo(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_send_back, args=(connection,), daemon=True).start()


def _send_back(connection: socket.socket) -> None:
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)


def connect(proxy: ChaosProxy) -> socket.socket:
    return socket.create_connection((HOST, proxy.port), timeout=10)


def said(connection: socket.socket, what: bytes) -> bytes:
    connection.sendall(what)
    answer = b""
    while len(answer) < len(what) and (data := connection.recv(65536)):
        answer += data
    return answer


def is_silent(connection: socket.socket) -> bool:
    connection.sendall(b"is anybody there")
    connection.settimeout(BRIEF)
    try:
        connection.recv(1)
    except TimeoutError:
        return True
    return False


def test_bytes_pass_both_ways_and_are_counted(proxy: ChaosProxy) -> None:
    text = bytes(range(256)) * 4000
    with connect(proxy) as connection:
        threading.Thread(target=connection.sendall, args=(text,), daemon=True).start()
        answer = b""
        while len(answer) < len(text):
            answer += connection.recv(65536)
    assert answer == text
    assert (proxy.traffic.connections, proxy.traffic.bytes_up, proxy.traffic.bytes_down) == (1, len(text), len(text))


def test_who_was_forgotten_hears_nothing_while_others_are_served(proxy: ChaosProxy) -> None:
    with connect(proxy) as before:
        assert said(before, b"hello") == b"hello"
        proxy.forget()
        with connect(proxy) as after:
            assert said(after, b"hello") == b"hello"
        assert is_silent(before)


def test_who_is_dropped_is_told_and_may_come_back(proxy: ChaosProxy) -> None:
    with connect(proxy) as before:
        assert said(before, b"hello") == b"hello"
        proxy.drop()
        assert before.recv(1) == b""
    with connect(proxy) as after:
        assert said(after, b"hello") == b"hello"


def test_in_the_dark_everybody_is_accepted_and_nobody_is_answered(proxy: ChaosProxy) -> None:
    with connect(proxy) as before:
        assert said(before, b"hello") == b"hello"
        proxy.dark()
        with connect(proxy) as after:
            assert is_silent(after)
        assert is_silent(before)
    proxy.alive()
    with connect(proxy) as later:
        assert said(later, b"hello") == b"hello"


def test_who_comes_to_a_closed_one_is_refused(proxy: ChaosProxy) -> None:
    with connect(proxy) as before:
        assert said(before, b"hello") == b"hello"
        proxy.closed()
        assert before.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    proxy.alive()
    with connect(proxy) as after:
        assert said(after, b"hello") == b"hello"


def test_a_round_trip_takes_longer_and_a_connection_one_more(proxy: ChaosProxy) -> None:
    proxy.round_trip = 0.05
    with connect(proxy) as connection:
        started = time.monotonic()
        assert said(connection, b"hello") == b"hello"
        first = time.monotonic() - started
        started = time.monotonic()
        assert said(connection, b"hello") == b"hello"
        second = time.monotonic() - started
    # A floor, not an expectation of a machine: sleeping less than asked for is what would make it lie.
    assert first >= 0.1
    assert second >= 0.05


@pytest.mark.kafka
def test_a_client_of_kafka_stays_behind_the_proxy_that_is_advertised_to_it() -> None:
    with ChaosProxy() as proxy, Broker(advertised={"BEHIND": proxy.port}) as broker:
        proxy.target = (HOST, broker.port("BEHIND"))
        log = new_log(broker.access)
        log.writer.append([an_envelope(1)])
        settings = replace(log.settings(AUTHORIZER), bootstrap=(proxy.address,))
        reader = KafkaReader(settings, log.topic)
        assert len(reader.read(0, 20).records) == 1
        assert proxy.traffic.bytes_down > 0
        proxy.dark()
        with pytest.raises(LogUnavailableError):
            reader.read(1, 2)
        reader.close()
        log.close()
