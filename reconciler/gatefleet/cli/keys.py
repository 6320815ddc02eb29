"""`gatefleet keys`: signing keys and the trust document that names them."""

from __future__ import annotations

import time
from pathlib import Path

import typer

from gatefleet.cli.output import say

app = typer.Typer(help="Signing keys and the trust document that names them.", no_args_is_help=True)


@app.command("new")
def new(
    out: Path = typer.Option(..., "--out", help="A folder for the keys, outside the repository.", metavar="DIR"),
    environment: str = typer.Option(..., "--environment", "-e", help="The environment that the keys are for."),
    repo: Path = typer.Option(Path(), "--repo", help="The policy repository."),
) -> None:
    """Make a root key, a publish key and the trust document that names both (version 1).

    Keep the root key offline; the pipeline needs only the publish key.
    """
    from gatefleet.cli.context import environment_of, load_worktree
    from gatefleet.log.envelope import TRUST, seal
    from gatefleet.log.keys import new_key
    from gatefleet.log.trust import Role, make_trust

    model = load_worktree(repo).model
    wanted = environment_of(model, environment)
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    root, publish = new_key(out / "root.key.pem"), new_key(out / "publish.key.pem")
    trust = make_trust(
        environment=wanted.name,
        log=wanted.log,
        version=1,
        issued_at=int(time.time()),
        roles={Role.ROOT: ([root], 1), Role.PUBLISH: ([publish], 1)},
        blast_limit=model.conventions.blast_limit,
    )
    document = out / Path(wanted.trust).name
    document.write_bytes(seal(TRUST, trust.to_bytes(), [root]))
    say(f"{out / 'root.key.pem'}     root key {root.keyid[:12]}: keep it offline")
    say(f"{out / 'publish.key.pem'}  publish key {publish.keyid[:12]}: for `gatefleet publish --key`")
    say(f"{document}  review and commit it as {wanted.trust}")
