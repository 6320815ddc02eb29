"""The policy that a REST API's authorizer returned, read and evaluated as IAM does.

"Output from an Amazon API Gateway Lambda authorizer", "Control access for invoking an API", and of the IAM user guide
"IAM JSON policy elements: Resource", "… Action", "… NotAction", "… NotResource" and "Policy evaluation logic".
Conditions are refused: gatefleet's authorizers never write one, and to ignore one would allow too much.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

INVOKE = "execute-api:Invoke"
MAX_RESOURCE = 512  # characters of a Resource ("Output from an Amazon API Gateway Lambda authorizer")

_VERSIONS = ("2008-10-17", "2012-10-17")
_MEMBERS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource"}


class MalformedPolicyError(ValueError):
    """No policy, or one that is not understood in every part; the message says which part."""


class Effect(StrEnum):
    """What a policy says of one request; only `ALLOW` lets it through."""

    ALLOW = "allow"
    EXPLICIT_DENY = "explicit_deny"
    IMPLICIT_DENY = "implicit_deny"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: patterns of actions and resources; `except_…`: it is about all others."""

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    except_actions: bool = False
    except_resources: bool = False

    def is_about(self, action: str, resource: str) -> bool:
        """Whether the statement applies."""
        named = any(_action(one).fullmatch(action) for one in self.actions)
        covered = any(_resource(one).fullmatch(resource) for one in self.resources)
        return named is not self.except_actions and covered is not self.except_resources


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document."""

    statements: tuple[Statement, ...]

    def effect(self, resource: str, action: str = INVOKE) -> Effect:
        """A matching deny wins; without a matching allow, nothing is allowed."""
        about = [one.allows for one in self.statements if one.is_about(action, resource)]
        if not about:
            return Effect.IMPLICIT_DENY
        return Effect.ALLOW if all(about) else Effect.EXPLICIT_DENY


def read_policy(document: Any) -> Policy:
    """Read a policy document. Raises `MalformedPolicyError`."""
    if not isinstance(document, dict):
        raise MalformedPolicyError("the policy document is no object")
    if document.get("Version", _VERSIONS[0]) not in _VERSIONS:
        raise MalformedPolicyError(f"Version is {document['Version']!r}")
    statements = document.get("Statement")
    listed = [statements] if isinstance(statements, dict) else statements
    if not isinstance(listed, list) or not listed:
        raise MalformedPolicyError("Statement is no list of statements")
    return Policy(tuple(_statement(one) for one in listed))


def _statement(written: Any) -> Statement:
    if not isinstance(written, dict):
        raise MalformedPolicyError("a statement is no object")
    unknown = sorted(set(written) - _MEMBERS)
    if unknown:
        raise MalformedPolicyError(f"{', '.join(unknown)} is not understood")
    if written.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicyError(f"Effect is {written.get('Effect')!r}")
    except_actions, actions = _one_of(written, "Action", "NotAction")
    except_resources, resources = _one_of(written, "Resource", "NotResource")
    for action in actions:
        if action != "*" and action.count(":") != 1:
            raise MalformedPolicyError(f"{action!r} is no action")
    for resource in resources:
        if len(resource) > MAX_RESOURCE:
            raise MalformedPolicyError(f"a Resource of {len(resource)} characters, more than {MAX_RESOURCE}")
        if resource != "*" and not resource.startswith("arn:"):
            raise MalformedPolicyError(f"{resource!r} is no ARN")
    return Statement(written["Effect"] == "Allow", actions, resources, except_actions, except_resources)


def _one_of(written: dict[str, Any], name: str, other: str) -> tuple[bool, tuple[str, ...]]:
    if (name in written) == (other in written):
        raise MalformedPolicyError(f"a statement has exactly one of {name} and {other}")
    value = written[name] if name in written else written[other]
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed or not all(isinstance(one, str) and one for one in listed):
        raise MalformedPolicyError(f"{name if name in written else other} is no text or list of texts")
    return other in written, tuple(listed)


@lru_cache(maxsize=1024)
def _action(pattern: str) -> re.Pattern[str]:
    """Actions are compared whatever their case."""
    return re.compile(_wildcards(pattern, ".*", "."), re.DOTALL | re.IGNORECASE)


@lru_cache(maxsize=4096)
def _resource(pattern: str) -> re.Pattern[str]:
    """`*` stands for any characters and `?` for one, slashes included, within one of the six segments of the ARN.

    A `*` that ends a segment reaches beyond its colon. What comes after the fifth colon is one segment: a path may hold
    colons.
    """
    segments = pattern.split(":", 5)
    read = [
        _wildcards(segment, "[^:]*", "[^:]") if index < 5 else _wildcards(segment, ".*", ".")
        for index, segment in enumerate(segments)
    ]
    for index, segment in enumerate(segments):
        if segment.endswith("*"):
            read[index] = read[index].removesuffix("[^:]*").removesuffix(".*") + ".*"
    return re.compile(":".join(read), re.DOTALL)


def _wildcards(pattern: str, any_characters: str, one_character: str) -> str:
    return "".join(any_characters if one == "*" else one_character if one == "?" else re.escape(one) for one in pattern)
