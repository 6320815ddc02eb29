"""What the sources say, flattened into the entities of one environment: nothing is left to look up or to default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from gatefleet.contract.entities import (
    Client,
    Entity,
    Gateway,
    Issuer,
    IssuerKey,
    Public,
    Route,
    Scope,
)
from gatefleet.model.deployed import DeployedGateway, deployed_gateways
from gatefleet.model.types import Environment, Model, SourceClient, SourceIssuer, SourceRoute, SourceScope

S = TypeVar("S", bound=str)


class Flattening:
    """Flattens one model for any number of environments; an entity that is the same in several is one object."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._scopes = {f"scope/{name}": _scope(scope) for name, scope in model.scopes.items()}
        self._clients: dict[tuple[str, str | None], Client] = {}

    def entities_of(self, environment: Environment) -> Iterator[tuple[str, Entity]]:
        """Every entity of the environment with its key, in no promised order.

        Issuers are those it allows, substitutes applied; clients those with such an issuer or without one, limited by
        their `environments`; scopes are all of them, for revoking one must not wait for somebody to use it.
        """
        model, substitutes = self._model, environment.substitute_issuers
        issuers = {substitutes.get(name, name) for name in environment.issuers}
        for name in issuers:
            yield f"issuer/{name}", _issuer(model.issuers[name])
        yield from self._scopes.items()
        for client in model.clients.values():
            if client.environments and environment.name not in client.environments:
                continue
            issuer = None if client.issuer is None else substitutes.get(client.issuer, client.issuer)
            if issuer is None or issuer in issuers:
                yield f"client/{client.client_id}", self._client(client, issuer)
        for gateway in deployed_gateways(model, environment):
            yield f"gateway/{gateway.source.id}", _gateway(gateway)

    def _client(self, source: SourceClient, issuer: str | None) -> Client:
        made = self._clients.get((source.client_id, issuer))
        if made is None:
            made = self._clients[source.client_id, issuer] = _client(source, issuer)
        return made


def _issuer(source: SourceIssuer) -> Issuer:
    return Issuer(
        issuer=source.issuer,
        typ=_set(source.typ),
        scope_claim=source.scope_claim,
        client_id_claim=source.client_id_claim,
        clock_skew=source.clock_skew,
        max_lifetime=source.max_lifetime,
        keys={kid: IssuerKey(key.alg, key.jwk, key.state, key.not_after) for kid, key in source.keys.items()},
    )


def _scope(source: SourceScope) -> Scope:
    return Scope(active=source.active, when_stale=source.when_stale)


def _client(source: SourceClient, issuer: str | None) -> Client:
    denied: dict[str, dict[str, int]] = {"jti": {}, "sub": {}}
    for entry in source.denied:
        ends = denied[entry.claim]
        ends[entry.value] = max(entry.until, ends.get(entry.value, 0))
    return Client(
        active=source.active,
        issuer=issuer,
        scopes=source.scopes,
        tokens_not_before=source.tokens_not_before,
        denied_jti=denied["jti"],
        denied_sub=denied["sub"],
        addresses=_set(source.addresses),
        api_keys=source.api_keys,
        certificates=_set(tuple(source.certificates)),
    )


def _gateway(deployed: DeployedGateway) -> Gateway:
    source = deployed.source
    return Gateway(
        api=source.api,
        audience=_set(deployed.audience),
        following=deployed.following,
        max_staleness=deployed.max_staleness,
        deny_after=deployed.deny_after,
        result_ttl=deployed.result_ttl,
        routes={key: _route(route) for key, route in source.routes.items()},
    )


def _route(source: SourceRoute) -> Route:
    if isinstance(source.requirement, Public):
        return Route(source.requirement, credentials=())
    return Route(source.requirement, _set(source.credentials), source.claims)


def _set(values: tuple[S, ...]) -> tuple[S, ...]:
    return values if len(values) < 2 else tuple(sorted(set(values)))
