"""What a backend at a URL is handed: the request without what belongs to one connection, and who called.

gatefleet's Terraform sets headers of its own from the authorizer's context; what a client sends under their names is
taken away, on public routes too, and so is an API key where callers have keys (`terraform/modules/gateway`: `told`,
`request_parameters`, `requestParameters`). A REST API cannot take a header away: it says `-` in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatefleet.contract.entities import ApiKind
from gatefleet.local.events import HttpRequest
from gatefleet.local.gateway.messages import Headers

TOLD = {"x-gatefleet-client-id": "client_id", "x-gatefleet-decision-id": "decision_id"}
_API_KEY = "x-api-key"

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


def handed_headers(
    request: HttpRequest, context: Mapping[str, str], api: ApiKind, *, hides_api_key: bool, port: int
) -> Headers:
    """The request's headers as the backend gets them, `host` apart, which is the backend's own.

    `context`: the authorizer's, empty on a public route. The last address of `x-forwarded-for` is the one that API
    Gateway saw.
    """
    replaced = {name: context.get(member, "") for name, member in TOLD.items()}
    if hides_api_key:
        replaced[_API_KEY] = ""
    taken = _OURS | replaced.keys()
    kept = tuple(one for one in end_to_end(request.headers) if one[0].lower() not in taken)
    nothing = "-" if api is ApiKind.REST else ""
    host = (request.values("host") or ["localhost"])[0]
    return (
        *kept,
        ("forwarded", f"for={_node(request.source_ip)};host={host};proto=http"),
        ("x-forwarded-for", ", ".join([*request.values("x-forwarded-for"), request.source_ip])),
        ("x-forwarded-port", str(port)),
        ("x-forwarded-proto", "http"),
        *((name, value or nothing) for name, value in replaced.items() if value or nothing),
    )


def handed_path(path: str, api: ApiKind) -> str:
    """The path below a backend's URL: an HTTP API's is the request's, a REST API's is made from the resource."""
    return path[:-1] if api is ApiKind.REST and path.endswith("/") and path != "/" else path


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
