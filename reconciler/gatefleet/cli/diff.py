"""`gatefleet diff`: who gains and who loses access between two commits, as reviewers read it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gatefleet.cli.options import REPO
from gatefleet.cli.output import counted, say, say_json, styled
from gatefleet.problems import Exit, failure

if TYPE_CHECKING:
    from gatefleet.access.report import Line, Report
    from gatefleet.model import Model

MARKER = "<!-- gatefleet: access diff -->"
LONGEST_COMMENT = 60_000  # characters; a comment on a pull request holds 65,536
_SHOWN = 12  # names in a row, then how many more
_DAY = 86_400


class DiffForm(StrEnum):
    """`-o`: a terminal, a comment on a pull request, or a program."""

    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"


class FailOn(StrEnum):
    """What ends with exit code 3."""

    WIDENING = "widening"
    NARROWING = "narrowing"
    ANY = "any"


def diff(
    commits: str | None = typer.Argument(None, help="BASE..HEAD, or BASE.", metavar="COMMITS", show_default=False),
    environment: str | None = typer.Option(None, "--environment", "-e", help="Only this one.", metavar="NAME"),
    fail_on: FailOn | None = typer.Option(
        None, "--fail-on", help="Exit code 3: widening, narrowing or any.", metavar="EFFECT", show_default=False
    ),
    expiring: int = typer.Option(30, "--expiring", min=0, max=3650, help="Name grants that end soon.", metavar="DAYS"),
    repo: Path = REPO,
    form: DiffForm = typer.Option(DiffForm.TABLE, "-o", "--output", help="For people, a comment, or machines."),
) -> int:
    """Show who gains and who loses access between commits.

    Exact: every client, route and kind of credential. Without COMMITS it is HEAD against where its branch left `main`.
    """
    from gatefleet.cli.context import environment_of
    from gatefleet.cli.loading import load_commit

    base, head = _range(repo, commits)
    before, after = load_commit(repo, base), load_commit(repo, head)
    declared = {**before.model.environments, **after.model.environments}
    wanted = [environment_of(declared, environment)] if environment else list(declared.values())
    wanted.sort(key=lambda one: (one.order, one.name))
    now = int(time.time())
    reports = merged(_report(before.model, after.model, one.name, now, expiring * _DAY) for one in wanted)
    match form:
        case DiffForm.JSON:
            say_json({"format_version": 1, "base": base, "head": head, "changes": [_json(one) for one in reports]})
        case DiffForm.MARKDOWN:
            say(markdown(reports, base, head))
        case DiffForm.TABLE:
            for line in _terminal(reports):
                say(line)
    widens, narrows = any(one.widens for one in reports), any(one.narrows for one in reports)
    fails = {None: False, FailOn.WIDENING: widens, FailOn.NARROWING: narrows, FailOn.ANY: widens or narrows}
    return Exit.FINDINGS if fails[fail_on] else Exit.OK


def _range(repo: Path, commits: str | None) -> tuple[str, str]:
    """The two commits' full ids. Three dots, or none given, stand for where the two lines parted."""
    from gatefleet.source.git import merge_base, resolve_commit

    if commits is None:
        head = resolve_commit(repo, "HEAD")
        base = _main(repo)
        return merge_base(repo, base, head) or base, head
    base, dots, head = commits.partition("..")
    parted = head.startswith(".")
    first, second = resolve_commit(repo, base or "HEAD"), resolve_commit(repo, head.removeprefix(".") or "HEAD")
    if dots and parted:
        return merge_base(repo, first, second) or first, second
    return first, second


def _main(repo: Path) -> str:
    from gatefleet.problems import GatefleetError
    from gatefleet.source.git import resolve_commit

    for name in ("refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/heads/main"):
        try:
            return resolve_commit(repo, name)
        except GatefleetError:
            continue
    raise failure("GF665", str(repo), "there is no branch `main` to compare with", fix="name both: BASE..HEAD")


