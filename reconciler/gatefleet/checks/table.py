"""The table of all checks: what `check` runs, `gatefleet explain` shows and docs/reference/problems.md is made from."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from gatefleet.checks import (
    addresses,
    clients,
    conventions,
    credentials,
    environments,
    gateways,
    issuers,
    limits,
    references,
    requirements,
    routes,
)
from gatefleet.checks.rule import Check
from gatefleet.problems import Rule


def _checks_of(module: ModuleType) -> list[Check]:
    return [value for value in vars(module).values() if isinstance(value, Check)]


_MODULES = (
    references,
    requirements,
    routes,
    credentials,
    gateways,
    conventions,
    limits,
    addresses,
    issuers,
    clients,
    environments,
)

CHECKS: tuple[Check, ...] = tuple(
    sorted((check for module in _MODULES for check in _checks_of(module)), key=lambda check: check.rule.code)
)
RULES: Mapping[str, Rule] = {check.rule.code: check.rule for check in CHECKS}
