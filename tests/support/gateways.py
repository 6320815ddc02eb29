"""APIs and gateways on this machine, with only what a test is about."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from gatefleet.contract.entities import ApiKind, Gateway, Public
from gatefleet.local.events import REST_STAGE, STAGE, HttpRequest
from gatefleet.local.gateway.api import Api, ApiRoute
from gatefleet.local.gateway.emulator import Emulator
from gatefleet.local.gateway.identity import identity_sources
from gatefleet.local.gateway.messages import Response
from gatefleet.local.runtime_api import Answer, FunctionError
from gatefleet.model.types import Backend

ERRORS = "https://errors.example.com/"
LOG_FIELDS = ("time", "request_id", "gateway", "route", "status", "client_id", "reason", "latency_ms")
NOW = 1_800_000_000


def an_api(kind: ApiKind = ApiKind.HTTP, *routes: str, public: tuple[str, ...] = (), **members: Any) -> Api:
    """An API whose routes all have the authorizer before them, save the `public` ones."""
    declared = {key: ApiRoute(key in public, Backend("echo", "lambda", "echo")) for key in (*routes, *public)}
    stage = STAGE if kind is ApiKind.HTTP else REST_STAGE
    return Api(
        **{
            "gateway": "orders/orders",
            "kind": kind,
            "stage": stage,
            "routes": declared,
            "error_type_base": ERRORS,
            "log_fields": LOG_FIELDS,
            **members,
        }
    )


def api_of_entity(gateway_id: str, gateway: Gateway) -> Api:
    """The API of a gateway of which only the entity is there: no throttles, no CORS, the echo behind it."""
    kinds = {kind for route in gateway.routes.values() for kind in route.credentials}
    public = tuple(key for key, route in gateway.routes.items() if isinstance(route.requirement, Public))
    return an_api(
        gateway.api,
        *(key for key in gateway.routes if key not in public),
        public=public,
        gateway=gateway_id,
        identity=identity_sources(gateway.api, kinds, gateway.result_ttl),
        result_ttl=gateway.result_ttl,
    )


def a_request(
    line: str, *headers: tuple[str, str], source_ip: str = "192.0.2.7", time: int = NOW, request_id: str = "request-1"
) -> HttpRequest:
    """`GET /orders?a=1` with these headers."""
    method, target = line.split(" ", 1)
    path, _, query = target.partition("?")
    return HttpRequest(method, path, query, headers, source_ip, request_id, time)


@dataclass
class Told:
    """An authorizer that answers as it is told; `events` are those it was asked."""

    answer: Callable[[Mapping[str, Any]], Answer | FunctionError]
    events: list[Mapping[str, Any]] = field(default_factory=list)

    def invoke(self, event: Mapping[str, Any]) -> Answer | FunctionError:
        self.events.append(event)
        return self.answer(event)


def answering(value: object) -> Told:
    return Told(lambda _event: Answer("r", json.dumps(value).encode(), 0.0))


def failing(message: str, kind: str = "Error") -> Told:
    return Told(lambda _event: FunctionError("r", kind, message, 0.0))


def yes(**context: str) -> dict[str, Any]:
    """The simple response that allows."""
    return {"isAuthorized": True, "context": context}


@dataclass
class Asked:
    """An answer, its body read: `value` is its JSON."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        return json.loads(self.body)


def ask(emulator: Emulator, request: HttpRequest, *chunks: bytes) -> Asked:
    """Send one request through an emulator, without a wire."""

    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def through() -> Asked:
        answered, sent = await emulator.answer(request, body())
        if isinstance(answered, Response):
            content = answered.body
        else:
            content = b"".join([chunk async for chunk in answered.chunks])
        sent(len(content))
        return Asked(answered.status, dict(answered.headers), content)

    return asyncio.run(through())


POOL = ThreadPoolExecutor(8)
