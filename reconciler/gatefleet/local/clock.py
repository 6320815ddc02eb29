"""The wall clock of other processes: one that jumps when told, by a small library that is preloaded into them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from gatefleet.problems import failure

SOURCE = Path(__file__).with_name("clock.c")


class JumpingClock:
    """Kept in `folder`. Raises GF627 where no C compiler makes its library."""

    def __init__(self, folder: Path) -> None:
        self._ahead = folder / "clock"
        self._library = folder / "clock.so"
        compiler = shutil.which("cc")
        if compiler is None:
            raise failure("GF627", "cc", "is not on this machine", fix="install a C compiler (Debian: build-essential)")
        command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(self._library), str(SOURCE)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise failure("GF627", str(SOURCE), "does not build", why=done.stderr.strip(), fix="mend its source")
        self.set(0)

    @property
    def variables(self) -> Mapping[str, str]:
        """What puts a process under this clock."""
        return {"LD_PRELOAD": str(self._library), "GATEFLEET_CLOCK": str(self._ahead)}

    def set(self, seconds: int) -> None:
        """Let the clock be ahead by so much from now on; negative: behind."""
        written = self._ahead.with_suffix(".new")
        written.write_text(str(seconds), encoding="ascii")
        written.replace(self._ahead)
