"""Which lines of the sources made a decision, and so which would change it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gatefleet.access.diff import demanded
from gatefleet.contract.entities import AnyOf, CredentialKind, Public
from gatefleet.contract.reasons import Reason
from gatefleet.decide.outcome import Allow, Deny, Step
from gatefleet.model.types import Model, SourceClient, SourceGateway, SourceRoute
from gatefleet.problems import Place


@dataclass(frozen=True, slots=True)
class Because:
    """What a line says, and where it stands."""

    what: str
    place: Place


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for what, and by which credential. `key`: its `kid`, API key id or thumbprint; `scopes`: a token's."""

    environment: str
    gateway: str
    route: str
    client: str | None
    kind: CredentialKind | None = None
    issuer: str | None = None
    key: str | None = None
    scopes: frozenset[str] | None = None


def because(model: Model, asked: Asked, outcome: Allow | Deny, now: int) -> tuple[Because, ...]:
    """The lines that decided; none where no line of this commit could have (a token of another world)."""
    found = _Finding(model, asked, now)
    lines = found.allowed(outcome) if isinstance(outcome, Allow) else found.denied(outcome)
    return tuple(lines)


class _Finding:
    def __init__(self, model: Model, asked: Asked, now: int) -> None:
        self._model, self._asked, self._now = model, asked, now
        self._gateway: SourceGateway | None = model.gateways.get(asked.gateway)
        self._route: SourceRoute | None = self._gateway.routes.get(asked.route) if self._gateway else None
        self._client: SourceClient | None = model.clients.get(asked.client) if asked.client is not None else None

    def allowed(self, outcome: Allow) -> Iterator[Because]:
        if self._route is None:
            return
        yield from self._demand()
        if isinstance(self._route.requirement, Public):
            return
        if isinstance(self._route.requirement, AnyOf):
            enough = (one for one in self._route.requirement.sets if set(one) <= set(outcome.scopes))
            for scope in next(enough, ()):
                yield from self._of_client(f"{scope} is granted", "scopes", scope)
        if self._asked.kind is not None and self._asked.kind is not CredentialKind.JWT and self._asked.key:
            yield from self._of_client(
                f"by {_NAMES[self._asked.kind]} of the client", _MEMBERS[self._asked.kind], self._asked.key
            )

    def denied(self, outcome: Deny) -> Iterator[Because]:
        match outcome.step:
            case Step.GATEWAY:
                yield from self._of_gateway(f"not deployed in {self._asked.environment}", "environments")
            case Step.ROUTE:
                yield from self._of_gateway("declares no such route", "routes")
            case Step.PATH:
                yield from self._of_gateway("whatever leads here reads as another route", "routes", self._asked.route)
            case Step.CREDENTIAL:
                yield from self._credentials()
            case Step.ISSUER:
                yield from self._untrusted()
            case Step.TYP | Step.EXP | Step.NBF | Step.LIFETIME:
                member, what = _OF_ISSUER[outcome.step]
                yield from self._of_issuer(what, member)
            case Step.KID | Step.ALG | Step.KEY_STATE | Step.SIGNATURE:
                yield from self._of_issuer("its keys", "keys", *([self._asked.key] if self._asked.key else []))
            case Step.AUD:
                yield from self._audience()
            case Step.CLIENT:
                yield from self._unknown(outcome.reason)
            case Step.SUSPENDED:
                yield from self._of_client("is suspended", "state")
            case Step.REVOKED:
                yield from self._revoked()
            case Step.ADDRESS:
                yield from self._of_client("may call from these addresses alone", "addresses")
            case Step.CLAIMS:
                yield from self._of_gateway("demands claims of a token", "routes", self._asked.route, "claims")
            case Step.SCOPE:
                yield from self._scopes()
            case Step.EVENT | Step.MALFORMED | Step.CNF | Step.STALE:
                return

    def _demand(self) -> Iterator[Because]:
        if self._gateway is None or self._route is None:
            return
        member = next(
            (
                one
                for one in ("scopes", "any_of", "any_client", "public")
                if one in self._gateway.document.data["routes"][self._route.key]
            ),
            "",
        )
        what = f"the route asks for {demanded(self._route)}"
        yield from self._of_gateway(what, "routes", self._route.key, member)

    def _credentials(self) -> Iterator[Because]:
        if self._route is not None:
            what = f"the route takes {' or '.join(self._route.credentials)}"
            yield from self._of_gateway(what, "routes", self._route.key, "credentials")
        if self._client is not None:
            held = [kind.value for kind in CredentialKind if _holds(self._client, kind)]
            yield from self._of_client(f"the client has {' and '.join(held) or 'no credential'}")

    def _untrusted(self) -> Iterator[Because]:
        yield from self._of_client("no client that this gateway knows has its issuer", "issuer")
        environment = self._model.environments.get(self._asked.environment)
        if environment is not None:
            yield Because("the issuers trusted here", environment.document.place("issuers"))

    def _audience(self) -> Iterator[Because]:
        overlay = self._gateway.overlays.get(self._asked.environment) if self._gateway else None
        if overlay is not None and overlay.audience is not None:
            yield from self._of_gateway("its audience here", "environments", self._asked.environment, "audience")
        else:
            yield from self._of_gateway("its audience", "audience")

    def _unknown(self, reason: Reason) -> Iterator[Because]:
        if self._client is None:
            return
        if reason is not Reason.UNKNOWN_CLIENT:
            kind = CredentialKind.API_KEY if reason is Reason.INVALID_API_KEY else CredentialKind.CERTIFICATE
            pointer = [_MEMBERS[kind], *([self._asked.key] if self._asked.key else [])]
            yield from self._of_client(f"{_NAMES[kind]} does not count", *pointer)
        elif self._client.environments and self._asked.environment not in self._client.environments:
            yield from self._of_client(f"the client is not in {self._asked.environment}", "environments")
        elif self._client.issuer is None or self._asked.issuer not in (None, self._client.issuer):
            yield from self._of_client("the client gets no tokens of this issuer", "issuer")
        else:
            yield from self._of_client("no scope that a route of this gateway names is granted", "scopes")

    def _revoked(self) -> Iterator[Because]:
        if self._client is None:
            return
        if self._client.tokens_not_before is not None:
            yield from self._of_client("older tokens do not count", "tokens_not_before")
        if any(self._now < one.until for one in self._client.denied):
            yield from self._of_client("denied tokens and subjects", "denied")

    def _scopes(self) -> Iterator[Because]:
        if self._route is None or not isinstance(self._route.requirement, AnyOf):
            return
        lacking = min(
            ([scope for scope in one if self._lacks(scope)] for one in self._route.requirement.sets),
            key=len,
            default=[],
        )
        for scope in lacking:
            yield from self._lacks(scope)
        yield from self._demand()

    def _lacks(self, scope: str) -> tuple[Because, ...]:
        declared = self._model.scopes.get(scope)
        if declared is not None and not declared.active:
            return (Because(f"{scope} is revoked", declared.document.place("scopes", scope, "state")),)
        client = self._client
        if client is None:
            return ()
        if scope not in client.scopes:
            return tuple(self._of_client(f"{scope} is not granted", "scopes"))
        until = client.scopes[scope]
        if until is not None and until <= self._now:
            return tuple(self._of_client(f"the grant of {scope} has ended", "scopes", scope, "until"))
        if self._asked.scopes is not None and scope not in self._asked.scopes:
            return tuple(self._of_client(f"{scope} is granted, and the token does not carry it", "scopes", scope))
        return ()

    def _of_gateway(self, what: str, *pointer: str) -> Iterator[Because]:
        if self._gateway is not None:
            yield Because(what, self._gateway.document.place(*pointer))

    def _of_client(self, what: str, *pointer: str) -> Iterator[Because]:
        if self._client is not None:
            yield Because(what, self._client.document.place(*pointer))

    def _of_issuer(self, what: str, *pointer: str) -> Iterator[Because]:
        issuer = self._model.issuers.get(self._asked.issuer) if self._asked.issuer is not None else None
        if issuer is not None:
            yield Because(what, issuer.document.place(*pointer))


_MEMBERS = {CredentialKind.API_KEY: "api_keys", CredentialKind.CERTIFICATE: "certificates"}
_NAMES = {CredentialKind.API_KEY: "an API key", CredentialKind.CERTIFICATE: "a certificate"}
_OF_ISSUER = {
    Step.TYP: ("typ", "the types of token it issues"),
    Step.EXP: ("clock_skew", "its clock skew"),
    Step.NBF: ("clock_skew", "its clock skew"),
    Step.LIFETIME: ("max_lifetime", "its longest lifetime"),
}


def _holds(client: SourceClient, kind: CredentialKind) -> bool:
    match kind:
        case CredentialKind.JWT:
            return client.issuer is not None
        case CredentialKind.API_KEY:
            return bool(client.api_keys)
        case CredentialKind.CERTIFICATE:
            return bool(client.certificates)
