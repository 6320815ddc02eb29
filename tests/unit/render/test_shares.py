from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.support.policies import ED_X
from tests.support.states import a_client, a_gateway, a_scope, asked

from gatefleet.contract.entities import Algorithm, AnyClient, Entity, Issuer, IssuerKey, KeyState, Public, Route
from gatefleet.decide.view import Holdings
from gatefleet.render.shares import Shares

SCOPES = [f"s{number}" for number in range(6)]
KEY = IssuerKey(Algorithm.EDDSA, {"kty": "OKP", "crv": "Ed25519", "x": ED_X}, KeyState.ACTIVE)
ISSUER = Issuer("https://login.example.com/", ("at+jwt",), "scope", "client_id", 60, 3600, {"k": KEY})


def a_state(chance: random.Random) -> Mapping[str, str]:
    """Gateways, clients, scopes and issuers at random; of what is named some is not there."""
    entities: dict[str, Entity] = {f"scope/{scope}": a_scope() for scope in SCOPES if chance.random() < 0.8}
    entities |= {f"issuer/{name}": ISSUER for name in ("workforce", "partners") if chance.random() < 0.8}
    for number in range(12):
        client = a_client(*chance.sample(SCOPES, chance.randrange(4)), active=chance.random() < 0.8)
        issuer = chance.choice(["workforce", "partners", None])
        entities[f"client/c{number}"] = replace(client, issuer=issuer)
    for number in range(4):
        gateway = a_gateway(**{f"GET /{scope}": scope for scope in chance.sample(SCOPES, chance.randrange(4))})
        more = {"GET /all": Route(chance.choice([Public(), Public(), AnyClient()]))}
        entities[f"gateway/team/g{number}"] = replace(gateway, routes={**gateway.routes, **more})
    return asked(entities).entities


@pytest.mark.parametrize("seed", range(50))
def test_a_share_is_what_an_authorizer_keeps_of_the_whole(seed: int) -> None:
    state = a_state(random.Random(seed))
    shares = Shares(state)
    for number in range(4):
        assert shares.of(f"team/g{number}") == Holdings.build(f"team/g{number}", state).values
