"""The log as an Apache Kafka topic of one partition: a reader by offset, without a group, and an idempotent writer.

The reader hands out raw records (parts stay parts); the writer cuts envelopes and sets the headers of
docs/reference/log.md.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from gatefleet.contract.digests import digest
from gatefleet.log.kafka_client import consumer_configuration, librdkafka_log, producer_configuration
from gatefleet.log.kafka_errors import (
    MISSING,
    READ_RIGHTS,
    WRITE_RIGHTS,
    is_refusal,
    kafka_failure,
    told_instead,
)
from gatefleet.log.kafka_records import kafka_records, offset_of, record_of
from gatefleet.log.kafka_settings import KafkaSettings
from gatefleet.log.parts import Part
from gatefleet.log.transport import Batch, LogUnavailableError

# One read holds about this much, however long the log is; the caller reads on.
BATCH_BYTES = 16 * 1024 * 1024
WRITE_SECONDS = 30.0

_PARTITION = 0
# librdkafka tells of a refused password only by the way; this often we look.
_SLICE = 0.25
_GONE = frozenset({KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET, KafkaError._LOG_TRUNCATION})


class KafkaReader:
    """A `LogReader` of a policy topic.

    A log that was recreated or restored may be as long as the old one. So every read starts one record early, and when
    that is not the record which the last read ended with, the batch says `rewound`. This needs no right but READ and
    DESCRIBE, and works with every broker that speaks Kafka's protocol.
    """

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self._settings = settings
        self._topic = topic
        self._configuration = consumer_configuration(settings)
        self._consumer: Consumer | None = None
        self._fault: KafkaError | None = None
        self._last: _Last | None = None

    def read(self, offset: int, timeout: float) -> Batch:
        """Read from `offset` to where the log ends now, at most about 16 MiB and `timeout` seconds.

        Raises `LogUnavailableError`; as `KafkaRefusedError` where waiting will not help.
        """
        try:
            return self._read(offset, time.monotonic() + timeout)
        except KafkaException as raised:
            # A client that failed may hold on to what it believed of the cluster: the next read makes a new one.
            self.close()
            raise kafka_failure(raised.args[0], self._settings, self._topic, "reading", READ_RIGHTS) from None

    def close(self) -> None:
        """Let go of the connection. A later read connects anew."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()

    def _read(self, offset: int, deadline: float) -> Batch:
        last = self._last if self._last is not None and self._last.next_offset == offset else None
        try:
            found = self._span(offset, last, deadline)
        except _OffsetGoneError:
            last = None
            found = self._span(None, None, deadline)
            rewound = True
        else:
            rewound = False
        self._last = _last(found) or last
        records = tuple(record_of(message) for message in found.messages if rewound or offset_of(message) >= offset)
        return Batch(records, found.next_offset, at_end=found.next_offset >= found.end, rewound=rewound)

    def _span(self, offset: int | None, last: _Last | None, deadline: float) -> _Span:
        """The records from one before `offset` (None: the beginning) up to the end. Raises `_OffsetGoneError`."""
        consumer = self._connected()
        low, end = self._ends(consumer, deadline)
        if offset is None:
            offset = low
        if not low <= offset <= end:
            raise _OffsetGoneError
        first = max(low, offset - 1 if last is None else last.offset)
        span = self._fetch(consumer, first, offset, end, deadline)
        if last is not None and (not span.messages or _fingerprint(span.messages[0]) != last.fingerprint):
            raise _OffsetGoneError
        return span

    def _ends(self, consumer: Consumer, deadline: float) -> tuple[int, int]:
        """The offsets of the first record and after the last one, as the leader says."""
        partition = TopicPartition(self._topic, _PARTITION)
        while True:
            try:
                return consumer.get_watermark_offsets(partition, timeout=_slice(deadline))
            except KafkaException as raised:
                # Serves `_note`, and does not ask a broker without an answer (yet) all too often.
                consumer.poll(0.02)
                self._go_on(self._why_missing(consumer, raised.args[0]), deadline)

    def _why_missing(self, consumer: Consumer, error: KafkaError) -> KafkaError:
        # librdkafka says of a topic that we may not see that it does not exist; the cluster tells the two apart.
        if error.code() not in MISSING:
            return error
        try:
            return consumer.list_topics(self._topic, timeout=_SLICE).topics[self._topic].error or error
        except KafkaException as raised:
            return raised.args[0]  # type: ignore[no-any-return]

    def _fetch(self, consumer: Consumer, first: int, offset: int, end: int, deadline: float) -> _Span:
        messages: list[Message] = []
        size, next_offset = 0, first
        if first < end:
            consumer.assign([TopicPartition(self._topic, _PARTITION, first)])
        try:
            while next_offset < end and size < BATCH_BYTES:
                message = self._next(consumer, deadline)
                if message.error() is not None:
                    # The end mark, short of the end that was named: the log changed meanwhile.
                    if offset_of(message) < end:
                        raise _OffsetGoneError
                    next_offset = end
                    break
                messages.append(message)
                size += len(message.value() or b"")
                next_offset = offset_of(message) + 1
        except KafkaException:
            # Some records in time are a read, though not to the end.
            if next_offset <= offset:
                raise
        finally:
            # Nothing is fetched between reads.
            consumer.unassign()
        return _Span(messages, max(next_offset, offset), end)

    def _next(self, consumer: Consumer, deadline: float) -> Message:
        """The next record, or the mark of the end (its error is `_PARTITION_EOF`)."""
        while True:
            message = consumer.poll(_slice(deadline))
            error = message.error() if message is not None else KafkaError(KafkaError._TIMED_OUT)
            if message is not None and (error is None or error.code() == KafkaError._PARTITION_EOF):
                return message
            assert error is not None
            if error.code() in _GONE:
                raise _OffsetGoneError
            self._go_on(error, deadline)

    def _go_on(self, error: KafkaError, deadline: float) -> None:
        """Raise if `error` will not pass, or no time is left."""
        fault = self._fault
        if is_refusal(fault):
            raise KafkaException(fault)
        if is_refusal(error) or error.code() in MISSING:
            raise KafkaException(error)
        if time.monotonic() >= deadline:
            raise KafkaException(told_instead(error, fault))

    def _connected(self) -> Consumer:
        if self._consumer is None:
            self._fault = None
            self._consumer = Consumer(self._configuration | {"error_cb": self._note}, logger=librdkafka_log)
        return self._consumer

    def _note(self, error: KafkaError) -> None:
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._fault = error


