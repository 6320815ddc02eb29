"""All steps of docs/reference/decision.md: an event under a view, at a second, with a freshness.

`given`: `view` (in fixtures.json), `event`, `now`, `freshness`. `expect`: what the decision carries beyond that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families import (
    _decide_claims,
    _decide_clients,
    _decide_credentials,
    _decide_events,
    _decide_paths,
    _decide_revocation,
    _decide_scopes,
)
from contract.vectorgen.families._policy import views


def accepts(expect: Mapping[str, Any]) -> bool:
    """Whether the request may pass."""
    return expect["effect"] == "allow"


def fixtures() -> dict[str, Any]:
    """The same policy for an HTTP API and a REST API, and once without the gateway."""
    return {"views": views()}


def cases() -> Iterator[Case]:
    """In the order of the steps."""
    for part in (
        _decide_events,
        _decide_paths,
        _decide_credentials,
        _decide_clients,
        _decide_revocation,
        _decide_claims,
        _decide_scopes,
    ):
        yield from part.cases()
