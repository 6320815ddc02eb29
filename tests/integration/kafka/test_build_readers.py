"""The builds' own Kafka readers do what the reference's does: every listener, every log that became another one."""

from __future__ import annotations

import datetime
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from os import kill
from pathlib import Path

import pytest
from confluent_kafka import Producer
from tests.support.build_reader import NODE_READER, BuildReader, kafka_variables, rust_reader
from tests.support.builds import Command
from tests.support.envelopes import an_envelope
from tests.support.kafka import KafkaLog, missing_log, new_log
from tests.support.raw_produce import produce

from gatefleet.local.broker import Broker
from gatefleet.local.chaos_proxy import HOST, ChaosProxy
from gatefleet.local.kafka.access import AUTHORIZER, RECONCILER, STRANGER
from gatefleet.local.kafka.certificates import make_certificates
from gatefleet.local.kafka.server import BROKER
from gatefleet.log.kafka_records import kafka_records
from gatefleet.log.kafka_settings import KafkaSettings
from gatefleet.log.transport import Batch, LogUnavailableError

pytestmark = pytest.mark.kafka

Open = Callable[..., BuildReader]
PATIENCE = 20.0


@pytest.fixture(scope="module", params=["node", "rust"])
def reader_command(request: pytest.FixtureRequest) -> Command:
    """How the reader of a build is run."""
    return NODE_READER if request.param == "node" else rust_reader()


@pytest.fixture
def open_reader(reader_command: Command) -> Iterator[Open]:
    """Opens the build's reader of a log; every one ends with the test."""
    readers: list[BuildReader] = []

    def open_reader(log: KafkaLog, settings: KafkaSettings | None = None) -> BuildReader:
        variables = kafka_variables(settings or log.settings(AUTHORIZER), log.topic)
        readers.append(BuildReader(reader_command, variables))
        return readers[-1]

    yield open_reader
    for reader in readers:
        reader.end()


def fill(log: KafkaLog, count: int, mark: str = "") -> None:
    log.writer.append(envelopes(count, mark))


def envelopes(count: int, mark: str = "") -> list[bytes]:
    return [an_envelope(number, mark=mark) for number in range(1, count + 1)]


def patient(reader: BuildReader, offset: int) -> Batch:
    """What a follower does: an outage is an error each time, until it is over."""
    for _ in range(19):
        try:
            return reader.read(offset, PATIENCE)
        except LogUnavailableError:
            continue
    return reader.read(offset, PATIENCE)


@pytest.mark.parametrize(
    ("listener", "principal"), [("PLAINTEXT", RECONCILER), ("SSL", AUTHORIZER), ("SASL_SSL", AUTHORIZER)]
)
def test_every_listener_is_read_with_headers_like_the_reference_reads_it(
    open_reader: Open, kafka_log: KafkaLog, listener: str, principal: str
) -> None:
    fill(kafka_log, 3)
    reader = open_reader(kafka_log, kafka_log.settings(principal, listener))
    expected = kafka_log.reader.read(0, PATIENCE)
    assert reader.read(0, PATIENCE) == expected
    assert reader.read(3, PATIENCE) == Batch((), 3, at_end=True)
    assert reader.read(1, PATIENCE) == kafka_log.reader.read(1, PATIENCE)
    assert expected.records[0].headers["ce_type"] == "gatefleet.revision.v1"


def test_an_empty_log_is_read_to_its_end(open_reader: Open, kafka_log: KafkaLog) -> None:
    assert open_reader(kafka_log).read(0, PATIENCE) == Batch((), 0, at_end=True)


def test_parts_come_as_records_and_a_long_log_in_several_reads(open_reader: Open, kafka_log: KafkaLog) -> None:
    whole = [an_envelope(number, size=3_000_000) for number in range(1, 4)]
    kafka_log.writer.append(whole)
    reader, offset, read = open_reader(kafka_log), 0, []
    while True:
        batch = reader.read(offset, PATIENCE)
        read += batch.records
        offset = batch.next_offset
        if batch.at_end:
            break
    cut = [part for envelope in whole for part in kafka_records(envelope)]
    assert [(record.value, record.headers) for record in read] == [(part.value, part.headers) for part in cut]
    assert len(cut) > 10


