"""Runs `teams/<team>/tests/*.yaml`: each case a request with a real credential, decided at the file's clock.

A case is asked in every environment that has its gateway and knows its client (where none does: in every one that has
the gateway). It presents what its client would: an access token with exactly the case's scopes where it names any, else
the first of token, API key and certificate that the route takes and the client has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gatefleet.access.asking import Armed, Credential, event
from gatefleet.access.because import Asked, Because, because
from gatefleet.contract.digests import GENESIS_PARENT, Position
from gatefleet.contract.entities import (
    AnyClient,
    Client,
    CredentialKind,
    Gateway,
    Issuer,
    KeyState,
    Public,
    kind_of,
    scopes_named,
)
from gatefleet.contract.entity_values import entity_json, read_entity
from gatefleet.decide import Allow, Deny, Freshness, FreshnessState, Holdings, View, decide
from gatefleet.desired import desired_states
from gatefleet.desired.canonical import canonical_text
from gatefleet.model.types import Model, PolicyCase, PolicyTests
from gatefleet.problems import Place

FRESH = Freshness(FreshnessState.FRESH, 0, read_failed=False)


@dataclass(frozen=True, slots=True)
class Question:
    """One case in one environment, as an event that any build can be asked. `view` names one of the examination's."""

    tests: PolicyTests
    index: int
    environment: str
    view: str
    credential: Credential | None
    event: Mapping[str, Any] = field(repr=False)

    @property
    def case(self) -> PolicyCase:
        """The case as written."""
        return self.tests.cases[self.index]

    @property
    def gateway(self) -> str:
        """`<team>/<gateway>`."""
        return f"{self.tests.team}/{self.case.gateway}"

    @property
    def place(self) -> Place:
        """Where the case stands."""
        return self.tests.document.place("cases", self.index)


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything to ask, and the armed policy of each gateway that it is asked of."""

    questions: tuple[Question, ...]
    views: Mapping[str, Holdings]

    def answers(self) -> list[Allow | Deny]:
        """What the reference says to each question."""
        views = {name: View(holdings, Position(1, 1, GENESIS_PARENT)) for name, holdings in self.views.items()}
        return [decide(one.event, views[one.view], FRESH, one.tests.clock).outcome for one in self.questions]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one build said to one question, and the lines that made it say so."""

    question: Question
    build: str
    outcome: Allow | Deny
    because: tuple[Because, ...]

    @property
    def got(self) -> str:
        """`allow`, or the reason of the denial."""
        return "allow" if isinstance(self.outcome, Allow) else self.outcome.reason.value

    @property
    def want(self) -> str:
        """The same of the case."""
        return self.question.case.reason or "allow"

    @property
    def passed(self) -> bool:
        """Whether they are the same."""
        return self.got == self.want


@dataclass(frozen=True, slots=True)
class Untouched:
    """What no case asks about: routes as gateway and route key, public ones left out, and clients."""

    routes: tuple[tuple[str, str], ...]
    clients: tuple[str, ...]
    all_routes: int
    all_clients: int


def examination(model: Model, environments: Iterable[str], key: Ed25519PrivateKey) -> Examination:
    """All cases of a valid model in these environments; `key` signs the tokens that stand for the issuers'."""
    sides = [_Side(name, state.entities, key) for name, state in desired_states(model, environments).items()]
    questions: list[Question] = []
    views: dict[str, Holdings] = {}
    for tests in model.tests:
        for index, case in enumerate(tests.cases):
            gateway_id = f"{tests.team}/{case.gateway}"
            there = [side for side in sides if f"gateway/{gateway_id}" in side.armed.entities]
            knowing = [side for side in there if f"client/{case.client}" in side.armed.entities]
            for side in knowing or there:
                name = f"{side.environment} {gateway_id}"
                if name not in views:
                    views[name] = side.holdings(gateway_id)
                questions.append(side.question(tests, index, name, views[name]))
    return Examination(tuple(questions), views)


def verdicts(model: Model, asked: Examination, build: str, answers: Sequence[Allow | Deny]) -> Iterator[Verdict]:
    """What a build's answers amount to, in the order of the questions."""
    for question, outcome in zip(asked.questions, answers, strict=True):
        yield Verdict(question, build, outcome, because(model, _asked(model, question), outcome, question.tests.clock))