class KafkaWriter:
    """A `LogWriter` of a policy topic: idempotent, acknowledged by all in-sync replicas.

    Make it before reading the log: it connects at once, and librdkafka needs half a second until it may write.
    """

    def __init__(self, settings: KafkaSettings, topic: str, timeout: float = WRITE_SECONDS) -> None:
        self._settings = settings
        self._topic = topic
        self._timeout = timeout
        self._configuration = producer_configuration(settings, timeout)
        self._fault: KafkaError | None = None
        self._producer: Producer | None = None
        self._connected()

    def append(self, envelopes: Sequence[bytes]) -> None:
        """Append envelopes in order, cut into parts where they are large, and wait until all are acknowledged.

        Raises `Malformed` before anything is written when one is no envelope, `KafkaRefusedError` where waiting will
        not help, `LogUnavailableError` when not all were acknowledged in time. In the last two cases some, all or none
        may be on the log: read back.
        """
        parts = [part for envelope in envelopes for part in kafka_records(envelope)]
        deadline = time.monotonic() + self._timeout
        acknowledged = _Acknowledged()
        try:
            producer = self._connected()
            for part in parts:
                self._produce(producer, part, acknowledged, deadline)
            while acknowledged.count < len(parts):
                producer.poll(_slice(deadline))
                self._go_on(acknowledged, len(parts), deadline)
        except KafkaException as raised:
            # What is still queued here must not be sent later, when the caller has read back and decided.
            self.close()
            raise kafka_failure(raised.args[0], self._settings, self._topic, "writing", WRITE_RIGHTS) from None

    def close(self) -> None:
        """Let go of the connection; what was not acknowledged is not sent any more."""
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.purge(blocking=False)
            producer.flush(0)

    def _produce(self, producer: Producer, part: Part, acknowledged: _Acknowledged, deadline: float) -> None:
        while True:
            try:
                producer.produce(
                    self._topic,
                    value=part.value,
                    partition=_PARTITION,
                    headers=list(part.headers.items()),
                    on_delivery=acknowledged.take,
                )
            except BufferError:
                producer.poll(_slice(deadline))
                self._go_on(acknowledged, acknowledged.count + 1, deadline)
            else:
                return

    def _go_on(self, acknowledged: _Acknowledged, wanted: int, deadline: float) -> None:
        """Raise if a record was refused, or no time is left."""
        fault = self._fault
        if acknowledged.error is not None:
            raise KafkaException(told_instead(acknowledged.error, fault))
        if acknowledged.count < wanted and is_refusal(fault):
            raise KafkaException(fault)
        if acknowledged.count < wanted and time.monotonic() >= deadline:
            raise KafkaException(fault or KafkaError(KafkaError._TIMED_OUT, "not acknowledged in time"))

    def _connected(self) -> Producer:
        if self._producer is None:
            self._fault = None
            try:
                self._producer = Producer(self._configuration | {"error_cb": self._note}, logger=librdkafka_log)
            except KafkaException as raised:
                raise kafka_failure(raised.args[0], self._settings, self._topic, "writing", WRITE_RIGHTS) from None
        return self._producer

    def _note(self, error: KafkaError) -> None:
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._fault = error


class _OffsetGoneError(LogUnavailableError):
    """The log does not hold the record at an offset, or not the one that stood there."""

    def __str__(self) -> str:
        return "the log was recreated or truncated while it was read"


@dataclass(frozen=True, slots=True)
class _Span:
    """Consecutive records, where to go on, and where the log ended when it was asked."""

    messages: list[Message]
    next_offset: int
    end: int


@dataclass(frozen=True, slots=True)
class _Last:
    """The record that a read ended with, and the offset that it told the caller to go on from."""

    offset: int
    next_offset: int
    fingerprint: tuple[int, int, str]


@dataclass(slots=True)
class _Acknowledged:
    """How many records Kafka has taken, and the first refusal."""

    count: int = 0
    error: KafkaError | None = None

    def take(self, error: KafkaError | None, _: Message) -> None:
        """The delivery report of one record."""
        if error is None:
            self.count += 1
        elif self.error is None:
            self.error = error


def _slice(deadline: float) -> float:
    return min(_SLICE, max(0.001, deadline - time.monotonic()))


def _last(span: _Span) -> _Last | None:
    if not span.messages:
        return None
    message = span.messages[-1]
    return _Last(offset_of(message), span.next_offset, _fingerprint(message))


def _fingerprint(message: Message) -> tuple[int, int, str]:
    # The time tells the same record from its equal in a restored log.
    return offset_of(message), message.timestamp()[1], digest(message.value() or b"")
