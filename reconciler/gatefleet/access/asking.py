"""Asks a policy as its callers do: real credentials in whole events, as API Gateway hands them to an authorizer.

Nobody here has the private keys of a company's issuers, so a policy is armed first: its keys, API keys and certificates
become ones whose secrets are known, one to one. Who can call what stays the same.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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
    Route,
)
from gatefleet.decide.base64url import encode_url
from gatefleet.decide.path import path_allowed, shadowed_by, template_of

_ANYWHERE = "192.0.2.7"  # RFC 5737: an address of nobody
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_LONGEST_TAIL = 6  # segments that stand for `{name+}` or `$default`


@dataclass(frozen=True, slots=True)
class Credential:
    """Something that a request presents. `key`: the `kid`, API key id or thumbprint in the policy as it was written."""

    kind: CredentialKind
    key: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    certificate: str | None = field(default=None, repr=False)  # PEM


class Armed:
    """One environment's entities with credentials that can be presented."""

    def __init__(self, entities: Mapping[str, Entity], key: Ed25519PrivateKey) -> None:
        self._key = key
        self._jwk = {"kty": "OKP", "crv": "Ed25519", "x": encode_url(key.public_key().public_bytes_raw())}
        self._written = entities
        self.entities: Mapping[str, Entity] = {name: self._armed(entity) for name, entity in entities.items()}

    def credentials(
        self,
        client_id: str,
        gateway: Gateway,
        route_key: str,
        now: int,
        *,
        scopes: tuple[str, ...] | None = None,
    ) -> Iterator[Credential]:
        """Everything that the client can present: a token of each key of its issuer, its API keys, its certificates.

        Tokens were issued at `now` for this gateway, with every scope that the client is granted or with `scopes`, and
        with the claims that the route demands.
        """
        client = self._client(client_id)
        if client is None:
            return
        if client.issuer is not None:
            wanted = tuple(client.scopes) if scopes is None else scopes
            claims = route.claims if (route := gateway.routes.get(route_key)) else {}
            yield from self.tokens(client_id, client.issuer, gateway, now, scopes=wanted, claims=claims)
        for key_id in client.api_keys:
            yield Credential(CredentialKind.API_KEY, key_id, {"x-api-key": _api_key(key_id)})
        for thumbprint in client.certificates:
            yield Credential(CredentialKind.CERTIFICATE, thumbprint, certificate=_pem(thumbprint))

    def tokens(
        self,
        client_id: str,
        issuer_name: str,
        gateway: Gateway,
        now: int,
        *,
        scopes: tuple[str, ...],
        claims: Mapping[str, object],
    ) -> Iterator[Credential]:
        """An access token of the client for each key of an issuer; none where that issuer is not trusted here."""
        issuer = self.entities.get(f"issuer/{issuer_name}")
        if not isinstance(issuer, Issuer):
            return
        payload = {
            "iss": issuer.issuer,
            "aud": gateway.audience[0],
            "iat": now,
            "exp": now + min(60, issuer.max_lifetime),
            issuer.client_id_claim: client_id,
            issuer.scope_claim: " ".join(scopes),
        } | dict(claims)
        for kid in issuer.keys:
            header = {"typ": issuer.typ[0], "alg": Algorithm.EDDSA, "kid": kid}
            message = ".".join(encode_url(json.dumps(part).encode()) for part in (header, payload))
            token = f"{message}.{encode_url(self._key.sign(message.encode()))}"
            yield Credential(CredentialKind.JWT, kid, {"authorization": f"Bearer {token}"})

    def address_of(self, client_id: str) -> str:
        """An address that the client may call from."""
        return address_of(self._client(client_id))

    def _client(self, client_id: str) -> Client | None:
        """As written: thumbprints of certificates that were armed say nothing about how to make them."""
        client = self._written.get(f"client/{client_id}")
        return client if isinstance(client, Client) else None

    def _armed(self, entity: Entity) -> Entity:
        if isinstance(entity, Issuer):
            keys = {
                kid: IssuerKey(Algorithm.EDDSA, self._jwk, key.state, key.not_after)
                for kid, key in entity.keys.items()
            }  # fmt: skip
            return replace(entity, keys=keys)
        if isinstance(entity, Client) and (entity.api_keys or entity.certificates):
            api_keys = {
                key_id: ApiKey(hashlib.sha256(_api_key(key_id).encode()).hexdigest(), key.expires)
                for key_id, key in entity.api_keys.items()
            }
            certificates = sorted(encode_url(hashlib.sha256(one.encode()).digest()) for one in entity.certificates)
            return replace(entity, api_keys=api_keys, certificates=tuple(certificates))
        return entity


