"""Writes what a module takes, gives and makes into its README: `python -m tests.support.terraform_readme`.

The head of each README, down to the mark, is written by hand; below it everything stands as the module's files say it.
`terraform fmt` has laid these out: a block begins at the line's start and ends with a brace at the line's start.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.adapters import ROOT

MODULES = ROOT / "terraform" / "modules"
MARK = "<!-- From here on made by `make bless` from the module's files. -->"

_BLOCK = re.compile(r'^(variable|output) "([a-z0-9_]+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_RESOURCE = re.compile(r'^resource "([a-z0-9_]+)" "([a-z0-9_]+)"', re.MULTILINE)
_MEMBER = re.compile(r"^  ([a-z_]+) += (.*?)(?=^  [a-z_]+ += |^  validation \{|^  #|^$|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One variable or output: its members as written."""

    name: str
    members: dict[str, str]

    @property
    def description(self) -> str:
        written = self.members["description"]
        if written.startswith("<<-EOT"):
            return textwrap.dedent(written.partition("\n")[2].rpartition("EOT")[0]).strip()
        return written[1:-1].replace('\\"', '"')


def readme(module: Path) -> str:
    """The README as it should be."""
    head, mark, _ = (module / "README.md").read_text(encoding="utf-8").partition(MARK)
    assert mark, f"{module.name}/README.md has no mark"
    return head + MARK + "\n\n" + "\n".join(_made(module))


def blocks(module: Path, kind: str) -> list[Block]:
    """The module's variables or outputs, as they stand in its file."""
    text = (module / f"{kind}s.tf").read_text(encoding="utf-8")
    return [Block(name, dict(_members(body))) for found, name, body in _BLOCK.findall(text) if found == kind]


def _members(body: str) -> Iterator[tuple[str, str]]:
    for name, written in _MEMBER.findall(body):
        yield name, written.rstrip()


def _made(module: Path) -> Iterator[str]:
    yield "## Inputs\n"
    for one in blocks(module, "variable"):
        yield from _input(one)
    yield "## Outputs\n"
    for one in blocks(module, "output"):
        yield f"* `{one.name}`: {one.description}"
    yield "\n## Resources\n"
    for kind, names in sorted(_resources(module).items()):
        yield f"* `{kind}`: {', '.join(f'`{name}`' for name in sorted(names))}"
    yield ""


def _input(one: Block) -> Iterator[str]:
    default = one.members.get("default")
    kind = textwrap.dedent("  " + one.members["type"])
    short = "\n" not in kind
    said = "required" if default is None else f"default `{default}`" if "\n" not in default else "with a default"
    yield f"### `{one.name}`\n"
    yield f"{f'`{kind.strip()}`, {said}' if short else said.capitalize()}. {one.description}\n"
    if not short:
        yield f"```hcl\n{kind.strip()}\n```\n"


def _resources(module: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for file in sorted(module.glob("*.tf")):
        for kind, name in _RESOURCE.findall(file.read_text(encoding="utf-8")):
            found.setdefault(kind, set()).add(name)
    return found


def modules() -> list[Path]:
    """The folders of all modules."""
    return sorted(path.parent for path in MODULES.glob("*/versions.tf"))


if __name__ == "__main__":
    for one in modules():
        (one / "README.md").write_text(readme(one), encoding="utf-8")
