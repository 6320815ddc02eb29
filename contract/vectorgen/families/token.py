"""Steps 6 to 16 of docs/reference/decision.md: which texts are tokens of the view's issuers, now, for this gateway.

`given`: `view` (in fixtures.json), `token`, `now`. `expect`: the issuer whose token it is, or step and reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families import _token_claims, _token_names, _token_signature, _token_text, _token_times
from contract.vectorgen.families._policy import views


def accepts(expect: Mapping[str, Any]) -> bool:
    """Whether the token counts."""
    return expect["effect"] == "allow"


def fixtures() -> dict[str, Any]:
    """One view: the policy of an HTTP API."""
    return {"views": {"http": views()["http"]}}


def cases() -> Iterator[Case]:
    """In the order of the steps."""
    for part in (_token_text, _token_claims, _token_names, _token_signature, _token_times):
        yield from part.cases()
