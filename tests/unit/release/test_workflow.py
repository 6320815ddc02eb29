"""Workflows run the actions that were reviewed, with no right that they do not need."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.adapters import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
each_workflow = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)


def jobs(workflow: Path) -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"])


@each_workflow
def test_an_action_is_pinned_by_digest_and_says_which_version_that_is(workflow: Path) -> None:
    used = [line for line in workflow.read_text(encoding="utf-8").splitlines() if re.search(r"\buses:", line)]
    assert used
    for line in used:
        assert re.fullmatch(r"\s*(- )?uses: [a-z-]+/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


@each_workflow
def test_a_job_has_no_right_but_those_it_names(workflow: Path) -> None:
    assert yaml.safe_load(workflow.read_text(encoding="utf-8"))["permissions"] == {}
    assert all(job["permissions"] for job in jobs(workflow).values())


def test_what_may_write_a_release_runs_nothing_of_the_repository() -> None:
    made = jobs(ROOT / ".github" / "workflows" / "release.yml")
    writing = [name for name, job in made.items() if "write" in job["permissions"].values()]
    assert writing == ["publish"]
    steps = made["publish"]["steps"]
    assert not any(step.get("uses", "").startswith("actions/checkout@") for step in steps)
    assert made["build"]["permissions"] == {"contents": "read"}


def test_no_text_of_an_event_is_put_into_a_script() -> None:
    for workflow in WORKFLOWS:
        for job in jobs(workflow).values():
            assert not any("${{" in step.get("run", "") for step in job["steps"])
