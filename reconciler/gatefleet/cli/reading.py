"""`gatefleet validate`, `explain` and `schema`: what the sources must look like, and whether they do."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gatefleet.cli.options import OTHER_COMMIT, REPO
from gatefleet.cli.output import counted, problem_json, say, say_json, say_table, show_problems, styled, warn
from gatefleet.problems import Exit, Severity, failure

if TYPE_CHECKING:
    from gatefleet.cli.context import Loaded

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
    from gatefleet.cli.context import load
    from gatefleet.source.cache import default_cache

    loaded = load(repo, commit, cache=default_cache(repo))
    errors = sum(problem.severity is Severity.ERROR for problem in loaded.problems)
    _report(loaded, errors, form)
    return Exit.FINDINGS if errors else Exit.OK


def _report(loaded: Loaded, errors: int, form: Format) -> None:
    from gatefleet.cli import reports

    problems = loaded.problems
    match form:
        case Format.JSON:
            say_json({"format_version": 1, "valid": not errors, "problems": [problem_json(p) for p in problems]})
        case Format.GITHUB:
            for line in reports.github_lines(problems):
                say(line)
        case Format.SARIF:
            from gatefleet.cli.codes import all_rules

            say_json(reports.sarif(problems, all_rules()))
        case Format.JUNIT:
            say(reports.junit(problems, loaded.files))
        case Format.PRETTY:
            show_problems(problems)
            found = f"{counted(errors, 'error')}, {counted(len(problems) - errors, 'warning')}"
            if errors:
                warn(f"{found} in {counted(len(loaded.files), 'file')}")
            else:
                say(f"valid: {counted(len(loaded.files), 'file')}, {found}")
                say(f"    {_contents(loaded)}")


def _contents(loaded: Loaded) -> str:
    model = loaded.model
    kinds = {
        "environment": model.environments,
        "issuer": model.issuers,
        "scope": model.scopes,
        "client": model.clients,
        "team": model.teams,
        "gateway": model.gateways,
    }
    return ", ".join(counted(len(members), kind) for kind, members in kinds.items())


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
