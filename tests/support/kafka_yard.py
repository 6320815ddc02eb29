"""A publisher's surroundings with its log on real Kafka."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

from tests.support.kafka import KafkaLog
from tests.support.publishing import Yard, a_yard

from gatefleet.local.kafka.access import RECONCILER
from gatefleet.log.history import History, read_history
from gatefleet.log.parts import Parts, Whole


@dataclass(frozen=True)
class KafkaYard(Yard):
    """A yard whose log is a topic."""

    topic: KafkaLog

    def history(self) -> History:
        return read_history(self.topic.reader, self.trust)

    def lines(self) -> list[bytes]:
        """The whole envelopes on the topic."""
        parts, found, offset = Parts(), [], 0
        while True:
            batch = self.topic.reader.read(offset, 10)
            for record in batch.records:
                parts, outcome = parts.take(record)
                if isinstance(outcome, Whole):
                    found.append(outcome.envelope)
            offset = batch.next_offset
            if batch.at_end:
                return found

    def another(self) -> KafkaYard:
        return replace(self, reader=self.topic.new_reader(RECONCILER), writer=self.topic.new_writer(RECONCILER))

    def append(self, *envelopes: bytes) -> None:
        self.topic.writer.append(envelopes)


def a_kafka_yard(folder: Path, topic: KafkaLog, listener: str = "SASL_SSL") -> KafkaYard:
    """An empty topic with everything a publisher of it needs."""
    yard = a_yard(folder)
    held = {one.name: getattr(yard, one.name) for one in fields(yard)}
    held |= {"reader": topic.new_reader(RECONCILER, listener), "writer": topic.new_writer(RECONCILER, listener)}
    return KafkaYard(**held, topic=topic)
