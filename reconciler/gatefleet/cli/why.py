"""`gatefleet who-can` and `why`: who reaches a route, and what one token meets there."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gatefleet.cli.options import ENVIRONMENT, FORM, GATEWAY, OTHER_COMMIT, REPO
from gatefleet.cli.output import OutputForm, say, say_json, say_table, styled
from gatefleet.problems import Exit, failure

if TYPE_CHECKING:
    from gatefleet.access.why import Explanation
    from gatefleet.model import Model

_LONGEST_TOKEN = 64 * 1024  # characters; the decision itself refuses above 8,192
_LONGEST_CERTIFICATE = 64 * 1024
_ROUTE = typer.Option(..., "--route", "-r", help='A route key as declared: "GET /orders".', metavar="ROUTE")


def who_can(
    route: str | None = typer.Argument(
        None, help="A route key as declared; without one, every route.", metavar="ROUTE", show_default=False
    ),
    gateway: str = GATEWAY,
    environment: str | None = ENVIRONMENT,
    repo: Path = REPO,
    commit: str | None = OTHER_COMMIT,
    form: OutputForm = FORM,
) -> None:
    """List the clients that can call a route or a gateway.

    With which credentials each can do it; `can` says under which conditions, or why not.
    """
    from gatefleet.access.who import who_can as ask
    from gatefleet.cli.context import known
    from gatefleet.contract.entity_values import read_entity

    _, wanted, values = _policy(repo, commit, environment, gateway)
    entities = {key: read_entity(key, text) for key, text in values.items()}
    found = list(ask(entities, gateway, int(time.time())))
    if route is not None:
        known("GF645", "ROUTE", route, [one.route for one in found])
        found = [one for one in found if one.route == route]
    if form is OutputForm.JSON:
        routes = [
            {
                "route": one.route,
                "public": one.public,
                "clients": [{"client": client, "credentials": list(kinds)} for client, kinds in one.clients],
            }
            for one in found
        ]
        say_json({"format_version": 1, "environment": wanted, "gateway": gateway, "routes": routes})
        return
    rows = []
    for one in found:
        if not one.clients:
            rows.append((one.route, "anyone" if one.public else "nobody", ""))
        rows += [(one.route, client, ", ".join(kinds)) for client, kinds in one.clients]
    say_table(("route", "client", "with"), rows)


def why(
    gateway: str = GATEWAY,
    route: str = _ROUTE,
    environment: str | None = ENVIRONMENT,
    token_file: Path | None = typer.Option(
        None, "--token-file", help="The token; else it is read from standard input.", metavar="FILE"
    ),
    address: str | None = typer.Option(
        None, "--address", help="From where; else from one that the client may call from.", metavar="IP"
    ),
    certificate: Path | None = typer.Option(None, "--certificate", help="The connection's (PEM).", metavar="FILE"),
    at: datetime | None = typer.Option(
        None, "--at", formats=["%Y-%m-%dT%H:%M:%SZ"], help="When, in UTC; else now.", metavar="TIME"
    ),
    repo: Path = REPO,
    commit: str | None = OTHER_COMMIT,
    form: OutputForm = FORM,
) -> int:
    """Say why a token is allowed or denied on a route.

    Every check in its order, the first that fails, and the lines that would change it. Exit code 3 when it is denied.
    """
    from gatefleet.access.why import explain
    from gatefleet.cli.context import known
    from gatefleet.contract.digests import GENESIS_PARENT, Position
    from gatefleet.decide import Holdings, View

    model, wanted, values = _policy(repo, commit, environment, gateway)
    view = View(Holdings.build(gateway, values), Position(1, 1, GENESIS_PARENT))
    known("GF645", "--route", route, view.routes)
    now = int(time.time()) if at is None else int(at.replace(tzinfo=UTC).timestamp())
    pem = None if certificate is None else _text_of(certificate, _LONGEST_CERTIFICATE)
    token = _token(token_file)
    explained = explain(model, view, (wanted, route), token, now, address=address, certificate=pem)
    if form is OutputForm.JSON:
        say_json({"format_version": 1, "environment": wanted, "gateway": gateway, **_json(explained, route)})
    else:
        _show(explained, f"{route} on {gateway} in {wanted}")
    return Exit.OK if explained.decision.allowed else Exit.FINDINGS


def _policy(repo: Path, commit: str | None, environment: str | None, gateway: str) -> tuple[Model, str, dict[str, str]]:
    """The model, the environment's name and its entities; the gateway is deployed there, else GF643."""
    from gatefleet.cli.context import environment_of, known
    from gatefleet.cli.loading import load_commit, load_worktree
    from gatefleet.desired import desired_state

    model = (load_worktree(repo) if commit is None else load_commit(repo, commit)).model
    wanted = environment_of(model.environments, environment).name
    state = desired_state(model, wanted)
    known("GF643", "--gateway", gateway, [key.partition("/")[2] for key in state.of_kind("gateway")])
    return model, wanted, dict(state.entities)


def _token(file: Path | None) -> str:
    """Never from the command line, which others on the machine can read (GF667)."""
    if file is not None:
        text = _text_of(file, _LONGEST_TOKEN)
    else:
        if sys.stdin.isatty():
            sys.stderr.write("paste the token, then a line feed and Ctrl-D:\n")
        text = sys.stdin.read(_LONGEST_TOKEN)
    token = text.strip().removeprefix("Bearer ").strip()
    if not token:
        place = "standard input" if file is None else str(file)
        raise failure("GF667", place, "holds no token")
    return token


def _text_of(file: Path, longest: int) -> str:
    try:
        with file.open(encoding="ascii", errors="replace") as opened:
            return opened.read(longest)
    except OSError as error:
        raise failure("GF667", str(file), f"cannot be read: {error.strerror}") from None


def _show(explained: Explanation, where: str) -> None:
    from gatefleet.access.why import Result
    from gatefleet.decide import Deny

    outcome = explained.decision.outcome
    if isinstance(outcome, Deny):
        said = f"step {outcome.step.number} `{outcome.step}`: {outcome.reason}"
        say(f"{styled('denied', 'red')} at {said}, for {where}")
    else:
        say(f"{styled('allowed', 'green')}: {where}")
    marks = {Result.PASSED: "✓", Result.FAILED: "✗", Result.NOT_ASKED: "·", Result.NOT_REACHED: "·"}
    for check in explained.checks:
        if check.result is Result.NOT_REACHED:
            break
        line = f"  {marks[check.result]} {check.step.number:2} {check.step:<11} {check.saw}".rstrip()
        say(styled(line, "red") if check.result is Result.FAILED else line)
    if explained.because:
        say("because")
        for one in explained.because:
            say(f"  {one.place}: {one.what}")


def _json(explained: Explanation, route: str) -> dict[str, Any]:
    from gatefleet.decide import Deny

    outcome = explained.decision.outcome
    return {
        "route": route,
        "client": explained.client,
        "allowed": explained.decision.allowed,
        "step": outcome.step if isinstance(outcome, Deny) else None,
        "reason": outcome.reason if isinstance(outcome, Deny) else None,
        "checks": [
            {"number": one.step.number, "step": one.step, "result": one.result, "saw": one.saw}
            for one in explained.checks
        ],
        "because": [{"what": one.what, "path": one.place.path, "line": one.place.line} for one in explained.because],
    }
