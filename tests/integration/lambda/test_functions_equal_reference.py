"""Each build, asked as a function, gives the very answers and lines that the reference gives for the same events."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.functions import Function, an_event
from tests.support.local_policy import AUDIENCE, LocalPolicy
from tests.support.states import a_client, a_scope
from tests.support.vectors import fixtures, vectors

from gatefleet.contract.digests import Position
from gatefleet.contract.entities import (
    AnyClient,
    AnyOf,
    ApiKey,
    ApiKind,
    Client,
    CredentialKind,
    Entity,
    Following,
    Gateway,
    Public,
    Route,
    WhenStale,
)
from gatefleet.local.reference import ReferenceAuthorizer, UnauthorizedError
from gatefleet.local.runtime_api import FunctionError
from gatefleet.render.floors import render_floor
from gatefleet.render.shares import Shares

Deploy = Callable[..., Function]

API_KEY = "batch-1.0123456789abcdef"
CERTIFICATE = base64.b64encode(b"what a certificate is, as far as anybody here looks").decode()
PEM = f"-----BEGIN CERTIFICATE-----\n{CERTIFICATE}\n-----END CERTIFICATE-----\n"
THUMBPRINT = base64.urlsafe_b64encode(hashlib.sha256(base64.b64decode(CERTIFICATE)).digest()).decode().rstrip("=")
EVERY_CREDENTIAL = (CredentialKind.API_KEY, CredentialKind.CERTIFICATE, CredentialKind.JWT)

ROUTES = {
    "GET /orders": Route(AnyOf((("orders:read",),)), EVERY_CREDENTIAL),
    "GET /orders/{id}": Route(AnyOf((("orders:admin", "orders:read"), ("orders:write",)))),
    "POST /orders": Route(AnyOf((("orders:write",),)), claims={"tenant": "acme"}),
    "DELETE /orders/{id}": Route(AnyOf((("orders:cancel",),))),
    "ANY /files/{path+}": Route(AnyOf((("orders:read",),))),
    "GET /me": Route(AnyClient()),
    "GET /health": Route(Public(), ()),
}


@pytest.fixture
def policy(tmp_path: Path) -> LocalPolicy:
    """The same routes on an HTTP and a REST API, on their floors alone: one freshness for everybody who answers."""
    http = Gateway(ApiKind.HTTP, (AUDIENCE,), Following.FLOOR_ONLY, 2, 60, 0, ROUTES)
    later = int(time.time()) + 86_400
    entities: dict[str, Entity] = {
        "scope/orders:read": a_scope(when_stale=WhenStale.SERVE),
        "scope/orders:write": a_scope(),
        "scope/orders:cancel": a_scope(when_stale=WhenStale.DENY),
        "scope/orders:admin": a_scope(active=False),
        "client/shop": a_client("orders:read", "orders:write", "orders:cancel", "orders:admin"),
        "client/reader": replace(a_client("orders:read"), denied_sub={"mallory": later}),
        "client/home": replace(a_client("orders:read"), addresses=("192.0.2.0/24",)),
        "client/gone": a_client("orders:read", active=False),
        "client/switched": replace(a_client("orders:read"), tokens_not_before=later),
        "client/batch": Client(
            True,
            scopes={"orders:read": None},
            api_keys={"batch-1": ApiKey(hashlib.sha256(API_KEY.encode()).hexdigest(), later)},
            certificates=(THUMBPRINT,),
        ),
        "gateway/orders/http": http,
        "gateway/orders/rest": replace(http, api=ApiKind.REST),
    }
    return LocalPolicy(tmp_path, entities)


def events(policy: LocalPolicy, gateway: str) -> Iterator[dict[str, Any]]:
    """A few dozen requests, good and bad, with fresh tokens."""

    def event(route: str, *headers: tuple[str, str], source_ip: str = "192.0.2.7") -> dict[str, Any]:
        return an_event(policy, gateway, route, *headers, source_ip=source_ip)

    def token(client: str, *scopes: str, **claims: object) -> tuple[str, str]:
        return policy.bearer(client, *scopes, claims=claims)

    every = ("orders:read", "orders:write", "orders:cancel", "orders:admin")
    for route in ("GET /orders", "GET /orders/5", "POST /orders", "DELETE /orders/5", "PUT /files/a/b", "GET /me"):
        yield event(route)
        for scopes in ((), ("orders:read",), every, ("orders:rea", "Orders:read", "orders:read:all")):
            yield event(route, token("shop", *scopes))
            yield event(route, token("shop", *scopes, tenant="acme"))
    for client in ("reader", "home", "gone", "switched", "batch", "nobody", "__proto__"):
        yield event("GET /orders", token(client, "orders:read"))
    yield event("GET /health", token("shop", *every))
    now = int(time.time())
    for claims in (
        {"sub": "mallory"},
        {"aud": AUDIENCE + "/"},
        {"aud": ["x", AUDIENCE]},
        {"iss": "https://login.example.org/"},
        {"exp": now - 3600, "iat": now - 7200},
        {"exp": now + 86_400},
        {"nbf": now + 3000},
        {"exp": "soon"},
        {"cnf": {"jkt": "x"}},
        {"scope": ["orders:read"]},
    ):
        yield event("GET /orders", token("reader", "orders:read", **claims))
    yield event("GET /orders", token("home", "orders:read"), source_ip="203.0.113.9")
    yield event("GET /orders", token("home", "orders:read"), source_ip="2001:db8::1")
    name, good = token("reader", "orders:read")
    for value in (
        good[:-2],
        good + "=",
        good.replace("Bearer", "bearer"),
        good + "," + good,
        "Bearer ",
        "Bearer a.b.c",
        "",
    ):
        yield event("GET /orders", (name, value))
    yield event("GET /orders", (name, good), (name, good))
    for key in (API_KEY, API_KEY + "0", "batch-1", "no-such.key"):
        yield event("GET /orders", ("x-api-key", key))
    yield event("GET /orders", (name, good), ("x-api-key", API_KEY))
    yield event("GET /me", ("x-api-key", API_KEY))
    for pem in (PEM, PEM.replace("W", "V"), "nonsense"):
        shown = event("GET /orders")
        context = shown["requestContext"]
        context.setdefault("authentication", {})["clientCert"] = {"clientCertPem": pem}
        context.setdefault("identity", {})["clientCert"] = {"clientCertPem": pem}
        yield shown
    for path in ("a%2fb", "a/../b", "a//b", "a;b", "%2e%2e/a", "a%5cb", "a/b/", "%00"):
        yield event(f"GET /files/{path}", token("shop", *every))
    whole = event("GET /orders", token("shop", *every))
    for member in whole:
        yield {name: value for name, value in whole.items() if name != member}
        yield {**whole, member: None}


@dataclass
class OfVectors(LocalPolicy):
    """The policy of one view of the vectors: its floor, and no log."""

    view: Mapping[str, Any] = field(default_factory=dict)

    def floors(self) -> dict[str, bytes]:
        gateway, position = self.view["gateway"], Position(**self.view["position"])
        floor = render_floor(
            gateway,
            Shares(self.view["entities"]),
            position,
            "0" * 40,
            trust=self.trust,
            signers=(self.signer,),
            now=int(time.time()),
            max_age=604800,
            accepted=lambda _position: True,
            previous=None,
        )
        return {gateway: floor.envelope}


@dataclass
class Reference:
    """The reference authorizer; `lines` as it writes them."""

    authorizer: ReferenceAuthorizer
    lines: list[str] = field(default_factory=list)

    @staticmethod
    def of(policy: LocalPolicy, gateway: str) -> Reference:
        lines: list[str] = []
        return Reference(policy.authorizer(gateway, lines.append), lines)

    def says(self, event: dict[str, Any]) -> Any:
        """Its answer, as JSON carries it."""
        try:
            return json.loads(json.dumps(self.authorizer(event)))
        except UnauthorizedError:
            return "Unauthorized"


def said(function: Function, event: dict[str, Any]) -> Any:
    """The function's answer, or the message of its error."""
    result = function.ask(event)
    return result.message if isinstance(result, FunctionError) else result.value