def _report(base: Model, head: Model, environment: str, now: int, soon: int) -> Report:
    from gatefleet.access.diff import access_diff
    from gatefleet.access.report import report
    from gatefleet.contract.entities import Entity
    from gatefleet.contract.entity_values import read_entity
    from gatefleet.desired import desired_state

    def entities(model: Model) -> dict[str, Entity]:
        if environment not in model.environments:
            return {}
        state = desired_state(model, environment)
        return {key: read_entity(key, text) for key, text in state.entities.items()}

    return report(access_diff(entities(base), entities(head), now, soon=soon), base, head, environment)


def merged(reports: Iterable[Report]) -> list[Report]:
    """Environments in which the very same happens, as one: `staging, production`."""
    alike: dict[tuple[object, ...], list[Report]] = {}
    for one in reports:
        alike.setdefault((one.lines, one.changed, one.expiring), []).append(one)
    return [replace(same[0], environment=", ".join(one.environment for one in same)) for same in alike.values()]


# --- the terminal -----------------------------------------------------------------------------------------------------


def _terminal(reports: Sequence[Report]) -> Iterator[str]:
    if not any(one.lines for one in reports):
        yield from _without_shifts(reports)
    for one in reports:
        if one.lines:
            yield styled(f"{one.environment}: {summary(one)}", "bold")
            for line in one.lines:
                yield from _line(line)
            if one.ask:
                yield f"  ask {', '.join(one.ask)}"
        for client, scope, until in one.expiring:
            yield styled(f"  {one.environment}: {client} loses {scope} at {_time(until)}", "yellow")


def _without_shifts(reports: Sequence[Report]) -> Iterator[str]:
    changed = sorted({key for one in reports for key in one.changed})
    if not changed:
        yield "No effect on access."
        return
    yield f"No client gains or loses a route. Conditions change in {counted(len(changed), 'entity')}:".replace(
        "entitys", "entities"
    )
    yield f"  {_names(changed)}"
    yield "  `gatefleet plan` shows each of them, field by field"


def summary(report: Report) -> str:
    """`2 clients gain, 1 loses, 1 route becomes public`."""
    gaining = {client for line in report.lines if line.gains for client in line.clients}
    losing = {client for line in report.lines if not line.gains for client in line.clients}
    opened = sum(1 for line in report.lines if line.gains and not line.clients)
    closed = sum(1 for line in report.lines if not line.gains and not line.clients)
    said = [
        f"{counted(len(gaining), 'client')} {'gains' if len(gaining) == 1 else 'gain'}" if gaining else "",
        f"{counted(len(losing), 'client')} {'loses' if len(losing) == 1 else 'lose'}" if losing else "",
        f"{counted(opened, 'route')} {'becomes' if opened == 1 else 'become'} public" if opened else "",
        f"{counted(closed, 'route')} no longer public" if closed else "",
    ]
    return ", ".join(one for one in said if one) or "no effect on access"


def _line(line: Line) -> Iterator[str]:
    sign, colour = ("+", "green") if line.gains else ("-", "red")
    who = _names(line.clients) if line.clients else ("anyone" if line.gains else "not everybody any more")
    note = f" with {' or '.join(line.kinds)}" if line.kinds else ""
    yield styled(f"  {sign} {who}: {_names(line.routes)} on {line.gateway}{note}", colour)
    about = "within seconds" if line.when == "seconds" else "at apply"
    risk = f", {line.risk} risk" if line.gains else ""
    yield styled(f"      {about}{risk}", "dim")
    for reason in line.reasons:
        where = "" if reason.place is None else f"  {reason.place}{' (base)' if reason.before else ''}"
        yield f"      {reason.what}{where}"


