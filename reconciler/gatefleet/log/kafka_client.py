"""What every Kafka client of ours has in common: its configuration, and where librdkafka's own words go."""

from __future__ import annotations

import logging

from gatefleet.log.kafka_settings import Configuration, KafkaSettings

# librdkafka writes to stderr unless it is given a logger; who wants its words adds a handler to this one.
librdkafka_log = logging.getLogger("gatefleet.kafka")
librdkafka_log.addHandler(logging.NullHandler())
librdkafka_log.propagate = False

_ANY: Configuration = {
    "client.id": "gatefleet",
    "socket.keepalive.enable": True,
    "reconnect.backoff.ms": 50,
    # With the default, 10 s, a broker could be back for that long before we notice.
    "reconnect.backoff.max.ms": 1000,
    # Nor ask again, for the default of 5 minutes, a cluster that just then had no controller or leader.
    "topic.metadata.refresh.interval.ms": 1000,
}
_CONSUMER: Configuration = {
    # The library wants a name; we assign, never join, never commit, and need no right to any group.
    "group.id": "gatefleet-without-a-group",
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "enable.partition.eof": True,
    "allow.auto.create.topics": False,
    # We ask for records that we know are there. A fetch that waits for more would hold up the next question.
    "fetch.wait.max.ms": 1,
    "fetch.queue.backoff.ms": 1,
    "max.partition.fetch.bytes": 4 * 1024 * 1024,
}
_PRODUCER: Configuration = {
    "acks": "all",
    "enable.idempotence": True,
    "linger.ms": 0,
    # Followers then need no decompressor, and a merge is a few KB.
    "compression.type": "none",
    # How long a topic that is not known counts as one that is just being created.
    "topic.metadata.propagation.max.ms": 2000,
}


def any_configuration(settings: KafkaSettings) -> Configuration:
    """For an administrative client."""
    return _ANY | settings.client_configuration()


def consumer_configuration(settings: KafkaSettings) -> Configuration:
    """For a reader by offset."""
    return any_configuration(settings) | _CONSUMER


def producer_configuration(settings: KafkaSettings, timeout: float) -> Configuration:
    """For a writer whose records count as lost after `timeout` seconds."""
    return any_configuration(settings) | _PRODUCER | {"message.timeout.ms": max(1, round(timeout * 1000))}
