"""A scenario as its file says it: calls that clients make, and steps that happen to a fleet meanwhile.

Read as strictly as policy is: unknown words, missing members, calls that nobody declared are problems with their line.
What happens at each step is `local/stagehand.py`'s business, what may be answered `local/judging.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from gatefleet.contract.reasons import Reason
from gatefleet.contract.schema_files import schema
from gatefleet.problems import Exit, GatefleetError, Place, Problem, failure, in_order, nearest
from gatefleet.source.document import place_in
from gatefleet.source.scalars import retyping
from gatefleet.source.schema import PlaceOf, problems_under
from gatefleet.source.strict_yaml import MAX_BYTES, read_yaml

SCENARIOS = Path(__file__).parents[3] / "tests" / "e2e" / "scenarios"
ALLOWED = "allowed"
FIRST_KEY = "first"

_SCHEMA = "scenario"
_ANSWERS = frozenset({ALLOWED, *map(str, Reason)})


@dataclass(frozen=True, slots=True)
class Call:
    """A request with a fresh token of `client` that carries all its scopes, signed by the issuer's key `key`."""

    client: str
    gateway: str
    route: str
    key: str = FIRST_KEY


@dataclass(frozen=True, slots=True)
class Commit:
    """`replace`, which stands in `file` once, becomes `by`."""

    file: str
    replace: str
    by: str


@dataclass(frozen=True, slots=True)
class Publish:
    """What waited for the log is published, `within` seconds."""

    within: int


@dataclass(frozen=True, slots=True)
class Keys:
    """The issuer's keys get these states."""

    states: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Do:
    """One word to one part of the stage: `append`, `broker`, `topic`, `proxy` or `authorizers`."""

    part: str
    word: str


@dataclass(frozen=True, slots=True)
class Amount:
    """A number for one part of the stage: `delay` (ms), `freeze` (s) or `clock` (s)."""

    part: str
    number: int


@dataclass(frozen=True, slots=True)
class Expect:
    """Each of these calls is answered so, `within` seconds; 0: its very first answer."""

    calls: tuple[str, ...]
    answer: str
    freshness: str | None
    within: int


Deed = Commit | Publish | Keys | Do | Amount | Expect


@dataclass(frozen=True, slots=True)
class Step:
    """What is told, and what is done or expected; `line` is where it stands."""

    say: str
    deed: Deed
    line: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """`always`: calls that are made all the time, with the answers that are right at any time."""

    name: str
    title: str
    soak: bool
    calls: Mapping[str, Call]
    always: Mapping[str, frozenset[str]]
    steps: tuple[Step, ...]


def scenario_names() -> tuple[str, ...]:
    """Those that come with gatefleet."""
    return tuple(sorted(path.stem for path in SCENARIOS.glob("*.yaml")))


def find_scenario(name: str) -> Scenario:
    """Read a scenario by its name, or a file of one's own by its path. Raises GF628, or everything wrong in it."""
    own = name.endswith((".yaml", ".yml"))
    path = Path(name) if own else SCENARIOS / f"{name}.yaml"
    if not own and name not in scenario_names():
        near = nearest(name, scenario_names())
        fix = f"did you mean `{near}`?" if near else f"known are {', '.join(scenario_names())}; or name a .yaml file"
        raise failure("GF628", name, "is no scenario", fix=fix)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise failure("GF628", str(path), f"cannot be read: {error.strerror}", fix="name a .yaml file") from None
    return read_scenario(path.stem, str(path), content)


def read_scenario(name: str, path: str, content: bytes) -> Scenario:
    """The scenario of a file's content. Raises `GatefleetError` with every problem, each with line and column."""
    data, problems = read_yaml(path, content)
    if data is None:
        raise GatefleetError(*problems, exit_code=Exit.FINDINGS)

    def place_of(*pointer: str | int) -> Place:
        return place_in(path, content, *pointer)

    root = schema(_SCHEMA)
    retype = retyping(root)
    assert retype is not None
    retype(data)
    found = problems_under(root, _validator(), data, place_of) or list(_inconsistent(data, place_of))
    if found:
        raise GatefleetError(*in_order(found), exit_code=Exit.FINDINGS)
    return _scenario(name, data, place_of)


@cache
def _validator() -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(schema(_SCHEMA), pattern_options=jsonschema_rs.RegexOptions())


def _inconsistent(data: dict[str, Any], place_of: PlaceOf) -> Iterator[Problem]:
    """What a schema cannot say."""
    keys = {FIRST_KEY, *(name for step in data["steps"] for name in step.get("keys", ()))}
    for name, call in data["calls"].items():
        if call.get("key", FIRST_KEY) not in keys:
            place = place_of("calls", name, "key")
            yield Problem("GF629", place, f"no step makes the key `{call['key']}`", fix="make it by a step `keys`")
    for name, answers in data["always"].items():
        yield from _unknown_call(name, data, place_of("always", name))
        for index, answer in enumerate(answers):
            yield from _unknown_answer(answer, place_of("always", name, index))
    for number, step in enumerate(data["steps"]):
        deeds = sorted(set(step) - {"say"})
        if len(deeds) != 1:
            what = f"the step does {' and '.join(deeds)}" if deeds else "the step does nothing"
            fix = "write `say` and exactly one thing that is done or expected"
            yield Problem("GF629", place_of("steps", number), what, "steps happen one after the other", fix)
        if (expect := step.get("expect")) is not None:
            for index, name in enumerate(expect["calls"]):
                yield from _unknown_call(name, data, place_of("steps", number, "expect", "calls", index))
            yield from _unknown_answer(expect["answer"], place_of("steps", number, "expect", "answer"))


def _unknown_call(name: str, data: dict[str, Any], place: Place) -> Iterator[Problem]:
    if name not in data["calls"]:
        near = nearest(name, sorted(data["calls"]))
        fix = f"did you mean `{near}`?" if near else "declare it under `calls`"
        yield Problem("GF629", place, f"there is no call `{name}`", fix=fix)


def _unknown_answer(answer: str, place: Place) -> Iterator[Problem]:
    if answer not in _ANSWERS:
        near = nearest(answer, sorted(_ANSWERS))
        fix = f"did you mean `{near}`?" if near else "docs/reference/decision.md has the reasons"
        yield Problem("GF629", place, f"`{answer}` is no answer of a decision", fix=fix)


def _scenario(name: str, data: dict[str, Any], place_of: PlaceOf) -> Scenario:
    return Scenario(
        name,
        data["title"],
        data.get("soak", False),
        {call: Call(**members) for call, members in data["calls"].items()},
        {call: frozenset(answers) for call, answers in data["always"].items()},
        tuple(
            Step(step["say"], _deed(step), place_of("steps", number).line or 0)
            for number, step in enumerate(data["steps"])
        ),
    )


def _deed(step: dict[str, Any]) -> Deed:
    ((part, said),) = ((part, said) for part, said in step.items() if part != "say")
    match part:
        case "commit":
            return Commit(**said)
        case "publish":
            return Publish(**said)
        case "keys":
            return Keys(said)
        case "expect":
            return Expect(tuple(said["calls"]), said["answer"], said.get("freshness"), said["within"])
        case "delay" | "freeze" | "clock":
            return Amount(part, said)
        case _:
            return Do(part, said)
