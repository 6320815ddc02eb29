"""The entities of an environment as types (docs/reference/log.md, "Entities"); `entity_values` reads and writes them.

Keys are `issuer/<name>`, `scope/<scope>`, `client/<client_id>`, `gateway/<team>/<gateway>` and `hold/…`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
# RFC 6749 appendix A.4: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,128}")
KID = re.compile(r"[\x21-\x7e]{1,128}")
VISIBLE = re.compile(r"[\x20-\x7e]{1,256}")
ROUTE_KEY = re.compile(r"\$default|(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|ANY) /[\x21-\x7e]{0,511}")
API_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")  # base64url of 32 bytes (RFC 8705 section 3.1)


class Algorithm(StrEnum):
    """JWS algorithms a key may have (RFC 7518 section 3.1, RFC 8037); none of them symmetric."""

    RS256 = "RS256"
    PS256 = "PS256"
    ES256 = "ES256"
    EDDSA = "EdDSA"


class KeyState(StrEnum):
    """Life of an issuer's key; it verifies while active or retiring."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRING = "retiring"
    REVOKED = "revoked"


class WhenStale(StrEnum):
    """What a scope asks for when the policy is not fresh, weakest first."""

    SERVE = "serve"
    CHECK = "check"
    DENY = "deny"


class CredentialKind(StrEnum):
    """How a client can authenticate."""

    JWT = "jwt"
    API_KEY = "api_key"
    CERTIFICATE = "certificate"


class ApiKind(StrEnum):
    """API Gateway's two kinds: HTTP APIs (payload format 2.0) and REST APIs (`REQUEST` authorizers)."""

    HTTP = "http"
    REST = "rest"


class Following(StrEnum):
    """Whether a gateway follows the log or serves from its floor alone."""

    FOLLOW = "follow"
    FLOOR_ONLY = "floor_only"


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """One signature key of an issuer: `jwk` holds only public members (RFC 7517); `not_after` in UTC seconds."""

    alg: Algorithm
    jwk: Mapping[str, str]
    state: KeyState
    not_after: int | None = None


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs access tokens: `issuer` equals `iss` byte for byte; clock_skew and max_lifetime in seconds."""

    issuer: str
    typ: tuple[str, ...]
    scope_claim: str
    client_id_claim: str
    clock_skew: int
    max_lifetime: int
    keys: Mapping[str, IssuerKey]


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope; a revoked one counts for nobody."""

    active: bool
    when_stale: WhenStale


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key: SHA-256 over `<id>.<secret>`, hex, and when it ends (UTC seconds)."""

    sha256: str
    expires: int


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client: `scopes` maps each granted scope to the second its grant ends (None: it does not end).

    `tokens_not_before` denies tokens issued before it; `denied_jti` and `denied_sub` map to the second the denial ends.
    """

    active: bool
    issuer: str | None = None
    scopes: Mapping[str, int | None] = field(default_factory=dict)
    tokens_not_before: int | None = None
    denied_jti: Mapping[str, int] = field(default_factory=dict)
    denied_sub: Mapping[str, int] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    api_keys: Mapping[str, ApiKey] = field(default_factory=dict)
    certificates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Public:
    """Anyone may call the route; API Gateway calls no authorizer for it."""


@dataclass(frozen=True, slots=True)
class AnyClient:
    """Every known, active client may call the route, whatever its scopes."""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the sets must be held whole; each set is sorted, and so are the sets."""

    sets: tuple[tuple[str, ...], ...]


Requirement = Public | AnyClient | AnyOf


@dataclass(frozen=True, slots=True)
class Route:
    """What one route key demands: `claims` are token claims that must equal a constant."""

    requirement: Requirement
    credentials: tuple[CredentialKind, ...] = (CredentialKind.JWT,)
    claims: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gateway:
    """One team's gateway: routes by route key, freshness bounds and result TTL in seconds."""

    api: ApiKind
    audience: tuple[str, ...]
    following: Following
    max_staleness: int
    deny_after: int
    result_ttl: int
    routes: Mapping[str, Route]


Entity = Issuer | Scope | Client | Gateway


def kind_of(key: str) -> str:
    """The first segment of an entity key: issuer, scope, client, gateway or hold."""
    return key.partition("/")[0]


def scopes_named(gateway: Gateway) -> frozenset[str]:
    """Every scope that a route of the gateway names."""
    requirements = (route.requirement for route in gateway.routes.values())
    return frozenset(
        scope for demand in requirements if isinstance(demand, AnyOf) for one in demand.sets for scope in one
    )
