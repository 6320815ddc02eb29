"""The reviewed sources as frozen types. Past this stage there are no dicts of YAML, and no unknown case.

Names come from paths (`policies/clients/orders/batch.yaml` is client `batch` of team `orders`): nothing is said twice.
Times are UTC seconds, durations seconds. `document` answers where a thing stands: `client.document.place("scopes")`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from gatefleet.contract.entities import (
    Algorithm,
    ApiKey,
    ApiKind,
    CredentialKind,
    Following,
    KeyState,
    Requirement,
    WhenStale,
)
from gatefleet.source import Document

DEVELOPMENT = "development"


class Risk(StrEnum):
    """What a wrongly allowed call could do; decides who reviews and how a stale policy is treated by default."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Variant(StrEnum):
    """Which build of the authorizer a gateway runs."""

    RUST = "rust"
    NODE = "node"


class KafkaSecurity(StrEnum):
    """Kafka's `security.protocol`."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """How to reach the log: addresses and protocol. Secrets never stand in git: user, password and key files come from
    the environment variables of docs/reference/configuration.md."""

    bootstrap: tuple[str, ...]
    security: KafkaSecurity = KafkaSecurity.PLAINTEXT
    mechanism: str | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """`policies/environments/<name>.yaml`: one log, one trust document, the issuers whose tokens count here."""

    name: str
    document: Document = field(compare=False, repr=False)
    description: str
    order: int
    log: str
    trust: str  # path of the signed trust document, relative to the repository
    issuers: tuple[str, ...]
    revocation_slo: int
    kafka: KafkaConnection | None = None
    topic: str = ""
    # Only in `development`: clients of the issuer on the left get their tokens from the one on the right.
    substitute_issuers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceKey:
    """One signature key of an issuer as written."""

    kid: str
    alg: Algorithm
    jwk: Mapping[str, str]
    state: KeyState
    not_after: int | None = None


@dataclass(frozen=True, slots=True)
class SourceIssuer:
    """`policies/issuers/<name>.yaml`."""

    name: str
    document: Document = field(compare=False, repr=False)
    description: str
    issuer: str
    typ: tuple[str, ...]
    scope_claim: str
    client_id_claim: str
    clock_skew: int
    max_lifetime: int
    keys: Mapping[str, SourceKey]


@dataclass(frozen=True, slots=True)
class SourceScope:
    """One scope of `policies/scopes/<domain>.yaml`; `when_stale` is resolved by risk when not written."""

    name: str
    document: Document = field(compare=False, repr=False)
    description: str
    owner: str  # a team
    risk: Risk
    when_stale: WhenStale
    active: bool


@dataclass(frozen=True, slots=True)
class Denied:
    """One denied token (`jti`) or subject (`sub`), until a second."""

    claim: str
    value: str
    until: int


@dataclass(frozen=True, slots=True)
class SourceClient:
    """`policies/clients/<team>/<client_id>.yaml`. `environments` empty: all whose issuers include the client's."""

    client_id: str
    document: Document = field(compare=False, repr=False)
    team: str
    description: str
    active: bool
    issuer: str | None
    scopes: Mapping[str, int | None]
    tokens_not_before: int | None
    denied: tuple[Denied, ...]
    addresses: tuple[str, ...]
    api_keys: Mapping[str, ApiKey]
    certificates: Mapping[str, str]  # x5t#S256 → description
    environments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Throttle:
    """Requests a second and burst, as API Gateway counts them."""

    rate: int
    burst: int


@dataclass(frozen=True, slots=True)
class Cors:
    """Cross-origin rules of a gateway (Fetch standard); `max_age` in seconds."""

    origins: tuple[str, ...]
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    max_age: int = 0
    credentials: bool = False


@dataclass(frozen=True, slots=True)
class Conventions:
    """`policies/conventions.yaml`: what every gateway shares; a team may only tighten."""

    document: Document = field(compare=False, repr=False)
    result_ttl_limit: int
    max_staleness: int
    deny_after: int
    floor_max_age: int
    cors_max_age_limit: int
    cors_any_origin: bool
    throttle_limit: Throttle
    routes_limit: int
    error_type_base: str
    log_fields: tuple[str, ...]
    blast_limit: Mapping[str, int]  # changed keys of a kind (issuer, scope, client, gateway) in one revision


@dataclass(frozen=True, slots=True)
class Gate:
    """What must hold before the next wave: a measure and its limit."""

    measure: str
    limit: int


@dataclass(frozen=True, slots=True)
class Wave:
    """Gateways that take a version together; `soak` in seconds."""

    name: str
    gateways: tuple[str, ...]
    share: int | None
    soak: int


