"""Checks values against the schema of their kind and says in sentences what does not fit, naming the member.

jsonschema-rs decides; what is told (the form expected, an example) comes from the schema's own annotations, the same
that editors show. No value that could be a secret is repeated: only names, and values where the schema lists words or
asks for a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, cast

import jsonschema_rs

from gatefleet.contract.schema_files import schema
from gatefleet.problems import Place, Problem, nearest
from gatefleet.source.layout import Kind
from gatefleet.source.scalars import Retype, retyping
from gatefleet.source.strict_yaml import shown

PlaceOf = Callable[..., Place]

# RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1: what makes a JWK private or symmetric.
_PRIVATE_JWK = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_MOST_PROBLEMS = 100  # of one file


@cache
def retype_for(kind: Kind) -> Retype | None:
    """The function that types the scalars of a kind."""
    return retyping(schema(kind.schema))


@cache
def validator_for(kind: Kind) -> jsonschema_rs.Draft7Validator:
    """The compiled schema of a kind; patterns run in linear time."""
    return jsonschema_rs.Draft7Validator(schema(kind.schema), pattern_options=jsonschema_rs.RegexOptions())


def schema_problems(kind: Kind, data: dict[str, Any], place_of: PlaceOf) -> list[Problem]:
    """Everything about one file's values that its schema refuses; `place_of(*pointer)` finds where a member stands."""
    if data.get("kind") != kind:
        return [_other_kind(kind, data.get("kind"), place_of)]
    return problems_under(schema(kind.schema), validator_for(kind), data, place_of)


def problems_under(
    root: dict[str, Any], validator: jsonschema_rs.Draft7Validator, data: dict[str, Any], place_of: PlaceOf
) -> list[Problem]:
    """Everything that a schema (`root`, compiled in `validator`) refuses, whatever kind of file it is for."""
    problems: list[Problem] = []
    for error in validator.iter_errors(data):
        problems.extend(_explain(root, error, place_of))
        if len(problems) >= _MOST_PROBLEMS:
            break
    return problems


def _other_kind(kind: Kind, said: object, place_of: PlaceOf) -> Problem:
    what = "`kind` is missing" if said is None else f"`kind` is {_value(said)}"
    return Problem(
        "GF012", place_of("kind"), what, "the folder decides what a file is", f"write `kind: {kind}` or move the file"
    )


def _explain(root: dict[str, Any], error: jsonschema_rs.ValidationError, place_of: PlaceOf) -> Iterator[Problem]:
    pointer = list(error.instance_path)
    rule = _rule_at(root, error.schema_path[:-1])
    place = place_of(*pointer)
    member = f"`{_dotted(pointer)}`" if pointer else "the file"
    why = rule.get("description", "")
    kind: Any = error.kind
    match kind.name:
        case "additionalProperties":
            yield from _unknown_members(rule, pointer, kind.unexpected, place_of)
        case "propertyNames":
            name = kind.error.instance
            what = (
                f"`{_dotted([*pointer, name])}` has a name that cannot be one"
                if name
                else f"{member} has a nameless member"
            )
            yield Problem("GF023", place_of(*pointer, name), what, why, _form(rule))
        case "required":
            missing = rule["properties"][kind.property]
            what = f"{member} has no `{kind.property}`"
            yield Problem("GF021", place, what, missing["description"], f"write {_example(missing, kind.property)}")
        case "type":
            yield _wrong_type(rule, member, error.instance, place)
        case "pattern" | "not" | "minLength":
            empty = error.instance == ""
            what = f"{member} is empty" if empty else f"{member} is not of the form expected"
            yield Problem("GF023", place, what, why, _form(rule))
        case "enum" | "const":
            options = kind.options if kind.name == "enum" else [kind.expected_value]
            if isinstance(error.instance, type(options[0])):  # of another type: that is told already
                yield _none_of(options, member, error.instance, place, why)
        case "anyOf":
            yield from _nearest_branch(root, rule, error, place_of)
        case "uniqueItems":
            yield from _repeated(cast("list[Any]", error.instance), pointer, place_of)
        case "minimum" | "maximum":
            bounds = f"from {rule['minimum']} to {rule['maximum']}"
            yield Problem("GF025", place, f"{member} is {_value(error.instance)}", why, f"write a number {bounds}")
        case _:
            yield Problem("GF025", place, f"{member} {_bound(kind)}", why, _write(rule))


def _rule_at(root: dict[str, Any], path: Iterable[str | int]) -> dict[str, Any]:
    rule: Any = root
    for step in path:
        rule = rule[step]
    return rule if isinstance(rule, dict) else {}


