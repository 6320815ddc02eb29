"""The AWS provider that Terraform finds in tests: a stub with the real one's schema, or the real one from a mirror.

The stub (`tests/support/terraform/`, a Go program) knows every argument's name, type and nesting, and makes up computed
values; so a module is initialised, validated, planned and tested with no network. `GATEFLEET_TF_PROVIDER_MIRROR`, a
folder as `terraform providers mirror` makes it, has the real provider used instead.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from tests.support.adapters import ROOT, tool

STUB = ROOT / "tests" / "support" / "terraform" / "stub-provider" / "build.sh"
KEPT = ROOT / ".cache" / "terraform-stub"
INSTALL_TERRAFORM = "install Terraform 1.9 or later from its publisher's packages"
INSTALL_GO = "install Go 1.24 or later from its publisher's packages"


def cli_configuration(folder: Path) -> Path:
    """A Terraform CLI configuration whose only source of providers is this machine."""
    mirror = os.environ.get("GATEFLEET_TF_PROVIDER_MIRROR")
    if mirror:
        written = folder / "terraform.rc"
        block = f'  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n'
        written.write_text(f"disable_checkpoint = true\nprovider_installation {{\n{block}}}\n")
        return written
    tool("go", INSTALL_GO)
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:  # several test processes start at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(["bash", STUB, KEPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return KEPT / "terraform.rc"


class Terraform:
    """Terraform in a copy of a folder: neither its lock file nor the stub's checksums reach the repository."""

    def __init__(self, source: Path, copy: Path, configuration: Path) -> None:
        self.folder = copy
        if source != copy:
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns(".terraform*"))
        self._environment = os.environ | {
            "TF_CLI_CONFIG_FILE": str(configuration),
            "TF_IN_AUTOMATION": "1",
            "AWS_REGION": "eu-west-1",
            "CHECKPOINT_DISABLE": "1",
        }

    def run(self, *arguments: str, given: str = "") -> str:
        """Standard output of a command that must succeed; `given` is its standard input."""
        done = self.try_run(*arguments, given=given)
        assert done.returncode == 0, f"terraform {' '.join(arguments)}\n{(done.stdout + done.stderr)[-8000:]}"
        return done.stdout

    def try_run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """A command, however it ends."""
        command = [tool("terraform", INSTALL_TERRAFORM), *arguments]
        return subprocess.run(
            command, input=given, cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False
        )
