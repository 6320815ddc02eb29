"""A gateway as it stands in one environment: its overlay applied, what it leaves open taken from the conventions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gatefleet.contract.entities import Following
from gatefleet.model.types import (
    DEVELOPMENT,
    Backend,
    Conventions,
    Cors,
    Environment,
    Model,
    Overlay,
    SourceGateway,
    Throttle,
)

_NO_OVERLAY = Overlay()


@dataclass(frozen=True, slots=True)
class DeployedGateway:
    """What differs by environment, decided; everything else (`api`, routes, …) is the source's. Times in seconds."""

    source: SourceGateway
    environment: Environment
    audience: tuple[str, ...]
    following: Following
    result_ttl: int
    max_staleness: int
    deny_after: int
    throttle: Throttle | None
    cors: Cors | None
    domain: str | None
    backends: Mapping[str, Backend]


def deployed_gateways(model: Model, environment: Environment) -> Iterator[DeployedGateway]:
    """The gateways of that environment, by id: those of teams with an account there (in `development` of all teams)
    whose overlay does not disable them."""
    for _, gateway in sorted(model.gateways.items()):
        team = model.teams.get(gateway.team)
        here = environment.name == DEVELOPMENT or (team is not None and environment.name in team.accounts)
        overlay = gateway.overlays.get(environment.name, _NO_OVERLAY)
        if here and overlay.enabled:
            yield _deployed(gateway, environment, overlay, model.conventions)


def _deployed(
    gateway: SourceGateway, environment: Environment, overlay: Overlay, conventions: Conventions
) -> DeployedGateway:
    return DeployedGateway(
        source=gateway,
        environment=environment,
        audience=gateway.audience if overlay.audience is None else overlay.audience,
        following=gateway.following if overlay.following is None else overlay.following,
        result_ttl=gateway.result_ttl if overlay.result_ttl is None else overlay.result_ttl,
        max_staleness=conventions.max_staleness if gateway.max_staleness is None else gateway.max_staleness,
        deny_after=conventions.deny_after if gateway.deny_after is None else gateway.deny_after,
        throttle=overlay.throttle or gateway.throttle,
        cors=overlay.cors or gateway.cors,
        domain=overlay.domain or gateway.domain,
        backends={**gateway.backends, **overlay.backends} if overlay.backends else gateway.backends,
    )