@dataclass(frozen=True, slots=True)
class Artifacts:
    """Where the authorizer's releases are: an S3 bucket (`{region}`: the gateway's), each one's SHA-256 in base64."""

    bucket: str
    code_sha256: Mapping[Variant, str]


@dataclass(frozen=True, slots=True)
class Rollout:
    """`policies/rollout.yaml`: versions of module and authorizer, where they are, and their waves."""

    document: Document = field(compare=False, repr=False)
    module_version: str
    authorizer_version: str
    waves: tuple[Wave, ...]
    gates: tuple[Gate, ...]
    source: str | None = None
    artifacts: Artifacts | None = None

    def module_source(self, module: str) -> str:
        """Terraform's `source` of a module of this version, as seen from a gateway's root."""
        if self.source is None:
            return f"../../../../modules/{module}"
        return f"{self.source}//terraform/modules/{module}?ref=v{self.module_version}"


@dataclass(frozen=True, slots=True)
class Account:
    """Where a team's gateways live in one environment."""

    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Team:
    """`teams/<team>/team.yaml`. `accounts` by environment."""

    name: str
    document: Document = field(compare=False, repr=False)
    description: str
    owners: tuple[str, ...]
    contact: str
    cost_centre: str
    accounts: Mapping[str, Account]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Backend:
    """Where a route's requests go: a function (name or ARN), or a URL, reached through the VPC link `link` if given."""

    name: str
    type: Literal["lambda", "http"]
    target: str
    link: str | None = None


@dataclass(frozen=True, slots=True)
class SourceRoute:
    """One route. What stands beside `public` is only in the document (`GF210` names it)."""

    key: str
    requirement: Requirement
    credentials: tuple[CredentialKind, ...]
    claims: Mapping[str, str | int | bool]
    backend: str
    throttle: Throttle | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Overlay:
    """What differs in one environment; None: as the gateway says. `enabled: false` leaves the gateway out."""

    enabled: bool = True
    audience: tuple[str, ...] | None = None
    following: Following | None = None
    result_ttl: int | None = None
    throttle: Throttle | None = None
    cors: Cors | None = None
    domain: str | None = None
    backends: Mapping[str, Backend] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceGateway:
    """`teams/<team>/gateways/<gateway>.yaml`. `max_staleness`, `deny_after`, `result_ttl` None: the convention's."""

    name: str
    team: str
    document: Document = field(compare=False, repr=False)
    description: str
    api: ApiKind
    variant: Variant
    audience: tuple[str, ...]
    following: Following
    result_ttl: int
    max_staleness: int | None
    deny_after: int | None
    throttle: Throttle | None
    cors: Cors | None
    domain: str | None
    mutual_tls: bool
    private: bool
    waf: bool
    backends: Mapping[str, Backend]
    routes: Mapping[str, SourceRoute]
    overlays: Mapping[str, Overlay]

    @property
    def id(self) -> str:
        """`<team>/<gateway>`, as in the entity key."""
        return f"{self.team}/{self.name}"


@dataclass(frozen=True, slots=True)
class PolicyCase:
    """One expectation: this client, on this route, with these scopes in its token (None: all it has), gets this."""

    gateway: str
    client: str
    route: str
    scopes: tuple[str, ...] | None
    effect: Literal["allow", "deny"]
    reason: str | None
    description: str = ""


@dataclass(frozen=True, slots=True)
class PolicyTests:
    """`teams/<team>/tests/<name>.yaml`: cases under a pinned clock."""

    name: str
    team: str
    document: Document = field(compare=False, repr=False)
    clock: int
    cases: tuple[PolicyCase, ...]
    description: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """Everything a commit says, by name.

    `unread` are the paths of files that could not be read: what they declare is unknown, not absent.
    """

    environments: Mapping[str, Environment]
    issuers: Mapping[str, SourceIssuer]
    scopes: Mapping[str, SourceScope]
    clients: Mapping[str, SourceClient]
    conventions: Conventions
    rollout: Rollout | None
    teams: Mapping[str, Team]
    gateways: Mapping[str, SourceGateway]  # by `<team>/<gateway>`
    tests: tuple[PolicyTests, ...]
    unread: frozenset[str] = frozenset()

    @property
    def numbers(self) -> Mapping[str, int]:
        """How many there are of each kind that entities are made of."""
        return {
            "issuer": len(self.issuers),
            "scope": len(self.scopes),
            "client": len(self.clients),
            "gateway": len(self.gateways),
        }
