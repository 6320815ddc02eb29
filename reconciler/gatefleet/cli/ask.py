"""`gatefleet can` and `token`: who may call what, and a token to try it with."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import typer

from gatefleet.cli.output import OutputForm, say, say_json, styled
from gatefleet.problems import Exit, failure, nearest

REPO = typer.Option(Path(), "--repo", help="The policy repository.")
GATEWAY = typer.Option(..., "--gateway", "-g", help="TEAM/GATEWAY.")


def can(
    client: str = typer.Argument(..., help="A client_id."),
    route: str = typer.Argument(..., help='A route key as declared: "GET /orders".'),
    gateway: str = GATEWAY,
    environment: str | None = typer.Option(None, "--environment", "-e", help="In which environment."),
    repo: Path = REPO,
    commit: str | None = typer.Option(None, "--commit", help="A commit instead of the files as they are."),
    form: OutputForm = typer.Option(OutputForm.TABLE, "-o", "--output", help="For people or for machines."),
) -> int:
    """Say whether a client can call a route, under which conditions, or what it lacks. Exit code 3 when it cannot."""
    from gatefleet.access.can import can as ask
    from gatefleet.cli.context import environment_of, load_commit, load_worktree
    from gatefleet.contract.digests import GENESIS_PARENT, Position
    from gatefleet.decide import Holdings, View
    from gatefleet.desired import desired_state

    model = (load_commit(repo, commit) if commit else load_worktree(repo)).model
    state = desired_state(model, environment_of(model, environment).name)
    gateways = [key.partition("/")[2] for key in state.of_kind("gateway")]
    _known("GF643", "--gateway", gateway, gateways)
    _known("GF644", "CLIENT", client, list(model.clients))
    view = View(Holdings.build(gateway, state.entities), Position(1, 1, GENESIS_PARENT))
    _known("GF645", "ROUTE", route, list(view.gateway.routes if view.gateway else ()))
    answer = ask(client, route, view, int(time.time()))
    if form is OutputForm.JSON:
        say_json(
            {
                "format_version": 1,
                "allowed": answer.allowed,
                "reason": answer.reason,
                "conditions": list(answer.conditions),
                "missing": list(answer.missing),
            }
        )
    elif answer.allowed:
        say(f"{styled('yes', 'green')}: {client} can call {route} on {gateway} {'; '.join(answer.conditions)}")
    else:
        lacks = f"; it lacks {', or '.join(answer.missing)}" if answer.missing else ""
        say(f"{styled('no', 'red')}: {client} cannot call {route} on {gateway}: {answer.reason}{lacks}")
    return Exit.OK if answer.allowed else Exit.FINDINGS


def token(
    client: str = typer.Argument(..., help="A client_id."),
    gateway: str = GATEWAY,
    key: Path = typer.Option(..., "--key", help="The development issuer's private key (PEM).", metavar="FILE"),
    scope: list[str] = typer.Option([], "--scope", "-s", help="Scopes; by default all that the client is granted."),
    claim: list[str] = typer.Option([], "--claim", help="NAME=VALUE, a further claim.", metavar="NAME=VALUE"),
    lifetime: int = typer.Option(600, "--lifetime", min=1, max=3600, help="Seconds."),
    repo: Path = REPO,
) -> None:
    """Mint an access token for the environment `development`; no other environment trusts such a key."""
    from gatefleet.cli.context import load_worktree
    from gatefleet.local.development import ISSUER_FILE
    from gatefleet.local.tokens import DevelopmentIssuer
    from gatefleet.model.types import DEVELOPMENT

    model = load_worktree(repo).model
    if DEVELOPMENT not in model.environments or DEVELOPMENT not in model.issuers:
        fix = "`make demo` makes one, and prints the command to use there"
        raise failure("GF646", str(ISSUER_FILE), "this repository has no environment `development`", fix=fix)
    _known("GF644", "CLIENT", client, list(model.clients))
    _known("GF643", "--gateway", gateway, list(model.gateways))
    issuer = DevelopmentIssuer.load(key, model.issuers[DEVELOPMENT].issuer)
    if issuer.kid not in model.issuers[DEVELOPMENT].keys:
        raise failure("GF647", str(key), "is not the key of this repository's development issuer")
    claims = dict(_claim(one) for one in claim)
    scopes = scope or sorted(model.clients[client].scopes)
    audience = model.gateways[gateway].audience[0]
    minted = issuer.mint(client, scopes, audience, int(time.time()), claims=claims, lifetime=lifetime)
    sys.stdout.write(f"{minted}\n")


def _claim(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise failure("GF648", "--claim", f"{text!a} is not NAME=VALUE")
    return name, value


def _known(code: str, place: str, name: str, known: list[str]) -> None:
    if name not in known:
        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(sorted(known)[:12])}"
        raise failure(code, place, f"there is no {name!a}", fix=hint)