def test_what_no_library_would_send_is_a_record_like_others(open_reader: Open, kafka_log: KafkaLog) -> None:
    for headers in ([(b"a", b"\xff")], [(b"\xff", b"1")], [(b"a", None), (b"a", b"2")], [(b"h", b"")] * 33):
        assert produce(kafka_log.broker.addresses["PLAINTEXT"], kafka_log.topic, b"\0\xff", headers) == 0
    assert open_reader(kafka_log).read(0, PATIENCE) == kafka_log.reader.read(0, PATIENCE)


def test_compressed_records_are_named_as_the_reason(open_reader: Open, kafka_log: KafkaLog) -> None:
    settings = kafka_log.settings(RECONCILER).client_configuration()
    producer = Producer({**settings, "compression.type": "gzip"})
    producer.produce(kafka_log.topic, value="compressed" * 100)
    producer.flush()
    with pytest.raises(LogUnavailableError, match=r"compressed; the topic needs compression\.type"):
        open_reader(kafka_log).read(0, PATIENCE)


# --- another log under the same name ----------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 3, 4, 7])
def test_a_recreated_log_of_any_length_is_noticed_and_read_from_its_beginning(
    open_reader: Open, kafka_log: KafkaLog, length: int
) -> None:
    fill(kafka_log, 3)
    reader = open_reader(kafka_log)
    reader.read(0, PATIENCE)
    kafka_log.recreate()
    fill(kafka_log, length, mark="new")

    batch = patient(reader, 3)

    assert batch.rewound
    assert [record.value for record in batch.records] == envelopes(length, "new")
    assert (batch.next_offset, batch.at_end) == (length, True)
    assert not reader.read(length, PATIENCE).rewound


def test_a_log_restored_byte_for_byte_is_noticed_too(open_reader: Open, kafka_log: KafkaLog) -> None:
    fill(kafka_log, 3)
    reader = open_reader(kafka_log)
    before = reader.read(0, PATIENCE)
    kafka_log.recreate()
    fill(kafka_log, 3)
    batch = patient(reader, 3)
    assert batch.rewound
    assert batch.records == before.records


def test_a_reader_that_only_ever_read_the_end_notices_too(open_reader: Open, kafka_log: KafkaLog) -> None:
    fill(kafka_log, 3)
    reader = open_reader(kafka_log)
    assert reader.read(3, PATIENCE).records == ()
    reader.close()
    kafka_log.recreate()
    fill(kafka_log, 3, mark="new")
    assert patient(reader, 3).rewound


@pytest.mark.parametrize(("dropped", "rewound"), [(1, False), (2, False), (3, True)])
def test_records_expired_before_the_held_place_do_not_matter_until_the_last_one_is_gone(
    open_reader: Open, kafka_log: KafkaLog, dropped: int, rewound: bool
) -> None:
    fill(kafka_log, 3)
    reader = open_reader(kafka_log)
    reader.read(0, PATIENCE)
    kafka_log.drop_before(dropped)
    assert reader.read(3, PATIENCE) == Batch((), 3, at_end=True, rewound=rewound)


def test_a_log_whose_beginning_expired_says_so_to_who_asks_for_the_beginning(
    open_reader: Open, kafka_log: KafkaLog
) -> None:
    fill(kafka_log, 3)
    kafka_log.drop_before(2)
    batch = open_reader(kafka_log).read(0, PATIENCE)
    assert batch.rewound
    assert [record.offset for record in batch.records] == [2]


def test_who_goes_on_where_the_log_now_begins_has_lost_nothing(open_reader: Open, kafka_log: KafkaLog) -> None:
    fill(kafka_log, 3)
    kafka_log.drop_before(2)
    batch = open_reader(kafka_log).read(2, PATIENCE)
    assert ([record.offset for record in batch.records], batch.rewound) == ([2], False)


# --- who may not, and what is not there -------------------------------------------------------------------------------


def test_who_may_not_read_is_told_which_right_is_missing(open_reader: Open, kafka_log: KafkaLog) -> None:
    with pytest.raises(LogUnavailableError, match="a right is missing: Read and Describe"):
        open_reader(kafka_log, kafka_log.settings(STRANGER)).read(0, PATIENCE)


def test_a_missing_topic_is_said_to_be_missing_until_it_is_there(open_reader: Open, kafka_log: KafkaLog) -> None:
    log = missing_log(kafka_log.broker)
    reader = open_reader(log)
    with pytest.raises(LogUnavailableError, match="does not exist"):
        reader.read(0, PATIENCE)
    log.create()
    assert patient(reader, 0).at_end


