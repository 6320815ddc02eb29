"""docs/reference/cli.md lists exactly the commands, arguments and options that there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from gatefleet.cli.app import app
from gatefleet.problems import Exit

PAGE = (Path(__file__).parents[3] / "docs/reference/cli.md").read_text(encoding="utf-8")


def commands() -> dict[str, Any]:
    """Every command by its name, as `--help` shows it."""
    return dict(_leaves("gatefleet", typer.main.get_command(app)))


def _leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    members = getattr(command, "commands", None)
    if members is None:
        yield name, command
        return
    for member, inner in members.items():
        yield from _leaves(f"{name} {member}", inner)


def sections() -> dict[str, str]:
    """The page's section of each command, by name."""
    parts = re.split(r"^## `(gatefleet [a-z -]+)`\n", PAGE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def spelled(parameter: Any) -> str:
    """A parameter as the page spells it: `-e`, `--environment NAME`."""
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar}`"
    *short, long = sorted(parameter.opts, key=len)
    value = "" if parameter.is_flag or not parameter.metavar else f" {parameter.metavar}"
    return ", ".join([*(f"`{one}`" for one in short), f"`{long}{value}`"])


def test_the_page_has_a_section_for_each_command_and_for_nothing_else() -> None:
    assert sections().keys() == commands().keys()


@pytest.mark.parametrize("name", commands())
def test_each_section_lists_the_arguments_and_options_of_its_command_in_their_order(name: str) -> None:
    listed = re.findall(r"^\| (`.+?`) \|", sections()[name], flags=re.MULTILINE)
    assert listed == [spelled(one) for one in commands()[name].params if one.name != "help"]


@pytest.mark.parametrize("name", commands())
def test_each_default_stands_in_brackets(name: str) -> None:
    rows = dict(re.findall(r"^\| (`.+?`) \| (.+) \|$", sections()[name], flags=re.MULTILINE))
    for one in commands()[name].params:
        default = one.default
        if one.param_type_name == "option" and not one.is_flag and isinstance(default, int | str | Path):
            assert rows[spelled(one)].endswith((f"(`{getattr(default, 'value', default)}`)", f"({default})")), one.name


def test_the_exit_codes_are_those_of_the_package() -> None:
    for code in Exit:
        assert re.search(rf"^\| {int(code)} \|", PAGE, flags=re.MULTILINE) or f"{int(code)} (" in PAGE, code


def test_no_command_is_hidden_from_the_list() -> None:
    listed = {name.split()[1] for name in commands()}
    top = typer.main.get_command(app)
    assert {name for name, command in top.commands.items() if not command.hidden} == listed  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", commands())
def test_the_first_sentence_of_each_help_fits_on_its_line_of_the_list(name: str) -> None:
    command = commands()[name]
    first = (command.help or "").split("\n\n")[0]
    assert "\n" not in first
    assert len(first) <= 80 - len("  validate  ")
    assert first.endswith(".")


@pytest.mark.parametrize("name", commands())
def test_every_option_has_a_help_and_says_what_kind_of_value_it_takes(name: str) -> None:
    for one in commands()[name].params:
        assert one.help, one.name
        assert one.metavar or one.is_flag or one.name == "form", one.name
