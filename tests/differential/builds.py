"""Every build behind one interface: lines of the adapter protocol in, answers out, also when one ends by a crash."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from tests.conformance import test_canonical, test_chain
from tests.differential.cases import Case
from tests.support.adapters import ROOT
from tests.support.reference import Reference
from tests.support.vectors import fixtures

from gatefleet.log.trust import parse_trust
from gatefleet.problems import GatefleetError

# The answer of a build that ended before it gave one.
CRASHED = {"crashed": True}


class ReferenceBuild:
    """The Python builds, asked in this process."""

    def __init__(self) -> None:
        self._reference = Reference()
        self._ready: dict[str, Any] = {}

    def answers(self, cases: Sequence[Case]) -> list[Any]:
        """What the reference says."""
        return [as_json(self._answer(case)) for case in cases]

    def _answer(self, case: Case) -> Any:
        if case.family == "canonical":
            return test_canonical.answer(case.given)
        if case.family == "chain":
            return _trusted(case.given) if "document" in case.given else test_chain.follow(case.given)
        if case.fixtures and self._ready.get(case.family) is not case.fixtures:
            self._ready[case.family] = case.fixtures
            self._reference.ready(case.family, case.fixtures)
        return self._reference.answer(case.family, case.given)


@dataclass
class AdapterBuild:
    """A build in another language, asked over stdio; a process for each call."""

    command: Sequence[str | Path]
    stderr: str = field(default="", init=False)

    def answers(self, cases: Sequence[Case]) -> list[Any]:
        """What the adapter says; `stderr` is what it wrote there if it ended early."""
        process = subprocess.Popen(
            [str(part) for part in self.command],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        feeder = Thread(target=_feed, args=(process, _lines(cases)), daemon=True)
        feeder.start()
        assert process.stdout is not None
        assert process.stderr is not None
        said = [line for line in map(json.loads, process.stdout) if "ready" not in line]
        self.stderr = process.stderr.read()[-2000:]
        process.wait()
        feeder.join()
        return [line.get("answer", line) for line in said] + [CRASHED] * (len(cases) - len(said))


def _trusted(given: dict[str, Any]) -> dict[str, Any]:
    try:
        parse_trust(base64.b64decode(given["document"]))
    except GatefleetError as error:
        return {"outcome": {"GF410": "malformed", "GF411": "bad_signature"}[error.problems[0].code]}
    return {"outcome": "accepted"}


def _feed(process: subprocess.Popen[str], lines: Iterable[dict[str, Any]]) -> None:
    assert process.stdin is not None
    try:
        with process.stdin as stdin:
            for line in lines:
                stdin.write(json.dumps(line) + "\n")
    except BrokenPipeError:  # it ended early, which its answers show
        pass


def _lines(cases: Sequence[Case]) -> Iterable[dict[str, Any]]:
    yield {"family": "chain", "fixtures": fixtures("chain")}
    ready: dict[str, Any] = {}
    for number, case in enumerate(cases):
        if case.fixtures and ready.get(case.family) is not case.fixtures:
            ready[case.family] = case.fixtures
            yield {"family": case.family, "fixtures": case.fixtures}
        yield {"family": case.family, "id": str(number), "given": case.given}


def as_json(answer: Any) -> Any:
    """The answer as it is read back: enumerations become strings."""
    return json.loads(json.dumps(answer))
