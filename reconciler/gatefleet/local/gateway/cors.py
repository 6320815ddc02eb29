"""Cross-origin requests, as each kind of API answers them (Fetch standard, "CORS protocol").

An HTTP API answers preflights itself where no route takes them, and puts its headers in place of the backend's
("Configuring CORS for an HTTP API"). A REST API has a public OPTIONS method for each of its resources, made by
gatefleet's Terraform, and leaves other answers to the backend; its gateway responses carry the headers as well
("Enabling CORS for a REST API resource").
"""

from __future__ import annotations

from collections.abc import Mapping

from gatefleet.contract.entities import ApiKind
from gatefleet.local.events import HttpRequest
from gatefleet.local.gateway.messages import Headers, Response
from gatefleet.model.types import Cors


def is_preflight(request: HttpRequest) -> bool:
    """Whether a browser asks if it may send another request."""
    asked = _one(request, "origin"), _one(request, "access-control-request-method")
    return request.method == "OPTIONS" and all(asked)


def preflight(cors: Cors, request: HttpRequest, api: ApiKind) -> Response:
    """The answer to a preflight; to an origin that may not call, it names nothing that it may."""
    headers = actual(cors, request)
    if headers:
        headers = (
            *headers,
            *_listed("access-control-allow-methods", cors.methods),
            *_listed("access-control-allow-headers", cors.headers),
            *((("access-control-max-age", str(cors.max_age)),) if cors.max_age else ()),
        )
    return Response(204 if api is ApiKind.HTTP else 200, headers)


def actual(cors: Cors, request: HttpRequest) -> Headers:
    """The headers of the answer to a cross-origin request; none where its origin may not call."""
    origin = _one(request, "origin")
    if not origin or not ("*" in cors.origins or origin in cors.origins):
        return ()
    allowed = "*" if "*" in cors.origins and not cors.credentials else origin
    credentials = (("access-control-allow-credentials", "true"),) if cors.credentials else ()
    return (("access-control-allow-origin", allowed), *credentials)


def on_error(cors: Cors | None, request: HttpRequest, api: ApiKind) -> Headers:
    """The headers of an answer that API Gateway makes itself: a REST API's carry them, an HTTP API's do not."""
    return actual(cors, request) if cors is not None and api is ApiKind.REST else ()


def in_place_of_the_backends(cors: Cors | None, request: HttpRequest, headers: Headers, api: ApiKind) -> Headers:
    """A backend's headers as the caller gets them: an HTTP API with CORS ignores what the backend says of it."""
    if cors is None or api is ApiKind.REST:
        return headers
    kept = tuple(one for one in headers if not one[0].lower().startswith("access-control-"))
    return (*kept, *(preflight(cors, request, api).headers if is_preflight(request) else actual(cors, request)))


def rest_resources(routes: Mapping[str, object]) -> dict[str, bool]:
    """The path templates of a REST API, and whether one declares OPTIONS (or ANY) itself."""
    declared: dict[str, bool] = {}
    for key in routes:
        method, _, template = key.partition(" ")
        declared[template] = declared.get(template, False) or method in ("OPTIONS", "ANY")
    return declared


def _one(request: HttpRequest, header: str) -> str:
    return (request.values(header) or [""])[0]


def _listed(name: str, values: tuple[str, ...]) -> Headers:
    return ((name, ",".join(values)),) if values else ()
