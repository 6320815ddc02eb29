"""Parses what stands in `teams/`: teams, gateways with their routes and overlays, policy tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatefleet.contract.entities import AnyClient, AnyOf, ApiKind, CredentialKind, Following, Public, Requirement
from gatefleet.model.reading import Reading
from gatefleet.model.types import (
    Account,
    Backend,
    Cors,
    Overlay,
    PolicyCase,
    PolicyTests,
    SourceGateway,
    SourceRoute,
    Team,
    Throttle,
    Variant,
)


def team(reading: Reading) -> Team:
    """Parse `teams/<team>/team.yaml`."""
    document, data = reading.document, reading.document.data
    return Team(
        name=document.name,
        document=document,
        description=data["description"],
        owners=tuple(data["owners"]),
        contact=data["contact"],
        cost_centre=data["cost_centre"],
        accounts={name: Account(**members) for name, members in data["accounts"].items()},
        tags=data.get("tags", {}),
    )


def gateway(reading: Reading) -> SourceGateway:
    """Parse `teams/<team>/gateways/<gateway>.yaml`. GF030, GF036, GF037: who may call, or where to, is unclear."""
    document, data = reading.document, reading.document.data
    backends = _backends(reading, data)
    return SourceGateway(
        name=document.name,
        team=document.team,
        document=document,
        description=data["description"],
        api=ApiKind(data["api"]),
        variant=Variant(data["variant"]),
        audience=_audience(data["audience"]),
        following=Following(data.get("policy", Following.FOLLOW)),
        result_ttl=data.get("result_ttl", 0),
        max_staleness=data.get("max_staleness"),
        deny_after=data.get("deny_after"),
        throttle=_throttle(data.get("throttle")),
        cors=_cors(data.get("cors")),
        domain=data.get("domain"),
        mutual_tls=data.get("mutual_tls", False),
        private=data.get("private", False),
        waf=data.get("waf", False),
        backends=backends,
        routes={key: _route(reading, key, members, backends) for key, members in data["routes"].items()},
        overlays={name: _overlay(reading, name, members) for name, members in data.get("environments", {}).items()},
    )


def _audience(written: str | list[str]) -> tuple[str, ...]:
    return (written,) if isinstance(written, str) else tuple(written)


def _throttle(members: dict[str, int] | None) -> Throttle | None:
    return None if members is None else Throttle(members["rate"], members["burst"])


def _cors(members: dict[str, Any] | None) -> Cors | None:
    if members is None:
        return None
    return Cors(
        origins=tuple(members["origins"]),
        methods=tuple(members.get("methods", ())),
        headers=tuple(members.get("headers", ())),
        max_age=members.get("max_age", 0),
        credentials=members.get("credentials", False),
    )


def _backends(reading: Reading, members: dict[str, Any], *pointer: str) -> dict[str, Backend]:
    written = members.get("backends", {})
    return {name: _backend(reading, name, one, *pointer, "backends", name) for name, one in written.items()}


def _backend(reading: Reading, name: str, members: dict[str, str], *pointer: str) -> Backend:
    if reading.exactly_one("GF036", members, ("lambda", "http"), *pointer) != "lambda":
        return Backend(name, "http", members.get("http", ""), members.get("vpc_link"))
    if "vpc_link" in members:
        what = "`vpc_link` leads to a URL, not to a Lambda function"
        reading.problem("GF036", (*pointer, "vpc_link"), what, fix="remove it, or write `http` in place of `lambda`")
    return Backend(name, "lambda", members["lambda"])


def _route(reading: Reading, key: str, members: dict[str, Any], backends: Mapping[str, Backend]) -> SourceRoute:
    requirement = _requirement(reading, key, members)
    default = () if isinstance(requirement, Public) else (CredentialKind.JWT,)
    return SourceRoute(
        key=key,
        requirement=requirement,
        credentials=tuple(map(CredentialKind, members["credentials"])) if "credentials" in members else default,
        claims={name: _constant(value) for name, value in members["claims"].items()} if "claims" in members else {},
        backend=_backend_of(reading, key, members, backends),
        throttle=_throttle(members.get("throttle")),
        description=members.get("description", ""),
    )


def _requirement(reading: Reading, key: str, members: dict[str, Any]) -> Requirement:
    if "public" in members:
        return Public()  # whatever stands beside it protects nothing: the checks say so (GF210)
    match reading.exactly_one("GF030", members, ("scopes", "any_of", "any_client", "public"), "routes", key):
        case "any_client":
            return AnyClient()
        case "any_of":
            return AnyOf(tuple(sorted({tuple(sorted(one)) for one in members["any_of"]})))
        case "scopes":
            return AnyOf((tuple(sorted(members["scopes"])),))
    return AnyOf(())  # nobody


def _constant(written: str | dict[str, Any]) -> str | int | bool:
    if isinstance(written, str):
        return written
    (value,) = written.values()  # the schema allows exactly one of text, integer, boolean
    typed: str | int | bool = value
    return typed


def _backend_of(reading: Reading, key: str, members: dict[str, Any], backends: Mapping[str, Backend]) -> str:
    name = members.get("backend")
    if name is None:
        if len(backends) == 1:
            return next(iter(backends))
        what = f"the route does not say which of the {len(backends)} backends it goes to"
        reading.problem(
            "GF037", ("routes", key), what, fix=f"write `backend:` with one of {', '.join(sorted(backends))}"
        )
        return ""
    return str(name)


def _overlay(reading: Reading, name: str, members: dict[str, Any]) -> Overlay:
    return Overlay(
        enabled=members.get("enabled", True),
        audience=_audience(members["audience"]) if "audience" in members else None,
        following=Following(members["policy"]) if "policy" in members else None,
        result_ttl=members.get("result_ttl"),
        throttle=_throttle(members.get("throttle")),
        cors=_cors(members.get("cors")),
        domain=members.get("domain"),
        backends=_backends(reading, members, "environments", name),
    )


def policy_tests(reading: Reading) -> PolicyTests:
    """Parse `teams/<team>/tests/<name>.yaml`."""
    document, data = reading.document, reading.document.data
    return PolicyTests(
        name=document.name,
        team=document.team,
        document=document,
        description=data.get("description", ""),
        clock=reading.seconds(data["clock"], "clock"),
        cases=tuple(_case(case) for case in data["cases"]),
    )


def _case(members: dict[str, Any]) -> PolicyCase:
    expect = members["expect"]
    return PolicyCase(
        gateway=members["gateway"],
        client=members["client"],
        route=members["route"],
        scopes=tuple(members["scopes"]) if "scopes" in members else None,
        effect="allow" if expect == "allow" else "deny",
        reason=None if expect == "allow" else expect,
        description=members.get("description", ""),
    )
