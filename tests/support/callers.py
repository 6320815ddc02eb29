"""Brute force for the access diff: every client at every route with every credential, as events, through the reference.

Policies are armed first: their keys, API keys and certificates become ones whose secrets are known here, one to one, so
that who can call what stays the same.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

from contract.vectorgen.keys import private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.states import value

from gatefleet.contract.digests import Position
from gatefleet.contract.entities import (
    Algorithm,
    ApiKey,
    ApiKind,
    Client,
    CredentialKind,
    Entity,
    Gateway,
    Issuer,
    IssuerKey,
    Public,
    Route,
)
from gatefleet.decide import decide
from gatefleet.decide.outcome import Freshness, FreshnessState
from gatefleet.decide.view import Holdings, View

Caller = tuple[str, str, str, CredentialKind]  # gateway, route, client, credential
FRESH = Freshness(FreshnessState.FRESH, 0, read_failed=False)


def armed(entities: Mapping[str, Entity]) -> dict[str, Entity]:
    """The same policy with credentials that this module can present."""
    return {key: _armed(entity) for key, entity in entities.items()}


def reachable(entities: Mapping[str, Entity], now: int) -> set[Caller]:
    """Who can call what, by asking; `entities` are armed. Routes that are public count for nobody here."""
    found: set[Caller] = set()
    values = {key: value(entity) for key, entity in entities.items()}
    for key, gateway in entities.items():
        if not isinstance(gateway, Gateway):
            continue
        gateway_id = key.removeprefix("gateway/")
        view = View(Holdings.build(gateway_id, values), Position(1, 1, "00" * 32))
        for route_key, client_id, kind, event in _events(gateway, entities, now):
            if decide(event, view, FRESH, now).allowed:
                found.add((gateway_id, route_key, client_id, kind))
    return found


def _events(
    gateway: Gateway, entities: Mapping[str, Entity], now: int
) -> Iterator[tuple[str, str, CredentialKind, dict[str, Any]]]:
    clients = {key.removeprefix("client/"): one for key, one in entities.items() if isinstance(one, Client)}
    for route_key, route in gateway.routes.items():
        if isinstance(route.requirement, Public):
            continue
        for client_id, client in clients.items():
            address = str(ip_network(client.addresses[0])[0]) if client.addresses else "192.0.2.7"
            at = (gateway, route)
            for kind, headers, certificate in _credentials(client_id, client, at, entities, now):
                yield route_key, client_id, kind, _event(gateway, route_key, headers, certificate, address)


def _credentials(
    client_id: str, client: Client, at: tuple[Gateway, Route], entities: Mapping[str, Entity], now: int
) -> Iterator[tuple[CredentialKind, dict[str, str], str | None]]:
    issuer = entities.get(f"issuer/{client.issuer}")
    if isinstance(issuer, Issuer):
        for kid in issuer.keys:
            claims = _claims(client_id, client, at, issuer, now)
            yield CredentialKind.JWT, {"authorization": f"Bearer {_token(issuer, kid, claims)}"}, None
    for key_id in client.api_keys:
        yield CredentialKind.API_KEY, {"x-api-key": _api_key(key_id)}, None
    for thumbprint in client.certificates:
        yield CredentialKind.CERTIFICATE, {}, _pem(thumbprint)


def _claims(client_id: str, client: Client, at: tuple[Gateway, Route], issuer: Issuer, now: int) -> dict[str, Any]:
    gateway, route = at
    return {
        "iss": issuer.issuer,
        "aud": gateway.audience[0],
        "sub": "somebody",
        "iat": now,
        "exp": now + min(60, issuer.max_lifetime),
        issuer.client_id_claim: client_id,
        issuer.scope_claim: " ".join(client.scopes),
    } | dict(route.claims)


def _token(issuer: Issuer, kid: str, claims: Mapping[str, Any]) -> str:
    head = {"typ": issuer.typ[0], "alg": "EdDSA", "kid": kid}
    message = ".".join(_b64(json.dumps(part).encode()) for part in (head, claims))
    return f"{message}.{_b64(_key().sign(message.encode()))}"


def _event(
    gateway: Gateway, route_key: str, headers: dict[str, str], certificate: str | None, address: str
) -> dict[str, Any]:
    method, _, path = route_key.partition(" ") if route_key != "$default" else ("GET", "", "/anything")
    method = "GET" if method == "ANY" else method
    path = path.replace("{", "").replace("+}", "").replace("}", "")
    authentication = {"clientCert": {"clientCertPem": certificate}} if certificate else None
    if gateway.api is ApiKind.HTTP:
        http = {"method": method, "path": path, "sourceIp": address}
        context = {"http": http, "stage": "$default", "authentication": authentication}
        event = {"version": "2.0", "type": "REQUEST", "routeKey": route_key, "rawPath": path}
        return event | {"headers": headers, "requestContext": context}
    identity = {"sourceIp": address} | (authentication or {})
    arn = f"arn:aws:execute-api:eu-west-1:123456789012:api/live/{method}{path}"
    event = {"type": "REQUEST", "methodArn": arn, "resource": route_key.partition(" ")[2], "path": path}
    return event | {"httpMethod": method, "headers": headers, "requestContext": {"identity": identity}}


def _armed(entity: Entity) -> Entity:
    if isinstance(entity, Issuer):
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": _b64(_key().public_key().public_bytes_raw())}
        keys = {
            kid: IssuerKey(Algorithm.EDDSA, jwk, key.state, key.not_after) for kid, key in entity.keys.items()
        }  # fmt: skip
        return replace(entity, keys=keys)
    if isinstance(entity, Client):
        api_keys = {
            key_id: ApiKey(hashlib.sha256(_api_key(key_id).encode()).hexdigest(), key.expires)
            for key_id, key in entity.api_keys.items()
        }
        certificates = tuple(sorted(_b64(hashlib.sha256(one.encode()).digest()) for one in entity.certificates))
        _CERTIFICATES.update({_b64(hashlib.sha256(one.encode()).digest()): one for one in entity.certificates})
        return replace(entity, api_keys=api_keys, certificates=certificates)
    return entity


_CERTIFICATES: dict[str, str] = {}


def _pem(thumbprint: str) -> str:
    body = base64.b64encode(_CERTIFICATES[thumbprint].encode()).decode()
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"


def _api_key(key_id: str) -> str:
    return f"{key_id}.secret-of-{key_id}"


def _key() -> Ed25519PrivateKey:
    key = private_key("issuer-ed25519")
    assert isinstance(key, Ed25519PrivateKey)
    return key


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
