"""Clients and scopes: who holds what, by which credential, until when."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from gatefleet.checks.rule import Facts, check_for
from gatefleet.contract.entities import WhenStale
from gatefleet.model.types import Risk
from gatefleet.problems import Problem, Rule, Severity

MAX_DENIED = 1000


@check_for(
    "GF320",
    "A client that holds scopes and cannot authenticate",
    why="Without an issuer it gets no tokens, and it has neither an API key nor a certificate: its grants give"
    " nothing.",
    fix="name its `issuer`, mint an API key or list a certificate; to stop it, write `state: suspended`",
    severity=Severity.WARNING,
)
def no_way_to_authenticate(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for client in facts.model.clients.values():
        if (
            client.issuer is None
            and not client.api_keys
            and not client.certificates
            and client.scopes
            and client.active
        ):
            place = client.document.place("scopes")
            yield rule.at(place, f"client `{client.client_id}` has no issuer, API key or certificate")


@check_for(
    "GF321",
    "One API key at two clients",
    why="A key is found by its id. One that two clients claim belongs to neither, so both are denied.",
    fix="mint a key for each client",
)
def api_key_twice(rule: Rule, facts: Facts) -> Iterator[Problem]:
    ids: dict[str, str] = {}
    digests: dict[str, str] = {}
    for client_id, client in sorted((name, one) for name, one in facts.model.clients.items() if one.api_keys):
        for key_id, key in client.api_keys.items():
            place = ("api_keys", key_id)
            first = ids.setdefault(key_id, client_id)
            if first != client_id:
                yield rule.at(client.document.place(*place), f"client `{first}` has an API key `{key_id}` already")
            holder = digests.setdefault(key.sha256, f"`{key_id}` of client `{client_id}`")
            if holder != f"`{key_id}` of client `{client_id}`":
                yield rule.at(client.document.place(*place, "sha256"), f"the same key as {holder}")


@check_for(
    "GF322",
    "One certificate at two clients",
    why="A certificate that two clients claim belongs to neither, so both are denied.",
    fix="give each client a certificate of its own",
)
def certificate_twice(rule: Rule, facts: Facts) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for client_id, client in sorted((name, one) for name, one in facts.model.clients.items() if one.certificates):
        for thumbprint in client.certificates:
            first = seen.setdefault(thumbprint, client_id)
            if first != client_id:
                place = client.document.place("certificates", thumbprint)
                yield rule.at(place, f"client `{first}` lists this certificate already")


@check_for(
    "GF323",
    "An API key that has expired",
    why="Whoever still sends it is denied.",
    fix="remove it, or mint a new one with `gatefleet rotate-key`",
    severity=Severity.WARNING,
)
def expired_api_key(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for client in facts.model.clients.values():
        for key_id, key in client.api_keys.items():
            if key.expires <= facts.now:
                yield rule.at(client.document.place("api_keys", key_id, "expires"), f"API key `{key_id}` has expired")


@check_for(
    "GF324",
    "A grant that has ended",
    why="It reads like access and gives none.",
    fix="remove it, or move its `until`",
    severity=Severity.WARNING,
)
def ended_grant(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for client in facts.model.clients.values():
        for scope, until in client.scopes.items():
            if until is not None and until <= facts.now:
                yield rule.at(client.document.place("scopes", scope, "until"), f"the grant of `{scope}` has ended")


@check_for(
    "GF325",
    "Tokens denied until a moment that is still to come",
    why="Until then every token of the client is refused, fresh ones included.",
    fix="set `tokens_not_before` to now; to stop the client, write `state: suspended`",
    severity=Severity.WARNING,
)
def tokens_not_before_in_future(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for client in facts.model.clients.values():
        if client.tokens_not_before is not None and client.tokens_not_before > facts.now:
            yield rule.at(client.document.place("tokens_not_before"), "`tokens_not_before` is in the future")


@check_for(
    "GF326",
    "Rules about tokens of a client that gets none",
    why="Without an issuer the client has no tokens: what is denied here is denied to nobody.",
    fix="suspend the client, or remove its API key or certificate, to stop it",
    severity=Severity.WARNING,
)
def token_rules_without_issuer(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for client in facts.model.clients.values():
        if client.issuer is None:
            for member, written in (("denied", client.denied), ("tokens_not_before", client.tokens_not_before)):
                if written:
                    yield rule.at(client.document.place(member), f"`{member}` of a client without an issuer")


@check_for(
    "GF327",
    "An address that is no network",
    why="Addresses are compared as networks in CIDR form (RFC 4632, RFC 4291); one that is none would match nobody.",
    fix="write it like `192.0.2.0/24`, `198.51.100.7/32` or `2001:db8::/48`, without bits behind the prefix",
)
def malformed_address(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for client in facts.model.clients.values():
        for index, address in enumerate(client.addresses):
            if not _is_network(address):
                yield rule.at(client.document.place("addresses", index), f"`{address}` is no network")


@check_for(
    "GF328",
    "An address range that limits nothing",
    why="Every address is in it: the list reads like a restriction and is none.",
    fix="name the networks the client calls from, or remove `addresses`",
    severity=Severity.WARNING,
)
def address_of_everybody(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for client in facts.model.clients.values():
        for index, address in enumerate(client.addresses):
            if address.endswith("/0"):
                yield rule.at(client.document.place("addresses", index), f"`{address}` is every address")


@check_for(
    "GF329",
    "A high-risk scope that is served on stale policy",
    why="Whoever was revoked goes on calling for as long as the log cannot be read. That is what `risk: high` is to"
    " prevent.",
    fix="write `when_stale: check` or `deny`, or lower the `risk`",
    severity=Severity.WARNING,
)
def high_risk_served_stale(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for scope in facts.model.scopes.values():
        if scope.risk is Risk.HIGH and scope.when_stale is WhenStale.SERVE:
            place = scope.document.place("scopes", scope.name, "when_stale")
            yield rule.at(place, f"`{scope.name}` is served on stale policy")


def _is_network(address: str) -> bool:
    try:
        ip_network(address)
    except ValueError:
        return False
    return True
