"""Each answer of `can`, and that it is the decision's: over the example policies, at several times."""

from __future__ import annotations

import datetime
import hashlib
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.support.states import a_client, a_gateway, a_scope, value

from gatefleet.access.can import Answer, can
from gatefleet.contract.digests import GENESIS_PARENT, Position
from gatefleet.contract.entities import (
    Algorithm,
    AnyClient,
    AnyOf,
    ApiKey,
    ApiKind,
    Client,
    CredentialKind,
    Entity,
    Issuer,
    IssuerKey,
    KeyState,
    Public,
    Route,
)
from gatefleet.contract.entity_values import read_entity
from gatefleet.contract.reasons import Reason
from gatefleet.decide import Decision, Deny, Freshness, FreshnessState, Holdings, View, decide
from gatefleet.decide.credentials import thumbprint_of
from gatefleet.desired import desired_state
from gatefleet.local.development import Development, add_development
from gatefleet.local.events import HttpRequest, http_event, rest_event
from gatefleet.local.routes import match_route
from gatefleet.model import parse_model
from gatefleet.source import read_worktree

NOW = 1_794_000_000  # 2026-11-06
FRESH = Freshness(FreshnessState.FRESH, 0, False)
ROOT = Path(__file__).parents[3]
KEY = IssuerKey(Algorithm.EDDSA, {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}, KeyState.ACTIVE)
ISSUER = Issuer("https://login.example.com/", ("at+jwt",), "scope", "client_id", 30, 3600, {"k": KEY})
ROUTES = {
    "GET /": Route(AnyOf((("read",),))),
    "GET /either": Route(AnyOf((("read", "write"), ("admin",)))),
    "GET /me": Route(AnyClient()),
    "GET /health": Route(Public(), ()),
    "GET /keyed": Route(AnyOf((("read",),)), (CredentialKind.API_KEY, CredentialKind.CERTIFICATE)),
    "GET /claims": Route(AnyOf((("read",),)), (CredentialKind.API_KEY, CredentialKind.JWT), {"tenant": "acme"}),
}


def ask(route: str, client: Client | None = None, *, name: str = "shop", **others: Entity) -> Answer:
    """What `can` says of one client; `others` replace or add entities by `kind_name`."""
    entities: dict[str, Entity] = {
        "issuer/workforce": ISSUER,
        **{f"scope/{scope}": a_scope() for scope in ("read", "write", "admin")},
        "client/shop": a_client("read") if client is None else client,
        "gateway/team/gateway": replace(a_gateway(), routes=ROUTES),
        **{key.replace("_", "/", 1): entity for key, entity in others.items()},
    }
    state = {key: value(entity) for key, entity in entities.items()}
    return can(name, route, View(Holdings.build("team/gateway", state), Position(1, 1, GENESIS_PARENT)), NOW)


def test_a_client_with_the_scope_can_under_the_conditions_that_its_requests_must_meet() -> None:
    shop = replace(
        a_client("read"),
        addresses=("192.0.2.0/24",),
        tokens_not_before=NOW - 1,
        denied_jti={"a": NOW + 1, "b": NOW},
        denied_sub={"c": NOW + 1},
    )
    assert ask("GET /", shop) == Answer(
        None,
        (
            "with jwt",
            "scopes read",
            "audience https://api.example.com",
            "from 192.0.2.0/24",
            "tokens issued since the client's tokens_not_before",
            "no token or subject that is denied (2)",
        ),
    )


def test_of_several_sets_those_that_it_holds_are_named_and_of_those_that_it_lacks_what_is_missing() -> None:
    assert ask("GET /either", a_client("admin", "read")).conditions[1] == "scopes admin"
    assert ask("GET /either", a_client("admin", "read", "write")).conditions[1] == "scopes read + write, or admin"
    assert ask("GET /either") == Answer(Reason.INSUFFICIENT_SCOPE, missing=("write", "admin"))


@pytest.mark.parametrize(
    "shop",
    [
        replace(a_client(), scopes={"read": NOW}),
        a_client("write"),
    ],
)
def test_a_grant_that_ended_or_is_of_another_scope_is_insufficient(shop: Client) -> None:
    assert ask("GET /", shop) == Answer(Reason.INSUFFICIENT_SCOPE, missing=("read",))


def test_a_revoked_scope_counts_for_nobody() -> None:
    assert ask("GET /", scope_read=a_scope(active=False)) == Answer(Reason.INSUFFICIENT_SCOPE, missing=("read",))


def test_any_client_can_whatever_its_scopes_and_anyone_on_a_public_route() -> None:
    assert ask("GET /me", a_client()).conditions[:2] == ("with jwt", "any scopes")
    assert ask("GET /health", name="nobody") == Answer(None, ("anyone can",))


