"""What a decision is made of: steps, allow or deny, freshness (docs/reference/decision.md, "The steps")."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gatefleet.contract.digests import Position
from gatefleet.contract.entities import ApiKind, CredentialKind, WhenStale
from gatefleet.contract.reasons import Reason
from gatefleet.decide.event import Endpoint


class Step(StrEnum):
    """The steps of a decision, in their order; the first that fails ends it."""

    EVENT = "event"
    GATEWAY = "gateway"
    ROUTE = "route"
    PATH = "path"
    CREDENTIAL = "credential"
    MALFORMED = "malformed"
    ISSUER = "issuer"
    TYP = "typ"
    KID = "kid"
    ALG = "alg"
    KEY_STATE = "key_state"
    SIGNATURE = "signature"
    EXP = "exp"
    NBF = "nbf"
    LIFETIME = "lifetime"
    AUD = "aud"
    CLIENT = "client"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    CNF = "cnf"
    ADDRESS = "address"
    CLAIMS = "claims"
    SCOPE = "scope"
    STALE = "stale"

    @property
    def number(self) -> int:
        """The step's number in docs/reference/decision.md, from 1."""
        return list(Step).index(self) + 1


@dataclass(frozen=True, slots=True)
class Deny:
    """Denied at this step for this reason."""

    step: Step
    reason: Reason


@dataclass(frozen=True, slots=True)
class Allow:
    """Allowed with these effective scopes, sorted; none for a public route."""

    scopes: tuple[str, ...] = ()


class FreshnessState(StrEnum):
    """How current the view is; `floor` when nothing has been read since start."""

    FRESH = "fresh"
    STALE = "stale"
    FLOOR = "floor"


@dataclass(frozen=True, slots=True)
class Freshness:
    """How current the view is: `age` in seconds since the last successful read, rounded up (None: there was none);
    `read_failed` says that the latest attempt to read the log failed."""

    state: FreshnessState
    age: int | None = None
    read_failed: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome and what may be said of it. Members stay None until their step has passed.

    `client_id` and `subject` are proven, never merely claimed; `path_fits` is counted and never denies; `api` and
    `endpoint` are what a response needs. Of the request's headers only the trace id is kept, of path and query nothing.
    """

    outcome: Allow | Deny
    gateway: str
    position: Position
    freshness: Freshness
    api: ApiKind
    endpoint: Endpoint | None = None
    trace_id: str | None = None
    route: str | None = None
    path_fits: bool | None = None
    credential: CredentialKind | None = None
    client_id: str | None = None
    subject: str | None = None
    when_stale: WhenStale | None = None

    @property
    def allowed(self) -> bool:
        """Whether the request may pass."""
        return isinstance(self.outcome, Allow)
