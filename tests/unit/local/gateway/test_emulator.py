"""One API as its callers see it, with the reference authorizer behind it or one that answers as it is told."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.gateways import ERRORS, POOL, Told, a_request, an_api, answering, api_of_entity, ask, failing, yes
from tests.support.local_policy import LocalPolicy
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.contract.entities import AnyOf, ApiKind, CredentialKind, Entity, Public, Route
from gatefleet.local.gateway.api import ApiRoute
from gatefleet.local.gateway.emulator import MAX_BODY, Authorizer, Emulator
from gatefleet.local.runtime_api import Answer, FunctionError
from gatefleet.model.types import Backend, Cors, Throttle

READ = Route(AnyOf((("orders:read",),)))
ROUTES = {"GET /health": Route(Public(), ()), "GET /orders": READ, "GET /orders/{id}": READ}
BEARER = ("authorization", "Bearer t")


class Local:
    """The gateway `orders/orders` with real policy; `authorizer.events` are what the reference was asked."""

    def __init__(self, folder: Path, api: ApiKind, routes: dict[str, Route] | None = None, **members: Any) -> None:
        gateway = replace(a_gateway(), api=api, routes=routes or ROUTES)
        entities: dict[str, Entity] = {
            "scope/orders:read": a_scope(),
            "client/shop": a_client("orders:read"),
            "client/ended": a_client("orders:read", active=False),
            "gateway/orders/orders": gateway,
        }
        self.policy = LocalPolicy(folder, entities)
        self.authorizer = Told(self.policy.authorizer("orders/orders").invoke)
        self.lines: list[str] = []
        api_of_it = replace(api_of_entity("orders/orders", gateway), **members)
        self.emulator = Emulator(api_of_it, self.authorizer, POOL, write_line=self.lines.append)

    def call(self, line: str, *headers: tuple[str, str]) -> tuple[int, Any, dict[str, str]]:
        asked = ask(self.emulator, a_request(line, *headers))
        return asked.status, asked.value, asked.headers


def emulator(
    api_kind: ApiKind = ApiKind.HTTP, *routes: str, authorizer: Authorizer | None = None, **members: Any
) -> Emulator:
    api = an_api(api_kind, *(routes or ("GET /orders",)), **members)
    return Emulator(api, authorizer or answering(yes()), POOL)


@pytest.fixture
def http(tmp_path: Path) -> Local:
    return Local(tmp_path, ApiKind.HTTP)


@pytest.fixture
def rest(tmp_path: Path) -> Local:
    return Local(tmp_path, ApiKind.REST)


@pytest.mark.parametrize("api", ApiKind)
def test_a_client_with_the_scope_reaches_the_backend_which_is_told_who_it_is(tmp_path: Path, api: ApiKind) -> None:
    local = Local(tmp_path, api)
    status, value, _ = local.call("GET /orders/5", local.policy.bearer("shop", "orders:read"))
    assert status == 200
    assert (value["route"], value["path_parameters"]) == ("GET /orders/{id}", {"id": "5"})
    assert value["authorizer"]["client_id"] == "shop"
    assert value["headers"]["x-gatefleet-client-id"] == "shop"
    assert value["authorizer"]["scopes"] == "orders:read"
    assert value["headers"]["authorization"] == "Bearer …"


@pytest.mark.parametrize("api", ApiKind)
def test_a_public_route_never_reaches_the_authorizer(tmp_path: Path, api: ApiKind) -> None:
    local = Local(tmp_path, api)
    assert local.call("GET /health", ("authorization", "Bearer nonsense"))[0] == 200
    assert local.authorizer.events == []


def test_an_http_api_denies_with_the_fixed_bodies_of_api_gateway(http: Local) -> None:
    assert http.call("GET /orders", http.policy.bearer("shop"))[:2] == (403, {"message": "Forbidden"})
    assert http.call("GET /orders", ("authorization", "Bearer nonsense"))[:2] == (403, {"message": "Forbidden"})
    assert http.call("GET /nowhere")[:2] == (404, {"message": "Not Found"})
    assert http.call("POST /orders")[:2] == (404, {"message": "Not Found"})


@pytest.mark.parametrize("headers", [(), (("authorization", ""),), (("x-api-key", "a.b"),)])
def test_an_http_api_without_its_one_identity_source_answers_401_and_asks_nobody(
    http: Local, headers: tuple[tuple[str, str], ...]
) -> None:
    assert http.call("GET /orders", *headers)[:2] == (401, {"message": "Unauthorized"})
    assert http.authorizer.events == []


def test_an_http_api_whose_routes_take_several_kinds_of_credentials_answers_403_instead(tmp_path: Path) -> None:
    keyed = replace(READ, credentials=(CredentialKind.API_KEY, CredentialKind.JWT))
    local = Local(tmp_path, ApiKind.HTTP, {"GET /orders": READ, "GET /feed": keyed})
    assert local.call("GET /orders")[:2] == (403, {"message": "Forbidden"})
    assert len(local.authorizer.events) == 1


@pytest.mark.parametrize("asked", [False, True], ids=["without its identity source", "by the authorizer"])
def test_a_rest_api_answers_failed_authentication_with_a_static_problem_and_a_challenge(
    rest: Local, asked: bool
) -> None:
    status, problem, said = rest.call("GET /orders", *([("authorization", "Bearer nonsense")] if asked else []))
    assert problem == {
        "type": f"{ERRORS}unauthorized",
        "title": "Unauthorized",
        "status": 401,
        "instance": "urn:uuid:request-1",
    }
    assert (status, len(rest.authorizer.events)) == (401, asked)
    assert (said["content-type"], said["www-authenticate"]) == ("application/problem+json", "Bearer")


def test_a_rest_api_names_the_reason_of_failed_authorization_in_its_problem(rest: Local) -> None:
    status, problem, said = rest.call("GET /orders", rest.policy.bearer("shop"))
    assert (status, problem["type"], problem["reason"]) == (403, f"{ERRORS}access-denied", "insufficient_scope")
    assert said["content-type"] == "application/problem+json"


def test_a_rest_api_does_not_find_what_it_does_not_declare(rest: Local) -> None:
    for line in ("GET /nowhere", "POST /orders"):
        status, problem, said = rest.call(line)
        assert (status, problem["type"]) == (404, f"{ERRORS}not-found")
        assert said["x-amzn-errortype"] == "MissingAuthenticationTokenException"


def test_a_rest_api_goes_by_the_policy_that_it_was_given_for_the_method_that_was_called() -> None:
    def allow_another(event: Mapping[str, Any]) -> Answer:
        resource = event["methodArn"].replace("/GET/", "/DELETE/")
        statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": resource}
        value = {"principalId": "shop", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
        return Answer("r", json.dumps(value).encode(), 0.0)

    assert ask(emulator(ApiKind.REST, authorizer=Told(allow_another)), a_request("GET /orders", BEARER)).status == 403


@pytest.mark.parametrize(
    ("authorizer", "name"),
    [
        (answering("no policy"), "AuthorizerConfigurationException"),
        (answering({"principalId": "p", "policyDocument": {}}), "AuthorizerConfigurationException"),
        (Told(lambda _event: Answer("r", b"{", 0.0)), "AuthorizerConfigurationException"),
        (failing("it crashed", "Runtime.ExitError"), "AuthorizerFailureException"),
    ],
)
def test_an_authorizer_that_does_not_answer_as_it_must_is_500_with_no_word_of_why(authorizer: Told, name: str) -> None:
    rest = ask(emulator(ApiKind.REST, authorizer=authorizer), a_request("GET /orders"))
    assert (rest.status, rest.headers["x-amzn-errortype"]) == (500, name)
    assert rest.value == {
        "type": f"{ERRORS}authorizer-error",
        "title": "Internal Server Error",
        "status": 500,
        "instance": "urn:uuid:request-1",
    }
    http = ask(emulator(authorizer=authorizer), a_request("GET /orders"))
    assert (http.status, http.value) == (500, {"message": "Internal Server Error"})


def test_an_authorizer_that_takes_too_long_is_500() -> None:
    answers = threading.Event()

    def late(_event: Mapping[str, Any]) -> Answer | FunctionError:
        answers.wait(30)
        return Answer("r", json.dumps(yes()).encode(), 0.0)

    slow = Emulator(an_api(ApiKind.HTTP, "GET /orders"), Told(late), POOL, authorizer_seconds=0.05)
    assert ask(slow, a_request("GET /orders", BEARER)).status == 500
    answers.set()


def test_a_kept_answer_is_given_until_its_ttl_is_over_and_only_for_the_same_identity() -> None:
    clock = [100.0]
    told = answering(yes(client_id="shop"))
    api = an_api(
        ApiKind.HTTP,
        "GET /orders",
        "GET /orders/{id}",
        identity=("$request.header.Authorization", "$context.routeKey", "$context.identity.sourceIp"),
        result_ttl=5,
    )
    keeping = Emulator(api, told, POOL, steady=lambda: clock[0])
    ask(keeping, a_request("GET /orders", BEARER))
    again = ask(keeping, a_request("GET /orders", BEARER))
    assert (len(told.events), again.value["authorizer"]["client_id"]) == (1, "shop")
    for line, headers, source_ip in (
        ("GET /orders/5", [BEARER], "192.0.2.7"),
        ("GET /orders", [("authorization", "Bearer u")], "192.0.2.7"),
        ("GET /orders", [BEARER], "192.0.2.8"),
    ):
        asked = len(told.events)
        ask(keeping, a_request(line, *headers, source_ip=source_ip))
        assert len(told.events) == asked + 1
    clock[0] = 105.0
    asked = len(told.events)
    ask(keeping, a_request("GET /orders", BEARER))
    assert len(told.events) == asked + 1


def test_a_failure_is_never_kept() -> None:
    told = failing("it crashed")
    keeping = emulator(authorizer=told, identity=("$request.header.Authorization",), result_ttl=300)
    for _ in range(2):
        assert ask(keeping, a_request("GET /orders", BEARER)).status == 500
    assert len(told.events) == 2


def test_a_kept_policy_is_evaluated_again_for_each_method() -> None:
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow",
        "Resource": "arn:aws:execute-api:*:*:orders-orders/live/GET/orders",
    }
    told = answering({"principalId": "shop", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}})
    keeping = emulator(
        ApiKind.REST,
        "GET /orders",
        "DELETE /orders",
        authorizer=told,
        identity=("method.request.header.Authorization",),
        result_ttl=300,
    )
    assert ask(keeping, a_request("GET /orders", BEARER)).status == 200
    assert ask(keeping, a_request("DELETE /orders", BEARER)).status == 403
    assert len(told.events) == 1


@pytest.mark.parametrize("api", ApiKind)
def test_above_the_throttle_a_route_answers_429_and_its_neighbour_goes_on(api: ApiKind) -> None:
    clock = [0.0]
    routes = {
        "GET /a": ApiRoute(True, Backend("echo", "lambda", "echo"), Throttle(1, 2)),
        "GET /b": ApiRoute(True, Backend("echo", "lambda", "echo")),
    }
    throttled = Emulator(replace(an_api(api), routes=routes), answering(yes()), POOL, steady=lambda: clock[0])
    assert [ask(throttled, a_request("GET /a")).status for _ in range(3)] == [200, 200, 429]
    assert ask(throttled, a_request("GET /b")).status == 200
    clock[0] = 1.0
    assert [ask(throttled, a_request("GET /a")).status for _ in range(2)] == [200, 429]


def test_a_body_is_taken_to_api_gateways_limit_and_no_further() -> None:
    public = Emulator(an_api(ApiKind.HTTP, public=("POST /",)), answering(yes()), POOL)
    half = b"x" * (MAX_BODY // 2)
    assert ask(public, a_request("POST /"), half, half).value["body_bytes"] == MAX_BODY
    assert ask(public, a_request("POST /"), half, half, b"x").status == 413
    assert ask(public, a_request("POST /", ("content-length", str(MAX_BODY + 1)))).status == 413


def test_a_path_that_makes_the_methods_arn_too_long_is_414_where_an_authorizer_stands_before_it() -> None:
    told = answering(yes())
    long = emulator(ApiKind.HTTP, "GET /{id}", authorizer=told)
    assert ask(long, a_request(f"GET /{'x' * 1600}", BEARER)).status == 414
    assert told.events == []


def test_a_caller_cannot_say_who_the_authorizer_found() -> None:
    public = Emulator(an_api(ApiKind.HTTP, public=("GET /",)), answering(yes()), POOL)
    headers = [("x-gatefleet-client-id", "admin"), ("X-Gatefleet-Decision-Id", "1"), ("x-other", "kept")]
    seen = ask(public, a_request("GET /", *headers)).value["headers"]
    assert {name for name in seen if name.startswith("x-gatefleet-")} == set()
    assert seen["x-other"] == "kept"


CORS = Cors(("https://shop.example.com",), ("GET", "PUT"), ("authorization",), 600)
FROM_SHOP = ("origin", "https://shop.example.com")
PREFLIGHT = (FROM_SHOP, ("access-control-request-method", "GET"))


@pytest.mark.parametrize("api", ApiKind)
def test_a_preflight_is_answered_without_the_authorizer(api: ApiKind) -> None:
    told = answering(yes())
    asked = ask(emulator(api, authorizer=told, cors=CORS), a_request("OPTIONS /orders", *PREFLIGHT))
    assert (asked.status, told.events) == (204, [])
    assert {name: value for name, value in asked.headers.items() if name != "vary"} == {
        "access-control-allow-origin": "https://shop.example.com",
        "access-control-allow-methods": "GET,PUT",
        "access-control-allow-headers": "authorization",
        "access-control-max-age": "600",
    }


def test_only_an_http_api_answers_preflights_to_paths_that_it_does_not_declare() -> None:
    line = a_request("OPTIONS /nowhere", *PREFLIGHT)
    assert ask(emulator(ApiKind.HTTP, cors=CORS), line).status == 204
    assert ask(emulator(ApiKind.REST, cors=CORS), line).status == 404


def test_an_any_route_of_an_http_api_swallows_the_preflight_unless_a_public_one_takes_it() -> None:
    told = answering({"isAuthorized": False})
    line = a_request("OPTIONS /orders", *PREFLIGHT)
    assert ask(emulator(ApiKind.HTTP, "ANY /orders", authorizer=told, cors=CORS), line).status == 403
    let = Emulator(an_api(ApiKind.HTTP, "ANY /orders", public=("OPTIONS /orders",), cors=CORS), told, POOL)
    asked = ask(let, line)
    assert (asked.status, asked.headers["access-control-allow-methods"]) == (200, "GET,PUT")


@pytest.mark.parametrize(("api", "named"), [(ApiKind.HTTP, None), (ApiKind.REST, "https://shop.example.com")])
def test_a_page_reads_the_errors_of_a_rest_api_and_not_those_of_an_http_api(api: ApiKind, named: str | None) -> None:
    denied = ask(emulator(api, authorizer=failing("Unauthorized"), cors=CORS), a_request("GET /orders", FROM_SHOP))
    assert denied.status == (500 if api is ApiKind.HTTP else 401)
    assert denied.headers.get("access-control-allow-origin") == named


def test_what_an_apply_changes_counts_from_the_next_request_on() -> None:
    changing = emulator(ApiKind.HTTP, "GET /orders")
    changing.apply(an_api(ApiKind.HTTP, "GET /parcels"), answering(yes()))
    statuses = [ask(changing, a_request(line, BEARER)).status for line in ("GET /orders", "GET /parcels")]
    assert statuses == [404, 200]


def test_each_request_is_one_line_of_the_fields_that_the_conventions_name(http: Local) -> None:
    http.call("GET /orders/5?secret=1", http.policy.bearer("shop", "orders:read"))
    http.call("GET /orders", http.policy.bearer("shop"))
    http.call("GET /nowhere/secret")
    lines = [json.loads(line) for line in http.lines]
    assert [list(line) for line in lines] == [list(http.emulator.api.log_fields)] * 3
    assert [(line["route"], line["status"], line["client_id"], line["reason"]) for line in lines] == [
        ("GET /orders/{id}", 200, "shop", "-"),
        ("GET /orders", 403, "-", "insufficient_scope"),
        ("-", 404, "-", "-"),
    ]
    assert "secret" not in "".join(http.lines)
    assert "Bearer" not in "".join(http.lines)


def test_requests_wait_for_their_own_authorizer_alone() -> None:
    held, seen = threading.Event(), threading.Event()

    def answer(event: Mapping[str, Any]) -> Answer | FunctionError:
        if event["rawPath"] == "/held":
            seen.set()
            held.wait(30)
        return Answer("r", json.dumps(yes()).encode(), 0.0)

    both = emulator(ApiKind.HTTP, "GET /held", "GET /free", authorizer=Told(answer))

    async def nothing() -> AsyncIterator[bytes]:
        return
        yield b""

    async def overtake() -> tuple[int, int]:
        first = asyncio.create_task(both.answer(a_request("GET /held"), nothing()))
        await asyncio.to_thread(seen.wait, 30)
        second, _ = await both.answer(a_request("GET /free"), nothing())
        held.set()
        return (await first)[0].status, second.status

    assert asyncio.run(overtake()) == (200, 200)