def test_a_suspended_client_cannot() -> None:
    assert ask("GET /", a_client("read", active=False)) == Answer(Reason.CLIENT_SUSPENDED)


def test_a_client_that_is_not_in_the_view_is_unknown() -> None:
    assert ask("GET /", name="stranger") == Answer(Reason.UNKNOWN_CLIENT, missing=("read",))


def test_a_gateway_or_route_that_is_not_declared_is_unknown() -> None:
    view = View(Holdings.build("team/gateway", {}), Position(1, 1, GENESIS_PARENT))
    assert can("shop", "GET /", view, NOW) == Answer(Reason.UNKNOWN_GATEWAY)
    assert ask("POST /") == Answer(Reason.UNKNOWN_ROUTE)


@pytest.mark.parametrize(
    "issuer",
    [
        *(replace(ISSUER, keys={"k": replace(KEY, state=state)}) for state in (KeyState.NEXT, KeyState.REVOKED)),
        replace(ISSUER, keys={"k": replace(KEY, not_after=NOW)}),
    ],
)
def test_without_a_key_that_verifies_no_token_counts(issuer: Issuer) -> None:
    assert ask("GET /", issuer_workforce=issuer) == Answer(Reason.CREDENTIAL_NOT_ALLOWED, missing=("a valid jwt",))


def test_an_issuer_url_that_two_claim_is_nobodys() -> None:
    rival = replace(a_client("read"), issuer="rival")
    assert ask("GET /", issuer_rival=ISSUER, client_rival=rival).reason is Reason.CREDENTIAL_NOT_ALLOWED


def test_a_retiring_key_before_its_end_still_verifies() -> None:
    retiring = replace(KEY, state=KeyState.RETIRING, not_after=NOW + 1)
    assert ask("GET /", issuer_workforce=replace(ISSUER, keys={"k": retiring})).allowed


def test_a_client_without_an_issuer_has_no_tokens() -> None:
    assert ask("GET /", replace(a_client("read"), issuer=None)).missing == ("a valid jwt",)


def test_api_keys_and_certificates_count_where_the_route_takes_them() -> None:
    keyed = replace(a_client("read"), issuer=None, api_keys={"k1": ApiKey("0" * 64, NOW + 1)})
    assert ask("GET /keyed", keyed) == Answer(None, ("with api_key", "scopes read"))
    bound = replace(a_client("read"), issuer=None, certificates=("A" * 43,))
    assert ask("GET /keyed", bound) == Answer(None, ("with certificate", "scopes read"))
    assert ask("GET /keyed") == Answer(
        Reason.CREDENTIAL_NOT_ALLOWED, missing=("a valid api_key", "a valid certificate")
    )


def test_an_api_key_that_ended_or_that_two_claim_does_not_count() -> None:
    ended = replace(a_client("read"), api_keys={"k1": ApiKey("0" * 64, NOW)})
    assert ask("GET /keyed", ended).reason is Reason.CREDENTIAL_NOT_ALLOWED
    keyed = replace(a_client("read"), api_keys={"k1": ApiKey("0" * 64, NOW + 1)})
    assert ask("GET /keyed", keyed, client_rival=keyed).reason is Reason.CREDENTIAL_NOT_ALLOWED


def test_only_a_token_carries_claims_so_another_credential_cannot_meet_them() -> None:
    keyed = replace(a_client("read"), api_keys={"k1": ApiKey("0" * 64, NOW + 1)})
    assert ask("GET /claims", keyed).conditions[0] == "with jwt"
    assert "claim tenant = acme" in ask("GET /claims", keyed).conditions
    assert ask("GET /claims", replace(keyed, issuer=None)).reason is Reason.CREDENTIAL_NOT_ALLOWED


def test_while_no_token_can_be_new_enough_only_other_credentials_count() -> None:
    later = replace(a_client("read"), tokens_not_before=NOW + 1)
    assert ask("GET /", later).reason is Reason.TOKEN_REVOKED
    keyed = replace(later, api_keys={"k1": ApiKey("0" * 64, NOW + 1)})
    assert ask("GET /keyed", keyed).conditions == ("with api_key", "scopes read")


# --- agreement with the decision --------------------------------------------------------------------------------------

SECRET = "only-in-this-test"
TIMES = {
    "now": NOW,
    "before the shop's tokens count": 1_790_000_000,
    "after the grant of refunds": 1_804_000_000,
    "after all API keys": 1_840_000_000,
}


