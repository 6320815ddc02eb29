"""Options that several commands share, said once: same name, same meaning, same help."""

from __future__ import annotations

from pathlib import Path

import typer

from gatefleet.cli.output import OutputForm

REPO = typer.Option(Path(), "--repo", help="The policy repository.", metavar="DIR")
ENVIRONMENT = typer.Option(
    None, "--environment", "-e", help="Which; needed when there are several.", metavar="NAME", show_default=False
)
GATEWAY = typer.Option(..., "--gateway", "-g", help="Which gateway.", metavar="TEAM/GATEWAY")
COMMIT = typer.Option("HEAD", "--commit", help="The commit whose policy it is.", metavar="COMMIT")
OTHER_COMMIT = typer.Option(None, "--commit", help="A commit instead of the files as they are.", metavar="COMMIT")
LOG = typer.Option(None, "--log", help="file:PATH, kafka:HOST:PORT/TOPIC; else its own.", metavar="ADDRESS")
KEY = typer.Option([], "--key", help="A publish key (PEM); twice for two signers.", metavar="FILE")
FORM = typer.Option(OutputForm.TABLE, "-o", "--output", help="For people or for machines.")
