"""Where something stands that the model no longer shows: an item of a list, a mention of a scope, a setting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gatefleet.model.deployed import DeployedGateway
from gatefleet.model.types import Backend, Cors, Model, SourceGateway
from gatefleet.problems import Place
from gatefleet.source import Document

PathPart = str | int

_DEMANDS = ("scopes", "any_of", "any_client", "credentials", "claims")


def item_place(document: Document, path: tuple[PathPart, ...], item: str) -> Place:
    """The place of the list item that is written `item`."""
    return document.place(*path, _at(document, path).index(item))


def scope_mentions(document: Document, route_key: str, scope: str) -> Iterator[Place]:
    """Every place at which that route names the scope."""
    route = _at(document, ("routes", route_key))
    for index, name in enumerate(route.get("scopes", ())):
        if name == scope:
            yield document.place("routes", route_key, "scopes", index)
    for outer, names in enumerate(route.get("any_of", ())):
        for index, name in enumerate(names):
            if name == scope:
                yield document.place("routes", route_key, "any_of", outer, index)


def written_beside_public(document: Document, route_key: str) -> list[str]:
    """The members of a route that demand something, whatever else it says."""
    route = _at(document, ("routes", route_key))
    return [member for member in _DEMANDS if member in route]


def setting_place(deployed: DeployedGateway, member: str) -> Place:
    """Where the setting that counts in this environment stands: in its overlay, else with the gateway."""
    document = deployed.source.document
    overlay = _at(document, ("environments",)).get(deployed.environment.name, {}) if deployed.source.overlays else {}
    if member in overlay:
        return document.place("environments", deployed.environment.name, member)
    return document.place(member)


def cross_origin_rules(model: Model) -> Iterator[tuple[SourceGateway, tuple[PathPart, ...], Cors]]:
    """Every `cors` that is written, with its gateway and where it stands there."""
    for gateway in model.gateways.values():
        if gateway.cors is not None:
            yield gateway, ("cors",), gateway.cors
        for environment, overlay in gateway.overlays.items():
            if overlay.cors is not None:
                yield gateway, ("environments", environment, "cors"), overlay.cors


def written_backends(model: Model) -> Iterator[tuple[SourceGateway, tuple[PathPart, ...], Backend]]:
    """Every back end that is written, with its gateway and where it stands there."""
    for gateway in model.gateways.values():
        for name, backend in gateway.backends.items():
            yield gateway, ("backends", name), backend
        for environment, overlay in gateway.overlays.items():
            for name, backend in overlay.backends.items():
                yield gateway, ("environments", environment, "backends", name), backend


def _at(document: Document, path: tuple[PathPart, ...]) -> Any:
    found: Any = document.data
    for part in path:
        found = found[part]
    return found
