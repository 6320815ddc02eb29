"""One API of API Gateway on this machine: every request goes through the same steps, each of them a pure function.

Stage, route (or preflight), throttle, size, identity and kept answers, authorizer, backend, access log. AWS does not
document whether a throttle counts before the authorizer is asked; here it does, as a limit protects what is behind it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Protocol

from gatefleet.contract.entities import ApiKind
from gatefleet.local.events import HttpRequest, http_event, method_arn, rest_event
from gatefleet.local.gateway import cors
from gatefleet.local.gateway.accesslog import Passage, access_line
from gatefleet.local.gateway.answers import NoAnswer, PolicyAnswer, SimpleAnswer, Verdict, judge, read_answer
from gatefleet.local.gateway.api import Api, ApiRoute
from gatefleet.local.gateway.backend import BackendError, Streamed, echo, send
from gatefleet.local.gateway.errors import ErrorType, gateway_error
from gatefleet.local.gateway.handing import handed_headers, returned_headers
from gatefleet.local.gateway.identity import KeptAnswers, identity_values
from gatefleet.local.gateway.messages import Response
from gatefleet.local.gateway.throttle import Throttles
from gatefleet.local.routes import Located, RouteMatch, locate, match_route
from gatefleet.local.runtime_api import Answer, FunctionError
from gatefleet.model.types import Backend

MAX_BODY = 10 * 1024 * 1024  # "Amazon API Gateway quotas and important notes", payload size
MAX_ARN = 1600  # bytes of a method's ARN, where an authorizer stands before it
AUTHORIZER_SECONDS = 10.0  # "…", timeout for a Lambda authorizer's response
INTEGRATION_SECONDS = {ApiKind.HTTP: 30.0, ApiKind.REST: 29.0}


class BodyTooLargeError(Exception):
    """A request's body grew above API Gateway's limit while it was read."""


class Authorizer(Protocol):
    """A Lambda function that answers authorizer events; called from several threads at once."""

    def invoke(self, event: Mapping[str, Any]) -> Answer | FunctionError:
        """Answer one event; a failure is an answer too."""
        ...


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request that led to a declared route."""

    located: Located
    match: RouteMatch
    route: ApiRoute


def arrive(api: Api, request: HttpRequest) -> Arrived | Response | ErrorType:
    """Find stage and route of a request, or answer the preflight that no route takes."""
    located = locate(request.path, api.kind, api.stage, api.base_path)
    if located is None:
        return ErrorType.NO_STAGE
    keys = list(api.routes)
    if api.kind is ApiKind.REST and api.cors is not None:
        keys += [f"OPTIONS {one}" for one, declared in cors.rest_resources(api.routes).items() if not declared]
    match = match_route(keys, request.method, located.path, api.kind)
    if match is not None and match.key in api.routes:
        return Arrived(located, match, api.routes[match.key])
    if api.cors is not None and (match is not None or (api.kind is ApiKind.HTTP and cors.is_preflight(request))):
        return cors.preflight(api.cors, request, api.kind)
    return ErrorType.MISSING_AUTHENTICATION_TOKEN


