"""A release has one version, and each part states it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from release.archives import ARCHIVES
from release.processes import NotBuilt
from release.rust import GLIBC
from release.versions import release_version, stated_versions
from tests.support.adapters import ROOT

from gatefleet import __version__

FILES = {place.split(" ")[0] for place in stated_versions(ROOT)}


def test_every_part_states_the_version_of_the_release() -> None:
    assert release_version(ROOT) == __version__
    places = "\n".join(stated_versions(ROOT))
    assert all(part in places for part in ("(authorizer)", "(kafka)", "(lambda)", "package.json", "version.ts"))


def test_the_page_on_releases_names_every_archive_and_this_version() -> None:
    page = (ROOT / "docs" / "reference" / "release.md").read_text(encoding="utf-8")
    assert all(f"`authorizer-{name}.zip`" in page for name in ARCHIVES)
    assert re.findall(r"^authorizer: (.+)$", page, re.MULTILINE) == [__version__]
    assert f"glibc {GLIBC}" in page


@pytest.mark.parametrize("file", sorted(FILES))
def test_a_part_that_states_another_version_is_named(file: str, tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    content = (tmp_path / file).read_text(encoding="utf-8")
    before = r"""name = "lambda"\nversion = "|version": "|^version = "|VERSION = '|__version__ = "|\A"""
    changed, times = re.subn(
        rf"({before}){re.escape(__version__)}", r"\g<1>9.9.9", content, count=1, flags=re.MULTILINE
    )
    assert times == 1
    (tmp_path / file).write_text(changed, encoding="utf-8")
    with pytest.raises(NotBuilt) as refused:
        release_version(tmp_path)
    assert re.search(rf"9\.9\.9  {re.escape(file)}", str(refused.value))
    assert __version__ in str(refused.value)
