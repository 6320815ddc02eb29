"""Gives text its type where a schema asks for exactly one: `30` becomes 30 where it says integer and is text elsewhere.

YAML's own guesses (`no`, `012`, `1:30`) play no part. Text that is not the JSON form of the type stays text, and the
schema refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Retype = Callable[[Any], Any]  # returns the typed value; containers are changed in place

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})")


def retyping(schema: Mapping[str, Any]) -> Retype | None:
    """Compile what a draft-07 schema says about integers and booleans; None when it asks for none."""
    return _compile(schema, schema)


def _compile(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Retype | None:
    if "$ref" in schema:
        return _compile(root["definitions"][schema["$ref"].removeprefix("#/definitions/")], root)
    for branch in schema.get("anyOf", ()):
        if branch["type"] in ("object", "array"):  # text is not of exactly one type here, and stays text
            return _compile(branch, root)
    match schema.get("type"):
        case "integer":
            return _integer
        case "boolean":
            return _boolean
        case "array":
            each = _compile(schema["items"], root)
            return None if each is None else _items(each)
        case "object":
            named = {name: _compile(member, root) for name, member in schema.get("properties", {}).items()}
            typed = {name: retype for name, retype in named.items() if retype is not None}
            others = schema.get("additionalProperties")
            rest = _compile(others, root) if isinstance(others, dict) else None
            return _members(typed, rest) if typed or rest else None
    return None


def _integer(value: Any) -> Any:
    return int(value) if type(value) is str and _INTEGER.fullmatch(value) else value


def _boolean(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value) if type(value) is str else value


def _items(each: Retype) -> Retype:
    def retype(value: Any) -> Any:
        if type(value) is list:
            value[:] = [each(item) for item in value]
        return value

    return retype


def _members(typed: Mapping[str, Retype], rest: Retype | None) -> Retype:
    def retype(value: Any) -> Any:
        if type(value) is not dict:
            return value
        if rest is not None:  # a map: the schemas give no map named members besides
            for name, item in value.items():
                value[name] = rest(item)
            return value
        for name, member in typed.items():
            if name in value:
                value[name] = member(value[name])
        return value

    return retype