class Example:
    """The example policies in the environment `development`, with credentials that this test knows."""

    def __init__(self, folder: Path) -> None:
        repo = folder / "policy"
        for name in ("policies", "teams"):
            shutil.copytree(ROOT / name, repo / name)
        bank = repo / "policies/clients/payments/acquirer-bank.yaml"  # the one with certificates is in production only
        bank.write_text(bank.read_text().replace("environments:\n  - production\n", ""))
        subprocess.run(["git", "init", "--quiet", repo], check=True)
        model, _ = parse_model(read_worktree(repo))
        issuers = tuple(sorted(model.issuers))
        self.development: Development = add_development(repo, issuers, model.conventions.blast_limit, NOW)
        model, problems = parse_model(read_worktree(repo))
        assert problems == ()
        self.pem = a_certificate()
        state = desired_state(model, "development").entities
        self.entities = {key: self._known(key, text) for key, text in state.items()}

    def _known(self, key: str, text: str) -> str:
        """The entity with API keys and certificates of which this test has the secret half."""
        entity = read_entity(key, text)
        if not isinstance(entity, Client):
            return text
        known = {one: replace(old, sha256=sha256(f"{one}.{SECRET}")) for one, old in entity.api_keys.items()}
        thumbprint = thumbprint_of(self.pem)
        assert thumbprint is not None
        return value(replace(entity, api_keys=known, certificates=(thumbprint,) if entity.certificates else ()))

    @property
    def clients(self) -> list[str]:
        return [key.partition("/")[2] for key in self.entities if key.startswith("client/")]

    def views(self) -> Iterator[View]:
        for key in self.entities:
            if key.startswith("gateway/"):
                gateway = key.partition("/")[2]
                yield View(Holdings.build(gateway, self.entities), Position(1, 1, GENESIS_PARENT))

    def decisions(self, client_id: str, route_key: str, view: View, now: int) -> list[Decision]:
        """One decision for each credential that the client could present, through a whole event."""
        client = read_entity(f"client/{client_id}", self.entities[f"client/{client_id}"])
        assert isinstance(client, Client)
        assert view.gateway is not None
        claims = dict(view.gateway.routes[route_key].claims)
        token = self.development.issuer.mint(
            client_id, list(client.scopes), view.gateway.audience[0], now, claims=claims
        )
        headers = [("authorization", f"Bearer {token}"), *(("x-api-key", f"{one}.{SECRET}") for one in client.api_keys)]
        decided = [self._decide(client, route_key, view, now, header) for header in headers]
        return decided + [self._decide(client, route_key, view, now) for _ in client.certificates]

    def _decide(self, client: Client, route_key: str, view: View, now: int, *headers: tuple[str, str]) -> Decision:
        assert view.gateway is not None
        method, _, template = route_key.partition(" ")
        path = "/elsewhere" if route_key == "$default" else template.replace("{", "").replace("}", "").replace("+", "")
        method = "GET" if route_key == "$default" or method == "ANY" else method
        address = str(ip_network(client.addresses[0])[1]) if client.addresses else "203.0.113.1"
        request = HttpRequest(method, path, "", headers, address, "r", now)
        match = match_route(view.gateway.routes, method, path, view.gateway.api)
        assert match is not None
        assert match.key == route_key
        event: dict[str, Any]
        if view.gateway.api is ApiKind.HTTP:
            event = http_event("a", request, match)
            place = event["requestContext"]
            certificate: Mapping[str, Any] = {"authentication": {"clientCert": {"clientCertPem": self.pem}}}
        else:
            event = rest_event("a", request, match)
            place = event["requestContext"]["identity"]
            certificate = {"clientCert": {"clientCertPem": self.pem}}
        if not headers:
            place.update(certificate)
        return decide(event, view, FRESH, now)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def a_certificate() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    day = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day + datetime.timedelta(days=9000))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return Example(tmp_path_factory.mktemp("example"))


@pytest.mark.parametrize("now", TIMES.values(), ids=TIMES.keys())
def test_can_says_yes_exactly_when_some_credential_of_the_client_is_let_in_and_names_it(
    example: Example, now: int
) -> None:
    named = set()
    for view in example.views():
        for route_key, route in view.routes.items():
            for client_id in example.clients:
                answer = can(client_id, route_key, view, now)
                decisions = example.decisions(client_id, route_key, view, now)
                let_in = {one.credential for one in decisions if one.allowed}
                where = (view.gateway_id, route_key, client_id, answer, [one.outcome for one in decisions])
                assert answer.allowed == any(one.allowed for one in decisions), where
                if answer.allowed and not isinstance(route.requirement, Public):
                    assert set(answer.conditions[0].removeprefix("with ").split(" or ")) == let_in, where
                    named |= let_in
                if answer.reason in (Reason.INSUFFICIENT_SCOPE, Reason.CLIENT_SUSPENDED, Reason.TOKEN_REVOKED):
                    assert answer.reason in [one.outcome.reason for one in decisions if isinstance(one.outcome, Deny)]
    ended = {CredentialKind.API_KEY} if now == TIMES["after all API keys"] else set()
    assert named == set(CredentialKind) - ended
