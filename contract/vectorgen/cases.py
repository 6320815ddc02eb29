"""What a family is made of, and the families there are."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from contract.vectorgen import families


@dataclass(frozen=True, slots=True)
class Case:
    """One vector without its id. `name` is unique in its family and stays; `group` is the file that it goes into."""

    name: str
    comment: str
    given: Mapping[str, Any]
    expect: Mapping[str, Any]
    spec: Mapping[str, str]
    neighbour: str | None = None
    group: str = "cases"


@dataclass(frozen=True, slots=True)
class Family:
    """All cases of one folder of `contract/vectors/`, and what they share."""

    name: str
    cases: tuple[Case, ...]
    accepts: Callable[[Mapping[str, Any]], bool]
    fixtures: Mapping[str, Any] = field(default_factory=dict)


def all_families(only: Iterable[str] = ()) -> tuple[Family, ...]:
    """The families of `contract/vectorgen/families/`, by name; `only` limits to some."""
    wanted = frozenset(only)
    names = sorted(module.name for module in pkgutil.iter_modules(families.__path__) if module.name[0] != "_")
    return tuple(_family(name) for name in names if not wanted or name in wanted)


def _family(name: str) -> Family:
    module = import_module(f"{families.__name__}.{name}")
    fixtures = module.fixtures() if hasattr(module, "fixtures") else {}
    return Family(name, tuple(module.cases()), module.accepts, fixtures)