def test_a_wrong_password_is_told_by_its_variable_and_never_shown(open_reader: Open, kafka_log: KafkaLog) -> None:
    settings = replace(kafka_log.settings(AUTHORIZER), password="open-sesame")
    with pytest.raises(
        LogUnavailableError, match="check GATEFLEET_KAFKA_USERNAME, GATEFLEET_KAFKA_PASSWORD"
    ) as refused:
        open_reader(kafka_log, settings).read(0, PATIENCE)
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize("way", ["authority", "name", "plaintext"])
def test_a_broker_that_does_not_prove_who_it_is_gets_no_password(
    open_reader: Open, kafka_log: KafkaLog, tmp_path: Path, way: str
) -> None:
    settings = kafka_log.settings(AUTHORIZER)
    port = settings.servers.rpartition(":")[2]
    if way == "authority":
        make_certificates(tmp_path, BROKER, (), datetime.datetime.now(datetime.UTC))
        settings = replace(settings, ca=tmp_path / "ca.pem")
    elif way == "name":
        settings = replace(settings, bootstrap=(f"127.0.0.2:{port}",))  # its certificate names 127.0.0.1
    else:
        settings = replace(settings, bootstrap=(kafka_log.broker.addresses["PLAINTEXT"],))
    reader = open_reader(kafka_log, settings)
    for _ in range(3):  # nor does a TLS session that began so, when it is resumed
        with pytest.raises(LogUnavailableError):
            reader.read(0, 5)


# --- networks ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def behind() -> Iterator[tuple[ChaosProxy, Broker]]:
    """A broker whose clients come through a proxy."""
    with ChaosProxy() as proxy, Broker(advertised={"BEHIND": proxy.port}) as broker:
        proxy.target = (HOST, broker.port("BEHIND"))
        yield proxy, broker


@pytest.fixture
def far_log(behind: tuple[ChaosProxy, Broker]) -> Iterator[tuple[ChaosProxy, KafkaLog, KafkaSettings]]:
    """A log of three records behind the proxy, and the way there."""
    proxy, broker = behind
    proxy.alive()
    log = new_log(broker.access)
    fill(log, 3)
    yield proxy, log, replace(log.settings(AUTHORIZER), bootstrap=(proxy.address,))
    log.close()


FarLog = tuple[ChaosProxy, KafkaLog, KafkaSettings]


def test_a_warm_connection_is_used_again(open_reader: Open, far_log: FarLog) -> None:
    proxy, log, settings = far_log
    reader = open_reader(log, settings)
    reader.read(0, PATIENCE)
    before = proxy.traffic.connections
    for _ in range(5):
        reader.read(3, PATIENCE)
    assert proxy.traffic.connections == before


@pytest.mark.parametrize("how", ["forget", "drop"])
def test_a_connection_that_died_costs_a_part_of_the_deadline(open_reader: Open, far_log: FarLog, how: str) -> None:
    proxy, log, settings = far_log
    reader = open_reader(log, settings)
    reader.read(0, PATIENCE)
    getattr(proxy, how)()
    assert reader.read(3, 6) == Batch((), 3, at_end=True)


def test_a_connection_that_slept_is_not_trusted(open_reader: Open, far_log: FarLog) -> None:
    proxy, log, settings = far_log
    reader = open_reader(log, settings)
    reader.read(0, PATIENCE)
    kill(reader.pid, signal.SIGSTOP)
    proxy.forget()
    before = proxy.traffic.connections
    time.sleep(3.2)  # longer than a connection is trusted
    kill(reader.pid, signal.SIGCONT)
    assert reader.read(3, PATIENCE) == Batch((), 3, at_end=True)
    assert proxy.traffic.connections == before + 1  # straight to the leader


def test_in_the_dark_a_read_ends_with_its_deadline_and_the_next_one_works(open_reader: Open, far_log: FarLog) -> None:
    proxy, log, settings = far_log
    reader = open_reader(log, settings)
    reader.read(0, PATIENCE)
    proxy.dark()
    with pytest.raises(LogUnavailableError, match="in time"):
        reader.read(3, 0.5)
    proxy.alive()
    assert patient(reader, 3).at_end


def test_of_several_brokers_one_that_answers_is_enough(open_reader: Open, far_log: FarLog) -> None:
    proxy, log, settings = far_log
    with ChaosProxy() as dark, ChaosProxy() as closed:
        dark.dark()
        closed.closed()
        several = replace(settings, bootstrap=(dark.address, closed.address, proxy.address))
        reader = open_reader(log, several)
        assert reader.read(0, 12).at_end
