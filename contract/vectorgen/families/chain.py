"""Chain vectors: records in order, each with its outcome, and where they leave a follower (docs/reference/log.md).

`given`: `trust` names a document of fixtures.json; `held` is the position before, null for nothing; `records` are taken
in order. A record's `value` is base64, or it is `pieces`, each repeated `times`. `use`: `base` is a snapshot taken as
base, `floor` a floor to start from; accepted, they are the position from then on.
`expect`: `outcomes`, one a record: accepted, ignored, pending or the reason of a refusal; the final `position`, and
`refused_through`: up to which number there is policy that is not enforced.
In trust.json and trust-forms.json, `given` is one `document`, and `outcome` is accepted, malformed or bad_signature.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families import (
    _chain_base,
    _chain_envelope,
    _chain_forms,
    _chain_order,
    _chain_parts,
    _chain_payload,
    _chain_signatures,
    _chain_trust,
)
from contract.vectorgen.families._records import TRUST, b64, envelope, trust


def cases() -> Iterator[Case]:
    """Every case, by file."""
    yield from _chain_order.cases()
    yield from _chain_envelope.cases()
    yield from _chain_signatures.cases()
    yield from _chain_payload.cases()
    yield from _chain_base.cases()
    yield from _chain_parts.cases()
    yield from _chain_trust.cases()
    yield from _chain_forms.cases()


def accepts(expect: Mapping[str, Any]) -> bool:
    """Nothing is refused, and nothing stands refused at the end."""
    if "outcome" in expect:
        return bool(expect["outcome"] == "accepted")
    fine = all(outcome in ("accepted", "ignored", "pending") for outcome in expect["outcomes"])
    return fine and expect["refused_through"] is None


def fixtures() -> dict[str, Any]:
    """The trust documents, as envelopes in base64."""
    documents = {
        "one-signer": trust(),
        "two-signers": trust(publish=("publish-a", "publish-b", "publish-c"), threshold=2),
    }
    return {
        "trusts": {name: b64(envelope(payload, "root-a", payload_type=TRUST)) for name, payload in documents.items()}
    }
