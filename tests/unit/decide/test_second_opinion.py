"""Decisions over small random policies, against an independent reading of the contract."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from contract.vectorgen.families._events import http_event
from contract.vectorgen.families._policy import any_of, client, gateway, issuer, scope
from contract.vectorgen.families._tokens import (
    NOW,
    OMIT,
    PARTNERS,
    WORKFORCE,
    canonical,
    certificate,
    claims,
    header,
    jwk,
    thumbprint,
    token,
)
from tests.support.naive_decision import Asked, opinion

from gatefleet.contract.digests import Position
from gatefleet.contract.reasons import Reason
from gatefleet.decide import Allow, Decision, Deny, Freshness, FreshnessState, Holdings, View, decide

SCOPES = ("pay", "read", "write")
CERTIFICATE = certificate()
OWN = thumbprint(CERTIFICATE)
KEYS = {"ed": "issuer-ed25519", "other": "other-ed25519"}
# Seconds around the present, at the edges of skews, lifetimes and ends.
PAST = (NOW - 3600, NOW - 31, NOW - 30, NOW - 1, NOW)
FUTURE = (NOW, NOW + 1, NOW + 30, NOW + 31, NOW + 3600)
CASES = 5000
# What these cases cannot reach: the gateway and the route are declared, the path is plain, headers have one value each.
NOT_ASKED = {
    Reason.MALFORMED_REQUEST,
    Reason.UNKNOWN_GATEWAY,
    Reason.UNKNOWN_ROUTE,
    Reason.PATH_NOT_ALLOWED,
}


class Dice:
    """Makes policies and requests of which most parts are good, so that every step is reached."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def usually(self, good: Any, *others: Any) -> Any:
        """Mostly `good`, else one of the others."""
        return good if self._random.random() < 0.95 else self._random.choice(others)

    def one(self, *values: Any) -> Any:
        """One of the values."""
        return self._random.choice(values)

    def some(self, *values: Any, least: int = 0) -> list[Any]:
        """A few of the values, sorted."""
        return sorted(self._random.sample(values, self._random.randint(least, len(values))))

    def rarely(self, **members: Any) -> dict[str, Any]:
        """Each member with a small chance."""
        return {name: value for name, value in members.items() if self._random.random() < 0.1}

    def policy(self) -> dict[str, Any]:
        """The entities of one gateway `t/g` with the route `GET /a`."""
        entities = {"gateway/t/g": gateway({"GET /a": self.route(), "GET /b": self.route()})}
        for name in SCOPES:
            entities[f"scope/{name}"] = self.usually(scope(self.one("serve", "check", "deny")), scope(state="revoked"))
        entities["issuer/a"] = self.issuer(WORKFORCE)
        entities["issuer/b"] = self.issuer(self.usually(PARTNERS, WORKFORCE))
        for name in ("one", "two"):
            entities[f"client/{name}"] = self.client(name)
        gone = self.usually("", *sorted(set(entities) - {"gateway/t/g"}))
        return {key: value for key, value in entities.items() if key != gone}

    def route(self) -> dict[str, Any]:
        kinds = (
            self.usually(["jwt"], ["api_key"], ["certificate"]) if self.one(0, 1) else ["api_key", "certificate", "jwt"]
        )
        if self.one(0, 0, 0, 1):
            return {"any_client": True, "credentials": kinds}
        sets = [self.some(*SCOPES, least=1) for _ in range(self.one(1, 1, 2, 3))]
        demanded = self.rarely(claims=self.one({"tenant": "acme"}, {"level": 1}, {"level": True}))
        return any_of(*sets, credentials=tuple(kinds), **demanded)

    def issuer(self, url: str) -> dict[str, Any]:
        keys = {
            kid: {
                "alg": "EdDSA",
                "jwk": jwk(KEYS[self.usually("ed", "other")]),
                "state": self.usually(self.one("active", "retiring"), "next", "revoked"),
                **self.rarely(not_after=self.one(*PAST, *FUTURE)),
            }
            for kid in ("k1", "k2")
        }
        skew, life = self.one(0, 30), self.one(600, 3600, 7200)
        return issuer(url, clock_skew=skew, max_lifetime=life, typ=self.one(["at+jwt"], ["JWT", "at+jwt"]), keys=keys)

    def client(self, name: str) -> dict[str, Any]:
        key = {"sha256": hashlib.sha256(b"k.secret").hexdigest(), "expires": self.usually(NOW + 1, *PAST)}
        grants = {one: self.usually({}, {"until": self.one(*PAST, *FUTURE)}) for one in self.some(*SCOPES)}
        return client(
            issuer=self.usually("a", "b", OMIT),
            state=self.usually("active", "suspended"),
            scopes=grants or OMIT,
            **({"api_keys": {"k": key}, "certificates": [OWN]} if name == "one" or self.one(*[0] * 9, 1) else {}),
            **self.rarely(
                tokens_not_before=self.one(*PAST),
                denied_jti={"token-1": self.one(*PAST, *FUTURE)},
                denied_sub={"user-1": self.one(*PAST, *FUTURE)},
                addresses=self.one(["192.0.2.0/24"], ["192.0.2.10/32", "2001:db8::/32"], ["203.0.113.0/24"]),
            ),
        )

    def request(self) -> dict[str, Any]:
        """Header, claims and what else is presented."""
        head = header(
            kid=self.usually("k1", "k2", "k3", OMIT),
            typ=self.usually("at+jwt", "application/at+jwt", "JWT", "x", OMIT),
            alg=self.usually("EdDSA", "none", OMIT),
        )
        body = claims(
            iss=self.usually(WORKFORCE, PARTNERS, OMIT),
            aud=self.usually("urn:example:orders", "urn:x", ["urn:x", "urn:example:orders"], [], OMIT),
            client_id=self.usually("one", "two", "three", OMIT),
            iat=self.usually(NOW - 60, *PAST, *FUTURE),
            exp=self.usually(NOW + 500, *PAST, *FUTURE),
            nbf=self.usually(OMIT, *PAST, *FUTURE),
            scope=self.one("pay read write", "read write", "pay", "", ["read", "write"], "read  pay", OMIT),
            tenant=self.one("acme", "x", OMIT),
            level=self.one(1, True, "1", OMIT),
            cnf=self.usually(OMIT, {"x5t#S256": OWN}, {"x5t#S256": "x"}, {"jkt": "x"}),
        )
        return {
            "header": head,
            "claims": body,
            "key": self.usually("ed", "other"),
            "no_token": self.one(True, False, False, False),
            "api_key": self.usually(None, "k.secret", "k.wrong", "x.secret")
            if self.one(0, 1)
            else self.one(None, "k.secret"),
            "certificate": self.one(True, False),
            "source_ip": self.usually("192.0.2.10", "192.0.3.1", "2001:db8::1", "x", None),
        }

    def freshness(self) -> Freshness:
        """How current the view is."""
        return Freshness(self.one(*FreshnessState), self.one(None, 0, 60, 61), self.one(True, False))


