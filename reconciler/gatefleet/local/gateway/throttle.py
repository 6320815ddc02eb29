"""Throttling by token buckets, one a route ("Throttling requests to your HTTP API", "Throttle API requests for better
throughput"): the stage's limits are each route's own unless the route has others, and a request costs one token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gatefleet.model.types import Throttle


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tokens that were there at a second; the clock is the caller's and may be any that does not go back."""

    tokens: float
    at: float


def take(bucket: Bucket | None, throttle: Throttle | None, now: float) -> tuple[Bucket, bool]:
    """Take a token; gives the bucket afterwards, and whether there was one. None: a bucket that is full, no limit."""
    if throttle is None:
        return Bucket(0.0, now), True
    if bucket is None:
        bucket = Bucket(float(throttle.burst), now)
    tokens = min(float(throttle.burst), bucket.tokens + max(0.0, now - bucket.at) * throttle.rate)
    return (Bucket(tokens - 1, now), True) if tokens >= 1 else (Bucket(tokens, now), False)


class Throttles:
    """The buckets of one API's routes."""

    def __init__(self, stage: Throttle | None, routes: Mapping[str, Throttle | None]) -> None:
        self._limits = {key: own or stage for key, own in routes.items()}
        self._buckets: dict[str, Bucket] = {}

    def admit(self, route: str, now: float) -> bool:
        """Whether a request for the route may pass now; if so, it is counted."""
        self._buckets[route], admitted = take(self._buckets.get(route), self._limits.get(route), now)
        return admitted