class Emulator:
    """Answers the requests of one API. `url_of` gives a backend's URL, None for the echo; `pool` runs the authorizer.

    `wall` gives UTC seconds for kept answers, `steady` seconds that never go back; `write_line` gets the access log.
    """

    def __init__(
        self,
        api: Api,
        authorizer: Authorizer,
        pool: Executor,
        *,
        write_line: Callable[[str], object] = lambda _line: None,
        url_of: Callable[[Backend], str | None] = lambda _backend: None,
        steady: Callable[[], float] = time.monotonic,
        authorizer_seconds: float = AUTHORIZER_SECONDS,
    ) -> None:
        self.port = 0
        self._authorizer = authorizer
        self._pool = pool
        self._write_line = write_line
        self._url_of = url_of
        self._steady = steady
        self._authorizer_seconds = authorizer_seconds
        self.apply(api)

    def apply(self, api: Api) -> None:
        """Become another API, as an apply of Terraform would make it: throttles and kept answers begin anew."""
        self.api = api
        self._throttles = Throttles(api.throttle, {key: route.throttle for key, route in api.routes.items()})
        self._kept: KeptAnswers[SimpleAnswer | PolicyAnswer] = KeptAnswers(api.result_ttl)

    async def answer(self, request: HttpRequest, body: AsyncIterator[bytes]) -> Response | Streamed:
        """Take one request through all steps; writes its line. The body is read only as far as it is needed."""
        begun = self._steady()
        passage = Passage(request, self.api.gateway, self.api.variant)
        answered = await self._through(passage, body)
        if isinstance(answered, ErrorType):
            passage.error = passage.error or answered.value
            error = gateway_error(answered, self.api.kind, self.api.error_type_base, passage.context)
            answered = error.adding(*cors.on_error(self.api.cors, request, self.api.kind))
        passage.status = answered.status
        passage.latency_ms = round((self._steady() - begun) * 1000)
        self._write_line(access_line(self.api.log_fields, passage))
        return answered

    async def _through(self, passage: Passage, body: AsyncIterator[bytes]) -> Response | Streamed | ErrorType:
        request = passage.request
        arrived = arrive(self.api, request)
        if not isinstance(arrived, Arrived):
            return arrived
        passage.route = arrived.match.key
        if not self._throttles.admit(arrived.match.key, self._steady()):
            return ErrorType.THROTTLED
        if _announced(request) > MAX_BODY:
            return ErrorType.REQUEST_TOO_LARGE
        if not arrived.route.public:
            verdict = await self._authorize(passage, arrived)
            if isinstance(verdict, ErrorType):
                return verdict
            passage.context, passage.decision = verdict.context, "allow" if verdict.allowed else "deny"
            if not verdict.allowed:
                return ErrorType.ACCESS_DENIED
        return await self._integrate(passage, arrived, body)

    async def _authorize(self, passage: Passage, arrived: Arrived) -> Verdict | ErrorType:
        api, request = self.api, passage.request
        arn = method_arn(api.id, request.method, arrived.located.path, api.stage)
        if len(arn.encode()) > MAX_ARN:
            return ErrorType.URI_TOO_LONG
        identity = identity_values(api.identity, request, arrived.match, api.stage, api.kind)
        if identity is None:
            return ErrorType.UNAUTHORIZED
        answer = self._kept.find(identity, self._steady())
        if answer is None:
            read = await self._ask(request, arrived, identity)
            if isinstance(read, NoAnswer):
                passage.error = read.why
                return read.error
            answer = read
            self._kept.keep(identity, answer, self._steady())
        return judge(answer, arn)

    async def _ask(
        self, request: HttpRequest, arrived: Arrived, identity: tuple[str, ...]
    ) -> SimpleAnswer | PolicyAnswer | NoAnswer:
        api, match, located = self.api, arrived.match, arrived.located
        if api.kind is ApiKind.REST:
            event = rest_event(api.id, request, match, stage=api.stage, located=located)
        else:
            event = http_event(api.id, request, match, identity=identity or None, stage=api.stage, located=located)
        asked = asyncio.get_running_loop().run_in_executor(self._pool, self._authorizer.invoke, event)
        try:
            result = await asyncio.wait_for(asked, self._authorizer_seconds)
        except TimeoutError:
            return NoAnswer(ErrorType.AUTHORIZER_FAILURE, f"no answer within {self._authorizer_seconds:g} s")
        return read_answer(result, api.kind)

    async def _integrate(
        self, passage: Passage, arrived: Arrived, body: AsyncIterator[bytes]
    ) -> Response | Streamed | ErrorType:
        api, request = self.api, passage.request
        headers = handed_headers(request, passage.context, self.port)
        url = self._url_of(arrived.route.backend)
        limited = _limited(body)
        try:
            if url is None:
                asked = echo(request, arrived.match, headers, limited, gateway=api.gateway, context=passage.context)
            else:
                asked = send(url, request, arrived.located.path, headers, limited)
            streamed = await asyncio.wait_for(asked, INTEGRATION_SECONDS[api.kind])
        except BodyTooLargeError:
            return ErrorType.REQUEST_TOO_LARGE
        except TimeoutError:
            return ErrorType.INTEGRATION_TIMEOUT
        except BackendError as error:
            passage.error = str(error)
            return ErrorType.INTEGRATION_FAILURE
        returned = returned_headers(streamed.headers, api.kind)
        returned = cors.in_place_of_the_backends(api.cors, request, returned, api.kind)
        return Streamed(streamed.status, returned, streamed.chunks)


def _announced(request: HttpRequest) -> int:
    length = next(iter(request.values("content-length")), "0")
    return int(length) if length.isdecimal() else 0


async def _limited(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    taken = 0
    async for chunk in body:
        taken += len(chunk)
        if taken > MAX_BODY:
            raise BodyTooLargeError
        yield chunk