def _unknown_members(
    rule: dict[str, Any], pointer: list[str | int], names: list[str], place_of: PlaceOf
) -> Iterator[Problem]:
    inside = f" of `{_dotted(pointer)}`" if pointer else ""
    known = sorted(rule["properties"])
    private = sorted(_PRIVATE_JWK.intersection(names)) if pointer and pointer[-1] == "jwk" else []
    if private:
        listed = ", ".join(f"`{name}`" for name in private)
        yield Problem(
            "GF031",
            place_of(*pointer, private[0]),
            f"`{_dotted(pointer)}` holds {listed}: this is a private or secret key",
            "whoever can read the repository could sign tokens with it",
            "remove it and retire the key; only its public members belong here",
        )
    for name in sorted(set(names) - set(private)):
        near = nearest(name, known)
        fix = f"did you mean `{near}`?" if near else f"known are {', '.join(known)}"
        what = f"`{shown(name)}` is no member{inside}" if name else f"a member{inside} has no name"
        yield Problem("GF020", place_of(*pointer, name), what, "a member that nothing reads restricts nothing", fix)


def _wrong_type(rule: dict[str, Any], member: str, value: object, place: Place) -> Problem:
    wanted = rule["type"]
    words = {
        "integer": "a whole number in plain digits",
        "boolean": "`true` or `false`",
        "string": "text",
        "array": "a list",
        "object": "a mapping",
    }
    if value == "":
        what = f"{member} is empty"
    elif isinstance(value, str) and wanted in ("integer", "boolean"):
        what = f"{member} is {_value(value)}, not {words[wanted]}"
    else:
        what = f"{member} is {_type_word(value)}, not {words[wanted]}"
    return Problem("GF022", place, what, rule.get("description", ""), _write(rule))


def _type_word(value: object) -> str:
    match value:
        case bool():
            return "a boolean"
        case int():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "a mapping"


def _none_of(options: list[Any], member: str, value: object, place: Place, why: str) -> Problem:
    words = [_json_word(option) for option in options]
    near = nearest(value, words) if isinstance(value, str) else None
    listed = f"`{words[0]}`" if len(words) == 1 else f"one of {', '.join(words)}"
    fix = f"did you mean `{near}`?" if near else f"write {listed}"
    return Problem("GF024", place, f"{member} cannot be {_value(value)}", why, fix)


def _nearest_branch(
    root: dict[str, Any], rule: dict[str, Any], error: jsonschema_rs.ValidationError, place_of: PlaceOf
) -> Iterator[Problem]:
    """Explain an `anyOf` by the branch of the type that was written."""
    kind: Any = error.kind
    for branch in kind.context:
        if all(inner.kind.name != "type" or inner.instance_path != error.instance_path for inner in branch):
            for inner in branch:
                yield from _explain(root, inner, place_of)
            return
    member = f"`{_dotted(error.instance_path)}`"
    what = f"{member} is {_type_word(error.instance)}"
    yield Problem("GF022", place_of(*error.instance_path), what, rule.get("description", ""), _write(rule))


def _repeated(items: list[Any], pointer: list[str | int], place_of: PlaceOf) -> Iterator[Problem]:
    for index, item in enumerate(items):
        first = items.index(item)
        if first != index:
            what = f"`{_dotted(pointer)}` has the same item twice (first as number {first + 1})"
            yield Problem("GF026", place_of(*pointer, index), what, fix="remove one of them")


def _bound(kind: Any) -> str:
    limit = getattr(kind, "limit", 0)
    if kind.name in ("minItems", "minProperties") and limit == 1:
        return "holds nothing"
    words = {
        "minItems": f"has fewer than {limit} items",
        "maxItems": f"has more than {limit} items",
        "minProperties": f"has fewer than {limit} members",
        "maxProperties": f"has more than {limit} members",
        "maxLength": f"is longer than {limit} characters",
    }
    return words.get(kind.name, f"breaks the rule `{kind.name}` of its schema")


def _dotted(pointer: Iterable[str | int]) -> str:
    parts = []
    above = None
    for step in pointer:
        # Somebody may have written the whole API key, `<id>.<secret>`, where its id belongs.
        told = str(step).partition(".")[0] if above == "api_keys" else step
        parts.append(f"[{told}]" if isinstance(told, int) else f".{shown(told)}")
        above = step
    return "".join(parts).removeprefix(".")


def _value(value: object) -> str:
    if isinstance(value, bool | int):
        return f"`{_json_word(value)}`"
    return f"`{shown(value)}`" if isinstance(value, str) else _type_word(value)


def _json_word(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _form(rule: dict[str, Any]) -> str:
    return f"write {rule['patternErrorMessage']}" if "patternErrorMessage" in rule else _write(rule)


def _write(rule: dict[str, Any]) -> str:
    example = _example(rule)
    return f"write for example {example}" if example else ""


def _example(rule: dict[str, Any], name: str = "") -> str:
    spelled = _spelled(next(iter(rule.get("examples", ())), None))
    if not spelled:
        return f"`{name}: …`" if name else ""
    return f"`{name}: {spelled}`" if name else f"`{spelled}`"


def _spelled(example: object) -> str:
    """An example on one line, "" when it would not fit there."""
    if isinstance(example, list) and all(isinstance(item, str) for item in example):
        return f"[{', '.join(example)}]"
    return _json_word(example) if isinstance(example, str | int) else ""