def known(answer: Any) -> Any:
    """An answer or a line without what is made anew for each decision."""
    match answer:
        case {"context": dict(context)}:
            assert len(context["decision_id"]) == 32
            return {**answer, "context": {**context, "decision_id": ""}}
        case {"time": _}:
            return {name: value for name, value in answer.items() if name not in {"time", "latency_ms", "decision_id"}}
    return answer


@pytest.mark.parametrize("gateway", ["orders/http", "orders/rest"])
def test_every_answer_and_every_line_is_that_of_the_reference(
    deploy: Deploy, policy: LocalPolicy, gateway: str
) -> None:
    function, reference = deploy(policy, gateway), Reference.of(policy, gateway)
    asked = list(events(policy, gateway))
    answers = [known(said(function, event)) for event in asked]
    assert answers == [known(reference.says(event)) for event in asked]
    assert len(asked) > 100
    lines = function.decisions()
    assert [known(line) for line in lines] == [known(json.loads(line)) for line in reference.lines]
    assert [list(line) for line in lines] == [list(json.loads(line)) for line in reference.lines]
    assert {line["decision"] for line in lines} == {"allow", "deny"}
    assert len({line.get("reason") for line in lines}) > 15


def test_on_a_rest_api_who_is_nobody_is_the_error_unauthorized(deploy: Deploy, policy: LocalPolicy) -> None:
    function = deploy(policy, "orders/rest")
    failed = function.ask(function.event("GET /orders"))
    assert isinstance(failed, FunctionError)
    assert (failed.kind, failed.message) == ("Unauthorized", "Unauthorized")
    denied = function.ask(function.event("GET /orders/5", policy.bearer("reader", "orders:read")))
    assert not isinstance(denied, FunctionError)
    assert denied.value["policyDocument"]["Statement"][0]["Effect"] == "Deny"


