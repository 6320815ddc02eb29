"""`gatefleet validate`, `explain` and `schema`: what the sources must look like, and whether they do."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gatefleet.cli.options import OTHER_COMMIT, REPO
from gatefleet.cli.output import counted, problem_json, say, say_json, say_table, show_problems, styled, warn
from gatefleet.problems import Exit, failure

if TYPE_CHECKING:
    from gatefleet.kept import Outcome

schema_app = typer.Typer(help="The schemas of the sources, for editors and other tools.", no_args_is_help=True)


class Format(StrEnum):
    """How `validate` says what it found."""

    PRETTY = "pretty"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"
    JUNIT = "junit"


def validate(
    repo: Path = REPO,
    commit: str | None = OTHER_COMMIT,
    form: Format = typer.Option(
        Format.PRETTY, "--format", help="pretty, json, github, sarif or junit.", metavar="FORMAT"
    ),
) -> int:
    """Check every source file and every rule across them.

    All problems at once, sorted by place. Exit code 3 when one is an error.
    """
    from gatefleet.cli.loading import look

    found = look(repo, commit)
    _report(found, form)
    return Exit.FINDINGS if found.errors else Exit.OK


def _report(found: Outcome, form: Format) -> None:
    problems, errors = found.problems, found.errors
    match form:
        case Format.JSON:
            say_json({"format_version": 1, "valid": not errors, "problems": [problem_json(p) for p in problems]})
        case Format.GITHUB:
            from gatefleet.cli.reports import github_lines

            for line in github_lines(problems):
                say(line)
        case Format.SARIF:
            from gatefleet.cli.codes import all_rules
            from gatefleet.cli.reports import sarif

            say_json(sarif(problems, all_rules()))
        case Format.JUNIT:
            from gatefleet.cli.reports import junit

            say(junit(problems, found.files))
        case Format.PRETTY:
            show_problems(problems)
            told = f"{counted(errors, 'error')}, {counted(len(problems) - errors, 'warning')}"
            files = counted(len(found.files), "file")
            if errors:
                warn(f"{told} in {files}")
            else:
                say(f"valid: {files}, {told}")
                say("    " + ", ".join(counted(number, kind) for kind, number in found.numbers.items()))


def explain(
    code: str | None = typer.Argument(None, help="Such as GF104; without one, all are listed.", metavar="CODE"),
) -> None:
    """Say what a problem code stands for, and what to do."""
    from gatefleet.cli.codes import all_rules

    rules = all_rules()
    if code is None:
        say_table(("code", "stands for"), [(rule.code, rule.title) for rule in rules.values()])
        return
    wanted = f"GF{code}" if code.isdecimal() else code.upper()
    rule = rules.get(wanted)
    if rule is None:
        fix = "codes are GF and three digits; `gatefleet explain` without one lists all"
        raise failure("GF642", "CODE", f"nothing has the code {code!a}", fix=fix)
    say(f"{styled(rule.code, 'bold')} {rule.title} ({rule.severity})")
    say(f"    {rule.why}")
    say(f"    What to do: {rule.fix}")


@schema_app.command("export")
def export(
    out: Path = typer.Option(..., "--out", help="A folder for the schema files.", metavar="DIR"),
) -> None:
    """Write the JSON Schemas: sources, log payloads, entities."""
    from gatefleet.contract.schema_files import schema_folder

    try:
        out.mkdir(parents=True, exist_ok=True)
        for schema in sorted(schema_folder().glob("*.schema.json")):
            (out / schema.name).write_bytes(schema.read_bytes())
            say(str(out / schema.name))
    except OSError as error:
        raise failure("GF654", str(out), f"cannot be written: {error.strerror}", fix="choose another folder") from None
