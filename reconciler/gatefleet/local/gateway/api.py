"""One API as gatefleet's Terraform sets it up on API Gateway: all that the emulator knows of a gateway.

What is in here moves at apply; policy moves by the log and is the authorizer's business alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gatefleet.contract.entities import ApiKind, CredentialKind, Public
from gatefleet.local.events import REST_STAGE, STAGE
from gatefleet.local.gateway.identity import identity_sources
from gatefleet.model.deployed import DeployedGateway, deployed_gateways
from gatefleet.model.types import DEVELOPMENT, Backend, Conventions, Cors, Environment, Model, Throttle


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One route: whether the authorizer stands before it, where its requests go, and its own throttle if it has one."""

    public: bool
    backend: Backend
    throttle: Throttle | None = None


@dataclass(frozen=True, slots=True)
class Api:
    """One API. `identity`: the authorizer's identity sources, as AWS spells them; `result_ttl` in seconds.

    `base_path`: that of the custom domain's API mapping; None: the API is reached at its own address (see `locate`).
    """

    gateway: str  # <team>/<gateway>
    kind: ApiKind
    stage: str
    routes: Mapping[str, ApiRoute]
    error_type_base: str
    log_fields: tuple[str, ...]
    identity: tuple[str, ...] = ()
    result_ttl: int = 0
    throttle: Throttle | None = None
    cors: Cors | None = None
    base_path: str | None = ""
    environment: str = DEVELOPMENT
    hides_api_key: bool = False  # callers have API keys here, which are not the backends' business
    variant: str = "reference"

    @property
    def id(self) -> str:
        """What stands for API Gateway's own identifier: characters that an ARN takes."""
        return self.gateway.replace("/", "-")


def apis_of(model: Model, environment: Environment) -> dict[str, Api]:
    """Every gateway of the environment as an API, by gateway id."""
    return {one.source.id: api_of(one, model.conventions) for one in deployed_gateways(model, environment)}


def api_of(deployed: DeployedGateway, conventions: Conventions) -> Api:
    """One gateway as it stands in its environment."""
    source = deployed.source
    routes = {
        key: ApiRoute(isinstance(route.requirement, Public), deployed.backends[route.backend], route.throttle)
        for key, route in source.routes.items()
    }
    kinds = {kind for route in source.routes.values() for kind in route.credentials}
    return Api(
        gateway=source.id,
        kind=source.api,
        stage=STAGE if source.api is ApiKind.HTTP else REST_STAGE,
        routes=routes,
        error_type_base=conventions.error_type_base,
        log_fields=conventions.log_fields,
        identity=identity_sources(source.api, kinds, deployed.result_ttl),
        result_ttl=deployed.result_ttl,
        throttle=deployed.throttle,
        cors=deployed.cors,
        environment=deployed.environment.name,
        hides_api_key=CredentialKind.API_KEY in kinds,
        variant=source.variant,
    )
