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
from gatefleet.local.gateway.handing import handed_headers, handed_path, returned_headers
from gatefleet.local.gateway.identity import KeptAnswers, identity_values
from gatefleet.local.gateway.messages import Response
from gatefleet.local.gateway.throttle import Throttles
from gatefleet.local.routes import Located, RouteMatch, locate, match_route
from gatefleet.local.runtime_api import Answer, FunctionError
from gatefleet.model.types import Backend

MAX_BODY = 10 * 1024 * 1024  # "Amazon API Gateway quotas and important notes", payload size
MAX_ARN = 1600  # bytes of a method's ARN, where an authorizer stands before it
AUTHORIZER_SECONDS = 10.0  # "…", timeout for a Lambda authorizer's response
INTEGRATION_SECONDS = 29.0  # as the Terraform module sets it; API Gateway's most is 30 (HTTP) and 29 (REST)


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
        keys += cors.preflight_routes(keys)
    match = match_route(keys, request.method, located.path, api.kind)
    if match is not None and match.key in api.routes:
        return Arrived(located, match, api.routes[match.key])
    if api.cors is not None and match is not None:
        return cors.rest_preflight(api.cors, request)
    if api.cors is not None and api.kind is ApiKind.HTTP and cors.is_preflight(request):
        return cors.http_preflight(api.cors, request)
    return ErrorType.MISSING_AUTHENTICATION_TOKEN


@dataclass(frozen=True, slots=True)
class _Setup:
    """An API with what counts for it: a request ends with the setup it began with."""

    api: Api
    authorizer: Authorizer
    throttles: Throttles
    kept: KeptAnswers[SimpleAnswer | PolicyAnswer]


