"""How values of entities look to people and in documents: key material shortened, times as dates, one safe line each.

Values come from the log, so a claim may hold anything: whatever a terminal could act upon is escaped.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

import rfc8785

from gatefleet.plan.differences import Path, is_opaque

_PLAIN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # visible ASCII without space, quote and backslash
_OTHER_SCALAR = re.compile(r"true|false|-?[0-9]+")  # text that would look like a boolean or a number
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_LAST_SECOND = 253402300799  # 9999-12-31T23:59:59Z, the last one a date of four digits can say
_TIMES = {
    ("tokens_not_before",),
    ("scopes", "until"),
    ("api_keys", "expires"),
    ("keys", "not_after"),
    ("denied_jti",),
    ("denied_sub",),
}


def shortened(path: Path, value: Any) -> Any:
    """The value without key material: a JWK as its type and thumbprint (RFC 7638), a digest by its first characters."""
    if isinstance(value, dict):
        if is_opaque(path):
            return _short_jwk(value)
        return {name: shortened((*path, name), inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shortened(path, item) for item in value]
    if len(path) == 3 and path[0] == "api_keys" and path[2] == "sha256":
        return f"{value[:8]}…"
    return value


def shown(path: Path, value: Any) -> str:
    """The value at a path of an entity as one line of text: `[orders:read, orders:write]`, `2027-03-31T00:00:00Z`."""
    return _text(path, shortened(path, value))


def shown_path(path: Path) -> str:
    """A path as text: `routes["GET /orders"].claims.tenant`."""
    steps = (f".{name}" if _NAME.fullmatch(name) else f"[{json.dumps(name)}]" for name in path)
    return "".join(steps).removeprefix(".")


def _text(path: Path, value: Any) -> str:
    match value:
        case dict():
            return (
                "{" + ", ".join(f"{_plain(name)}: {_text((*path, name), value[name])}" for name in sorted(value)) + "}"
            )
        case list():
            return "[" + ", ".join(_text(path, item) for item in value) + "]"
        case bool():
            return json.dumps(value)
        case int() if _is_time(path) and value <= _LAST_SECOND:
            return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case str():
            return _plain(value)
        case _:
            return str(value)


def _plain(text: str) -> str:
    short = text.removesuffix("…")
    if all(map(_PLAIN.fullmatch, short.split(" "))) and not _OTHER_SCALAR.fullmatch(text):
        return text
    return json.dumps(text).replace("\x7f", "\\u007f")


def _is_time(path: Path) -> bool:
    # Entries of maps stand between: `scopes.<scope>.until`, `denied_jti.<jti>`.
    return path[:1] + path[2:] in _TIMES


def _short_jwk(jwk: dict[str, str]) -> str:
    # The contract's JWKs hold exactly the members that RFC 7638 section 3.2 hashes.
    return f"{jwk['kty']} {hashlib.sha256(rfc8785.dumps(jwk)).hexdigest()[:8]}…"