def test_an_invocation_writes_one_line_and_never_a_token_or_a_key(deploy: Deploy, policy: LocalPolicy) -> None:
    function = deploy(policy, "orders/http")
    tokens = [policy.bearer(client, "orders:read") for client in ("shop", "reader", "gone", "nobody")]
    forged = [(name, value[:-8] + "AAAAAAAA") for name, value in tokens]
    headers = [*tokens, *forged, ("authorization", "Bearer not-a-token"), ("x-api-key", API_KEY)]
    for header in headers:
        function.ask(function.event("GET /orders", header))
    lines = function.decisions()
    assert len(lines) == len(headers)
    written = "\n".join([*function.lines, *function.environment.stderr])
    secrets = [part for _, value in headers for part in value.removeprefix("Bearer ").split(".") if len(part) > 8]
    assert [secret for secret in secrets if secret in written] == []


@pytest.mark.parametrize("view", ["http", "rest", "none"])
def test_the_events_of_the_vectors_are_answered_as_by_the_reference(deploy: Deploy, tmp_path: Path, view: str) -> None:
    """Their tokens are not of today, so most are denied, but every shape of event passes through a whole function."""
    policy = OfVectors(tmp_path, {}, view=fixtures("decide")["views"][view])
    gateway = policy.view["gateway"]
    function, reference = deploy(policy, gateway, log=tmp_path / "none" / "log"), Reference.of(policy, gateway)
    given = [vector["given"] for family in ("decide", "respond") for vector in vectors(family)]
    asked = [one["event"] for one in given if one["view"] == view]
    answers = [known(said(function, event)) for event in asked]
    assert answers == [known(reference.says(event)) for event in asked]
    assert [known(line) for line in function.decisions()] == [known(json.loads(line)) for line in reference.lines]
