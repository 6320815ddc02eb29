from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.states import a_gateway

from gatefleet.contract.entities import ApiKind, Gateway, Public, Route
from gatefleet.contract.entity_values import entity_json
from gatefleet.log.payloads import Floor
from gatefleet.problems import Place
from gatefleet.render.layer import floor_layer, sha256_base64
from gatefleet.render.plan_check import check_plan

ENVELOPE, TRUST = b"floor\n", b"trust\n"
LAYER = sha256_base64(floor_layer(ENVELOPE, TRUST))


def floor_of(gateway: Gateway) -> Floor:
    zeros = "00" * 32
    return Floor(
        environment="production", log="shop-policy", epoch=1, revision=1, payload=zeros, commit="a" * 40, issued_at=0,
        requires=(), trust=1, gateway="orders/orders", view=zeros,
        entities={"gateway/orders/orders": json.dumps(entity_json(gateway), sort_keys=True, separators=(",", ":"))},
    )  # fmt: skip


def gateway(api: ApiKind, ttl: int = 0) -> Gateway:
    made = a_gateway(**{"GET /orders": "orders:read"})
    routes = dict(made.routes) | {"GET /health": Route(Public(), ())}
    return Gateway(api, made.audience, made.following, made.max_staleness, made.deny_after, ttl, routes)


def resource(kind: str, **values: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": kind, "address": f"module.gateway.{kind}.this", "values": values}


LAYER_VERSION = resource("aws_lambda_layer_version", source_code_hash=LAYER)


def http_plan(*others: dict[str, Any], **types: str) -> dict[str, Any]:
    routes = {"GET /orders": "CUSTOM", "GET /health": "NONE"} | types
    resources = [
        resource("aws_apigatewayv2_route", route_key=key, authorization_type=how) for key, how in routes.items()
    ]
    ttl = resource("aws_apigatewayv2_authorizer", authorizer_result_ttl_in_seconds=0)
    return {
        "planned_values": {"root_module": {"child_modules": [{"resources": [*resources, ttl, LAYER_VERSION, *others]}]}}
    }


def rest_plan(paths: dict[str, Any], ttl: int | None = 0, **members: Any) -> dict[str, Any]:
    authorizer = {} if ttl is None else {"authorizerResultTtlInSeconds": ttl}
    schemes = {"gatefleet": {"x-amazon-apigateway-authorizer": authorizer}}
    body = json.dumps({"paths": paths, "components": {"securitySchemes": schemes}} | members)
    resources = [resource("aws_api_gateway_rest_api", body=body), LAYER_VERSION]
    return {"planned_values": {"root_module": {"resources": resources}}}


def found(plan: dict[str, Any], api: ApiKind = ApiKind.HTTP, ttl: int = 0) -> list[tuple[str, str]]:
    problems = check_plan(plan, floor_of(gateway(api, ttl)), ENVELOPE, TRUST, Place("plan.json"))
    return [(problem.code, problem.what) for problem in problems]


ANY_PAGE = {"allow_credentials": True, "allow_origins": ["*"]}
EVERYBODY = '{"Statement":{"Effect":"Allow","Principal":{"AWS":"*"}}}'
GUARDED: dict[str, Any] = {"security": [{"gatefleet": []}]}


def test_a_plan_of_what_the_floor_says_passes() -> None:
    assert found(http_plan()) == []
    assert found(rest_plan({"/orders": {"get": GUARDED}, "/health": {"get": {"security": []}}}), ApiKind.REST) == []


@pytest.mark.parametrize(
    ("plan", "api", "code", "what"),
    [
        (http_plan(**{"GET /orders": "NONE"}), ApiKind.HTTP, "GF550", "route `GET /orders` has no authorizer"),
        (http_plan(**{"GET /orders": "JWT"}), ApiKind.HTTP, "GF550", "route `GET /orders` has no authorizer"),
        (http_plan(**{"GET /extra": "CUSTOM"}), ApiKind.HTTP, "GF550", "route `GET /extra` is not in the policy"),
        (http_plan(**{"$default": "NONE"}), ApiKind.HTTP, "GF550", "route `$default` is not in the policy"),
        (
            rest_plan({"/orders": {"get": {"security": []}}, "/health": {"get": {"security": []}}}),
            ApiKind.REST, "GF550", "route `GET /orders` has no authorizer",
        ),
        (
            rest_plan({"/orders": {"get": {}}, "/health": {"get": {"security": []}}}),
            ApiKind.REST, "GF550", "route `GET /orders` has no authorizer",
        ),
        (
            rest_plan({"/orders": {"get": GUARDED}}),
            ApiKind.REST, "GF550", "route `GET /health` of the policy is missing",
        ),
        (
            http_plan(resource("aws_apigatewayv2_authorizer", authorizer_result_ttl_in_seconds=300)),
            ApiKind.HTTP, "GF551", "answers are kept for 300 s, the policy says 0 s",
        ),
        (
            http_plan(resource("aws_apigatewayv2_authorizer")),
            ApiKind.HTTP, "GF551", "answers are kept for API Gateway's default, the policy says 0 s",
        ),
        (
            rest_plan({"/orders": {"get": GUARDED}, "/health": {"get": {"security": []}}}, ttl=None),
            ApiKind.REST, "GF551", "answers are kept for API Gateway's default, the policy says 0 s",
        ),
        (
            http_plan(resource("aws_apigatewayv2_api", cors_configuration=[ANY_PAGE])),
            ApiKind.HTTP, "GF552", "module.gateway.aws_apigatewayv2_api.this allows any origin with credentials",
        ),
        (
            http_plan(resource("aws_iam_role", assume_role_policy=EVERYBODY)),
            ApiKind.HTTP, "GF553", "module.gateway.aws_iam_role.this: its assume_role_policy allows everybody",
        ),
        (
            rest_plan(
                {"/orders": {"get": GUARDED}, "/health": {"get": {"security": []}}},
                **{"x-amazon-apigateway-policy": json.loads(EVERYBODY)},
            ),
            ApiKind.REST, "GF553",
            "module.gateway.aws_api_gateway_rest_api.this: its x-amazon-apigateway-policy allows everybody",
        ),
        (
            http_plan(resource("aws_lambda_layer_version", source_code_hash="other")),
            ApiKind.HTTP, "GF554", "the layer's digest is not that of floor.json and trust.json beside the plan",
        ),
    ],
)  # fmt: skip
def test_what_differs_from_the_floor_is_named(plan: dict[str, Any], api: ApiKind, code: str, what: str) -> None:
    assert found(plan, api) == [(code, what)]


def test_a_plan_of_any_other_shape_passes_nothing() -> None:
    for plan in ({}, {"planned_values": None}, {"planned_values": {"root_module": {"resources": []}}}):
        assert {code for code, _ in found(plan)} == {"GF550", "GF554"}


def test_a_preflight_that_the_module_adds_is_no_route_of_the_policy() -> None:
    paths = {"/orders": {"get": GUARDED, "options": {"security": []}}, "/health": {"get": {"security": []}}}
    assert found(rest_plan(paths), ApiKind.REST) == []
