"""Terraform's JSON syntax: text that must stay text, expressions that must be evaluated, and bytes that do not vary.

Terraform reads every string of a `.tf.json` file as a template where it expects an expression; so what people wrote is
escaped exactly there, and nothing else is. Keys of objects in expressions are templates as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Expression:
    """A Terraform expression, without the `${…}` around it. Only made from constants and from `quoted` text."""

    text: str


def template(text: str) -> str:
    """Text as a template that evaluates to just that text."""
    return text.replace("${", "$${").replace("%{", "%%{")


def quoted(value: object) -> str:
    """A value as an expression in Terraform's native syntax, for use inside an `Expression`: JSON is nearly that."""
    return template(json.dumps(value, ensure_ascii=True, sort_keys=True))


def argument(value: Any) -> Any:
    """A value of an argument as JSON: text escaped, expressions wrapped, null left to the caller's meaning."""
    match value:
        case Expression(text):
            return f"${{{text}}}"
        case str():
            return template(value)
        case bool() | int() | float() | None:
            return value
        case Mapping():
            return {template(key): argument(member) for key, member in value.items()}
        case Sequence():
            return [argument(member) for member in value]
    raise TypeError(f"{type(value).__name__} is nothing that Terraform knows")


def arguments(values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a block; None leaves one out, so that the module's default counts."""
    return {name: argument(value) for name, value in values.items() if value is not None}


def file_bytes(document: Mapping[str, Any]) -> bytes:
    """A `.tf.json` file: sorted, indented, ASCII, and a line feed at its end."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=True).encode("ascii") + b"\n"
