"""A plan for people, line by line, and for programs, as a JSON document. Colour is the command line's business."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gatefleet.access import Effect
from gatefleet.plan.changes import Add, Change, Remove, Replace
from gatefleet.plan.differences import Difference, Path, differences
from gatefleet.plan.plan import Plan
from gatefleet.plan.shown import shortened, shown, shown_path

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `sign` is `+`, `~`, `-` or empty, `depth` how far it is indented."""

    text: str
    sign: str = ""
    depth: int = 0

    def __str__(self) -> str:
        return "    " * self.depth + (f"{self.sign} {self.text}" if self.sign else self.text)


def plan_lines(plan: Plan) -> tuple[Line, ...]:
    """The plan as text: what it is against, each change with its details, one line that sums up."""
    return tuple(_lines(plan))


def plan_json(plan: Plan) -> dict[str, Any]:
    """The plan as a JSON document (docs/reference/cli.md, "plan")."""
    added, replaced, removed = _counts(plan)
    return {
        "format_version": FORMAT_VERSION,
        "environment": plan.environment,
        "commit": plan.commit,
        "base": plan.base
        and {
            "epoch": plan.base.epoch,
            "revision": plan.base.revision,
            "digest": plan.base.digest,
            "commit": plan.base_commit,
        },
        "publishes": plan.publishes,
        "state": plan.state,
        "summary": {
            "add": added,
            "change": replaced,
            "remove": removed,
            "narrows": plan.narrows,
            "widens": plan.widens,
        },
        "blast": {
            "changed": dict(plan.blast.changed),
            "limit": dict(plan.blast.limit),
            "over": list(plan.blast.over),
        },
        "changes": [_change_json(change) for change in plan.changes],
    }


def summary(plan: Plan) -> str:
    """The one line that sums up: `2 to add, 1 to change, 0 to remove; narrows 1, widens 2`."""
    if plan.changes:
        added, replaced, removed = _counts(plan)
        what = f"{added} to add, {replaced} to change, {removed} to remove"
        return f"{what}; narrows {plan.narrows}, widens {plan.widens}"
    if not plan.publishes:
        return f"No changes. {plan.environment} is at {_base(plan)}."
    if plan.base is None:
        return f"No changes. {plan.environment} has no policy; publishing this commit begins its log with none."
    return (
        f"No changes. {plan.environment} is at {_base(plan)}; "
        f"publishing commit {plan.commit[:12]} records it as an empty revision."
    )


# --- text -------------------------------------------------------------------------------------------------------------


def _lines(plan: Plan) -> Iterator[Line]:
    if plan.changes:
        yield Line(f"{plan.environment}: commit {plan.commit[:12]} against {_base(plan)}")
        yield Line("")
        for change in plan.changes:
            yield from _change_lines(change)
        yield Line("")
    yield Line(summary(plan))
    for kind in plan.blast.over:
        count, limit = plan.blast.changed[kind], plan.blast.limit.get(kind, 0)
        yield Line(
            f"Over the blast limit: {count} of kind {kind} change, one signer may change {limit}; two must sign."
        )


def _base(plan: Plan) -> str:
    if plan.base is None or plan.base_commit is None:
        return "an empty log"
    return f"revision {plan.base} (commit {plan.base_commit[:12]})"


def _change_lines(change: Change) -> Iterator[Line]:
    yield Line(f"{change.key}{_effect_text(change.effect)}", _sign(change))
    match change:
        case Add():
            details = differences({}, json.loads(change.after))
        case Replace():
            details = change.differences
            if not details:
                yield Line("written differently, means the same", depth=1)
        case Remove():
            details = ()
    for one in details:
        yield _difference_line(one)


def _effect_text(effect: Effect) -> str:
    words = [word for word, is_so in (("widens", effect.widens), ("narrows", effect.narrows)) if is_so]
    return f"  ({', '.join(words)})" if words else ""


def _difference_line(one: Difference) -> Line:
    if one.before is None:
        return Line(_named(one.path, one.after), "+", 1)
    if one.after is None:
        return Line(_named(one.path, one.before), "-", 1)
    return Line(f"{_named(one.path, one.before)} -> {shown(one.path, one.after)}", "~", 1)


def _named(path: Path, value: Any) -> str:
    if value == {}:  # the name says it all: a grant without an end
        return shown_path(path)
    return f"{shown_path(path)}: {shown(path, value)}"


# --- JSON -------------------------------------------------------------------------------------------------------------


def _change_json(change: Change) -> dict[str, Any]:
    whole = {"key": change.key, "widens": change.effect.widens, "narrows": change.effect.narrows}
    match change:
        case Add():
            return {"action": "add", **whole, "after": shortened((), json.loads(change.after))}
        case Replace():
            return {"action": "change", **whole, "differences": [_difference_json(one) for one in change.differences]}
        case Remove():
            return {"action": "remove", **whole, "before": shortened((), json.loads(change.before))}


def _difference_json(one: Difference) -> dict[str, Any]:
    return {
        "path": list(one.path),
        "before": shortened(one.path, one.before),
        "after": shortened(one.path, one.after),
    }


def _counts(plan: Plan) -> tuple[int, int, int]:
    counts = Counter(type(change) for change in plan.changes)
    return counts[Add], counts[Replace], counts[Remove]


def _sign(change: Change) -> str:
    match change:
        case Add():
            return "+"
        case Replace():
            return "~"
        case Remove():
            return "-"