def address_of(client: Client | None) -> str:
    """An address that the client may call from."""
    return str(ip_network(client.addresses[0])[0]) if client is not None and client.addresses else _ANYWHERE


def event(gateway: Gateway, route_key: str, credential: Credential | None, address: str) -> dict[str, Any]:
    """An authorizer's event of a request that API Gateway matched to this route (payload format 2.0, or `REQUEST`)."""
    method, path, parameters = _request(route_key, gateway.routes)
    headers = {} if credential is None else dict(credential.headers)
    certificate = None if credential is None else credential.certificate
    shown: dict[str, Any] = {"clientCert": {"clientCertPem": certificate}} if certificate else {}
    made: dict[str, Any] = {"type": "REQUEST", "headers": headers, "pathParameters": parameters or None}
    if gateway.api is ApiKind.HTTP:
        http = {"method": method, "path": path, "sourceIp": address}
        within = {"http": http, "stage": "$default", "authentication": shown or None}
        return made | {"version": "2.0", "routeKey": route_key, "rawPath": path, "requestContext": within}
    arn = f"arn:aws:execute-api:eu-west-1:123456789012:api/live/{method}{path}"
    identity: dict[str, Any] = {"sourceIp": address} | shown
    resource = route_key.partition(" ")[2]
    context = {"identity": identity}
    rest = {"methodArn": arn, "resource": resource, "path": path, "httpMethod": method, "requestContext": context}
    return made | rest


def _request(route_key: str, routes: Mapping[str, Route]) -> tuple[str, str, dict[str, str]]:
    """A method, a path and path parameters that lead to the route, and to no other that API Gateway would prefer."""
    if route_key not in routes:
        method, _, path = route_key.partition(" ")
        return method, path or "/", {}
    template, shadows = template_of(route_key), shadowed_by(route_key, routes)
    requests = list(_requests(route_key, routes))
    for method, path, parameters in requests:
        if path_allowed(path, parameters.values(), method=method, stage=None, template=template, shadowed=shadows):
            return method, path, parameters
    return requests[0]  # nothing leads there, which is for the decision to say


def _requests(route_key: str, routes: Mapping[str, Route]) -> Iterator[tuple[str, str, dict[str, str]]]:
    own, _, path = route_key.partition(" ")
    own, path = ("ANY", "/{rest+}") if route_key == "$default" else (own, path)
    free = [method for method in _METHODS if f"{method} {path}" not in routes] or list(_METHODS)
    for method in free if own == "ANY" else (own,):
        for length in range(1, _LONGEST_TAIL + 1):
            parameters: dict[str, str] = {}
            segments = [_segment(one, length, parameters) for one in path.split("/")]
            yield method, "/".join(segments), {} if route_key == "$default" else parameters


def _segment(segment: str, length: int, parameters: dict[str, str]) -> str:
    if not segment.startswith("{"):
        return segment
    name = segment.strip("{+}")
    value = "/".join([f"some-{name}"] * (length if segment.endswith("+}") else 1))
    parameters[name] = value
    return value


def _pem(thumbprint: str) -> str:
    body = base64.b64encode(thumbprint.encode()).decode()
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"


def _api_key(key_id: str) -> str:
    return f"{key_id}.secret-of-{key_id}"
