"""`gatefleet keys`: signing keys and the trust document that names them."""

from __future__ import annotations

import time
from pathlib import Path

import typer

from gatefleet.cli.options import ENVIRONMENT, REPO
from gatefleet.cli.output import say
from gatefleet.problems import failure

app = typer.Typer(help="Signing keys and the trust document that names them.", no_args_is_help=True)


@app.command("new")
def new(
    out: Path = typer.Option(..., "--out", help="A folder outside of the repository.", metavar="DIR"),
    environment: str | None = ENVIRONMENT,
    repo: Path = REPO,
) -> None:
    """Make a root key, a publish key and the trust document.

    The document (version 1) names both. Keep the root key offline; the pipeline needs only the publish key.
    """
    from gatefleet.cli.context import environment_of
    from gatefleet.cli.loading import load_worktree
    from gatefleet.log.envelope import TRUST, seal
    from gatefleet.log.keys import new_key
    from gatefleet.log.trust import Role, make_trust

    model = load_worktree(repo).model
    wanted = environment_of(model.environments, environment)
    root_file, publish_file, document = out / "root.key.pem", out / "publish.key.pem", out / Path(wanted.trust).name
    _prepare(out, repo, (root_file, publish_file, document))
    root, publish = new_key(root_file), new_key(publish_file)
    trust = make_trust(
        environment=wanted.name,
        log=wanted.log,
        version=1,
        issued_at=int(time.time()),
        roles={Role.ROOT: ([root], 1), Role.PUBLISH: ([publish], 1)},
        blast_limit=model.conventions.blast_limit,
    )
    try:
        document.write_bytes(seal(TRUST, trust.to_bytes(), [root]) + b"\n")
    except OSError as error:
        raise failure("GF654", str(document), f"cannot be written: {error.strerror}") from None
    for file, what in (
        (root_file, f"root key {root.keyid[:12]}: keep it offline"),
        (publish_file, f"publish key {publish.keyid[:12]}: for `gatefleet publish --key`"),
        (document, f"trust document: review and commit it as {wanted.trust}"),
    ):
        say(str(file))
        say(f"    {what}")


def _prepare(out: Path, repo: Path, files: tuple[Path, ...]) -> None:
    """Make the folder; refuse one inside the repository (GF655), and to replace anything (GF614)."""
    if out.resolve().is_relative_to(repo.resolve()):
        what = "is inside the policy repository, where a key is committed sooner or later"
        raise failure("GF655", str(out), what, fix="choose a folder elsewhere: --out ../keys")
    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        there = [file for file in files if file.exists()]
    except OSError as error:
        raise failure("GF654", str(out), f"cannot be used: {error.strerror}", fix="choose another folder") from None
    if there:
        fix = "choose another folder, or move the old key away"
        raise failure("GF614", str(there[0]), "is there already, and a key is never overwritten", fix=fix)
