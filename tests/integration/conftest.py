"""Fixtures that integration tests of more than one folder use."""

from __future__ import annotations

from tests.support.kafka import kafka, kafka_log, own_broker

__all__ = ["kafka", "kafka_log", "own_broker"]
