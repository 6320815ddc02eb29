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

from gatefleet.contract.entities import ApiKind, Gateway, Public
from gatefleet.local import iam
from gatefleet.local.events import HttpRequest, authorizer_event
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

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])  # uvicorn is started without lifespan and websockets
        await _drain(receive)
        response = await asyncio.to_thread(self.answer, _request(scope))
        body = json.dumps(response.body, indent=2).encode() + b"\n"
        headers = {"content-type": "application/json", "content-length": str(len(body)), **response.headers}
        encoded = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": encoded})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Route one request, authorize it, and give what the caller gets."""
        api = self._gateway.api
        match = match_route(self._gateway.routes, request.method, request.path, api)
        if match is None:
            return self._no_route()
        route = self._gateway.routes[match.key]
        if isinstance(route.requirement, Public):
            return self._backend(request, match, {})
        event = authorizer_event(api, self._api_id, request, match)
        try:
            answer = self._authorize(event)
        except UnauthorizedError:
            return self._denied(401, "authentication")
        if api is ApiKind.HTTP:
            allowed = answer.get("isAuthorized") is True
        else:
            allowed = iam.allows(answer["policyDocument"], event["methodArn"])
        context = answer.get("context") or {}
        if not allowed:
            return self._denied(403, str(context.get("reason", "forbidden")))
        return self._backend(request, match, context)

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


async def _drain(receive: Receive) -> None:
    taken = 0
    while taken <= MAX_BODY:
        message = await receive()
        taken += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return
