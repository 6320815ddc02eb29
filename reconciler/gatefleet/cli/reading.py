"""`gatefleet validate`, `explain` and `schema`: what the sources must look like, and whether they do."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import typer

from gatefleet.cli.output import problem_json, say, say_json, show_problems, warn
from gatefleet.problems import Exit, Severity, failure

schema_app = typer.Typer(help="The schemas of the sources, for editors and other tools.", no_args_is_help=True)


class Format(StrEnum):
    """How `validate` says what it found."""

    PRETTY = "pretty"
    JSON = "json"
    GITHUB = "github"


def validate(
    repo: Path = typer.Option(Path(), "--repo", help="The policy repository."),
    commit: str | None = typer.Option(None, "--commit", help="A commit instead of the files as they are."),
    form: Format = typer.Option(Format.PRETTY, "--format", help="pretty, json, or github (annotations)."),
) -> int:
    """Check every source file and every rule across them; all problems at once."""
    from gatefleet.cli.context import load

    loaded = load(repo, commit)
    errors = sum(problem.severity is Severity.ERROR for problem in loaded.problems)
    if form is Format.JSON:
        say_json({"format_version": 1, "valid": not errors, "problems": [problem_json(p) for p in loaded.problems]})
    elif form is Format.GITHUB:
        for problem in loaded.problems:
            at = f"file={problem.place.path},line={problem.place.line},col={problem.place.column}"
            text = f"{problem.what} {problem.fix}".replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
            say(f"::{problem.severity} {at},title={problem.code}::{text}")
    else:
        show_problems(loaded.problems)
        model = loaded.model
        counted = (
            f"{len(model.environments)} environments, {len(model.issuers)} issuers, {len(model.scopes)} scopes, "
            f"{len(model.clients)} clients, {len(model.teams)} teams, {len(model.gateways)} gateways"
        )
        if errors:
            warn(f"{errors} errors, {len(loaded.problems) - errors} warnings in {loaded.files} files")
        else:
            say(f"valid: {loaded.files} files, {counted}; {len(loaded.problems)} warnings")
    return Exit.FINDINGS if errors else Exit.OK


def explain(code: str = typer.Argument(..., help="A code such as GF104.")) -> None:
    """Say what a problem code stands for, why it matters and what to do."""
    from gatefleet.checks import RULES
    from gatefleet.problems import nearest

    rule = RULES.get(code.upper())
    if rule is None:
        near = nearest(code.upper(), RULES)
        raise failure("GF642", "explain", f"no rule {code!a}", fix=f"did you mean {near}?" if near else "see docs")
    say(f"{rule.code}  {rule.title} ({rule.severity})")
    say(f"  {rule.why}")
    say(f"  {rule.fix}")


@schema_app.command("export")
def export(
    out: Path = typer.Option(..., "--out", help="A folder for the schema files.", metavar="DIR"),
) -> None:
    """Write the JSON Schemas (draft-07) of all source kinds."""
    from gatefleet.contract.schema_files import schema_folder

    try:
        out.mkdir(parents=True, exist_ok=True)
        for schema in sorted(schema_folder().glob("*.schema.json")):
            (out / schema.name).write_bytes(schema.read_bytes())
            say(str(out / schema.name))
    except OSError as error:
        raise failure("GF643", str(out), f"cannot be written: {error.strerror}") from None
