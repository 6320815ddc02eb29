"""What a caller gets: API Gateway's own bodies on HTTP APIs, problem details (RFC 9457) on REST APIs."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.local_policy import ERRORS, LocalPolicy
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.contract.entities import AnyOf, ApiKind, CredentialKind, Entity, Gateway, Public, Route
from gatefleet.local.events import HttpRequest
from gatefleet.local.front import Front, HttpResponse, identity_source

READ = Route(AnyOf((("orders:read",),)))
ROUTES = {"GET /health": Route(Public(), ()), "GET /orders": READ, "GET /orders/{id}": READ}


def entities(api: ApiKind, routes: dict[str, Route]) -> dict[str, Entity]:
    return {
        "scope/orders:read": a_scope(),
        "client/shop": a_client("orders:read"),
        "client/ended": a_client("orders:read", active=False),
        "gateway/orders/orders": replace(a_gateway(), api=api, routes=routes),
    }


class Local:
    """One gateway and its callers. `asked` counts how often the authorizer was called."""

    def __init__(self, folder: Path, api: ApiKind, routes: dict[str, Route]) -> None:
        self.policy = LocalPolicy(folder, entities(api, routes))
        self.asked = 0
        self._authorizer = self.policy.authorizer("orders/orders")
        gateway = self.policy.entities["gateway/orders/orders"]
        assert isinstance(gateway, Gateway)
        self.front = Front("orders/orders", gateway, self._authorize, ERRORS)

    def _authorize(self, event: dict[str, Any]) -> dict[str, Any]:
        self.asked += 1
        return self._authorizer(event)

    def call(self, path: str, *headers: tuple[str, str], method: str = "GET") -> HttpResponse:
        return self.front.answer(HttpRequest(method, path, "", headers, "192.0.2.7", "r", int(time.time())))


@pytest.fixture
def http(tmp_path: Path) -> Local:
    return Local(tmp_path, ApiKind.HTTP, ROUTES)


@pytest.fixture
def rest(tmp_path: Path) -> Local:
    return Local(tmp_path, ApiKind.REST, ROUTES)


@pytest.mark.parametrize("api", ApiKind)
def test_a_client_with_the_scope_reaches_the_backend_which_is_told_who_it_is(tmp_path: Path, api: ApiKind) -> None:
    local = Local(tmp_path, api, ROUTES)
    response = local.call("/orders/5", local.policy.bearer("shop", "orders:read"))
    assert response.status == 200
    assert (response.body["route"], response.body["path_parameters"]) == ("GET /orders/{id}", {"id": "5"})
    assert response.body["authorizer"]["client_id"] == "shop"
    assert response.body["authorizer"]["scopes"] == "orders:read"


@pytest.mark.parametrize("api", ApiKind)
def test_a_public_route_never_reaches_the_authorizer(tmp_path: Path, api: ApiKind) -> None:
    local = Local(tmp_path, api, ROUTES)
    assert local.call("/health", ("authorization", "Bearer nonsense")).status == 200
    assert local.asked == 0


def test_an_http_api_denies_with_the_fixed_bodies_of_api_gateway(http: Local) -> None:
    assert http.call("/orders", http.policy.bearer("shop")) == HttpResponse(403, {"message": "Forbidden"})
    assert http.call("/orders", ("authorization", "Bearer nonsense")) == HttpResponse(403, {"message": "Forbidden"})
    assert http.call("/nowhere") == HttpResponse(404, {"message": "Not Found"})
    assert http.call("/orders", method="POST") == HttpResponse(404, {"message": "Not Found"})


@pytest.mark.parametrize("headers", [(), (("authorization", ""),), (("x-api-key", "a.b"),)])
def test_an_http_api_without_its_one_identity_source_answers_401_and_asks_nobody(
    http: Local, headers: tuple[tuple[str, str], ...]
) -> None:
    assert http.call("/orders", *headers) == HttpResponse(401, {"message": "Unauthorized"})
    assert http.asked == 0


def test_an_http_api_whose_routes_take_several_kinds_of_credentials_answers_403_instead(tmp_path: Path) -> None:
    keyed = replace(READ, credentials=(CredentialKind.API_KEY, CredentialKind.JWT))
    local = Local(tmp_path, ApiKind.HTTP, {"GET /orders": READ, "GET /feed": keyed})
    assert local.call("/orders") == HttpResponse(403, {"message": "Forbidden"})
    assert local.asked == 1


@pytest.mark.parametrize(
    ("api", "kinds", "source"),
    [
        (ApiKind.HTTP, [CredentialKind.JWT], "authorization"),
        (ApiKind.HTTP, [CredentialKind.API_KEY], "x-api-key"),
        (ApiKind.HTTP, [CredentialKind.CERTIFICATE], None),
        (ApiKind.HTTP, [CredentialKind.JWT, CredentialKind.CERTIFICATE], None),
        (ApiKind.REST, [CredentialKind.JWT], None),
    ],
)
def test_only_one_header_for_all_routes_of_an_http_api_is_an_identity_source(
    api: ApiKind, kinds: list[CredentialKind], source: str | None
) -> None:
    route = replace(READ, credentials=tuple(kinds))
    routes = {"GET /health": Route(Public(), ()), "GET /a": route, "GET /b": route}
    assert identity_source(replace(a_gateway(), api=api, routes=routes)) == source


def test_a_rest_api_answers_failed_authentication_with_a_static_problem_and_a_challenge(rest: Local) -> None:
    wanted = HttpResponse(
        401,
        {"type": f"{ERRORS}authentication", "title": "Unauthorized", "status": 401},
        {"content-type": "application/problem+json", "www-authenticate": "Bearer"},
    )
    assert rest.call("/orders") == wanted
    assert rest.call("/orders", ("authorization", "Bearer nonsense")) == wanted
    assert rest.call("/orders", rest.policy.bearer("ended", "orders:read")) == wanted
    assert rest.asked == 3


def test_a_rest_api_names_the_reason_of_failed_authorization_in_its_problem(rest: Local) -> None:
    assert rest.call("/orders", rest.policy.bearer("shop")) == HttpResponse(
        403,
        {"type": f"{ERRORS}insufficient_scope", "title": "Forbidden", "status": 403},
        {"content-type": "application/problem+json"},
    )


def test_a_rest_api_answers_for_what_it_does_not_declare_as_api_gateway_does(rest: Local) -> None:
    missing = HttpResponse(403, {"message": "Missing Authentication Token"})
    assert rest.call("/nowhere") == missing
    assert rest.call("/orders", method="POST") == missing


def test_a_rest_api_goes_by_the_policy_that_it_was_given_for_the_method_that_was_called(tmp_path: Path) -> None:
    local = Local(tmp_path, ApiKind.REST, ROUTES)
    elsewhere = Front("orders/orders", replace(a_gateway(), api=ApiKind.REST, routes=ROUTES), _allow_another, ERRORS)
    request = HttpRequest("GET", "/orders", "", (local.policy.bearer("shop", "orders:read"),), "192.0.2.7", "r", 0)
    assert elsewhere.answer(request).status == 403


def _allow_another(event: dict[str, Any]) -> dict[str, Any]:
    resource = event["methodArn"].replace("/GET/", "/DELETE/")
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": resource}
    return {"principalId": "shop", "policyDocument": {"Statement": [statement]}, "context": {}}
