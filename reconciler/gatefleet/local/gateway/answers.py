"""What the authorizer's Lambda function returned, as API Gateway understands it.

HTTP APIs take payload format 2.0's simple response ("Working with AWS Lambda authorizers for HTTP APIs"): whatever else
comes, an error included, is 500. REST APIs take a principal and a policy ("Output from an Amazon API Gateway Lambda
authorizer"); the error `Unauthorized` is 401, any other one 500 ("Use API Gateway Lambda authorizers").
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gatefleet.contract.entities import ApiKind
from gatefleet.local.gateway.errors import ErrorType
from gatefleet.local.gateway.iam import Effect, MalformedPolicyError, Policy, read_policy
from gatefleet.local.runtime_api import Answer, FunctionError

UNAUTHORIZED = "Unauthorized"


@dataclass(frozen=True, slots=True)
class SimpleAnswer:
    """Yes or no, for every request with the same identity."""

    allowed: bool
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """A policy, to be evaluated for each method that is called."""

    principal: str
    policy: Policy
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The authorizer did not answer as it must: what the caller gets, and why, for the one who runs it."""

    error: ErrorType
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one request may pass, and the context that goes on to the backend and the access log."""

    allowed: bool
    context: Mapping[str, str]


AuthorizerAnswer = SimpleAnswer | PolicyAnswer | NoAnswer


def read_answer(result: Answer | FunctionError, api: ApiKind) -> AuthorizerAnswer:
    """Read what the function returned; total."""
    if isinstance(result, FunctionError):
        if api is ApiKind.REST and result.message == UNAUTHORIZED:
            return NoAnswer(ErrorType.UNAUTHORIZED, UNAUTHORIZED)
        return NoAnswer(ErrorType.AUTHORIZER_FAILURE, f"the authorizer failed: {result.kind}: {result.message}")
    try:
        value = result.value
    except (ValueError, RecursionError):
        return _misconfigured("it returned no JSON")
    if not isinstance(value, dict):
        return _misconfigured("it returned no object")
    return _simple(value) if api is ApiKind.HTTP else _policy(value)


def judge(answer: SimpleAnswer | PolicyAnswer, method_arn: str) -> Verdict:
    """Apply an answer, new or kept, to the method that is called."""
    if isinstance(answer, SimpleAnswer):
        return Verdict(answer.allowed, answer.context)
    allowed = answer.policy.effect(method_arn) is Effect.ALLOW
    return Verdict(allowed, {"principalId": answer.principal, **answer.context})


def _simple(value: Mapping[str, Any]) -> AuthorizerAnswer:
    allowed, context = value.get("isAuthorized"), value.get("context")
    if not isinstance(allowed, bool):
        return _misconfigured("isAuthorized is not true or false")
    if context is not None and not isinstance(context, dict):
        return _misconfigured("context is no object")
    return SimpleAnswer(allowed, {name: _text(one) for name, one in (context or {}).items()})


def _policy(value: Mapping[str, Any]) -> AuthorizerAnswer:
    principal, context = value.get("principalId"), value.get("context")
    if not isinstance(principal, str):
        return _misconfigured("principalId is no text")
    if context is not None and not isinstance(context, dict):
        return _misconfigured("context is no object")
    for name, one in (context or {}).items():
        if isinstance(one, dict | list):
            return _misconfigured(f"context has an object or a list in {name!r}")
    try:
        policy = read_policy(value.get("policyDocument"))
    except MalformedPolicyError as error:
        return _misconfigured(str(error))
    return PolicyAnswer(principal, policy, {name: _text(one) for name, one in (context or {}).items()})


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _misconfigured(why: str) -> NoAnswer:
    return NoAnswer(ErrorType.AUTHORIZER_CONFIGURATION_ERROR, f"the authorizer's answer is malformed: {why}")
