"""Choices that cases are made of, from one seeded source: the same seed makes the same cases."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

# What stands where something else was expected. No lone surrogate: JSON in UTF-8 cannot carry it to an adapter.
ANYTHING: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**31, 2**53 - 1, 2**53, -(2**53), 1.5, 0.1, 1e300),
    *(
        "",
        " ",
        "x",
        "true",
        "1",
        "null",
        "\u00e9",
        "\u212a",
        "\U0001f600",
        "\x00",
        "\u2028",
        "__proto__",
        "constructor",
    ),
    *([], [[]], [None], ["x"], [1, "x"], {}, {"x": 1}, {"__proto__": {"x": 1}}),
)
JUNK = ("", " ", ".", "=", "-", "_", "A", "%", "/", "\t", "\n", "\x00", "\u00e9", "\ufeff", "\u017f", ",", '"', "\\")


class Dice:
    """A seeded source with the throws that generators need."""

    def __init__(self, seed: str) -> None:
        self.random = Random(seed)

    def one(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[self.random.randrange(len(choices))]

    def some(self, choices: Sequence[T], most: int = 3) -> list[T]:
        """A few different ones, in their order; possibly none."""
        count = self.random.randint(0, min(most, len(choices)))
        return [choices[index] for index in sorted(self.random.sample(range(len(choices)), count))]

    def chance(self, share: float) -> bool:
        """True that often."""
        return self.random.random() < share

    def near(self, now: int) -> int:
        """A second at one of the edges around `now`, or far from it."""
        return now + self.one((-86400, -3600, -31, -30, -1, 0, 1, 30, 31, 600, 3600, 86400))

    def mutated(self, text: str) -> str:
        """The text with one place changed, removed, doubled or added to."""
        at = self.random.randint(0, len(text))
        junk = self.one(JUNK)
        cut = self.one((0, 1, 1, 2))
        return self.one((text[:at] + junk + text[at + cut :], text[:at] + text[at : at + 3] + text[at:], text + junk))

    def mutated_bytes(self, data: bytes) -> bytes:
        """The bytes with one bit, byte or stretch changed."""
        if not data:
            return b"\x00"
        at = self.random.randrange(len(data))
        return self.one(
            (
                data[:at] + bytes([data[at] ^ (1 << self.random.randrange(8))]) + data[at + 1 :],
                data[:at] + data[at + 1 :],
                data[:at] + data[at : at + 9] + data[at:],
                data[:at] + bytes([self.random.randrange(256)]) + data[at:],
                data[:at],
            )
        )

    def replaced(self, value: Any, anything: Sequence[Any] = ANYTHING) -> Any:
        """The JSON value with one place somewhere in it replaced, removed, renamed or doubled."""
        changed = copy.deepcopy(value)
        places = list(_places(changed))
        if not places:
            return copy.deepcopy(self.one(anything))
        inside, name = self.one(places)
        match self.random.randrange(6):
            case 0:
                del inside[name]
            case 1 if isinstance(inside, dict):
                inside[self.mutated(name)] = inside.pop(name)
            case 2 if isinstance(inside, dict):
                inside[self.one(("__proto__", "constructor", "x", name + "_"))] = copy.deepcopy(self.one(anything))
            case 3 if isinstance(inside, list):
                inside.insert(name, copy.deepcopy(inside[name]))
            case 4 if isinstance(inside[name], str):
                inside[name] = self.mutated(inside[name])
            case _:
                inside[name] = copy.deepcopy(self.one(anything))
        return changed


def _places(value: Any) -> Any:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield value, name
            yield from _places(inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield value, index
            yield from _places(inner)


def with_duplicates(value: Mapping[str, Any], dice: Dice) -> bytes:
    """The JSON of an object, spelled as strangers spell it: blanks, escapes, numbers and members twice."""
    text = json.dumps(value, separators=(",", ":"))
    spellings: tuple[Callable[[], str], ...] = (
        lambda: text,
        lambda: json.dumps(value, indent=1),
        lambda: text[:-1] + "," + text[1:] if len(text) > 2 else text,
        lambda: text.replace(":", ":\u00a0", 1),
        lambda: text.replace('"', '"\\u0061', 1),
        lambda: text.replace("0", "0.0", 1),
        lambda: text.replace("0,", "0e0,", 1),
        lambda: text.replace(":1", ":-0", 1),
        lambda: text.replace(":", ":" + "[" * 70 + "]" * 70 + "," + '"z":', 1),
        lambda: text.replace(":", ":" + "[" * 62 + "]" * 62 + "," + '"z":', 1),
        lambda: text.replace('"', '"\\ud800', 1),
        lambda: text.replace('"', '"\\ud83d\\ude00', 1),
        lambda: "\ufeff" + text,
        lambda: text + "\n",
        lambda: text + "\x00",
    )
    spelled = dice.one(spellings)().encode()
    return dice.mutated_bytes(spelled) if dice.chance(0.2) else spelled
