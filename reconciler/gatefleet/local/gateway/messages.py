"""What goes back over the wire when API Gateway answers by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: header names in lower case, the whole body."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first value of a header; `name` in lower case."""
        return next((value for one, value in self.headers if one == name), None)

    def adding(self, *headers: tuple[str, str]) -> Response:
        """The same answer with these headers in place of any of their names."""
        names = {name for name, _ in headers}
        return Response(self.status, (*(one for one in self.headers if one[0] not in names), *headers), self.body)


def json_response(status: int, value: Mapping[str, Any], content_type: str = "application/json") -> Response:
    """An answer whose body is JSON on one line."""
    return Response(status, (("content-type", content_type),), json.dumps(value, separators=(",", ":")).encode())
