"""Where an allowed request goes: to a URL, body and answer streamed, or to the echo of what it would be handed.

One connection a request; HTTP/1.1 by h11.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import h11

from gatefleet.local.events import HttpRequest
from gatefleet.local.gateway.messages import Headers
from gatefleet.local.routes import RouteMatch

CHUNK = 65_536
_SECRETS = ("authorization", "cookie", "x-api-key")


class BackendError(Exception):
    """The backend could not be reached, or spoke no HTTP; the message says how."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer whose body is still to come; `chunks` is to be closed, and may raise `BackendError`."""

    status: int
    headers: Headers
    chunks: AsyncGenerator[bytes]


async def send(base: str, request: HttpRequest, path: str, headers: Headers, body: AsyncIterator[bytes]) -> Streamed:
    """Send the request to a URL with `path` and the request's query after it; returns when the answer has begun.

    Raises `BackendError`. What reading the body raises goes through.
    """
    where = urlsplit(base)
    answers = _exchange(where, request, path, headers, body)
    try:
        head = await anext(answers)
    except (OSError, h11.ProtocolError, StopAsyncIteration) as error:
        raise BackendError(f"{where.scheme}://{where.netloc}: {error or 'it hung up'}") from None
    assert isinstance(head, h11.Response)
    listed = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers)
    return Streamed(head.status_code, listed, _data(answers))


async def _data(answers: AsyncGenerator[h11.Event]) -> AsyncGenerator[bytes]:
    async with aclosing(answers):
        try:
            async for event in answers:
                if isinstance(event, h11.Data):
                    yield bytes(event.data)
        except (OSError, h11.ProtocolError) as error:
            raise BackendError(f"it broke off: {error}") from None


async def _exchange(
    where: SplitResult, request: HttpRequest, path: str, headers: Headers, body: AsyncIterator[bytes]
) -> AsyncGenerator[h11.Event]:
    secure = where.scheme == "https"
    port = where.port or (443 if secure else 80)
    context = ssl.create_default_context() if secure else None
    reader, writer = await asyncio.open_connection(where.hostname, port, ssl=context)
    try:
        connection = h11.Connection(h11.CLIENT)
        target = where.path.rstrip("/") + path + (f"?{request.query}" if request.query else "")
        framed = _framed(request, headers)
        writer.write(
            connection.send(
                h11.Request(method=request.method, target=target, headers=[("host", where.netloc), *framed])
            )
            or b""
        )
        async for chunk in body:
            writer.write(connection.send(h11.Data(data=chunk)) or b"")
            await writer.drain()
        writer.write(connection.send(h11.EndOfMessage()) or b"")
        await writer.drain()
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(CHUNK))
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                return
            elif isinstance(event, h11.Response | h11.Data):
                yield event
    finally:
        writer.close()


def _framed(request: HttpRequest, headers: Headers) -> list[tuple[str, str]]:
    """With a length if the client gave one, in chunks if it sent chunks."""
    chunked = any("chunked" in value.lower() for value in request.values("transfer-encoding"))
    kept = [one for one in headers if not (chunked and one[0].lower() == "content-length")]
    return [*kept, ("connection", "close"), *([("transfer-encoding", "chunked")] if chunked else [])]


async def echo(
    request: HttpRequest,
    match: RouteMatch,
    headers: Headers,
    body: AsyncIterator[bytes],
    *,
    gateway: str,
    context: Mapping[str, str],
) -> Streamed:
    """Answer with what a backend would be handed; credentials are shown by their scheme alone."""
    taken = 0
    async for chunk in body:
        taken += len(chunk)
    said = {
        "gateway": gateway,
        "route": match.key,
        "method": request.method,
        "path": request.path,
        "path_parameters": dict(match.parameters),
        "query": request.query,
        "headers": {name.lower(): _veiled(name, value) for name, value in headers},
        "authorizer": dict(context),
        "body_bytes": taken,
    }
    content = json.dumps(said, indent=2).encode() + b"\n"
    return Streamed(200, (("content-type", "application/json"), ("content-length", str(len(content)))), _once(content))


async def _once(content: bytes) -> AsyncGenerator[bytes]:
    yield content


def _veiled(name: str, value: str) -> str:
    if name.lower() not in _SECRETS:
        return value
    scheme, space, _ = value.partition(" ")
    return f"{scheme} …" if space else "…"
