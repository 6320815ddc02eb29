"""Brute force for the access diff: every client at every route with every credential, as events, through the reference.

Policies are armed first (`gatefleet.access.asking`), so that who can call what stays the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from contract.vectorgen.keys import private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.states import value

from gatefleet.access.asking import Armed, event
from gatefleet.contract.digests import Position
from gatefleet.contract.entities import Client, CredentialKind, Entity, Gateway, Public
from gatefleet.decide import decide
from gatefleet.decide.outcome import Freshness, FreshnessState
from gatefleet.decide.view import Holdings, View

Caller = tuple[str, str, str, CredentialKind]  # gateway, route, client, credential
FRESH = Freshness(FreshnessState.FRESH, 0, read_failed=False)


def reachable(entities: Mapping[str, Entity], now: int) -> set[Caller]:
    """Who can call what, by asking. Routes that are public count for nobody here."""
    found: set[Caller] = set()
    armed = Armed(entities, _key())
    values = {key: value(entity) for key, entity in armed.entities.items()}
    clients = [key.removeprefix("client/") for key, one in entities.items() if isinstance(one, Client)]
    for key, gateway in entities.items():
        if not isinstance(gateway, Gateway):
            continue
        gateway_id = key.removeprefix("gateway/")
        view = View(Holdings.build(gateway_id, values), Position(1, 1, "00" * 32))
        for route_key, route in gateway.routes.items():
            if isinstance(route.requirement, Public):
                continue
            for client_id in clients:
                for one in armed.credentials(client_id, gateway, route_key, now):
                    asked = event(gateway, route_key, one, armed.address_of(client_id))
                    if decide(asked, view, FRESH, now).allowed:
                        found.add((gateway_id, route_key, client_id, one.kind))
    return found


def _key() -> Ed25519PrivateKey:
    key = private_key("issuer-ed25519")
    assert isinstance(key, Ed25519PrivateKey)
    return key
