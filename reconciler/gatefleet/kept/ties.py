"""What ties documents together: the names that one declares and others use, or that only one of them may claim.

Two documents that share no such name have nothing to do with each other: every rule is about one document, about a
document and what it names, or about two that claim the same. A rule that is about anything else has to be considered in
`update` (as the blast limits are, which count) or its documents belong to the frame, any change of which is read whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gatefleet.checks.rule import scopes_of
from gatefleet.model.types import Model, Overlay, PolicyTests, SourceClient, SourceGateway
from gatefleet.source.layout import CONVENTIONS_PATH

# How the paths of the frame begin: what stands there is about everything.
FRAME = ("policies/environments/", "policies/issuers/", CONVENTIONS_PATH)


@dataclass(slots=True)
class Ties:
    """Names of the form `<kind>/<name>`: `declares` are those that the document declares or claims, `uses` the rest.

    Those of scopes, clients and gateways are entity keys.
    """

    declares: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)


def ties_of(model: Model) -> Mapping[str, Ties]:
    """The ties of each document of a model that has any, by its path."""
    ties: dict[str, Ties] = {}
    for scope in model.scopes.values():
        own = ties.setdefault(scope.document.path, Ties())
        own.declares.add(f"scope/{scope.name}")
        own.uses.add(f"team/{scope.owner}")
    for team in model.teams.values():
        ties[team.document.path] = Ties({f"team/{team.name}"})
    for client in model.clients.values():
        ties[client.document.path] = Ties(set(_claims_of_client(client)), _used(client, client.scopes))
    for gateway in model.gateways.values():
        scopes = {scope for route in gateway.routes.values() for scope in scopes_of(route)}
        ties[gateway.document.path] = Ties(set(_claims_of_gateway(gateway)), _used(gateway, scopes))
    for tests in model.tests:
        own = ties[tests.document.path] = Ties(set(), _used(tests, ()))
        for case in tests.cases:
            own.uses |= {f"client/{case.client}", f"gateway/{tests.team}/{case.gateway}"}
            own.uses |= {f"scope/{scope}" for scope in case.scopes or ()}
    if model.rollout is not None:
        named = {f"gateway/{name}" for wave in model.rollout.waves for name in wave.gateways}
        ties[model.rollout.document.path] = Ties(set(), named)
    return ties


def _used(owned: SourceClient | SourceGateway | PolicyTests, scopes: Iterable[str]) -> set[str]:
    return {f"team/{owned.team}", *(f"scope/{scope}" for scope in scopes)}


def _claims_of_client(client: SourceClient) -> Iterator[str]:
    yield f"client/{client.client_id}"
    for name, key in client.api_keys.items():
        yield f"api_key/{name}"
        yield f"sha256/{key.sha256}"
    for thumbprint in client.certificates:
        yield f"certificate/{thumbprint}"


def _claims_of_gateway(gateway: SourceGateway) -> Iterator[str]:
    yield f"gateway/{gateway.id}"
    stated: tuple[SourceGateway | Overlay, ...] = (gateway, *gateway.overlays.values())
    for one in stated:
        if one.domain:
            yield f"domain/{one.domain.lower()}"
        for audience in one.audience or ():
            yield f"audience/{audience}"
