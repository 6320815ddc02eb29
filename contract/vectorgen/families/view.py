"""Which entities a gateway's view has, its digest, and when changes need a snapshot (docs/reference/decision.md).

`given`: `gateway`, `entities` (a whole state, or a floor), and `revisions`, lists of changes as on the log. `expect`:
the keys held, the needed ones known to be absent and the view digest, or the keys that only a snapshot can give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families import _view_built, _view_kept, _view_snapshots


def accepts(expect: Mapping[str, Any]) -> bool:
    """Whether the view is known without a snapshot."""
    return "digest" in expect


def cases() -> Iterator[Case]:
    """Views built, kept, and not to be kept."""
    for part in (_view_built, _view_kept, _view_snapshots):
        yield from part.cases()