def test_every_decision_is_the_one_an_independent_reading_of_the_contract_makes() -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(CASES):
        dice = Dice(seed)
        said = _agree(dice.policy(), dice.request(), dice.freshness(), seed)
        outcomes[said[0] if said[0] == "allow" else said[1]] += 1
    # Agreement on what was never asked would prove nothing.
    assert outcomes["allow"] > CASES / 10
    assert {reason for reason in Reason if outcomes[reason] < 10} == NOT_ASKED, outcomes


def _agree(policy: Mapping[str, Any], request: Mapping[str, Any], freshness: Freshness, seed: int) -> tuple[Any, ...]:
    has_token = not request["no_token"]
    event = http_event(
        "GET /a",
        authorization=f"Bearer {token(request['header'], request['claims'], KEYS[request['key']])}"
        if has_token
        else None,
        headers={"x-api-key": request["api_key"]} if request["api_key"] else {},
        ip=request["source_ip"],
        **({"pem": CERTIFICATE} if request["certificate"] else {}),
    )
    asked = Asked(
        route="GET /a",
        now=NOW,
        header=request["header"] if has_token else None,
        claims=request["claims"] if has_token else None,
        signed_with=jwk(KEYS[request["key"]])["x"],
        api_key=request["api_key"],
        thumbprint=OWN if request["certificate"] else None,
        source_ip=request["source_ip"],
        state=freshness.state,
        age=freshness.age,
        read_failed=freshness.read_failed,
    )
    holdings = Holdings.build("t/g", {key: canonical(value) for key, value in policy.items()})
    said = _said(decide(event, View(holdings, Position(1, 1, "0" * 64)), freshness, NOW))
    assert said == opinion("t/g", policy, asked), f"seed {seed}"
    return said


def _said(decision: Decision) -> tuple[Any, ...]:
    match decision.outcome:
        case Allow(scopes):
            return "allow", list(scopes), decision.when_stale
        case Deny(step, reason):
            return step.value, reason.value


@pytest.mark.parametrize("order", [("read", "write"), ("write", "read")])
def test_the_order_of_sets_decides_nothing(order: tuple[str, str]) -> None:
    policy = {
        "gateway/t/g": gateway({"GET /a": any_of(*([one] for one in order))}),
        "scope/read": scope("serve"),
        "scope/write": scope("deny"),
        "issuer/a": issuer(WORKFORCE),
        "client/one": client("read", "write", issuer="a"),
    }
    holdings = Holdings.build("t/g", {key: canonical(value) for key, value in policy.items()})
    event = http_event("GET /a", authorization=f"Bearer {token(body=claims(client_id='one', scope='read write'))}")
    floor = Freshness(FreshnessState.FLOOR, None, True)
    assert decide(event, View(holdings, Position(1, 1, "0" * 64)), floor, NOW).allowed
