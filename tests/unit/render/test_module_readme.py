"""What the modules' READMEs say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.adapters import ROOT
from tests.support.terraform_readme import MARK, blocks, modules, readme

each_module = pytest.mark.parametrize("module", modules(), ids=lambda path: path.name)


@each_module
def test_a_readme_says_what_the_modules_files_say(module: Path) -> None:
    assert (module / "README.md").read_text(encoding="utf-8") == readme(module), "run `make bless`"


@each_module
def test_everything_that_is_taken_or_given_is_described(module: Path) -> None:
    for kind in ("variable", "output"):
        written = re.findall(rf'^{kind} "', (module / f"{kind}s.tf").read_text(encoding="utf-8"), re.MULTILINE)
        described = blocks(module, kind)
        assert len(described) == len(written)
        assert all(re.fullmatch(r"[A-Z`].*[.]", one.description, re.DOTALL) for one in described)


@each_module
def test_the_example_in_a_readme_gives_what_is_required_and_nothing_unknown(module: Path) -> None:
    head = (module / "README.md").read_text(encoding="utf-8").partition(MARK)[0]
    given = set(re.findall(r"^  ([a-z_]+) += ", head.partition("```hcl")[2].partition("```")[0], re.MULTILINE))
    known = {one.name: "default" in one.members for one in blocks(module, "variable")}
    assert {name for name, optional in known.items() if not optional} <= given - {"source"} <= known.keys()


def test_the_readme_of_module_gateway_explains_each_log_field() -> None:
    module = ROOT / "terraform" / "modules" / "gateway"
    found = re.search(r"log_field_names = \[(.*?)\]", (module / "observability.tf").read_text(encoding="utf-8"))
    assert found
    head = (module / "README.md").read_text(encoding="utf-8").partition(MARK)[0]
    rows = head.partition("| field |")[2]
    assert set(re.findall(r"[a-z_]+", found[1])) == set(
        re.findall(r"`([a-z_]+)`", re.sub(r"\| [^|]*\|$", "", rows, flags=re.M))
    )