def _names(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _time(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


# --- the comment ------------------------------------------------------------------------------------------------------


def markdown(reports: Sequence[Report], base: str, head: str) -> str:
    """One comment, found again by its marker; what widens first, cut where a comment would be too long."""
    made = [MARKER, f"### Access: {_headline(reports)}", ""]
    if not any(one.lines for one in reports):
        made += list(_without_shifts(reports))
    for one in reports:
        if one.lines:
            made += [f"**{one.environment}**: {summary(one)}", "", *_table(one), ""]
            if one.ask:
                made += [f"Please ask: {', '.join(f'`{_cell(name)}`' for name in one.ask)}", ""]
        ending = [
            f"`{_cell(client)}` loses `{_cell(scope)}` at {_time(until)}" for client, scope, until in one.expiring
        ]
        if ending:
            made += [f"Ending soon in {one.environment}: {'; '.join(ending[:_SHOWN])}", ""]
    made += ["", f"<sub>`gatefleet diff {base[:12]}..{head[:12]}`</sub>"]
    text = "\n".join(made)
    if len(text) <= LONGEST_COMMENT:
        return text
    cut = text[: LONGEST_COMMENT - 200].rpartition("\n")[0]
    return f"{cut}\n\n… and more: run `gatefleet diff {base[:12]}..{head[:12]}`"


def _headline(reports: Sequence[Report]) -> str:
    widens, narrows = any(one.widens for one in reports), any(one.narrows for one in reports)
    if widens:
        return "widens and narrows ⚠️" if narrows else "widens ⚠️"
    if narrows:
        return "narrows"
    return "conditions change" if any(one.changed for one in reports) else "no effect"


def _table(report: Report) -> Iterator[str]:
    yield "| | who | route | on | risk | in effect | because |"
    yield "|---|---|---|---|---|---|---|"
    for line in report.lines:
        who = ", ".join(f"`{_cell(one)}`" for one in line.clients[:_SHOWN]) or "**anyone**"
        if len(line.clients) > _SHOWN:
            who += f" and {len(line.clients) - _SHOWN} more"
        routes = "<br>".join(f"`{_cell(one)}`" for one in line.routes[:_SHOWN])
        if len(line.routes) > _SHOWN:
            routes += f"<br>and {len(line.routes) - _SHOWN} more"
        note = f" (with {' or '.join(line.kinds)})" if line.kinds else ""
        why = "<br>".join(
            f"`{_cell(one.what)}`"
            + ("" if one.place is None else f"<br>`{_cell(str(one.place))}`{' (base)' if one.before else ''}")
            for one in line.reasons
        )
        sign = "**+**" if line.gains else "**\u2212**"
        risk = line.risk if line.gains else ""
        yield f"| {sign} | {who} | {routes}{note} | `{_cell(line.gateway)}` | {risk} | {line.when} | {why} |"


def _cell(text: str) -> str:
    """Text of the pull request as text: it can leave neither its cell nor its code span, and mentions nobody."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("`", "'").replace("<", "&lt;").replace("\n", " ")


# --- machines ---------------------------------------------------------------------------------------------------------


def _json(report: Report) -> dict[str, Any]:
    return {
        "environments": report.environment.split(", "),
        "widens": report.widens,
        "narrows": report.narrows,
        "ask": list(report.ask),
        "changed": list(report.changed),
        "lines": [
            {
                "gains": line.gains,
                "clients": list(line.clients),
                "anyone": not line.clients,
                "gateway": line.gateway,
                "routes": list(line.routes),
                "credentials": list(line.kinds),
                "risk": line.risk.value,
                "when": line.when.value,
                "ask": list(line.ask),
                "reasons": [
                    {
                        "what": one.what,
                        "path": one.place and one.place.path,
                        "line": one.place and one.place.line,
                        "side": "base" if one.before else "head",
                    }
                    for one in line.reasons
                ],
            }
            for line in report.lines
        ],
        "expiring": [{"client": one[0], "scope": one[1], "until": _time(one[2])} for one in report.expiring],
    }
