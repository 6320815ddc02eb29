"""HTTP/1.1 on loopback for one emulator: h11 reads and writes, asyncio carries."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from email.utils import formatdate
from http import HTTPStatus

import h11

from gatefleet.contract.entities import ApiKind
from gatefleet.local.events import HttpRequest
from gatefleet.local.gateway.backend import CHUNK, BackendError
from gatefleet.local.gateway.emulator import MAX_BODY, Emulator
from gatefleet.local.gateway.messages import Headers, Response

MAX_HEAD = 10_240  # "Amazon API Gateway quotas and important notes": bytes of request line and header values
MAX_UNREAD_HEAD = 65_536  # names, and what is no request at all, are bounded too
IDLE_SECONDS = 60.0
LINGER_SECONDS = 5.0


class Server:
    """Serves one emulator on a listening socket, within a running event loop."""

    def __init__(self, emulator: Emulator, listening: socket.socket) -> None:
        self._emulator = emulator
        self._listening = listening
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        emulator.port = listening.getsockname()[1]

    async def start(self) -> None:
        """Begin to take connections."""
        self._server = await asyncio.start_server(self._accepted, sock=self._listening, limit=CHUNK)

    async def stop(self) -> None:
        """Take no more connections and end those that there are."""
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            # A client or a backend that breaks off ends the connection: what was begun cannot be unsaid.
            with suppress(ConnectionError, TimeoutError, BackendError, h11.LocalProtocolError, asyncio.CancelledError):
                await _Connection(self._emulator, reader, writer).serve()
        finally:
            self._connections.discard(task)
            writer.close()


class _Connection:
    """One client's connection: a request after the other."""

    def __init__(self, emulator: Emulator, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._emulator = emulator
        self._reader = reader
        self._writer = writer
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_UNREAD_HEAD)

    async def serve(self) -> None:
        """Until either side closes."""
        try:
            while True:
                event = await asyncio.wait_for(self._next(), IDLE_SECONDS)
                if not isinstance(event, h11.Request):
                    return
                await self._answer(event)
                if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
                    await self._linger()
                    return
                self._h11.start_next_cycle()
        except h11.RemoteProtocolError as error:
            await self._refuse(error.error_status_hint)

    async def _answer(self, event: h11.Request) -> None:
        request = _request(event, self._writer.get_extra_info("peername"), self._emulator.api.kind)
        if isinstance(request, HTTPStatus):
            return await self._refuse(request)
        answered, sent = await self._emulator.answer(request, self._body())
        headers = (*answered.headers, *_of_every_answer(self._emulator.api.kind, request.request_id, answered.headers))
        length = 0
        try:
            if isinstance(answered, Response):
                await self._head(answered.status, _with_length(headers, answered))
                length = await self._content(request.method, answered.status, answered.body)
            else:
                async with aclosing(answered.chunks) as chunks:
                    await self._head(answered.status, headers)
                    async for chunk in chunks:
                        length += await self._content(request.method, answered.status, chunk)
        finally:
            sent(length)
        await self._send(h11.EndOfMessage())
        return None

    async def _content(self, method: str, status: int, content: bytes) -> int:
        """Send a part of the body, where there may be one; gives how much was sent."""
        if method == "HEAD" or status in (204, 304):
            return 0
        await self._send(h11.Data(data=content))
        return len(content)

    async def _head(self, status: int, headers: Headers) -> None:
        encoded = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
        while self._h11.their_state is h11.SEND_BODY and self._h11.next_event() is not h11.NEED_DATA:
            """What came already of a body that nobody read; of most requests, that there is none."""
        if self._h11.their_state is not h11.DONE:  # what is left of the body is not worth a further request
            encoded.append((b"connection", b"close"))
        await self._send(h11.Response(status_code=status, headers=encoded, reason=_reason(status)))

    async def _send(self, event: h11.Event) -> None:
        self._writer.write(self._h11.send(event) or b"")
        await self._writer.drain()

    async def _next(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        while (event := self._h11.next_event()) is h11.NEED_DATA:
            self._h11.receive_data(await self._reader.read(CHUNK))
        return event

    async def _body(self) -> AsyncIterator[bytes]:
        if self._h11.they_are_waiting_for_100_continue:
            await self._send(h11.InformationalResponse(status_code=100, headers=[]))
        while isinstance(event := await self._next(), h11.Data):
            yield bytes(event.data)

    async def _refuse(self, status: int) -> None:
        """Answer what is no request that API Gateway would take, and end the connection."""
        if self._h11.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        body = json.dumps({"message": _reason(status).decode()}).encode()
        await self._head(status, (("content-type", "application/json"), ("content-length", str(len(body)))))
        await self._send(h11.Data(data=body))
        await self._send(h11.EndOfMessage())
        await self._linger()

    async def _linger(self) -> None:
        """Take what the client is still sending, for a while, so that it gets to read its answer."""
        if self._writer.can_write_eof():
            self._writer.write_eof()
        taken = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while taken <= 2 * MAX_BODY and (chunk := await self._reader.read(CHUNK)):
                    taken += len(chunk)


def _request(event: h11.Request, peer: tuple[str, int] | None, api: ApiKind) -> HttpRequest | HTTPStatus:
    """The request as it was sent, or the status with which it is refused."""
    if len(event.method) + len(event.target) + sum(len(value) for _, value in event.headers) > MAX_HEAD:
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    if {b"content-length", b"transfer-encoding"} <= {name for name, _ in event.headers}:
        return HTTPStatus.BAD_REQUEST  # RFC 9112 section 6.1: it might be an attempt to smuggle a second one
    target = event.target.decode("latin-1")
    if "://" in target.partition("?")[0] and not target.startswith("/"):  # RFC 9112 section 3.2.2, absolute form
        target = "/" + target.partition("://")[2].partition("/")[2]
    path, _, query = target.partition("?")
    if not path.startswith("/"):
        return HTTPStatus.BAD_REQUEST
    return HttpRequest(
        method=event.method.decode("latin-1"),
        path=path,
        query=query,
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers.raw_items()],
        source_ip=peer[0] if peer else "127.0.0.1",
        # A REST API's is a UUID, which error bodies name as an URN.
        request_id=str(uuid.uuid4()) if api is ApiKind.REST else secrets.token_urlsafe(12),
        time=int(time.time()),
    )


def _reason(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""


def _of_every_answer(api: ApiKind, request_id: str, headers: Headers) -> Headers:
    name = "apigw-requestid" if api is ApiKind.HTTP else "x-amzn-requestid"
    date = () if any(one == "date" for one, _ in headers) else (("date", formatdate(usegmt=True)),)
    return (*date, (name, request_id))


def _with_length(headers: Headers, response: Response) -> Headers:
    # RFC 9110 section 8.6: no length where there cannot be a body.
    return headers if response.status == 204 else (*headers, ("content-length", str(len(response.body))))
