from __future__ import annotations

from dataclasses import replace

from tests.support.states import a_client, a_gateway, a_scope, value

from gatefleet.contract.digests import GENESIS_PARENT, Position
from gatefleet.contract.entities import (
    Algorithm,
    AnyOf,
    Client,
    CredentialKind,
    Entity,
    Gateway,
    Issuer,
    IssuerKey,
    KeyState,
    Route,
)
from gatefleet.decide import Holdings, View
from gatefleet.local.probes import Probe, probes_for

NOW = 1_800_000_000
KEY = IssuerKey(Algorithm.EDDSA, {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}, KeyState.ACTIVE)
ISSUER = Issuer("https://login.example.com/", ("at+jwt",), "scope", "client_id", 30, 3600, {"k": KEY})


def views(*gateways: Gateway, clients: dict[str, Client] | None = None) -> dict[str, View]:
    entities: dict[str, Entity] = {
        "issuer/workforce": ISSUER,
        "scope/read": a_scope(),
        "scope/write": a_scope(),
        **{f"client/{name}": one for name, one in (clients or {"shop": a_client("read", "write")}).items()},
        **{f"gateway/team/g{number}": one for number, one in enumerate(gateways)},
    }
    state = {key: value(entity) for key, entity in entities.items()}
    names = [f"team/g{number}" for number in range(len(gateways))]
    return {name: View(Holdings.build(name, state), Position(1, 1, GENESIS_PARENT)) for name in names}


def test_each_gateway_gets_one_probe_whose_client_holds_the_scope() -> None:
    found = probes_for("read", views(a_gateway(**{"GET /a": "read"}), a_gateway(**{"ANY /b/{id}": "read"})), NOW)
    assert found == (
        Probe("team/g0", "shop", "GET /a", "https://api.example.com", ("read", "write"), ()),
        Probe("team/g1", "shop", "ANY /b/{id}", "https://api.example.com", ("read", "write"), ()),
    )
    assert [(probe.method, probe.path) for probe in found] == [("GET", "/a"), ("GET", "/b/1001")]


def test_a_gateway_where_the_scope_alone_decides_nothing_gets_none() -> None:
    either = replace(a_gateway(), routes={"GET /a": Route(AnyOf((("read",), ("write",))))})
    certificate = replace(
        a_gateway(), routes={"GET /a": Route(AnyOf((("read",),)), credentials=(CredentialKind.CERTIFICATE,))}
    )
    assert probes_for("read", views(either, certificate, a_gateway(**{"GET /a": "write"})), NOW) == ()


def test_clients_that_cannot_call_from_here_are_passed_over() -> None:
    clients = {
        "a-suspended": a_client("read", active=False),
        "b-elsewhere": replace(a_client("read"), addresses=("192.0.2.0/24",)),
        "c-ended": replace(a_client(), scopes={"read": NOW}),
        "d-keyed": replace(a_client("read"), issuer=None),
        "e-fits": replace(a_client(), scopes={"read": NOW + 1}),
    }
    (found,) = probes_for("read", views(a_gateway(**{"GET /a": "read"}), clients=clients), NOW)
    assert found.client == "e-fits"


def test_a_probe_brings_the_claims_that_its_route_demands() -> None:
    gateway = replace(a_gateway(), routes={"GET /a": Route(AnyOf((("read",),)), claims={"tenant": "acme", "level": 3})})
    (found,) = probes_for("read", views(gateway), NOW)
    assert found.claims == (("level", 3), ("tenant", "acme"))
