"""Holds a Terraform plan of a gateway's root against its signed floor, before anything is applied.

The modules make it hard to leave authentication out; a module by hand, an override file or a changed one makes it easy.
So the deploy workflow asks the plan itself: what will be there afterwards is what was reviewed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gatefleet.contract.entities import ApiKind, Gateway, Public
from gatefleet.contract.entity_values import read_entity
from gatefleet.log.payloads import Floor
from gatefleet.problems import Place, Problem, Rule
from gatefleet.render.layer import floor_layer, sha256_base64

_ROUTES = Rule(
    "GF550",
    "A plan whose routes are not the policy's",
    why="A route that nobody reviewed, or one without its authorizer, would be open to everybody.",
    fix="apply what `gatefleet render` wrote, without override files",
)
_KEPT = Rule(
    "GF551",
    "A plan that keeps answers longer than the policy says",
    why="For that long a revoked caller goes on; API Gateway's own default is 300 seconds.",
    fix="apply what `gatefleet render` wrote",
)
_CORS = Rule(
    "GF552",
    "A plan that lets any web page act as its visitor",
    why="Any origin with credentials sends the visitor's own rights along.",
    fix="name the origins in the gateway's `cors`",
)
_PRINCIPAL = Rule(
    "GF553",
    "A plan that opens something to everybody",
    why="A policy that allows the principal `*` without a condition is no policy.",
    fix="name who may, or add the condition",
)
_FLOOR = Rule(
    "GF554",
    "A plan that bakes in another floor",
    why="The authorizer would start from a policy that nobody rendered here.",
    fix="run `gatefleet render` again and apply both files together",
)
RULES = (_ROUTES, _KEPT, _CORS, _PRINCIPAL, _FLOOR)


def check_plan(plan: Mapping[str, Any], floor: Floor, envelope: bytes, trust: bytes, place: Place) -> list[Problem]:
    """What is wrong with a plan (`terraform show -json`) of the root whose verified floor this is.

    `envelope` and `trust` are the files beside it as they stand. Total: a plan of another shape breaks a rule.
    """
    entity = read_entity(f"gateway/{floor.gateway}", floor.entities[f"gateway/{floor.gateway}"])
    assert isinstance(entity, Gateway)
    resources = list(_resources(_object(plan, "planned_values", "root_module")))
    return [
        *_check_routes(entity, resources, place),
        *_check_kept(entity, resources, place),
        *_check_cors(resources, place),
        *_check_principals(resources, place),
        *_check_floor(resources, floor_layer(envelope, trust), place),
    ]


Resource = tuple[str, str, Mapping[str, Any]]  # address, type, planned values


def _resources(module: Mapping[str, Any]) -> Iterator[Resource]:
    for one in module.get("resources", []):
        if one.get("mode") == "managed":
            yield one["address"], one["type"], one.get("values", {})
    for child in module.get("child_modules", []):
        yield from _resources(child)


def _check_routes(gateway: Gateway, resources: list[Resource], place: Place) -> Iterator[Problem]:
    wanted = {key: isinstance(route.requirement, Public) for key, route in gateway.routes.items()}
    planned = dict(_http_routes(resources) if gateway.api is ApiKind.HTTP else _rest_routes(resources))
    for key in sorted(planned.keys() | wanted.keys()):
        public, open_to_all = wanted.get(key), planned.get(key)
        if public is None and not (open_to_all and key.startswith("OPTIONS ")):
            yield _ROUTES.at(place, f"route `{key}` is not in the policy")
        elif open_to_all is None:
            yield _ROUTES.at(place, f"route `{key}` of the policy is missing")
        elif open_to_all and public is False:
            yield _ROUTES.at(place, f"route `{key}` has no authorizer")


def _http_routes(resources: list[Resource]) -> Iterator[tuple[str, bool]]:
    for _, kind, values in resources:
        if kind == "aws_apigatewayv2_route":
            yield str(values.get("route_key")), values.get("authorization_type") != "CUSTOM"


def _rest_routes(resources: list[Resource]) -> Iterator[tuple[str, bool]]:
    for body in _bodies(resources):
        for path, operations in body.get("paths", {}).items():
            for method, operation in operations.items():
                name = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
                yield f"{name} {path}", operation.get("security") != [{"gatefleet": []}]


def _check_kept(gateway: Gateway, resources: list[Resource], place: Place) -> Iterator[Problem]:
    found = [
        values.get("authorizer_result_ttl_in_seconds")
        for _, kind, values in resources
        if kind == "aws_apigatewayv2_authorizer"
    ] + [
        scheme.get("x-amazon-apigateway-authorizer", {}).get("authorizerResultTtlInSeconds")
        for body in _bodies(resources)
        for scheme in _object(body, "components", "securitySchemes").values()
    ]
    for ttl in found:
        if not isinstance(ttl, int) or ttl > gateway.result_ttl:
            said = "API Gateway's default" if ttl is None else f"{ttl} s"
            yield _KEPT.at(place, f"answers are kept for {said}, the policy says {gateway.result_ttl} s")


def _check_cors(resources: list[Resource], place: Place) -> Iterator[Problem]:
    for address, _, values in resources:
        for cors in values.get("cors_configuration") or []:
            if cors.get("allow_credentials") and "*" in (cors.get("allow_origins") or []):
                yield _CORS.at(place, f"{address} allows any origin with credentials")


def _check_principals(resources: list[Resource], place: Place) -> Iterator[Problem]:
    for address, _, values in resources:
        policies = {member: _parsed(values.get(member)) for member in ("policy", "assume_role_policy")}
        policies["x-amazon-apigateway-policy"] = _object(_parsed(values.get("body")), "x-amazon-apigateway-policy")
        for member, policy in policies.items():
            for statement in _statements(policy):
                everybody = statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
                if everybody and statement.get("Effect") == "Allow" and not statement.get("Condition"):
                    yield _PRINCIPAL.at(place, f"{address}: its {member} allows everybody")


def _check_floor(resources: list[Resource], layer: bytes, place: Place) -> Iterator[Problem]:
    digest = sha256_base64(layer)
    layers = [values for _, kind, values in resources if kind == "aws_lambda_layer_version"]
    if not layers:
        yield _FLOOR.at(place, "no floor is baked in")
    for values in layers:
        if values.get("source_code_hash") != digest:
            yield _FLOOR.at(place, "the layer's digest is not that of floor.json and trust.json beside the plan")


def _bodies(resources: list[Resource]) -> Iterator[Mapping[str, Any]]:
    for _, kind, values in resources:
        if kind == "aws_api_gateway_rest_api":
            yield _parsed(values.get("body"))


def _statements(policy: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    statements = policy.get("Statement", [])
    for one in statements if isinstance(statements, list) else [statements]:
        if isinstance(one, dict):
            yield one


def _parsed(text: object) -> Mapping[str, Any]:
    try:
        value = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _object(value: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    for name in path:
        found = value.get(name, {})
        value = found if isinstance(found, dict) else {}
    return value
