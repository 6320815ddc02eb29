"""What a backend is handed: the request without what belongs to one connection, and who the authorizer found.

gatefleet's Terraform maps the authorizer's context to headers of its own, by `overwrite:header.…` on HTTP APIs and
`integration.request.header.…` on REST APIs. A caller can set none of them: whatever comes under their prefix is
dropped, also where a public route or an answer without a subject leaves them unset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatefleet.contract.entities import ApiKind
from gatefleet.local.events import HttpRequest
from gatefleet.local.gateway.messages import Headers

PREFIX = "x-gatefleet-"
HANDED = ("client_id", "subject", "scopes", "revision", "freshness", "decision_id")

# RFC 9110 section 7.6.1, and those that `Connection` names.
_HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
_OURS = {"expect", "forwarded", "host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto"}


def end_to_end(headers: Sequence[tuple[str, str]]) -> Headers:
    """The headers that go on beyond this connection."""
    named = {one.strip().lower() for name, value in headers if name.lower() == "connection" for one in value.split(",")}
    return tuple(one for one in headers if one[0].lower() not in _HOP_BY_HOP | named)


def handed_headers(request: HttpRequest, context: Mapping[str, str], port: int) -> Headers:
    """The request's headers as the backend gets them, `host` apart, which is the backend's own.

    The last address of `x-forwarded-for` is the one that API Gateway saw.
    """
    kept = tuple(
        one
        for one in end_to_end(request.headers)
        if one[0].lower() not in _OURS and not one[0].lower().startswith(PREFIX)
    )
    host = (request.values("host") or ["localhost"])[0]
    forwarded_for = ", ".join([*request.values("x-forwarded-for"), request.source_ip])
    known = tuple((f"{PREFIX}{name.replace('_', '-')}", context[name]) for name in HANDED if name in context)
    return (
        *kept,
        ("forwarded", f"for={_node(request.source_ip)};host={host};proto=http"),
        ("x-forwarded-for", forwarded_for),
        ("x-forwarded-port", str(port)),
        ("x-forwarded-proto", "http"),
        *known,
    )


def returned_headers(headers: Sequence[tuple[str, str]], api: ApiKind) -> Headers:
    """A backend's headers as they go back; a REST API renames a challenge ("Amazon API Gateway important notes")."""
    kept = tuple((name.lower(), value) for name, value in end_to_end(headers))
    if api is ApiKind.HTTP:
        return kept
    renamed = {"www-authenticate": "x-amzn-remapped-www-authenticate"}
    return tuple((renamed.get(name, name), value) for name, value in kept)


def _node(address: str) -> str:
    """RFC 7239 section 6: an IPv6 address is bracketed and quoted."""
    return f'"[{address}]"' if ":" in address else address
