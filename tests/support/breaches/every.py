"""All breaches, rule by rule."""

from __future__ import annotations

from tests.support.breaches import clients, environments, gateways, limits, references, routes

BREACHES = (
    *references.BREACHES,
    *routes.BREACHES,
    *gateways.BREACHES,
    *limits.BREACHES,
    *clients.BREACHES,
    *environments.BREACHES,
)
