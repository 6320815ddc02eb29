"""`gatefleet can` and `token`: who may call what, and a token to try it with."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import typer

from gatefleet.cli.options import ENVIRONMENT, FORM, GATEWAY, OTHER_COMMIT, REPO
from gatefleet.cli.output import OutputForm, say, say_json, styled
from gatefleet.problems import Exit, failure


def can(
    client: str = typer.Argument(..., help="A client_id.", metavar="CLIENT"),
    route: str = typer.Argument(..., help='A route key as declared: "GET /orders".', metavar="ROUTE"),
    gateway: str = GATEWAY,
    environment: str | None = ENVIRONMENT,
    repo: Path = REPO,
    commit: str | None = OTHER_COMMIT,
    form: OutputForm = FORM,
) -> int:
    """Say whether a client can call a route, and what it lacks.

    When it can, the conditions are told that its requests must meet. Exit code 3 when it cannot.
    """
    from gatefleet.access.can import can as ask
    from gatefleet.cli.context import environment_of, known
    from gatefleet.cli.loading import load_commit, load_worktree
    from gatefleet.contract.digests import GENESIS_PARENT, Position
    from gatefleet.decide import Holdings, View
    from gatefleet.desired import desired_state
    from gatefleet.model.types import DEVELOPMENT

    if commit is None and environment == DEVELOPMENT:
        repo = _with_development(repo)
    model = (load_worktree(repo) if commit is None else load_commit(repo, commit)).model
    wanted = environment_of(model.environments, environment).name
    state = desired_state(model, wanted)
    known("GF643", "--gateway", gateway, [key.partition("/")[2] for key in state.of_kind("gateway")])
    known("GF644", "CLIENT", client, model.clients)
    view = View(Holdings.build(gateway, state.entities), Position(1, 1, GENESIS_PARENT))
    known("GF645", "ROUTE", route, view.routes)
    answer = ask(client, route, view, int(time.time()))
    if form is OutputForm.JSON:
        say_json(
            {
                "format_version": 1,
                "environment": wanted,
                "gateway": gateway,
                "route": route,
                "client": client,
                "allowed": answer.allowed,
                "reason": answer.reason,
                "conditions": list(answer.conditions),
                "missing": list(answer.missing),
            }
        )
        return Exit.OK if answer.allowed else Exit.FINDINGS
    where = f"call {route} on {gateway} in {wanted}"
    if answer.allowed:
        say(f"{styled('yes', 'green')}: {client} can {where}")
        for condition in answer.conditions:
            say(f"    {condition}")
        return Exit.OK
    say(f"{styled('no', 'red')}: {client} cannot {where}")
    say(f"    {answer.reason}" + (f": it lacks {', or '.join(answer.missing)}" if answer.missing else ""))
    return Exit.FINDINGS


def token(
    client: str = typer.Argument(..., help="A client_id.", metavar="CLIENT"),
    gateway: str = GATEWAY,
    key: Path | None = typer.Option(
        None, "--key", help="The issuer's private key (PEM); else that of the fleet that is up.", metavar="FILE"
    ),
    scope: list[str] = typer.Option([], "--scope", "-s", help="Such a scope; else all it is granted.", metavar="SCOPE"),
    claim: list[str] = typer.Option([], "--claim", help="A further claim, or another value.", metavar="NAME=VALUE"),
    lifetime: int = typer.Option(600, "--lifetime", min=1, max=3600, help="In seconds.", metavar="N"),
    repo: Path = REPO,
) -> None:
    """Mint an access token for the environment `development`.

    No other environment trusts such a key. A claim's VALUE is text, save a whole number, `true` and `false`.
    """
    from gatefleet.cli.context import known
    from gatefleet.cli.loading import load_worktree
    from gatefleet.local.development import ISSUER_FILE
    from gatefleet.local.tokens import DevelopmentIssuer
    from gatefleet.model.deployed import deployed_gateways
    from gatefleet.model.types import DEVELOPMENT

    model = load_worktree(_with_development(repo) if key is None else repo).model
    if DEVELOPMENT not in model.environments or DEVELOPMENT not in model.issuers:
        fix = "`gatefleet up` makes one as long as it runs; `make demo` prints the command to use there"
        raise failure("GF646", str(ISSUER_FILE), "this repository has no environment `development`", fix=fix)
    known("GF644", "CLIENT", client, model.clients)
    deployed = {one.source.id: one for one in deployed_gateways(model, model.environments[DEVELOPMENT])}
    known("GF643", "--gateway", gateway, deployed)
    for one in scope:
        known("GF658", "--scope", one, model.scopes)
    claims = dict(_claim(one) for one in claim)
    key = key or _key_of(repo)
    issuer = DevelopmentIssuer.load(key, model.issuers[DEVELOPMENT].issuer)
    if issuer.kid not in model.issuers[DEVELOPMENT].keys:
        fix = "give the issuer.key.pem that was made with this clone"
        raise failure("GF647", str(key), "is not the key of this repository's development issuer", fix=fix)
    scopes = scope or sorted(model.clients[client].scopes)
    audience = deployed[gateway].audience[0]
    minted = issuer.mint(client, scopes, audience, int(time.time()), claims=claims, lifetime=lifetime)
    sys.stdout.write(f"{minted}\n")


def _with_development(repo: Path) -> Path:
    """The repository itself; while its fleet is up, the clone of it that has the environment `development`."""
    from gatefleet.local.home import running_fleet

    running = running_fleet(repo)
    return repo if running is None else Path(running.policy)


def _key_of(repo: Path) -> Path:
    from gatefleet.local.home import running_fleet

    running = running_fleet(repo)
    if running is None:
        fix = "add --key FILE, the issuer.key.pem that was made with the environment, or start `gatefleet up`"
        raise failure("GF646", "--key", "which key? No fleet of this repository is up", fix=fix)
    return Path(running.issuer_key)


def _claim(text: str) -> tuple[str, str | int]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise failure("GF648", "--claim", f"{text!a} is not NAME=VALUE", fix="write --claim department=support")
    try:
        typed = json.loads(value)
    except ValueError:
        return name, value
    return name, typed if isinstance(typed, int) else value  # booleans are integers here
