"""A function as Lambda runs it: execution environments, each of them a real process that takes one request at a time.

"Understanding the Lambda execution environment lifecycle" and "Understanding Lambda function scaling": a request goes
to an environment that is idle, else to a new one, whose init it waits for. One that crashed, timed out or grew old is
not used again. Idle ones are frozen, and taken away after a while. Lambda would have a thousand of them at once and
refuse what comes on top (`TooManyRequestsException`); one machine has a few, so what comes on top waits first.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gatefleet.local.lambda_host import EndedError, LambdaEnvironment
from gatefleet.local.runtime_api import Answer, FunctionError
from gatefleet.problems import GatefleetError

TIMEOUT_SECONDS = 5.0  # the function's own, as `terraform/modules/authorizer` sets it
MOST_ENVIRONMENTS = 4
IDLE_SECONDS = 300.0
OLD_SECONDS = 2 * 3600.0

Make = Callable[[], LambdaEnvironment]


@dataclass(eq=False, slots=True)
class _Place:
    """One environment of the function, from before its start until it is given up; times are steady seconds."""

    version: int
    born: float
    environment: LambdaEnvironment | None = None
    idle_since: float = 0.0


class LambdaFunction:
    """One function. `make` makes an environment that was not started; `steady` gives seconds that never go back.

    A request takes at most `timeout` seconds, after at most `patience` seconds for one of `most` environments.
    `invoke` may be called from several threads. Somebody calls `sweep` now and then.
    """

    def __init__(
        self,
        make: Make,
        *,
        most: int = MOST_ENVIRONMENTS,
        timeout: float = TIMEOUT_SECONDS,
        patience: float = TIMEOUT_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
        old_seconds: float = OLD_SECONDS,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make = make
        self._most = most
        self._timeout = timeout
        self._patience = patience
        self._idle_seconds = idle_seconds
        self._old_seconds = old_seconds
        self._steady = steady
        self._changed = threading.Condition()
        self._version = 1
        self._places: list[_Place] = []
        self._idle: list[_Place] = []  # the last is the one that was used last: it is used next, as in Lambda
        self._closed = False

    @property
    def environments(self) -> int:
        """How many there are, starting and busy ones among them."""
        with self._changed:
            return len(self._places)

    @property
    def pids(self) -> list[int]:
        """The processes of the environments that were started."""
        with self._changed:
            return [one.environment.pid for one in self._places if one.environment is not None]

    def invoke(self, event: Mapping[str, Any]) -> Answer | FunctionError:
        """Let an environment answer one event; an environment that fails, or cannot be made, is a `FunctionError`."""
        while True:
            place = self._take()
            if isinstance(place, FunctionError):
                return place
            idle = place.environment
            try:
                result = (idle or self._start(place)).invoke(event, self._timeout)
            except (EndedError, GatefleetError) as error:
                self._end([place])
                if idle is None:
                    return FunctionError("", "Runtime.ExitError", str(error), 0.0)
                continue  # it ended while it was idle: nobody has seen this event yet
            except BaseException:
                self._end([place])
                raise
            self._give_back(place)
            return result

    def update(self, make: Make) -> None:
        """Publish another version: it takes every request from now on; what the former one has begun it ends."""
        with self._changed:
            self._make = make
            self._version += 1
            left, self._idle = self._idle, []
        self._end(left)

    def sweep(self) -> None:
        """Take away environments that were idle for long, are old, or are no longer there."""
        with self._changed:
            left = [one for one in self._idle if self._is_over(one)]
            self._idle = [one for one in self._idle if one not in left]
        self._end(left)

    def close(self) -> None:
        """End every environment, at once; whoever waits for one gets an error."""
        with self._changed:
            self._closed = True
            left, self._idle = list(self._places), []
            self._changed.notify_all()
        self._end(left)

    def _take(self) -> _Place | FunctionError:
        """An idle environment, or the place for a new one."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._idle or len(self._places) < self._most, self._patience)
            if self._closed:
                return FunctionError("", "ResourceNotFoundException", "the function was deleted", 0.0)
            if self._idle:
                return self._idle.pop()
            if len(self._places) >= self._most:
                what = f"all {self._most} environments were busy for {self._patience:g} s"
                return FunctionError("", "TooManyRequestsException", what, 0.0)
            place = _Place(self._version, self._steady())
            self._places.append(place)
            return place

    def _start(self, place: _Place) -> LambdaEnvironment:
        place.environment = self._make()  # from here on `close` ends it
        if not self._closed:
            place.environment.start()
        if self._closed:
            raise EndedError("the function was deleted", ())
        return place.environment

    def _give_back(self, place: _Place) -> None:
        environment = place.environment
        with self._changed:
            place.idle_since = self._steady()
            if environment is not None and environment.running and not self._closed and not self._is_over(place):
                self._idle.append(place)
                self._changed.notify()
                return
        self._end([place])

    def _is_over(self, place: _Place) -> bool:
        now = self._steady()
        gone = place.environment is None or not place.environment.running
        outdated = place.version != self._version or now - place.born >= self._old_seconds
        return gone or outdated or now - place.idle_since >= self._idle_seconds

    def _end(self, places: list[_Place]) -> None:
        for place in places:
            if place.environment is not None:
                place.environment.kill()
        with self._changed:
            self._places = [one for one in self._places if one not in places]
            self._changed.notify_all()
