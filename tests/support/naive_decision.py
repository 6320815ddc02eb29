"""A second opinion on decisions: every step as one predicate over the raw JSON of a whole environment.

Written from docs/reference/decision.md and from nothing else; it shares no code with `gatefleet.decide`: no view, no
index, no typed entity. It knows tokens as header and claims, and is told whether the signature is good.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

Entities = Mapping[str, Mapping[str, Any]]
STRICTNESS = ["serve", "check", "deny"]


@dataclass(frozen=True)
class Asked:
    """A request on a declared route, as plain data."""

    route: str
    now: int
    header: Mapping[str, Any] | None = None
    claims: Mapping[str, Any] | None = None
    signed_with: str | None = None  # the `x` of the Ed25519 key that made the signature
    api_key: str | None = None
    thumbprint: str | None = None
    source_ip: str | None = None
    state: str = "fresh"
    age: int | None = 0
    read_failed: bool = False


def opinion(gateway: str, entities: Entities, asked: Asked) -> tuple[Any, ...]:
    """`("allow", scopes, when_stale)`, or step and reason of the first step that fails."""
    facts = _Facts(gateway, entities, asked)
    for step, reason, holds in facts.steps():
        if not holds():
            return step, reason
    strictness = facts.strictness()
    return "allow", sorted(facts.effective()), None if strictness is None else STRICTNESS[strictness]


Step = tuple[str, str, Callable[[], bool]]


class _Facts:
    def __init__(self, gateway: str, entities: Entities, asked: Asked) -> None:
        self.asked = asked
        self.gateway = entities[f"gateway/{gateway}"]
        self.route = self.gateway["routes"][asked.route]
        self.entities = _visible(self.gateway, entities)

    def steps(self) -> list[Step]:
        if self.route.get("public"):
            return []
        kind = self.kind()
        if isinstance(kind, str):
            authentication: list[Step] = {
                "jwt": self.token_steps,
                "api_key": self.key_steps,
                "certificate": self.cert_steps,
            }[kind]()
        else:
            return [("credential", kind[0], lambda: False)]
        return [*authentication, *self.client_steps(kind)]

    def kind(self) -> str | tuple[str]:
        presented = {"jwt": self.asked.claims, "api_key": self.asked.api_key, "certificate": self.asked.thumbprint}
        allowed = [one for one in ("jwt", "api_key") if presented[one] is not None and one in self.route["credentials"]]
        if len(allowed) == 2:
            return ("multiple_credentials",)
        if allowed:
            return allowed[0]
        if presented["certificate"] is not None and "certificate" in self.route["credentials"]:
            return "certificate"
        other = presented["jwt"] is not None or presented["api_key"] is not None
        return ("credential_not_allowed" if other else "missing_credential",)

    # --- whose credential

    def token_steps(self) -> list[Step]:
        header, claims, now = self.asked.header or {}, self.asked.claims or {}, self.asked.now
        names = [key for key in self.of("issuer") if self.entities[key]["issuer"] == claims.get("iss")]
        issuer = self.entities[names[0]] if len(names) == 1 else {}
        key = issuer.get("keys", {}).get(header.get("kid"), {})
        skew = issuer.get("clock_skew", 0)
        client_id = claims.get(issuer.get("client_id_claim", ""))
        self.client = self.entities.get(f"client/{client_id}") if isinstance(client_id, str) else None
        self.scope_claim = claims.get(issuer.get("scope_claim", ""), "")
        audiences = claims["aud"] if isinstance(claims.get("aud"), list) else [claims.get("aud")]
        usual = {"at+jwt": ["at+jwt", "application/at+jwt"], "JWT": ["jwt", "application/jwt"]}
        return [
            ("malformed", "malformed_token", lambda: _well_typed(claims)),
            ("issuer", "untrusted_issuer", lambda: len(names) == 1),
            (
                "typ",
                "wrong_token_type",
                lambda: str(header.get("typ")).lower() in [one for typ in issuer["typ"] for one in usual[typ]],
            ),
            ("kid", "unknown_key", lambda: bool(key)),
            ("alg", "algorithm_not_allowed", lambda: bool(header.get("alg") == key["alg"])),
            (
                "key_state",
                "key_not_active",
                lambda: key["state"] in ("active", "retiring") and now < key.get("not_after", now + 1),
            ),
            ("signature", "invalid_signature", lambda: bool(key["jwk"]["x"] == self.asked.signed_with)),
            ("exp", "expired", lambda: bool(now < claims["exp"] + skew)),
            ("nbf", "not_yet_valid", lambda: max(claims.get("nbf", 0), claims["iat"]) - skew <= now),
            ("lifetime", "lifetime_too_long", lambda: bool(claims["exp"] <= claims["iat"] + issuer["max_lifetime"])),
            ("aud", "wrong_audience", lambda: any(one in self.gateway["audience"] for one in audiences)),
            (
                "client",
                "unknown_client",
                lambda: self.client is not None and f"issuer/{self.client.get('issuer')}" == names[0],
            ),
        ]

    def key_steps(self) -> list[Step]:
        text = self.asked.api_key or ""
        key_id = text.split(".")[0]
        holders = [
            one for one in map(self.entities.get, self.of("client")) if one and key_id in one.get("api_keys", {})
        ]
        self.client = holders[0] if len(holders) == 1 else None
        key = self.client["api_keys"][key_id] if self.client else {}
        good = key.get("sha256") == hashlib.sha256(text.encode()).hexdigest() and self.asked.now < key["expires"]
        return [("client", "invalid_api_key", lambda: good)]

    def cert_steps(self) -> list[Step]:
        wanted = self.asked.thumbprint
        clients = map(self.entities.get, self.of("client"))
        holders = [one for one in clients if one and wanted in one.get("certificates", [])]
        self.client = holders[0] if len(holders) == 1 else None
        return [("client", "invalid_certificate", lambda: len(holders) == 1)]

    # --- what the client may

    def client_steps(self, kind: str) -> list[Step]:
        claims: Mapping[str, Any] = (self.asked.claims or {}) if kind == "jwt" else {}
        self.is_token = kind == "jwt"
        steps: list[Step] = [("suspended", "client_suspended", lambda: bool(self.who()["state"] == "active"))]
        if kind == "jwt":
            steps.append(("revoked", "token_revoked", lambda: not self.revoked(claims)))
            steps.append(("cnf", "invalid_certificate", lambda: self.bound(claims)))
        return [
            *steps,
            ("address", "address_not_allowed", self.inside),
            ("claims", "claim_mismatch", lambda: self.demands(claims)),
            ("scope", "insufficient_scope", lambda: self.strictness() is not None),
            ("stale", "stale_policy", lambda: not self.too_stale()),
        ]

    def who(self) -> Mapping[str, Any]:
        assert self.client is not None
        return self.client

    def revoked(self, claims: Mapping[str, Any]) -> bool:
        who, now = self.who(), self.asked.now
        return (
            claims["iat"] < who.get("tokens_not_before", 0)
            or who.get("denied_jti", {}).get(claims.get("jti"), 0) > now
            or who.get("denied_sub", {}).get(claims.get("sub"), 0) > now
        )

    def bound(self, claims: Mapping[str, Any]) -> bool:
        if "cnf" not in claims:
            return True
        return self.asked.thumbprint is not None and claims["cnf"] == {"x5t#S256": self.asked.thumbprint}

    def inside(self) -> bool:
        networks = self.who().get("addresses", [])
        if not networks:
            return True
        try:
            address = ip_address(self.asked.source_ip or "")
        except ValueError:
            return False
        return any(address in ip_network(one) for one in networks)

    def demands(self, claims: Mapping[str, Any]) -> bool:
        # As JSON text `true` and `1` differ; as Python values they do not.
        return all(
            name in claims and repr(claims[name]) == repr(value) for name, value in self.route.get("claims", {}).items()
        )

    def effective(self) -> set[str]:
        if self.route.get("public"):
            return set()
        found = set()
        for scope, grant in self.who().get("scopes", {}).items():
            entity = self.entities.get(f"scope/{scope}")
            if (
                entity is None
                or entity["state"] != "active"
                or grant.get("until", self.asked.now + 1) <= self.asked.now
            ):
                continue
            if self.is_token and scope not in (
                self.scope_claim.split(" ") if isinstance(self.scope_claim, str) else self.scope_claim
            ):
                continue
            found.add(scope)
        return found

    def strictness(self) -> int | None:
        if self.route.get("public"):
            return None
        if self.route.get("any_client"):
            return 1
        asked = [
            max(STRICTNESS.index(self.entities[f"scope/{scope}"]["when_stale"]) for scope in one)
            for one in self.route["any_of"]
            if self.effective() >= set(one)
        ]
        return min(asked) if asked else None

    def too_stale(self) -> bool:
        asked = self.asked
        if asked.state == "fresh" or self.strictness() != 2 or not asked.read_failed:
            return False
        return asked.state == "floor" or asked.age is None or asked.age > self.gateway["deny_after"]

    def of(self, kind: str) -> list[str]:
        return [key for key in self.entities if key.startswith(f"{kind}/")]


def _visible(gateway: Mapping[str, Any], entities: Entities) -> dict[str, Mapping[str, Any]]:
    """The entities that the view's four rules name."""
    routes = gateway["routes"].values()
    scopes = {scope for route in routes for one in route.get("any_of", []) for scope in one}
    everyone = any(route.get("any_client") for route in routes)
    clients = {
        key: value
        for key, value in entities.items()
        if key.startswith("client/") and (everyone or scopes & set(value.get("scopes", {})))
    }
    wanted = {f"scope/{scope}" for scope in scopes} | {f"issuer/{one.get('issuer')}" for one in clients.values()}
    return {**clients, **{key: value for key, value in entities.items() if key in wanted}}


def _well_typed(claims: Mapping[str, Any]) -> bool:
    return claims.get("exp", -1) > claims.get("iat", 2**60) >= 0
