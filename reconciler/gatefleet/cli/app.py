"""The table of commands. Importing this module must stay cheap: the work is imported by each command when it runs."""

from __future__ import annotations

import typer

from gatefleet import __version__
from gatefleet.cli import ask, demo, diff, keys, log, pipeline, reading, render, test, up, why

app = typer.Typer(
    name="gatefleet",
    help="One API gateway per team, one reviewed policy, in effect within seconds.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"gatefleet {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """One API gateway per team, one reviewed policy, in effect within seconds."""


app.command("validate")(reading.validate)
app.command("explain")(reading.explain)
app.command("can")(ask.can)
app.command("who-can")(why.who_can)
app.command("why")(why.why)
app.command("diff")(diff.diff)
app.command("test")(test.test)
app.command("plan")(pipeline.plan)
app.command("publish")(pipeline.publish)
app.command("render")(render.render)
app.command("check-plan")(render.check_plan)
app.command("token")(ask.token)
app.command("up")(up.up)
app.command("demo")(demo.demo)
app.add_typer(log.app, name="log")
app.add_typer(keys.app, name="keys")
app.add_typer(reading.schema_app, name="schema")
