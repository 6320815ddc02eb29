"""Issuers and their keys: who may sign access tokens, with what, until when."""

from __future__ import annotations

from collections.abc import Iterator

from gatefleet.checks import jwk
from gatefleet.checks.places import item_place
from gatefleet.checks.rule import Facts, check_for
from gatefleet.checks.urls import is_loopback, split_url
from gatefleet.contract.entities import KeyState
from gatefleet.model.types import DEVELOPMENT, SourceIssuer, SourceKey
from gatefleet.problems import Problem, Rule, Severity


@check_for(
    "GF301",
    "An issuer without an active key",
    why="Tokens that it signs from now on are refused everywhere.",
    fix="set the key it signs with to `state: active`; to shut the issuer off, set all its keys to `revoked`",
)
def no_active_key(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for issuer in facts.model.issuers.values():
        states = {key.state for key in issuer.keys.values()}
        if KeyState.ACTIVE not in states and states != {KeyState.REVOKED}:
            yield rule.at(issuer.document.place("keys"), f"no key of issuer `{issuer.name}` is active")


@check_for(
    "GF302",
    "One public key listed twice",
    why="Revoking it at one place would leave it valid at the other; under two issuers, one could sign for the other.",
    fix="remove one of the two; a rotation needs a new key pair",
)
def key_listed_twice(rule: Rule, facts: Facts) -> Iterator[Problem]:
    seen: dict[tuple[str, ...], tuple[str, str]] = {}
    for issuer, key in _keys(facts):
        first = seen.setdefault(jwk.same_key(key.jwk), (issuer.name, key.kid))
        if first != (issuer.name, key.kid):
            what = f"key `{key.kid}` is key `{first[1]}` of issuer `{first[0]}`"
            yield rule.at(issuer.document.place("keys", key.kid, "jwk"), what)


@check_for(
    "GF303",
    "A key past its end",
    why="It verifies nothing any more. If the issuer still signs with it, every token is refused.",
    fix="remove the key if it is retired; move `not_after` if it is still in use",
    severity=Severity.WARNING,
)
def key_past_its_end(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for issuer, key in _keys(facts):
        if key.state is not KeyState.REVOKED and key.not_after is not None and key.not_after <= facts.now:
            what = f"key `{key.kid}` is {key.state} and its `not_after` has passed"
            yield rule.at(issuer.document.place("keys", key.kid, "not_after"), what)


@check_for(
    "GF304",
    "A retiring key without an end",
    why="A rotation that nobody ends leaves an old key valid for ever.",
    fix="add `not_after`: when the last token signed with it has expired",
)
def retiring_without_end(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for issuer, key in _keys(facts):
        if key.state is KeyState.RETIRING and key.not_after is None:
            yield rule.at(
                issuer.document.place("keys", key.kid, "state"), f"key `{key.kid}` retires without `not_after`"
            )


@check_for(
    "GF305",
    "A JWK of another kind than its algorithm",
    why="The algorithm is the policy's, never the token's; a key of another kind verifies nothing under it.",
    fix="write the JWK of the key that signs with this `alg`",
)
def jwk_of_another_kind(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for issuer, key in _keys(facts):
        wrong = jwk.wrong_shape(key.alg, key.jwk)
        if wrong:
            yield rule.at(issuer.document.place("keys", key.kid, "jwk"), f"key `{key.kid}`: {wrong}")


@check_for(
    "GF306",
    "A public key that the authorizer does not verify with",
    why="Short, malformed or special keys let others sign, so every build refuses them (docs/reference/decision.md,"
    " step 12).",
    fix="take the JWK from the issuer's JWK Set as it stands there, or let it make a proper key",
)
def weak_key(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for issuer, key in _keys(facts):
        if jwk.wrong_shape(key.alg, key.jwk) is None:
            weak = jwk.weak(key.alg, key.jwk)
            if weak:
                yield rule.at(issuer.document.place("keys", key.kid, "jwk"), f"key `{key.kid}`: {weak}")


@check_for(
    "GF307",
    "One issuer URL for two issuers of an environment",
    why="The keys are found by the token's `iss`. A URL that two entities claim belongs to neither, so all its"
    " tokens are refused.",
    fix="keep one of the two in the environment's `issuers`, or put their keys into one file",
)
def issuer_url_twice(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for environment in facts.model.environments.values():
        seen: dict[str, str] = {}
        for name in facts.issuers_in(environment):
            issuer = facts.model.issuers[name]
            first = seen.setdefault(issuer.issuer, name)
            if first != name:
                what = f"`{first}` and `{name}` have the same URL, and `{environment.name}` allows both"
                yield rule.at(issuer.document.place("issuer"), what)


@check_for(
    "GF308",
    "An issuer on this machine, allowed in a shared environment",
    why="Whoever can open a port beside the caller could issue tokens. Such issuers are for `development` alone.",
    fix="remove it from the environment's `issuers`",
)
def loopback_issuer(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for environment in facts.model.environments.values():
        if environment.name == DEVELOPMENT:
            continue
        for name in facts.issuers_in(environment):
            url = split_url(facts.model.issuers[name].issuer)
            if url is not None and is_loopback(url):
                place = item_place(environment.document, ("issuers",), name)
                yield rule.at(place, f"issuer `{name}` is on the loopback address")


@check_for(
    "GF309",
    "An issuer URL that is none",
    why="RFC 8414 section 2: an issuer is an https URL without query and fragment. Over plain http its keys can be"
    " swapped.",
    fix="write it exactly as the issuer's metadata does, like `https://login.example.com/`",
)
def malformed_issuer_url(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for issuer in facts.model.issuers.values():
        url = split_url(issuer.issuer)
        good = (
            url is not None
            and url.username is None
            and not set("?#").intersection(issuer.issuer)
            and (url.scheme == "https" or (url.scheme == "http" and is_loopback(url)))
        )
        if not good:
            yield rule.at(issuer.document.place("issuer"), f"`{issuer.issuer}` is no issuer URL")


@check_for(
    "GF310",
    "Substitute issuers in a shared environment",
    why="They give every client of one issuer to another one. That is how a laptop stands in for the fleet, and how"
    " a real environment would be taken over.",
    fix="remove `substitute_issuers`; it is valid in the environment `development` only",
)
def substitutes_outside_development(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for environment in facts.model.environments.values():
        if environment.substitute_issuers and environment.name != DEVELOPMENT:
            yield rule.at(environment.document.place("substitute_issuers"), f"in environment `{environment.name}`")


@check_for(
    "GF311",
    "An issuer that is shut off",
    why="All its keys are revoked, so all its tokens are refused. That is right while an incident lasts.",
    fix="add a new key when the issuer is safe again, or remove the issuer",
    severity=Severity.WARNING,
)
def issuer_shut_off(rule: Rule, facts: Facts) -> Iterator[Problem]:
    for issuer in facts.model.issuers.values():
        if all(key.state is KeyState.REVOKED for key in issuer.keys.values()):
            yield rule.at(issuer.document.place("keys"), f"every key of issuer `{issuer.name}` is revoked")


def _keys(facts: Facts) -> Iterator[tuple[SourceIssuer, SourceKey]]:
    for _, issuer in sorted(facts.model.issuers.items()):
        for key in issuer.keys.values():
            yield issuer, key
