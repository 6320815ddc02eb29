"""docs/reference/sources.md, made from the schemas, so that the page and what editors show say the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gatefleet.contract.schema_files import schema
from gatefleet.source.layout import Kind

_HEAD = """# Sources

What is reviewed: YAML files below `policies/` and `teams/`. The path of a file says its kind and names what it
describes (`policies/clients/orders/web-shop.yaml` is client `web-shop` of team `orders`). A YAML file of no known
kind is refused; other files (a `README.md`, the signed `*.trust.json`) are left alone. Links and submodules are
refused.

The tables below are made from the schemas in `contract/schemas/`. Editors with the YAML language server show the same
while you type, given a first line like `# yaml-language-server:
$schema=../../../contract/schemas/client.schema.json`.

## How a file is read

* One document of UTF-8, at most 1 MiB, nested at most 32 deep. No name twice; no anchors, aliases, merge keys, tags
  or directives.
* No character that a reviewer cannot see: control, format and direction-changing characters, odd spaces, private use;
  not in comments either, and not written as an escape.
* **Every scalar is text.** `no`, `012` and `1:30` are what they look like. Text becomes a number or boolean only
  where a member is one, and only as JSON writes it: `30`, `true`. An account id keeps its zeros, quoted or not.
* Times are UTC to the second, `2026-12-31T00:00:00Z`; durations are whole seconds.
* Shapes are closed: a member that nothing reads would restrict nothing, so it is refused.
* A claim of a route is text. A number or boolean, or text that looks like one, says its type: `tier: {integer: 3}`,
  `mfa: {boolean: true}`, `code: {text: "3"}`.

Problems have codes GF0xx when a file is wrong by itself, GF1xx to GF3xx when files do not fit together
([problems](problems.md)). All of them come in one run.
"""


def sources_page() -> str:
    """The page as Markdown: a section for each kind, a row for each member."""
    return _HEAD + "".join(_section(kind) for kind in Kind)


def _section(kind: Kind) -> str:
    whole = schema(kind.schema)
    path, _, meaning = whole["description"].partition(": ")
    rows = "".join(f"| `{name}` | {form} | {text} |\n" for name, form, text in _rows(whole, whole, ""))
    head = "| member | form | meaning |\n|---|---|---|\n"
    return f"\n## {kind}\n\n`{path}`: {meaning}\n\n{head}{rows}"


def _rows(rule: dict[str, Any], whole: dict[str, Any], above: str) -> Iterator[tuple[str, str, str]]:
    required = rule.get("required", ())
    for name, member in rule["properties"].items():
        if (above, name) != ("", "kind"):
            yield from _row(f"{above}{name}", member, whole, needed=name in required)


def _row(name: str, written: dict[str, Any], whole: dict[str, Any], *, needed: bool) -> Iterator[tuple[str, str, str]]:
    member = _resolved(written, whole)
    form = _form(member, whole)
    if needed:
        form += ", required"
    elif "default" in member:
        form += (
            f", default {_words([member['default']] if not isinstance(member['default'], list) else member['default'])}"
        )
    yield name, form, member["description"].replace("|", "\\|")
    inside, below = written, f"{name}."
    if member.get("type") == "array":
        inside, below = member["items"], f"{name}[]."
    elif isinstance(member.get("additionalProperties"), dict):
        inside, below = member["additionalProperties"], f"{name}.*."
    inner = _resolved(inside, whole)
    if "properties" in inner and not ("$ref" in inside and "." in name):  # what is shared is told once
        yield from _rows(inner, whole, below)


def _resolved(rule: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in rule:
        return rule
    found: dict[str, Any] = whole["definitions"][rule["$ref"].removeprefix("#/definitions/")]
    return found


def _form(rule: dict[str, Any], whole: dict[str, Any]) -> str:
    """The form of a value in a few words."""
    if "anyOf" in rule:
        return " or ".join(_form(branch, whole) for branch in rule["anyOf"])
    match rule["type"]:
        case "string" if rule.get("pattern", "").startswith("^2[0-9]{3}-"):
            return "time"
        case "string":
            return f"one of {_words(rule['enum'])}" if "enum" in rule else "text"
        case "integer":
            return f"{rule['minimum']} to {rule['maximum']}"
        case "boolean":
            return "`true`" if rule.get("const") else "`true` or `false`"
        case "array":
            return f"list of {_form(_resolved(rule['items'], whole), whole)}"
    return "mapping by name" if "propertyNames" in rule else "mapping"


def _words(values: list[Any]) -> str:
    return ", ".join(f"`{str(value).lower() if isinstance(value, bool) else value}`" for value in values)
