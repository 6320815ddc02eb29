"""Identity sources of an authorizer: what a request must bring before it is asked, and the key of its kept answers.

"Working with AWS Lambda authorizers for HTTP APIs" and "Configure a Lambda authorizer using the API Gateway console": a
request that lacks one of them gets 401 and the authorizer is not asked; all of them together are the cache key.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Generic, TypeVar

from gatefleet.contract.entities import ApiKind, CredentialKind
from gatefleet.local.events import HttpRequest
from gatefleet.local.routes import RouteMatch

_HEADERS = {CredentialKind.JWT: "Authorization", CredentialKind.API_KEY: "x-api-key"}

# INVARIANT: with a TTL the key holds the route and the address besides the credential, so that no answer is given for
# another route, or to a caller from an address that the client's policy does not allow.
_KEPT = {
    ApiKind.HTTP: ("$context.routeKey", "$context.identity.sourceIp"),
    ApiKind.REST: ("context.httpMethod", "context.resourcePath", "context.identity.sourceIp"),
}


def identity_sources(api: ApiKind, credentials: Collection[CredentialKind], result_ttl: int) -> tuple[str, ...]:
    """Derive them, as selection expressions, from the kinds of credentials that the routes of one gateway take.

    The one header that all of them need, if there is one; several kinds, or certificates, leave none that everybody
    sends. As `terraform/modules/gateway` does.
    """
    header = _HEADERS.get(next(iter(credentials))) if len(set(credentials)) == 1 else None
    if header is None:
        return ()
    prefix = "$request.header." if api is ApiKind.HTTP else "method.request.header."
    return (prefix + header, *(_KEPT[api] if result_ttl else ()))


def identity_values(
    sources: Sequence[str], request: HttpRequest, match: RouteMatch, stage: str, api: ApiKind
) -> tuple[str, ...] | None:
    """What the request brings for each source, in their order; None: one is missing or empty."""
    values = tuple(_value(source.removeprefix("$"), request, match, stage, api) for source in sources)
    return values if all(values) else None


def _value(source: str, request: HttpRequest, match: RouteMatch, stage: str, api: ApiKind) -> str:
    header = source.removeprefix("method.").removeprefix("request.header.")
    if source in (f"request.header.{header}", f"method.request.header.{header}"):
        values = request.values(header.lower())
        # HTTP APIs join several values of a header by commas; a REST API's single value of it is the last.
        return ",".join(values) if api is ApiKind.HTTP else (values or [""])[-1]
    return {
        "context.routeKey": match.key,
        "context.httpMethod": request.method,
        "context.resourcePath": match.template,
        "context.path": request.path,
        "context.stage": stage,
        "context.identity.sourceIp": request.source_ip,
    }.get(source, "")


T = TypeVar("T")


class KeptAnswers(Generic[T]):
    """The authorizer's answers by their key, each for `ttl` seconds; the clock is the caller's. 0: none is kept."""

    def __init__(self, ttl: int, most: int = 10_000) -> None:
        self._ttl = ttl
        self._most = most
        self._kept: dict[tuple[str, ...], tuple[float, T]] = {}

    def find(self, key: tuple[str, ...] | None, now: float) -> T | None:
        """The answer that is kept under the key, if it is not over."""
        found = self._kept.get(key) if key else None
        return found[1] if found is not None and now < found[0] else None

    def keep(self, key: tuple[str, ...] | None, answer: T, now: float) -> None:
        """Keep an answer; without a key, which takes at least one identity source, nothing is kept."""
        if not key or not self._ttl:
            return
        self._kept.pop(key, None)
        self._kept[key] = (now + self._ttl, answer)
        while len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]
