"""All breaches, rule by rule."""

from __future__ import annotations

from tests.support.breaches import clients, environments, gateways, references, routes

BREACHES = (
    *references.BREACHES,
    *routes.BREACHES,
    *gateways.BREACHES,
    *clients.BREACHES,
    *environments.BREACHES,
)
