"""Cross-origin requests, as each kind of API answers them (Fetch standard, "CORS protocol").

An HTTP API answers preflights itself where no route takes them, and puts its headers in place of the backend's
("Configuring CORS for an HTTP API"). A REST API has an OPTIONS method for each of its resources, made by gatefleet's
Terraform, and leaves other answers to the backend ("Enabling CORS for a REST API resource"); its gateway responses
carry the headers that Terraform can say without a program: one origin as it is, of several the one that asks, since an
error's body holds nothing of anybody.
"""

from __future__ import annotations

from collections.abc import Iterable

from gatefleet.contract.entities import ApiKind
from gatefleet.local.events import HttpRequest
from gatefleet.local.gateway.messages import Headers, Response
from gatefleet.model.types import Cors

_CREDENTIALS = ("access-control-allow-credentials", "true")
_VARY = ("vary", "Origin")


def is_preflight(request: HttpRequest) -> bool:
    """Whether a browser asks if it may send another request."""
    asked = _one(request, "origin"), _one(request, "access-control-request-method")
    return request.method == "OPTIONS" and all(asked)


def http_preflight(cors: Cors, request: HttpRequest) -> Response:
    """An HTTP API's answer to a preflight; to an origin that may not call, it names nothing that it may."""
    headers = http_actual(cors, request)
    if not headers:
        return Response(204)
    listed = (("methods", ",".join(cors.methods)), ("headers", ",".join(cors.headers)))
    allowed = tuple((f"access-control-allow-{name}", value) for name, value in listed if value)
    max_age = (("access-control-max-age", str(cors.max_age)),) if cors.max_age else ()
    return Response(204, (*headers, *allowed, *max_age))


def http_actual(cors: Cors, request: HttpRequest) -> Headers:
    """An HTTP API's headers for the answer to a cross-origin request; none where its origin may not call."""
    origin = _one(request, "origin")
    if not origin or not ("*" in cors.origins or origin in cors.origins):
        return ()
    allowed = "*" if "*" in cors.origins and not cors.credentials else origin
    return (("access-control-allow-origin", allowed), *((_CREDENTIALS,) if cors.credentials else ()))


def in_place_of_the_backends(cors: Cors | None, request: HttpRequest, headers: Headers, api: ApiKind) -> Headers:
    """A backend's headers as the caller gets them: an HTTP API with CORS ignores what the backend says of it."""
    if cors is None or api is ApiKind.REST:
        return headers
    kept = tuple(one for one in headers if not one[0].lower().startswith("access-control-"))
    return (*kept, *(http_preflight(cors, request).headers if is_preflight(request) else http_actual(cors, request)))


def rest_preflight(cors: Cors, request: HttpRequest) -> Response:
    """A REST API's answer to OPTIONS: the same to everybody, but for the one of several origins that asks."""
    origin = _only(cors) or next((one for one in request.values("origin") if one in cors.origins), None)
    return Response(
        204,
        (
            *((("access-control-allow-origin", origin),) if origin else ()),
            ("access-control-allow-methods", ",".join(cors.methods)),
            ("access-control-allow-headers", ",".join(cors.headers)),
            ("access-control-max-age", str(cors.max_age)),
            *((_CREDENTIALS,) if cors.credentials else ()),
            _VARY,
        ),
    )


def on_error(cors: Cors | None, request: HttpRequest, api: ApiKind) -> Headers:
    """The headers of an answer that API Gateway makes itself: a REST API's carry them, an HTTP API's do not."""
    if cors is None or api is ApiKind.HTTP:
        return ()
    origin = _only(cors) or _one(request, "origin")
    named = (("access-control-allow-origin", origin),) if origin else ()
    return (*named, *((_CREDENTIALS,) if cors.credentials and _only(cors) else ()), _VARY)


def preflight_routes(routes: Iterable[str]) -> list[str]:
    """The OPTIONS methods that Terraform adds: one for each resource of a REST API that declares none."""
    declared = {key.partition(" ")[2]: set[str]() for key in routes}
    for key in routes:
        declared[key.partition(" ")[2]].add(key.partition(" ")[0])
    return [f"OPTIONS {path}" for path, methods in declared.items() if "OPTIONS" not in methods]


def _only(cors: Cors) -> str | None:
    return cors.origins[0] if len(cors.origins) == 1 else None


def _one(request: HttpRequest, header: str) -> str:
    return (request.values(header) or [""])[0]