def untouched(model: Model) -> Untouched:
    """The routes and clients that no case asks about."""
    routes = {
        (gateway.id, key)
        for gateway in model.gateways.values()
        for key, route in gateway.routes.items()
        if not isinstance(route.requirement, Public)
    }
    touched = {(f"{tests.team}/{case.gateway}", case.route) for tests in model.tests for case in tests.cases}
    clients = {case.client for tests in model.tests for case in tests.cases}
    return Untouched(
        routes=tuple(sorted(routes - touched)),
        clients=tuple(sorted(model.clients.keys() - clients)),
        all_routes=len(routes),
        all_clients=len(model.clients),
    )


class _Side:
    """One environment, armed."""

    def __init__(self, environment: str, entities: Mapping[str, str], key: Ed25519PrivateKey) -> None:
        self.environment = environment
        self.armed = Armed({name: read_entity(name, text) for name, text in entities.items()}, key)
        self._of_kind: dict[str, list[str]] = {"issuer": [], "client": []}
        self._holders: dict[str, list[str]] = {}
        for name, entity in self.armed.entities.items():
            self._of_kind.setdefault(kind_of(name), []).append(name)
            for scope in entity.scopes if isinstance(entity, Client) else ():
                self._holders.setdefault(scope, []).append(name)

    def holdings(self, gateway_id: str) -> Holdings:
        """What the gateway needs of the armed policy, found without reading every client for every gateway."""
        gateway = self.armed.entities[f"gateway/{gateway_id}"]
        assert isinstance(gateway, Gateway)
        named = scopes_named(gateway)
        keys = {f"gateway/{gateway_id}", *self._of_kind["issuer"], *(f"scope/{scope}" for scope in named)}
        if any(isinstance(route.requirement, AnyClient) for route in gateway.routes.values()):
            keys.update(self._of_kind["client"])
        for scope in named:
            keys.update(self._holders.get(scope, ()))
        there = (key for key in sorted(keys) if key in self.armed.entities)
        return Holdings.build(gateway_id, {key: canonical_text(entity_json(self.armed.entities[key])) for key in there})

    def question(self, tests: PolicyTests, index: int, view: str, holdings: Holdings) -> Question:
        case = tests.cases[index]
        gateway = holdings.entities[f"gateway/{holdings.gateway_id}"]
        assert isinstance(gateway, Gateway)
        trusted = sorted(key.partition("/")[2] for key, one in holdings.entities.items() if isinstance(one, Issuer))
        credential = self._presented(case, gateway, trusted, tests.clock)
        made = event(gateway, case.route, credential, self.armed.address_of(case.client))
        return Question(tests, index, self.environment, view, credential, made)

    def _presented(self, case: PolicyCase, gateway: Gateway, trusted: Sequence[str], clock: int) -> Credential | None:
        held = list(self.armed.credentials(case.client, gateway, case.route, clock, scopes=case.scopes))
        if case.scopes is not None or not held:
            held = [one for one in held if one.kind is CredentialKind.JWT]
        if not held:  # a client that gets no tokens here: somebody else's token in its name
            for issuer in trusted:
                held += self.armed.tokens(case.client, issuer, gateway, clock, scopes=case.scopes or (), claims={})
        route = gateway.routes.get(case.route)
        taken = route.credentials if route is not None else ()
        kinds = list(CredentialKind)
        held.sort(
            key=lambda one: (one.kind not in taken, kinds.index(one.kind), not self._counts(case.client, one, clock))
        )
        return held[0] if held else None

    def _counts(self, client_id: str, credential: Credential, clock: int) -> bool:
        """Whether this key still counts: a client presents one that does, if it has one."""
        client = self.armed.entities.get(f"client/{client_id}")
        if not isinstance(client, Client):
            return True
        match credential.kind:
            case CredentialKind.API_KEY:
                return clock < client.api_keys[credential.key].expires
            case CredentialKind.CERTIFICATE:
                return True
        issuer = self.armed.entities.get(f"issuer/{client.issuer}")
        key = issuer.keys.get(credential.key) if isinstance(issuer, Issuer) else None
        if key is None or key.state not in (KeyState.ACTIVE, KeyState.RETIRING):
            return False
        return key.not_after is None or clock < key.not_after


def _asked(model: Model, question: Question) -> Asked:
    case, credential = question.case, question.credential
    client = model.clients.get(case.client)
    token = credential is not None and credential.kind is CredentialKind.JWT
    carried = case.scopes if case.scopes is not None or client is None else tuple(client.scopes)
    return Asked(
        environment=question.environment,
        gateway=question.gateway,
        route=case.route,
        client=case.client,
        kind=None if credential is None else credential.kind,
        issuer=client.issuer if client is not None else None,
        key=None if credential is None else credential.key,
        scopes=frozenset(carried or ()) if token else None,
    )
