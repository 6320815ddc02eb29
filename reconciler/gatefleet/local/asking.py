"""Clients that call gateways all the time, and what each call was answered, with the decision behind it.

A call carries a trace id of its own (W3C Trace Context), under which the authorizer's decision line is found again.
"""

from __future__ import annotations

import http.client
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from gatefleet.local.judging import Answer
from gatefleet.local.probes import Probe
from gatefleet.local.scenario import ALLOWED, Call

REQUEST_SECONDS = 40.0
LINE_SECONDS = 5.0  # for a decision's line to arrive behind its answer
BETWEEN_SECONDS = 0.03


class Decisions:
    """Decision lines by trace id; `take` is called from other threads than those that wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._by_trace: dict[str, dict[str, Any]] = {}

    def take(self, line: str) -> None:
        """One line of an authorizer."""
        decision = json.loads(line)
        if trace := decision.get("trace_id"):
            with self._changed:
                self._by_trace[trace] = decision
                self._changed.notify_all()

    def of(self, trace: str, patience: float) -> dict[str, Any] | None:
        """The decision under this trace id; None when none comes within `patience` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: trace in self._by_trace, patience)
            return self._by_trace.pop(trace, None)


@dataclass(frozen=True, slots=True)
class Caller:
    """Makes calls. `probe_of` says how a call looks, `token_of` gives its token, `addresses` are the gateways'."""

    addresses: Mapping[str, str]
    probe_of: Callable[[Call], Probe]
    token_of: Callable[[Call], str]
    decisions: Decisions

    def ask(self, name: str, call: Call) -> Answer:
        """One call, and its decision."""
        probe, token, trace = self.probe_of(call), self.token_of(call), secrets.token_hex(16)
        at = time.monotonic()
        status = self._request(probe, token, trace)
        until = time.monotonic()
        found = None if status in (0, 404, 429, 500, 503, 504) else self.decisions.of(trace, LINE_SECONDS)
        if found is None:
            return Answer(name, call, at, until, f"status {status}" if status else "no answer")
        let_in = found["decision"] == "allow"
        if let_in is not (status == 200):
            return Answer(name, call, at, until, f"status {status} though the decision was {found['decision']}")
        return Answer(
            name,
            call,
            at,
            until,
            ALLOWED if let_in else found["reason"],
            found["freshness"],
            found["revision"],
            found.get("age", 0),
            found.get("when_stale", ""),
        )

    def _request(self, probe: Probe, token: str, trace: str) -> int:
        where = urlsplit(self.addresses[probe.gateway])
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=REQUEST_SECONDS)
        headers = {"authorization": f"Bearer {token}", "traceparent": f"00-{trace}-{secrets.token_hex(8)}-01"}
        try:
            connection.request(probe.method, probe.path, headers=headers)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
        return response.status


class Asking:
    """Makes each of these calls again and again, from `start` to `stop`, each in a thread of its own."""

    def __init__(self, caller: Caller, calls: Mapping[str, Call]) -> None:
        self.answers: list[Answer] = []
        self._caller = caller
        self._stopping = threading.Event()
        self._going = threading.Event()
        self._quiet = {name: threading.Event() for name in calls}
        self._threads: Sequence[threading.Thread] = [
            threading.Thread(target=self._run, args=(name, call), name=f"asks for {name}", daemon=True)
            for name, call in calls.items()
        ]

    def start(self) -> None:
        """Ask from now on."""
        self._going.set()
        for one in self._threads:
            one.start()

    def pause(self) -> None:
        """Ask no more; returns when every call under way is answered."""
        self._going.clear()
        for one in self._quiet.values():
            one.wait(REQUEST_SECONDS + LINE_SECONDS)

    def go_on(self) -> None:
        """Ask again."""
        for one in self._quiet.values():
            one.clear()
        self._going.set()

    def stop(self) -> None:
        """End; returns when every call under way is answered."""
        self._stopping.set()
        self._going.set()
        for one in self._threads:
            if one.ident is not None:
                one.join(REQUEST_SECONDS + LINE_SECONDS)

    def _run(self, name: str, call: Call) -> None:
        while not self._stopping.wait(BETWEEN_SECONDS):
            if not self._going.is_set():
                self._quiet[name].set()
                self._going.wait()
                self._quiet[name].clear()
                continue
            self.answers.append(self._caller.ask(name, call))
        self._quiet[name].set()
