"""The emulator against what AWS documents: every case of `fixtures/` cites its page by title."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.gateways import ERRORS, a_request, an_api, answering, ask

from gatefleet.contract.entities import ApiKind, CredentialKind
from gatefleet.local.events import HttpRequest, http_event, rest_event
from gatefleet.local.gateway.accesslog import Passage, access_line
from gatefleet.local.gateway.answers import NoAnswer, judge, read_answer
from gatefleet.local.gateway.emulator import Emulator
from gatefleet.local.gateway.errors import ErrorType, gateway_error
from gatefleet.local.gateway.handing import handed_headers, returned_headers
from gatefleet.local.gateway.iam import read_policy
from gatefleet.local.gateway.identity import identity_sources, identity_values
from gatefleet.local.gateway.throttle import Throttles
from gatefleet.local.routes import Located, RouteMatch, locate, match_route
from gatefleet.local.runtime_api import Answer, FunctionError
from gatefleet.model.types import Cors, Throttle

FOLDER = Path(__file__).parent / "fixtures"
NONE = "-"
API = "arn:aws:execute-api:us-east-1:123456789012:abcdef123"
METHOD = f"{API}/test/GET/orders"
Case = Mapping[str, Any]


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def cases(name: str, under: str = "cases") -> list[Case]:
    """The cases of a file, each with what its group says."""
    return [
        {**{name: value for name, value in group.items() if name != under}, **case}
        for group in read(name)
        for case in group.get(under, ())
    ]


def of(name: str, under: str = "cases") -> Callable[..., Any]:
    found = cases(name, under)
    return pytest.mark.parametrize("case", found, ids=[case["id"] for case in found])


FAMILIES = {
    "routing": ["cases"],
    "stages": ["cases"],
    "events": ["cases"],
    "identity": ["derived", "values"],
    "answers": ["cases"],
    "policies": ["cases"],
    "cors": ["cases"],
    "throttles": ["cases"],
    "errors": ["cases"],
    "handing": ["request", "response"],
    "accesslog": ["cases"],
}


def test_every_case_has_a_name_of_its_own_and_cites_a_page_of_aws() -> None:
    pages = read("pages")
    everything = [case for name, lists in FAMILIES.items() for under in lists for case in cases(name, under)]
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {"pages", *FAMILIES}
    assert len({case["id"] for case in everything}) == len(everything) >= 150
    assert {case["page"] for case in everything} == set(pages)
    assert all(url.startswith("https://docs.aws.amazon.com/") for url in pages.values())
    assert all(case["says"] for case in everything)


def pairs(headers: Mapping[str, str | list[str]]) -> list[tuple[str, str]]:
    return [(name, one) for name, value in headers.items() for one in ([value] if isinstance(value, str) else value)]


def the_request(case: Case) -> HttpRequest:
    return a_request(case["request"], *pairs(case.get("headers", {})))


def the_match(case: Case, path: str) -> RouteMatch:
    match = match_route(case["routes"], the_request(case).method, path, ApiKind(case["api"]))
    assert match is not None
    return match


@of("routing")
def test_a_request_takes_the_route_that_api_gateway_picks(case: Case) -> None:
    method, path = case["request"].split(" ", 1)
    for routes in (case["routes"], case["routes"][::-1]):
        match = match_route(routes, method, path, ApiKind(case["api"]))
        wanted = None if case["route"] is None else RouteMatch(case["route"], case.get("binds", {}))
        assert match == wanted


@of("stages")
def test_a_path_leads_to_its_stage(case: Case) -> None:
    located = locate(case["sent"], ApiKind(case["api"]), case["stage"], case.get("base"))
    assert (located and located.path) == case["path"]
    assert located is None or located.shown == case["shown"]


@of("events")
def test_an_event_has_the_members_that_are_documented(case: Case) -> None:
    request, kind = the_request(case), ApiKind(case["api"])
    stage = case.get("stage", "$default" if kind is ApiKind.HTTP else "live")
    located = locate(request.path, kind, stage)
    assert isinstance(located, Located)
    match = the_match(case, located.path)
    if kind is ApiKind.HTTP:
        identity = case.get("identity")
        event = http_event("orders-orders", request, match, identity=identity, stage=stage, located=located)
    else:
        event = rest_event("orders-orders", request, match, stage=stage, located=located)
    assert {place: member(event, place) for place in case["event"]} == case["event"]


def member(event: Any, place: str) -> Any:
    for name in place.split("."):
        if not isinstance(event, dict) or name not in event:
            return NONE
        event = event[name]
    return event


@of("identity", "derived")
def test_identity_sources_are_derived_from_the_credentials_of_all_routes(case: Case) -> None:
    kinds = [CredentialKind(one) for one in case["kinds"]]
    assert list(identity_sources(ApiKind(case["api"]), kinds, case["ttl"])) == case["sources"]


@of("identity", "values")
def test_the_values_of_all_identity_sources_are_the_key(case: Case) -> None:
    match = the_match({**case, "routes": ["GET /orders/{id}"]}, "/orders/5")
    values = identity_values(case["sources"], the_request(case), match, "stage", ApiKind(case["api"]))
    assert (None if values is None else list(values)) == case["key"]


@of("answers")
def test_an_authorizers_answer_is_understood_as_documented(case: Case) -> None:
    verdict = read_answer(the_result(case), ApiKind(case["api"]))
    if isinstance(verdict, NoAnswer):
        assert (verdict.error, bool(verdict.why)) == (case["gives"], True)
        return
    judged = judge(verdict, METHOD)
    assert ("allow" if judged.allowed else "deny") == case["gives"]
    if "context" in case:
        assert dict(judged.context) == case["context"]


def the_result(case: Case) -> Answer | FunctionError:
    if "failed" in case:
        return FunctionError("r", "Error", case["failed"], 0.0)
    if "bytes" in case:
        return Answer("r", case["bytes"].encode(), 0.0)
    value = case.get("returned")
    if "policy" in case:
        statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": METHOD, **case["policy"]}
        statement = {name: one for name, one in statement.items() if one is not None}
        if statement.get("Resource") == "LONG":
            statement["Resource"] = METHOD + "x" * 512
        document = {"Version": case.get("version", "2012-10-17"), "Statement": [statement]}
        value = {"principalId": "user", "policyDocument": document, **(value or {})}
    return Answer("r", json.dumps(value).encode(), 0.0)


@of("policies")
def test_a_policy_says_of_a_method_what_iam_says(case: Case) -> None:
    about = (
        {"NotAction": case["not_action"]}
        if "not_action" in case
        else {"Action": case.get("action", "execute-api:Invoke")}
    )
    statements: list[dict[str, Any]] = [
        {"Effect": effect, "Resource" if named else "NotResource": [in_full(one) for one in case[name]], **about}
        for name, effect, named in (("allow", "Allow", True), ("deny", "Deny", True), ("not_deny", "Deny", False))
        if name in case
    ]
    if case.get("deny_first"):
        statements.reverse()
    policy = read_policy({"Version": "2012-10-17", "Statement": statements})
    assert policy.effect(in_full(case["method"])) == case["effect"]


def in_full(arn: str) -> str:
    return API + arn.removeprefix("api") if arn.startswith("api/") else arn


@of("cors")
def test_a_cross_origin_request_is_answered_as_its_kind_of_api_does(case: Case) -> None:
    kind = ApiKind(case["api"])
    rules = case.get("rules", {"origins": ["https://shop.example.com"]})
    shop = {"methods": ("GET", "PUT"), "headers": ("authorization",), "max_age": 600}
    cors = None if rules is None else Cors(**{**shop, **rules, "origins": tuple(rules["origins"])})
    api = an_api(kind, *case.get("routes", ()), public=tuple(case.get("public", ())), cors=cors)
    headers = [("origin", case["origin"])] if "origin" in case else []
    headers += [("access-control-request-method", case["asks"])] if "asks" in case else []
    denying = {"principalId": "p", "policyDocument": {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}}
    with ThreadPoolExecutor(1) as pool:
        emulator = Emulator(api, answering({"isAuthorized": False, **denying}), pool)
        asked = ask(emulator, a_request(case["request"], *headers))
    prefix = "access-control-"
    said = {name.removeprefix(prefix): value for name, value in asked.headers.items() if name.startswith(prefix)}
    assert (asked.status, said) == (case["status"], case["headers"])


@of("throttles")
def test_a_throttle_lets_through_what_its_bucket_holds(case: Case) -> None:
    stage, route = (Throttle(*case[name]) if name in case else None for name in ("stage", "route"))
    throttles = Throttles(stage, {"a": route, "b": None})
    asked = zip(case.get("routes", ["a"] * len(case["at"])), case["at"], strict=True)
    assert "".join("y" if throttles.admit(key, at) else "n" for key, at in asked) == case["passes"]


@of("errors")
def test_an_error_is_answered_with_its_status_and_body(case: Case) -> None:
    context = {"reason": case["reason"]} if "reason" in case else {}
    response = gateway_error(ErrorType(case["error"]), ApiKind(case["api"]), ERRORS, "request-1", context)
    assert response.status == case["status"]
    assert response.header("www-authenticate") == case.get("challenge")
    if "message" in case:
        assert json.loads(response.body) == {"message": case["message"]}
        assert response.header("content-type") == "application/json"
        return
    problem = {"type": f"{ERRORS}{case['type']}", "title": case["title"], "status": case["status"]}
    reason = {"reason": case["says_reason"]} if "says_reason" in case else {}
    assert json.loads(response.body) == {**problem, "instance": "urn:uuid:request-1", **reason}
    assert response.header("content-type") == "application/problem+json"


@of("handing", "request")
def test_a_backend_is_handed_what_is_its_business(case: Case) -> None:
    request, hides = a_request("GET /", *pairs(case["headers"])), case.get("hides_api_key", False)
    handed = handed_headers(request, case.get("context", {}), ApiKind(case["api"]), hides_api_key=hides, port=8701)
    assert seen(handed, case["handed"]) == case["handed"]


@of("handing", "response")
def test_a_backends_answer_is_returned_without_what_is_its_connections(case: Case) -> None:
    returned = returned_headers(pairs(case["headers"]), ApiKind(case["api"]))
    assert seen(returned, case["returned"]) == case["returned"]


@of("accesslog")
def test_a_line_of_the_access_log_has_the_fields_that_are_named(case: Case) -> None:
    passage = Passage(a_request("GET /secret?secret=1", ("authorization", "Bearer secret")))
    passage.status, passage.route, passage.error = 200, case.get("route"), case.get("error")
    passage.context, passage.response_length = case.get("context", {}), case.get("length")
    passage.latency_ms, passage.backend_ms, passage.authorizer_ms = case.get("times", [None] * 3)
    line = access_line(an_api(ApiKind(case["api"]), log_fields=tuple(case["fields"])), passage)
    assert list(json.loads(line).items()) == list(case["line"].items())
    assert "secret" not in line


def seen(headers: tuple[tuple[str, str], ...], names: Mapping[str, str]) -> dict[str, str]:
    found = {name.lower(): value for name, value in headers}
    return {name: "NOTHING" if found.get(name) == NONE else found.get(name, NONE) for name in names}
