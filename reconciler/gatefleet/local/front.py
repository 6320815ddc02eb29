"""One gateway on loopback: it routes as API Gateway does, asks the authorizer with a documented event, and answers.

The backend is an echo of what a real one would be handed. This is the seed of the gateway emulator.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from gatefleet.contract.entities import ApiKind, CredentialKind, Gateway, Public
from gatefleet.local import iam
from gatefleet.local.events import HttpRequest, http_event, rest_event
from gatefleet.local.routes import RouteMatch, match_route

MAX_BODY = 10 * 1024 * 1024  # API Gateway's payload limit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class UnauthorizedError(Exception):
    """The authorizer failed with `Unauthorized`, as a REST authorizer says 401."""


Authorize = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What goes back over the wire."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


class Front:
    """An ASGI application for one gateway. `authorize` raises `UnauthorizedError` for a REST 401."""

    def __init__(self, gateway_id: str, gateway: Gateway, authorize: Authorize, error_type_base: str) -> None:
        self._gateway_id = gateway_id
        self._gateway = gateway
        self._authorize = authorize
        self._error_type_base = error_type_base
        self._api_id = gateway_id.replace("/", "-")
        self._identity_source = identity_source(gateway)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])  # uvicorn is started without lifespan and websockets
        if await _drain(receive):
            response = await asyncio.to_thread(self.answer, _request(scope))
        else:
            response = HttpResponse(413, {"message": "Request Entity Too Large"})
        body = json.dumps(response.body, indent=2).encode() + b"\n"
        headers = {"content-type": "application/json", "content-length": str(len(body)), **response.headers}
        encoded = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Route one request, authorize it, and give what the caller gets."""
        api = self._gateway.api
        match = match_route(self._gateway.routes, request.method, request.path, api)
        if match is None:
            return self._no_route()
        route = self._gateway.routes[match.key]
        if isinstance(route.requirement, Public):
            return self._backend(request, match, {})
        try:
            allowed, context = self._ask(request, match)
        except UnauthorizedError:
            return self._denied(401, "authentication")
        return (
            self._backend(request, match, context)
            if allowed
            else self._denied(403, str(context.get("reason", "forbidden")))
        )

    def _ask(self, request: HttpRequest, match: RouteMatch) -> tuple[bool, dict[str, Any]]:
        """What the authorizer says. Raises `UnauthorizedError` where the caller gets 401."""
        if self._gateway.api is ApiKind.REST:
            event = rest_event(self._api_id, request, match)
            answer = self._authorize(event)
            return iam.allows(answer["policyDocument"], event["methodArn"]), answer["context"]
        source = self._identity_source
        if source is not None and not any(value for name, value in request.headers if name == source):
            raise UnauthorizedError  # API Gateway does not call an authorizer whose identity source is missing
        answer = self._authorize(http_event(self._api_id, request, match, source))
        return answer["isAuthorized"] is True, answer["context"]

    def _no_route(self) -> HttpResponse:
        if self._gateway.api is ApiKind.HTTP:
            return HttpResponse(404, {"message": "Not Found"})
        return HttpResponse(403, {"message": "Missing Authentication Token"})

    def _denied(self, status: int, reason: str) -> HttpResponse:
        if self._gateway.api is ApiKind.HTTP:  # AWS's fixed bodies
            return HttpResponse(status, {"message": "Unauthorized" if status == 401 else "Forbidden"})
        title = "Unauthorized" if status == 401 else "Forbidden"
        problem = {"type": f"{self._error_type_base}{reason}", "title": title, "status": status}
        headers = {"content-type": "application/problem+json"}  # RFC 9457
        if status == 401:
            headers["www-authenticate"] = "Bearer"  # RFC 6750 section 3
        return HttpResponse(status, problem, headers)

    def _backend(self, request: HttpRequest, match: RouteMatch, context: dict[str, Any]) -> HttpResponse:
        echoed = {
            "gateway": self._gateway_id,
            "route": match.key,
            "path": request.path,
            "path_parameters": dict(match.parameters),
            "authorizer": context,
        }
        return HttpResponse(200, echoed)


def identity_source(gateway: Gateway) -> str | None:
    """The header without which an HTTP API answers 401 by itself: that of the one kind of credential all routes take.

    None where routes differ, or take certificates; then the authorizer is asked whatever is there, and its no is 403.
    """
    asking = [route for route in gateway.routes.values() if not isinstance(route.requirement, Public)]
    kinds = {kind for route in asking for kind in route.credentials}
    return _HEADERS.get(kinds.pop()) if gateway.api is ApiKind.HTTP and len(kinds) == 1 else None


_HEADERS = {CredentialKind.JWT: "authorization", CredentialKind.API_KEY: "x-api-key"}


def server_of(app: Front) -> uvicorn.Server:
    """A server for one front; the caller gives it a listening socket and ends it by `should_exit`."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def _request(scope: Message) -> HttpRequest:
    client = scope.get("client") or ("127.0.0.1", 0)
    return HttpRequest(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=[(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]],
        source_ip=client[0],
        request_id=secrets.token_urlsafe(12),
        time=int(time.time()),
    )


async def _drain(receive: Receive) -> bool:
    """Read the body and forget it; whether it was as short as API Gateway takes it."""
    taken = 0
    while True:
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAX_BODY:
            return False
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return True
