"""Calls that show one scope at work: on each gateway where it counts, a client and a route that need it."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from gatefleet.access.can import can
from gatefleet.contract.entities import AnyOf, CredentialKind, Route
from gatefleet.decide.view import View

_PARAMETER = re.compile(r"\{[^{}]+\}")
_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Probe:
    """One call: this client, with this scope and what else the route wants in its token."""

    gateway: str
    client: str
    route: str
    audience: str
    scopes: tuple[str, ...]
    claims: tuple[tuple[str, str | int | bool], ...]

    @property
    def method(self) -> str:
        """The HTTP method; GET where the route takes any."""
        method = self.route.split(" ", 1)[0]
        return "GET" if method == "ANY" else method

    @property
    def path(self) -> str:
        """A path that fits the route's template."""
        return _PARAMETER.sub("1001", self.route.split(" ", 1)[1])


def probes_for(scope: str, views: Mapping[str, View], now: int) -> tuple[Probe, ...]:
    """One probe a gateway, by gateway id: a route that nobody reaches without `scope`, and a client that has it."""
    found = (_probe(scope, gateway_id, view, now) for gateway_id, view in sorted(views.items()))
    return tuple(probe for probe in found if probe is not None)


def _probe(scope: str, gateway_id: str, view: View, now: int) -> Probe | None:
    if view.gateway is None:
        return None
    for route_key, route in sorted(view.gateway.routes.items()):
        if not _needs(scope, route) or CredentialKind.JWT not in route.credentials:
            continue
        for client_id, client in sorted(view.clients.items()):
            if client.issuer is None or client.addresses or not can(client_id, route_key, view, now).allowed:
                continue
            claims = tuple(sorted(route.claims.items()))
            audience = view.gateway.audience[0]
            return Probe(gateway_id, client_id, route_key, audience, tuple(sorted(client.scopes)), claims)
    return None


def _needs(scope: str, route: Route) -> bool:
    return isinstance(route.requirement, AnyOf) and all(scope in one for one in route.requirement.sets)


def call(address: str, method: str, path: str, token: str | None) -> tuple[int, str]:
    """One HTTP request; gives status and body."""
    where = urlsplit(address)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=_TIMEOUT)
    try:
        connection.request(method, path, headers={"authorization": f"Bearer {token}"} if token else {})
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8", "replace")
    finally:
        connection.close()


def wait_for(
    status: int, probes: Mapping[Probe, str], addresses: Mapping[str, str], since: float, patience: float = 30.0
) -> dict[Probe, float | None]:
    """Call each probe with its token again and again until it answers `status`.

    Gives the seconds from `since` (monotonic) to the first such answer of each, None where none came in time.
    """

    def watch(probe: Probe, token: str) -> float | None:
        while time.monotonic() < since + patience:
            if call(addresses[probe.gateway], probe.method, probe.path, token)[0] == status:
                return time.monotonic() - since
            time.sleep(0.005)
        return None

    with ThreadPoolExecutor(max_workers=max(1, len(probes))) as pool:
        return dict(zip(probes, pool.map(watch, probes, probes.values()), strict=True))
