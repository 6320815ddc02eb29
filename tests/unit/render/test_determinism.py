"""The same sources give the same bytes, whatever differs between two machines."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import replace

from tests.support.adapters import ROOT
from tests.support.terraform_roots import example_files

from gatefleet.model import Model, parse_model
from gatefleet.source import Sources, read_worktree

# What one process renders, as a digest: locale, time zone and hash seed count from its start.
_RENDER = """
import hashlib
from tests.support.terraform_roots import example_files, example_model
files = example_files(example_model(), "production")
print(hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest())
"""


def test_files_read_in_another_order_render_the_same() -> None:
    sources = read_worktree(ROOT)
    first = example_files(_model(sources), "production")
    for seed in range(10):
        documents = list(sources.documents)
        random.Random(seed).shuffle(documents)
        again = example_files(_model(replace(sources, documents=tuple(documents))), "production")
        assert again == first
        assert list(again) == list(first)


def test_another_locale_time_zone_and_hash_seed_render_the_same() -> None:
    places = [
        {"LC_ALL": "C", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1"},
        {"LC_ALL": "tr_TR.UTF-8", "TZ": "America/St_Johns", "PYTHONHASHSEED": "2", "PYTHONUTF8": "0"},
    ]
    digests = {
        subprocess.run(
            [sys.executable, "-c", _RENDER],
            cwd=ROOT,
            env=os.environ | place,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for place in places
    }
    assert len(digests) == 1


def _model(sources: Sources) -> Model:
    model, problems = parse_model(sources)
    assert not problems
    return model
