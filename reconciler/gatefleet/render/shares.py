"""What each gateway needs of a whole state, with every entity looked at once and not once for each gateway.

The same as `Holdings.build` keeps (a test holds the two together); read here is only what says who needs whom.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from gatefleet.contract.entities import AnyClient, Gateway, scopes_named
from gatefleet.contract.entity_values import read_entity


class Shares:
    """The entities of a state, by who needs them."""

    def __init__(self, entities: Mapping[str, str]) -> None:
        self._entities = entities
        self._issuer_of: dict[str, object] = {}  # by client; None: it has none
        self._holders: dict[str, list[str]] = {}  # clients by scope
        for key, value in entities.items():
            if key.startswith("client/"):
                self._add_client(key, json.loads(value))

    def of(self, gateway: str) -> dict[str, str]:
        """Values by key, sorted, that the gateway `<team>/<gateway>` needs and that there are. Raises `Malformed`."""
        key = f"gateway/{gateway}"
        if key not in self._entities:
            return {}  # a gateway that is not there needs nothing, and denies everything
        read = read_entity(key, self._entities[key])
        assert isinstance(read, Gateway)
        scopes = scopes_named(read)
        if any(isinstance(route.requirement, AnyClient) for route in read.routes.values()):
            clients = set(self._issuer_of)
        else:
            clients = {client for scope in scopes for client in self._holders.get(scope, ())}
        issuers = {f"issuer/{issuer}" for client in clients if (issuer := self._issuer_of[client]) is not None}
        needed = {key, *(f"scope/{scope}" for scope in scopes), *clients, *issuers}
        return {one: self._entities[one] for one in sorted(needed) if one in self._entities}

    def _add_client(self, key: str, members: dict[str, object]) -> None:
        self._issuer_of[key] = members.get("issuer")
        scopes = members.get("scopes")
        for scope in scopes if isinstance(scopes, dict) else ():
            self._holders.setdefault(scope, []).append(key)
