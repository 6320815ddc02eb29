"""Payloads gone wrong: random changes of structure, type, order and text to JSON that was right."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any

Json = Any


def mutated(rng: random.Random, payload: Json) -> Json:
    """A copy with one to three things changed, anywhere in it or in the JSON that its strings hold."""
    value = deepcopy(payload)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        value = _changed_somewhere(rng, value)
    return value


def written(rng: random.Random, payload: Json) -> bytes:
    """The payload as JSON text; one in four with something in the text that `json.dumps` would not write."""
    separators = rng.choice(((",", ":"), (", ", ": ")))
    text = json.dumps(payload, separators=separators, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    return rng.choice(_TEXT_CHANGES)(rng, text) if rng.random() < 0.25 else text


def _changed_somewhere(rng: random.Random, value: Json) -> Json:
    places = list(_places(value))
    holder, key = rng.choice(places) if places and rng.random() < 0.95 else (None, None)
    if holder is None:
        return rng.choice(_CHANGES)(rng, value)
    inner = holder[key]
    if isinstance(inner, str) and inner.startswith("{") and rng.random() < 0.7:
        try:
            holder[key] = json.dumps(_changed_somewhere(rng, json.loads(inner)), separators=(",", ":"))
        except ValueError:
            holder[key] = inner[:-1]
    else:
        holder[key] = rng.choice(_CHANGES)(rng, inner)
    return value


def _places(value: Json) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        found.append((value, key))
        found += _places(value[key])
    return found


# --- changes of a value -----------------------------------------------------------------------------------------------


def _odd(rng: random.Random, value: Json) -> Json:
    nested: Json = "bottom"
    for _ in range(rng.choice((62, 63, 64, 65, 200))):
        nested = [nested]
    return rng.choice(
        [
            *(None, True, False, 0, 1, -1, 2**53 - 1, 2**53, -(2**53), 10**39, 10**40, 1.5, 1e300, -0.0),
            *("", "x", "é", "\x00", "\ud800", "a\n", "1", "active", "0" * 64, "A" * 64, "scope/orders:read", "hold/x"),
            *([], {}, [[]], [None], {"": 1}, {"removed": True}, "x" * 5000, nested),
        ]
    )


def _near(rng: random.Random, value: Json) -> Json:
    match value:
        case bool():
            return not value
        case int():
            return value + rng.choice((-2, -1, 1, 2, 2**52))
        case str():
            changes: list[Callable[[str], str]] = [
                str.upper,
                str.title,
                lambda text: text + rng.choice("\n \x00é0/-"),
                lambda text: rng.choice("\n /0-") + text,
                lambda text: text[:-1],
                lambda text: text[1:],
                lambda text: text + text,
                lambda text: text.replace("/", "//", 1),
            ]
            return rng.choice(changes)(value)
        case list():
            return _reordered(rng, value)
        case dict():
            return _members(rng, value)
        case _:
            return _odd(rng, value)


def _reordered(rng: random.Random, value: Json) -> Json:
    if not isinstance(value, list):
        return _near(rng, value)
    items = list(value)
    match rng.randrange(6):
        case 0:
            items.reverse()
        case 1:
            rng.shuffle(items)
        case 2 if items:
            items.append(rng.choice(items))
        case 3 if items:
            items.insert(0, deepcopy(items[0]))
        case 4 if items:
            del items[rng.randrange(len(items))]
        case _:
            items.append(_odd(rng, None))
    return items


def _members(rng: random.Random, value: Json) -> Json:
    if not isinstance(value, dict):
        return _near(rng, value)
    members = dict(value)
    names = list(members)
    match rng.randrange(5):
        case 0 if names:
            del members[rng.choice(names)]
        case 1 if names:
            members[rng.choice(names)] = members[rng.choice(names)]
        case 2 if names:
            name = rng.choice(names)
            members[name.upper() if name.islower() else name + "_"] = members.pop(name)
        case 3:
            rng.shuffle(names)
            members = {name: members[name] for name in names}
        case _:
            members[rng.choice(("removed", "value", "note", "requires", "__proto__", "until"))] = _odd(rng, None)
    return members


_CHANGES: list[Callable[[random.Random, Json], Json]] = [_odd, _near, _near, _reordered, _members]


# --- changes of the text ----------------------------------------------------------------------------------------------


def _at_random(what: bytes) -> Callable[[random.Random, bytes], bytes]:
    def insert(rng: random.Random, text: bytes) -> bytes:
        at = rng.randrange(len(text) + 1)
        return text[:at] + what + text[at:]

    return insert


def _member_twice(rng: random.Random, text: bytes) -> bytes:
    begins = [index for index in range(len(text)) if text[index : index + 2] == b'{"']
    if not begins:
        return text
    at = rng.choice(begins)
    name = text[at + 1 : text.index(b'"', at + 2) + 1]
    return text[: at + 1] + name + b":0," + text[at + 1 :]


def _spelled(old: bytes, new: bytes) -> Callable[[random.Random, bytes], bytes]:
    return lambda rng, text: text.replace(old, new, 1)


_TEXT_CHANGES: list[Callable[[random.Random, bytes], bytes]] = [
    _member_twice,
    _member_twice,
    _at_random(b" "),
    _at_random(b"\n"),
    _at_random(b"\xff"),
    _at_random(b"\\"),
    _at_random(b'"'),
    _at_random(b"0"),
    _spelled(b"1", b"1.0"),
    _spelled(b"1", b"1e0"),
    _spelled(b"0", b"-0"),
    _spelled(b"true", b"NaN"),
    _spelled(b'"environment"', rb'"\u0065nvironment"'),
    lambda rng, text: text[: rng.randrange(len(text) + 1)],
    lambda rng, text: b"\xef\xbb\xbf" + text,
    lambda rng, text: text + b"{}",
]
