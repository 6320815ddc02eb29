"""Small policy states written by hand: entities with only what a test is about, and what a commit would ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import rfc8785

from gatefleet.contract.digests import state_digest, value_digests
from gatefleet.contract.entities import AnyOf, ApiKind, Client, Entity, Following, Gateway, Route, Scope, WhenStale
from gatefleet.contract.entity_values import entity_json


@dataclass(frozen=True, slots=True)
class Asked:
    """What a commit asks for, as `gatefleet.desired.State` says it."""

    entities: Mapping[str, str]

    @property
    def digest(self) -> str:
        return state_digest(value_digests(self.entities))


def asked(entities: Mapping[str, Entity]) -> Asked:
    return Asked({key: value(entity) for key, entity in entities.items()})


def value(entity: Entity) -> str:
    """An entity as the log carries it."""
    return rfc8785.dumps(entity_json(entity)).decode()


def a_scope(*, active: bool = True, when_stale: WhenStale = WhenStale.CHECK) -> Scope:
    return Scope(active, when_stale)


def a_client(*scopes: str, active: bool = True) -> Client:
    return Client(active, issuer="workforce", scopes=dict.fromkeys(scopes))


def a_gateway(**routes: str) -> Gateway:
    """A gateway whose routes each demand one scope: `a_gateway(**{"GET /orders": "orders:read"})`."""
    demands = {key: Route(AnyOf(((scope,),))) for key, scope in routes.items()}
    return Gateway(ApiKind.HTTP, ("https://api.example.com",), Following.FOLLOW, 2, 60, 0, demands)