class Emulator:
    """Answers the requests of one API. `url_of` gives a backend's URL, None for the echo; `pool` runs the authorizer.

    `write_line` gets the access log, `explain` why something is 500 or 504. `steady` gives seconds that never go back.
    """

    def __init__(
        self,
        api: Api,
        authorizer: Authorizer,
        pool: Executor,
        *,
        write_line: Callable[[str], object] = lambda _line: None,
        explain: Callable[[str], object] = lambda _line: None,
        url_of: Callable[[Backend], str | None] = lambda _backend: None,
        steady: Callable[[], float] = time.monotonic,
        authorizer_seconds: float = AUTHORIZER_SECONDS,
    ) -> None:
        self.port = 0
        self._pool = pool
        self._write_line = write_line
        self._explain = explain
        self._url_of = url_of
        self._steady = steady
        self._authorizer_seconds = authorizer_seconds
        self.apply(api, authorizer)

    @property
    def api(self) -> Api:
        """The API as it stands."""
        return self._setup.api

    def stands_as(self, api: Api, authorizer: Authorizer) -> bool:
        """Whether it is this API with this authorizer already."""
        return self._setup.api == api and self._setup.authorizer is authorizer

    def apply(self, api: Api, authorizer: Authorizer) -> None:
        """Become another API, as an apply of Terraform would make it: throttles and kept answers begin anew."""
        throttles = Throttles(api.throttle, {key: route.throttle for key, route in api.routes.items()})
        self._setup = _Setup(api, authorizer, throttles, KeptAnswers(api.result_ttl))

    async def answer(
        self, request: HttpRequest, body: AsyncIterator[bytes]
    ) -> tuple[Response | Streamed, Callable[[int], None]]:
        """Take one request through all steps; the body is read only as far as it is needed.

        Gives the answer, and what is to be called with the length of its body once it was sent: it writes the line.
        """
        setup, passage, begun = self._setup, Passage(request), self._steady()
        api = setup.api
        answered = await self._through(setup, passage, body)
        if isinstance(answered, ErrorType):
            passage.error = answered.value
            if passage.why:
                self._explain(f"{api.gateway}: {answered.value}: {passage.why}")
            error = gateway_error(answered, api.kind, api.error_type_base, request.request_id, passage.context)
            answered = error.adding(*cors.on_error(api.cors, request, api.kind))
        passage.status = answered.status

        def sent(length: int) -> None:
            passage.latency_ms = self._since(begun)
            passage.response_length = length
            self._write_line(access_line(api, passage))

        return answered, sent

    async def _through(
        self, setup: _Setup, passage: Passage, body: AsyncIterator[bytes]
    ) -> Response | Streamed | ErrorType:
        request = passage.request
        arrived = arrive(setup.api, request)
        if not isinstance(arrived, Arrived):
            return arrived
        passage.route = arrived.match.key
        if not setup.throttles.admit(arrived.match.key, self._steady()):
            return ErrorType.THROTTLED
        if _announced(request) > MAX_BODY:
            return ErrorType.REQUEST_TOO_LARGE
        if not arrived.route.public:
            verdict = await self._authorize(setup, passage, arrived)
            if isinstance(verdict, ErrorType):
                return verdict
            passage.context = verdict.context
            if not verdict.allowed:
                return ErrorType.ACCESS_DENIED
        return await self._integrate(setup.api, passage, arrived, body)

    async def _authorize(self, setup: _Setup, passage: Passage, arrived: Arrived) -> Verdict | ErrorType:
        api, request = setup.api, passage.request
        arn = method_arn(api.id, request.method, arrived.located.path, api.stage)
        if len(arn.encode()) > MAX_ARN:
            return ErrorType.URI_TOO_LONG
        identity = identity_values(api.identity, request, arrived.match, api.stage, api.kind)
        if identity is None:
            return ErrorType.UNAUTHORIZED
        answer = setup.kept.find(identity, self._steady())
        if answer is None:
            begun = self._steady()
            read = await self._ask(setup, request, arrived, identity)
            passage.authorizer_ms = self._since(begun)
            if isinstance(read, NoAnswer):
                passage.why = "" if read.error is ErrorType.UNAUTHORIZED else read.why
                return read.error
            answer = read
            setup.kept.keep(identity, answer, self._steady())
        return judge(answer, arn)

    async def _ask(
        self, setup: _Setup, request: HttpRequest, arrived: Arrived, identity: tuple[str, ...]
    ) -> SimpleAnswer | PolicyAnswer | NoAnswer:
        api, match, located = setup.api, arrived.match, arrived.located
        if api.kind is ApiKind.REST:
            event = rest_event(api.id, request, match, stage=api.stage, located=located)
        else:
            event = http_event(api.id, request, match, identity=identity or None, stage=api.stage, located=located)
        asked = asyncio.get_running_loop().run_in_executor(self._pool, setup.authorizer.invoke, event)
        try:
            result = await asyncio.wait_for(asked, self._authorizer_seconds)
        except TimeoutError:
            return NoAnswer(ErrorType.AUTHORIZER_FAILURE, f"no answer within {self._authorizer_seconds:g} s")
        except Exception as error:  # an authorizer that runs in this process: its defect is its failure
            return NoAnswer(ErrorType.AUTHORIZER_FAILURE, f"{type(error).__name__}: {error}")
        return read_answer(result, api.kind)

    async def _integrate(
        self, api: Api, passage: Passage, arrived: Arrived, body: AsyncIterator[bytes]
    ) -> Response | Streamed | ErrorType:
        request, begun = passage.request, self._steady()
        headers = handed_headers(request, passage.context, api.kind, hides_api_key=api.hides_api_key, port=self.port)
        url = self._url_of(arrived.route.backend)
        limited = _limited(body)
        try:
            if url is None:
                asked = echo(request, arrived.match, headers, limited, gateway=api.gateway, context=passage.context)
            else:
                asked = send(url, request, handed_path(arrived.located.path, api.kind), headers, limited)
            streamed = await asyncio.wait_for(asked, INTEGRATION_SECONDS)
        except BodyTooLargeError:
            return ErrorType.REQUEST_TOO_LARGE
        except TimeoutError:
            passage.why = f"no answer from the backend within {INTEGRATION_SECONDS:g} s"
            return ErrorType.INTEGRATION_TIMEOUT
        except BackendError as error:
            passage.why = str(error)
            return ErrorType.INTEGRATION_FAILURE
        passage.backend_ms = self._since(begun)
        returned = returned_headers(streamed.headers, api.kind)
        returned = cors.in_place_of_the_backends(api.cors, request, returned, api.kind)
        return Streamed(streamed.status, returned, streamed.chunks)

    def _since(self, begun: float) -> int:
        return round((self._steady() - begun) * 1000)


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
