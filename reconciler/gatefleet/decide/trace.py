"""Which trace a request belongs to: the trace id of a valid `traceparent` header (W3C Trace Context, section 3.2).

For the log line alone. Whatever the header holds, no step looks at it: a header of any other form is as good as none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def trace_id(headers: Mapping[str, object], *, many_valued: bool) -> str | None:
    """The trace id that the one `traceparent` names. `many_valued`: each header has a list of values."""
    match [value for name, value in headers.items() if name.isascii() and name.lower() == "traceparent"]:
        case [[str(value)]] if many_valued:
            valid = _TRACEPARENT.fullmatch(value)
        case [str(value)] if not many_valued:
            valid = _TRACEPARENT.fullmatch(value)
        case _:
            return None
    return valid.group(1) if valid else None
