"""Effects against the reference authorizer: no request passes after a change that did not before, unless it widens."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import pytest
from tests.support.states import value

from gatefleet.access import effect
from gatefleet.contract.digests import Position
from gatefleet.contract.entities import (
    Algorithm,
    AnyClient,
    AnyOf,
    ApiKey,
    ApiKind,
    Client,
    CredentialKind,
    Entity,
    Following,
    Gateway,
    Issuer,
    IssuerKey,
    KeyState,
    Public,
    Route,
    Scope,
    WhenStale,
    kind_of,
)
from gatefleet.decide import Allow, Freshness, FreshnessState, Holdings, View, decide
from gatefleet.local.events import HttpRequest, http_event, rest_event
from gatefleet.local.routes import match_route
from gatefleet.local.tokens import DevelopmentIssuer

NOW = 1_790_000_000
ISSUER, AUDIENCE, OTHER_AUDIENCE = "https://login.example.com/", "https://api.example.com", "https://other.example.com"
SCOPES = ("a", "b")
FRESHNESS = [
    Freshness(FreshnessState.FRESH, 0, False),
    Freshness(FreshnessState.STALE, 45, True),
    Freshness(FreshnessState.FLOOR, None, True),
]

World = Mapping[str, Entity]


@dataclass(frozen=True)
class Asked:
    """One request: what comes over the wire, and how current the view is that decides on it."""

    request: HttpRequest
    freshness: Freshness


class Dice:
    """Draws worlds, changes of one entity, and requests, each from small pools in which things coincide."""

    def __init__(self, seed: int, issuer: DevelopmentIssuer) -> None:
        self._chance = random.Random(seed)
        self._issuer = issuer
        self.good = 0.93

    def one(self, *values: Any) -> Any:
        return self._chance.choice(values)

    def usually(self, good: Any, *others: Any) -> Any:
        """Mostly what lets a request pass: one bad value hides the effect of all others."""
        return good if self._chance.random() < self.good else self._chance.choice(others)

    def some(self, *values: Any, least: int = 0) -> tuple[Any, ...]:
        return tuple(sorted(self._chance.sample(values, self._chance.randint(least, len(values)))))

    def world(self) -> dict[str, Entity]:
        world: dict[str, Entity] = {"gateway/t/g": self.gateway(), "issuer/w": self.issuer()}
        world |= {f"scope/{name}": self.scope() for name in SCOPES}
        world["client/web"] = self.client(keys={"k": self.api_key()})
        world["client/batch"] = self.client(keys={})
        return world

    def changed(self, world: World) -> tuple[str, Entity | None]:
        """A key of the world, and what becomes of it: another value in one field, another entity, or nothing."""
        key = self.one(*world, "gateway/t/g", "gateway/t/g", "client/web", "client/web")
        kind = key.partition("/")[0]
        if self.one(*[False] * 19, True):
            return key, None
        # Half of the new values are of those that let no request pass.
        self.good, usual = 0.5, self.good
        fresh = {
            "gateway": self.gateway,
            "issuer": self.issuer,
            "scope": self.scope,
            "client": lambda: self.client(keys={"k": self.api_key()} if key == "client/web" else {}),
        }[kind]()
        self.good = usual
        before: Any = world[key]
        name = self.one(*(one.name for one in fields(before)))
        if isinstance(before, Gateway) and before.routes and self.one(True, True, False):
            return key, replace(before, routes=self.rerouted(before.routes, fresh.routes))
        return key, replace(before, **{name: getattr(fresh, name)})

    def rerouted(self, routes: Mapping[str, Route], others: Mapping[str, Route]) -> dict[str, Route]:
        """One route gone, or one more, or one with another value in one field."""
        key = self.one(*routes)
        what = self.one("gone", "more", "field", "field", "like another")
        if what == "gone":
            return {name: route for name, route in routes.items() if name != key}
        if what == "more":
            return {**others, **routes}
        if what == "like another":
            return {**routes, key: self.one(*routes.values())}
        name, fresh = self.one("requirement", "credentials", "claims"), self.one(*others.values())
        if Public() in (fresh.requirement, routes[key].requirement):
            return {**routes, key: fresh}
        return {**routes, key: replace(routes[key], **{name: getattr(fresh, name)})}

    def scope(self) -> Scope:
        return Scope(self.usually(True, False), self.one(*WhenStale))

    def issuer(self) -> Issuer:
        state, end = self.usually(KeyState.ACTIVE, *KeyState), self.usually(None, NOW + 60, NOW)
        key = IssuerKey(Algorithm.ES256, self._issuer.public_jwk, state, end)
        return Issuer(
            issuer=self.usually(ISSUER, "https://else.example.com/"),
            typ=self.usually(("at+jwt",), ("JWT", "at+jwt"), ("JWT",)),
            scope_claim=self.usually("scope", "scp"),
            client_id_claim=self.usually("client_id", "azp"),
            clock_skew=self.usually(30, 0),
            max_lifetime=self.usually(3600, 600, 300),
            keys={self._issuer.kid: key, "spare": replace(key, state=self.one(*KeyState))},
        )

    def api_key(self) -> ApiKey:
        digest = hashlib.sha256(self.usually(b"k.secret", b"k.other")).hexdigest()
        return ApiKey(digest, self.usually(NOW + 60, NOW))

    def client(self, keys: Mapping[str, ApiKey]) -> Client:
        return Client(
            active=self.usually(True, False),
            issuer=self.usually("w", None),
            scopes={
                name: self.usually(None, NOW, NOW + 60) for name in self.usually(SCOPES, *((one,) for one in SCOPES))
            },
            tokens_not_before=self.usually(None, NOW - 300, NOW),
            denied_jti=self.usually({}, {"token": NOW + 60}, {"token": NOW}),
            denied_sub=self.usually({}, {"user": NOW + 60}, {"user": NOW}),
            addresses=self.usually((), ("192.0.2.0/25",), ("192.0.2.0/24",), ("192.0.2.0/25", "192.0.2.128/25")),
            api_keys=self.usually(keys, {}),
        )

    def gateway(self) -> Gateway:
        api = self.one(*ApiKind)
        keys = ("GET /o", "POST /o", "GET /o/{id}", "GET /o/x", "POST /o/x", "ANY /o/{rest+}", "ANY /{all+}")
        routes = self.some(*keys, *(("$default",) if api is ApiKind.HTTP else ()), least=1)
        return Gateway(
            api=api,
            audience=self.usually((AUDIENCE,), (AUDIENCE, OTHER_AUDIENCE), (OTHER_AUDIENCE,)),
            following=self.one(*Following),
            max_staleness=self.one(1, 2),
            deny_after=self.one(30, 60),
            result_ttl=0,
            routes={key: self.route() for key in routes},
        )

    def route(self) -> Route:
        jwt, api_key = CredentialKind.JWT, CredentialKind.API_KEY
        kinds = self.one((jwt,), (api_key,), (api_key, jwt))
        sets = {self.some(*SCOPES, least=1) for _ in range(2)}
        demand = self.usually(AnyOf(tuple(sorted(sets))), AnyClient(), Public())
        if isinstance(demand, Public):
            return Route(demand, ())
        claims = self.usually({}, {"level": 1}, {"level": True}, {"level": 1, "tenant": "acme"})
        return Route(demand, kinds, claims)

    def asked(self) -> Asked:
        headers = []
        kinds = self.one("token", "token", "key", "key", "both")
        if kinds != "key":
            claims = self.one({}, {"level": 1}, {"level": 1, "tenant": "acme"}, {"level": True})
            token = self._issuer.mint(
                self.one("web", "batch"),
                self.usually(SCOPES, SCOPES[:1]),
                AUDIENCE,
                NOW - self.usually(100, 0, 590, 620),
                lifetime=600,
                claims={"jti": "token", "sub": "user", **claims},
            )
            headers.append(("authorization", f"Bearer {token}"))
        if kinds != "token":
            headers.append(("x-api-key", self.usually("k.secret", "k.other")))
        path = self.one("/o", "/o/1", "/o/x", "/o/X", "/o/x/y", "/p")
        address = self.one("192.0.2.1", "192.0.2.200", "203.0.113.1")
        request = HttpRequest(self.one("GET", "POST"), path, "", headers, address, "r", NOW)
        return Asked(request, self.one(*FRESHNESS))


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentIssuer:
    return DevelopmentIssuer.create(tmp_path_factory.mktemp("issuer") / "issuer.pem", ISSUER)


class Reach(NamedTuple):
    """A change of routes, and the request that it lets pass or denies."""

    api: ApiKind
    before: Mapping[str, Route]
    after: Mapping[str, Route]
    path: str
    passes: bool


LAX = Route(AnyOf((("a",),)))
STRICT = replace(LAX, claims={"tenant": "acme"})
NOBODY = Route(AnyOf((("b",),)))


@pytest.mark.parametrize(
    "reach",
    [
        pytest.param(
            Reach(ApiKind.HTTP, {"GET /o/{id}": LAX, "GET /o/x": NOBODY}, {"GET /o/{id}": LAX}, "/o/x", True),
            id="a removed route gives its requests back to a laxer one",
        ),
        pytest.param(
            Reach(ApiKind.REST, {"GET /o/{id}": LAX}, {"GET /o/{id}": LAX, "POST /o/x": LAX}, "/o/x", False),
            id="on REST a new path takes requests of methods that it does not have",
        ),
        pytest.param(
            Reach(
                ApiKind.HTTP,
                {"ANY /o/{rest+}": STRICT, "GET /o/x": LAX},
                {"ANY /o/{rest+}": STRICT, "GET /o/x": STRICT},
                "/o/X",
                True,
            ),
            id="a route with the demands of its catch-all no longer keeps look-alikes from it",
        ),
        pytest.param(
            Reach(
                ApiKind.HTTP,
                {"GET /o": LAX},
                {"GET /o": replace(LAX, credentials=(CredentialKind.API_KEY, CredentialKind.JWT))},
                "/o",
                False,
            ),
            id="a second kind of credential makes a request with both ambiguous",
        ),
    ],
)
def test_a_route_reaches_further_than_its_own_requests(issuer: DevelopmentIssuer, reach: Reach):
    def policy(routes: Mapping[str, Route]) -> Gateway:
        return Gateway(reach.api, (AUDIENCE,), Following.FOLLOW, 2, 60, 0, routes)

    key = IssuerKey(Algorithm.ES256, issuer.public_jwk, KeyState.ACTIVE)
    others: World = {
        "issuer/w": Issuer(ISSUER, ("at+jwt",), "scope", "client_id", 30, 3600, {issuer.kid: key}),
        "client/web": Client(active=True, issuer="w", scopes={"a": None}),
        **{f"scope/{name}": Scope(True, WhenStale.SERVE) for name in SCOPES},
    }
    token = issuer.mint("web", ["a"], AUDIENCE, NOW, claims={"tenant": "acme"})
    headers = [("authorization", f"Bearer {token}"), ("x-api-key", "k.secret")]
    asked = Asked(HttpRequest("GET", reach.path, "", headers, "192.0.2.1", "r", NOW), FRESHNESS[0])
    old, new = (view({**others, "gateway/t/g": policy(routes)}) for routes in (reach.before, reach.after))
    assert (allowed(asked, old), allowed(asked, new)) == (not reach.passes, reach.passes)
    said = effect(policy(reach.before), policy(reach.after))
    assert said.widens if reach.passes else said.narrows


@pytest.mark.parametrize("changes", [1000, pytest.param(30_000, marks=pytest.mark.soak)])
def test_no_request_is_newly_allowed_or_denied_without_the_change_saying_so(issuer: DevelopmentIssuer, changes: int):
    dice = Dice(7, issuer)
    requests = [dice.asked() for _ in range(200)]
    seen: Counter[str] = Counter()
    for number in range(changes):
        before = dice.world()
        key, changed = dice.changed(before)
        after = {name: entity for name, entity in before.items() if name != key}
        if changed is not None:
            after[key] = changed
        there, back = effect(before[key], changed), effect(changed, before[key])
        seen[f"{kind_of(key)} {'changes' if there.widens or there.narrows else 'changes nothing'}"] += 1
        old, new = view(before), view(after)
        for asked in random.Random(number).sample(requests, 40):
            passed, passes = allowed(asked, old), allowed(asked, new)
            if passed == passes:
                continue
            what = f"change {number} of {key}: {before[key]} -> {changed}; {asked}"
            assert there.widens if passes else there.narrows, what
            assert back.narrows if passes else back.widens, what
            seen[f"{kind_of(key)} decides"] += 1
    # What no request ever showed would prove nothing, and nor would an effect that always says both.
    for kind in ("gateway", "issuer", "scope", "client"):
        assert all(seen[f"{kind} {word}"] > 10 for word in ("decides", "changes", "changes nothing")), seen


def view(world: World) -> View:
    holdings = Holdings.build("t/g", {key: value(entity) for key, entity in world.items()})
    return View(holdings, Position(1, 1, "0" * 64))


def allowed(asked: Asked, policy: View) -> bool:
    """Whether the request reaches a backend: API Gateway finds a route, and the authorizer allows it."""
    if policy.gateway is None:
        return False
    match = match_route(policy.gateway.routes, asked.request.method, asked.request.path, policy.gateway.api)
    if match is None:
        return False
    make = http_event if policy.gateway.api is ApiKind.HTTP else rest_event
    return isinstance(decide(make("api", asked.request, match), policy, asked.freshness, NOW).outcome, Allow)
