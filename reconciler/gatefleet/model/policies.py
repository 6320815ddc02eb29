"""Parses what stands in `policies/`: environments, issuers, scopes, clients, conventions, rollout."""

from __future__ import annotations

from typing import Any

from gatefleet.contract.entities import Algorithm, ApiKey, KeyState, WhenStale
from gatefleet.model.reading import Reading
from gatefleet.model.types import (
    Artifacts,
    Conventions,
    Denied,
    Environment,
    Gate,
    KafkaConnection,
    KafkaSecurity,
    Risk,
    Rollout,
    SourceClient,
    SourceIssuer,
    SourceKey,
    SourceScope,
    Throttle,
    Variant,
    Wave,
)

_STALE_BY_RISK = {Risk.LOW: WhenStale.SERVE, Risk.MEDIUM: WhenStale.CHECK, Risk.HIGH: WhenStale.DENY}


def environment(reading: Reading) -> Environment:
    """Parse `policies/environments/<name>.yaml`."""
    document, data = reading.document, reading.document.data
    kafka = data.get("kafka")
    return Environment(
        name=document.name,
        document=document,
        description=data["description"],
        order=data["order"],
        log=data["log"],
        trust=data["trust"],
        issuers=tuple(data["issuers"]),
        revocation_slo=data["revocation_slo"],
        kafka=None if kafka is None else _kafka(kafka),
        topic=data.get("topic", f"gatefleet.{document.name}.policy.v1"),
        substitute_issuers=data.get("substitute_issuers", {}),
    )


def _kafka(members: dict[str, Any]) -> KafkaConnection:
    security = KafkaSecurity(members.get("security", KafkaSecurity.PLAINTEXT))
    return KafkaConnection(tuple(members["bootstrap"]), security, members.get("mechanism"))


def issuer(reading: Reading) -> SourceIssuer:
    """Parse `policies/issuers/<name>.yaml`. Whether a JWK fits its algorithm is left to the checks."""
    document, data = reading.document, reading.document.data
    return SourceIssuer(
        name=document.name,
        document=document,
        description=data["description"],
        issuer=data["issuer"],
        typ=tuple(data.get("typ", ("at+jwt",))),
        scope_claim=data.get("scope_claim", "scope"),
        client_id_claim=data.get("client_id_claim", "client_id"),
        clock_skew=data.get("clock_skew", 30),
        max_lifetime=data["max_lifetime"],
        keys={kid: _key(reading, kid, key) for kid, key in data["keys"].items()},
    )


def _key(reading: Reading, kid: str, members: dict[str, Any]) -> SourceKey:
    not_after = reading.seconds_of(members, "not_after", "keys", kid)
    return SourceKey(kid, Algorithm(members["alg"]), members["jwk"], KeyState(members["state"]), not_after)


def scopes(reading: Reading) -> list[SourceScope]:
    """Parse `policies/scopes/<domain>.yaml`."""
    return [_scope(reading, name, members) for name, members in reading.document.data["scopes"].items()]


def _scope(reading: Reading, name: str, members: dict[str, Any]) -> SourceScope:
    risk = Risk(members["risk"])
    when_stale = members.get("when_stale")
    return SourceScope(
        name=name,
        document=reading.document,
        description=members["description"],
        owner=members["owner"],
        risk=risk,
        when_stale=_STALE_BY_RISK[risk] if when_stale is None else WhenStale(when_stale),
        active=members.get("state", "active") == "active",
    )


def client(reading: Reading) -> SourceClient:
    """Parse `policies/clients/<team>/<client_id>.yaml`."""
    document, data = reading.document, reading.document.data
    return SourceClient(
        client_id=document.name,
        document=document,
        team=document.team,
        description=data["description"],
        active=data.get("state", "active") == "active",
        issuer=data.get("issuer"),
        scopes={
            scope: reading.seconds(grant["until"], "scopes", scope, "until") if grant else None
            for scope, grant in data.get("scopes", {}).items()
        },
        tokens_not_before=reading.seconds_of(data, "tokens_not_before"),
        denied=tuple(_denied(reading, index, entry) for index, entry in enumerate(data.get("denied", ()))),
        addresses=tuple(
            reading.network(text, "addresses", index) for index, text in enumerate(data.get("addresses", ()))
        ),
        api_keys={
            key: ApiKey(members["sha256"], reading.seconds(members["expires"], "api_keys", key, "expires"))
            for key, members in data.get("api_keys", {}).items()
        },
        certificates={
            thumbprint: members.get("description", "") for thumbprint, members in data.get("certificates", {}).items()
        },
        environments=tuple(data.get("environments", ())),
    )


def _denied(reading: Reading, index: int, entry: dict[str, str]) -> Denied:
    claim = reading.exactly_one("GF035", entry, ("jti", "sub"), "denied", index) or "jti"
    until = reading.seconds(entry["until"], "denied", index, "until")
    return Denied(claim, entry.get(claim, ""), until)


def conventions(reading: Reading) -> Conventions:
    """Parse `policies/conventions.yaml`."""
    data = reading.document.data
    return Conventions(
        document=reading.document,
        result_ttl_limit=data["result_ttl_limit"],
        max_staleness=data["max_staleness"],
        deny_after=data["deny_after"],
        floor_max_age=data["floor_max_age"],
        cors_max_age_limit=data["cors"]["max_age_limit"],
        cors_any_origin=data["cors"]["any_origin"],
        throttle_limit=Throttle(**data["throttle_limit"]),
        routes_limit=data.get("routes_limit", 300),
        error_type_base=data["errors"]["type_base"],
        log_fields=tuple(data["log_fields"]),
        blast_limit=data["blast_limit"],
    )


def rollout(reading: Reading) -> Rollout:
    """Parse `policies/rollout.yaml`."""
    data = reading.document.data
    return Rollout(
        document=reading.document,
        module_version=data["module"],
        authorizer_version=data["authorizer"],
        waves=tuple(_wave(reading, index, wave) for index, wave in enumerate(data["waves"])),
        gates=tuple(Gate(gate["measure"], gate["limit"]) for gate in data.get("gates", ())),
        source=data.get("source"),
        artifacts=_artifacts(data.get("artifacts")),
    )


def _artifacts(members: dict[str, Any] | None) -> Artifacts | None:
    if members is None:
        return None
    return Artifacts(members["bucket"], {variant: members[variant] for variant in Variant})


def _wave(reading: Reading, index: int, members: dict[str, Any]) -> Wave:
    reading.exactly_one("GF038", members, ("gateways", "share"), "waves", index)
    return Wave(members["name"], tuple(members.get("gateways", ())), members.get("share"), members["soak"])
