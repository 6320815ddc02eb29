"""Forms of names at their edges: the longest with all outermost characters, one longer, and what is just outside.

A bound that nobody tries is a bound that two builds draw in two places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import rfc8785
from contract.vectorgen.cases import Case
from contract.vectorgen.families._canonical_entities import CLIENT, DIGEST, EDDSA, ES256, GATEWAY, ISSUER, ROUTE, SCOPE
from contract.vectorgen.families._records import b64

Entity = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Form:
    """A form by where it stands: `most` characters, of which `edges` are the outermost; `outside` are just beyond."""

    name: str
    where: Callable[[str], Entity]
    most: int
    edges: str
    outside: str
    first: str = ""
    last: str = ""
    begin: str = ""

    def longest(self) -> str:
        """As long as it may be, with every character of an edge."""
        filled = (self.begin + self.first + self.edges).ljust(self.most - len(self.last), self.edges[0])
        return filled + self.last


def _key(kind: str, value: dict[str, Any]) -> Callable[[str], Entity]:
    return lambda text: (f"{kind}/{text}", value)


def _issuer(**members: Callable[[str], Any]) -> Callable[[str], Entity]:
    return lambda text: ("issuer/workforce", ISSUER | {name: make(text) for name, make in members.items()})


def _client(**members: Callable[[str], Any]) -> Callable[[str], Entity]:
    return lambda text: ("client/web-shop", CLIENT | {name: make(text) for name, make in members.items()})


def _gateway(**members: Callable[[str], Any]) -> Callable[[str], Entity]:
    return lambda text: ("gateway/orders/orders", GATEWAY | {name: make(text) for name, make in members.items()})


def _jwk(x: str) -> dict[str, Any]:
    return {"ed": {"alg": "EdDSA", "jwk": EDDSA | {"x": x}, "state": "active"}}


def _rsa(member: str) -> Callable[[str], dict[str, Any]]:
    rest = {"kty": "RSA", "n": "AQ", "e": "AQAB"}
    return lambda text: {"rs": {"alg": "RS256", "jwk": rest | {member: text}, "state": "active"}}


def _kid(text: str) -> dict[str, Any]:
    return {text: {"alg": "ES256", "jwk": ES256, "state": "active"}}


_NAME, _BEYOND_NAME = "az09-", "`{:_.AZ"
_VISIBLE, _BEYOND_VISIBLE = " ~", "\x1f\x7f\u00e9"
_URL, _BEYOND_URL = "AZaz09_-", "@[`{/:+,."
_SCOPE, _BEYOND_SCOPE = "!#[]~", ' "\\\x7f\u00e9'

_FORMS = (
    Form("issuer-name", _key("issuer", ISSUER), 63, _NAME, _BEYOND_NAME + "/", first="a", last="z"),
    Form("name-of-a-clients-issuer", _client(issuer=str), 63, _NAME, _BEYOND_NAME, first="0", last="9"),
    Form("team-name", lambda text: (f"gateway/{text}/orders", GATEWAY), 63, _NAME, _BEYOND_NAME, first="a", last="z"),
    Form("gateway-name", _key("gateway/orders", GATEWAY), 63, _NAME, _BEYOND_NAME + "/", first="a", last="z"),
    Form("client-id", _key("client", CLIENT), 128, "AZaz09._-", "@[`{/:+,", first="Z"),
    Form("scope-name", _key("scope", SCOPE), 128, _SCOPE, _BEYOND_SCOPE),
    Form("granted-scope", _client(scopes=lambda text: {text: {}}), 128, _SCOPE, _BEYOND_SCOPE),
    Form(
        "demanded-scope",
        _gateway(routes=lambda text: {"GET /orders": ROUTE | {"any_of": [[text]]}}),
        128,
        _SCOPE,
        _BEYOND_SCOPE,
    ),
    Form("kid", _issuer(keys=_kid), 128, "!~", " \x7f\u00e9"),
    Form("issuer-url", _issuer(issuer=str), 256, _VISIBLE, _BEYOND_VISIBLE),
    Form("token-type", _issuer(typ=lambda text: [text]), 256, _VISIBLE, _BEYOND_VISIBLE),
    Form("scope-claim", _issuer(scope_claim=str), 256, _VISIBLE, _BEYOND_VISIBLE),
    Form("client-id-claim", _issuer(client_id_claim=str), 256, _VISIBLE, _BEYOND_VISIBLE),
    Form("audience", _gateway(audience=lambda text: [text]), 256, _VISIBLE, _BEYOND_VISIBLE),
    Form("denied-jti", _client(denied_jti=lambda text: {text: 0}), 256, _VISIBLE, _BEYOND_VISIBLE),
    Form("denied-sub", _client(denied_sub=lambda text: {text: 0}), 256, _VISIBLE, _BEYOND_VISIBLE),
    Form(
        "claim",
        _gateway(routes=lambda text: {"GET /orders": ROUTE | {"claims": {text: "a"}}}),
        256,
        _VISIBLE,
        _BEYOND_VISIBLE,
    ),
    Form(
        "api-key-id",
        _client(api_keys=lambda text: {text: {"sha256": DIGEST, "expires": 0}}),
        64,
        _URL,
        _BEYOND_URL,
    ),
    Form("coordinate", _issuer(keys=_jwk), 1400, _URL, _BEYOND_URL),
    Form("modulus", _issuer(keys=_rsa("n")), 1400, _URL, _BEYOND_URL),
    Form("exponent", _issuer(keys=_rsa("e")), 1400, _URL, _BEYOND_URL),
    Form("route-path", _gateway(routes=lambda text: {text: ROUTE}), 516, "!~", " \x7f\u00e9", begin="GET /"),
)


def cases() -> Iterator[Case]:
    """Form by form."""
    for form in _FORMS:
        longest = form.longest()
        good = f"{form.name}-longest"
        yield _case(
            good, "the longest text of its form, with the first and last characters of its alphabet", form, longest
        )
        cut = len(longest) - len(form.last)
        longer = longest[:cut] + form.edges[0] + form.last
        yield _case(f"{form.name}-too-long", "a text one longer than the longest", form, longer, good)
        if not form.begin:
            yield _case(f"{form.name}-empty", "an empty text names nothing", form, "", good)
        for character in form.outside:
            text = form.begin + form.first + character + form.edges[0] + form.last
            comment = f"a character just outside of the alphabet, U+{ord(character):04X}"
            yield _case(f"{form.name}-with-{ord(character):02x}", comment, form, text, good)
    yield from _ends()


def _ends() -> Iterator[Case]:
    """What only the first or last character decides, and routes by their methods."""
    name, client, routes = _FORMS[0], _FORMS[4], _FORMS[-1]
    for text in ("-", "-a", "a-"):
        comment = "a name neither begins nor ends with a hyphen"
        yield _case(f"issuer-name-{text.replace('-', 'hyphen')}", comment, name, text, "issuer-name-longest")
    for first in ".-_":
        comment = "a client id begins with a letter or a digit"
        yield _case(f"client-id-begins-with-{ord(first):02x}", comment, client, f"{first}a", "client-id-longest")
    for text in ("a", "0"):
        yield _case(f"issuer-name-of-one-{ord(text):02x}", "one character is a name", name, text)
        yield _case(f"client-id-of-one-{ord(text):02x}", "one character is a client id", client, text)
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "ANY"):
        yield _case(f"route-key-{method.lower()}", "a method of API Gateway's", routes, f"{method} /")
    refused = {
        "no-slash": "GET orders",
        "no-method": " /orders",
        "default-and-more": "$default /",
        "default": "default",
    }
    for title, text in refused.items():
        yield _case(f"route-key-{title}", "neither a method with a path nor $default", routes, text, "route-key-get")
    for kind, value in (("scope", SCOPE), ("client", CLIENT), ("issuer", ISSUER), ("gateway", GATEWAY)):
        comment = "a key has a slash after its kind"
        yield _entity(f"{kind}-key-without-a-slash", comment, (f"{kind}s", value), f"{kind}-value")
    key = {"rs": {"alg": "ES256", "jwk": ES256, "state": "active", "use": "sig"}}
    comment = "an unknown member of a key is not skipped"
    yield _entity("key-with-unknown-member", comment, ("issuer/workforce", ISSUER | {"keys": key}), "issuer-value")
    claim = {"GET /orders": ROUTE | {"claims": {"tenant": ""}}}
    comment = "a claim of no text is none that anybody means"
    empty = ("gateway/orders/orders", GATEWAY | {"routes": claim})
    yield _entity("claim-of-no-text", comment, empty, "gateway-with-every-route")
    for length in (42, 44):
        text, comment = "A" * length, "a thumbprint has 43 characters"
        entity = CLIENT | {"certificates": [text]}
        yield _entity(f"thumbprint-of-{length}", comment, ("client/web-shop", entity), "client-with-everything")
    for character in _BEYOND_URL:
        entity, comment = CLIENT | {"certificates": ["A" * 42 + character]}, "a thumbprint is base64url"
        name_ = f"thumbprint-with-{ord(character):02x}"
        yield _entity(name_, comment, ("client/web-shop", entity), "client-with-everything")


def _case(name: str, comment: str, form: Form, text: str, neighbour: str | None = None) -> Case:
    return _entity(name, comment, form.where(text), neighbour)


def _entity(name: str, comment: str, entity: Entity, neighbour: str | None) -> Case:
    key, value = entity
    text = rfc8785.dumps(value).decode()
    expect = {"outcome": "malformed"} if neighbour else {"outcome": "accepted", "canonical": b64(text.encode())}
    given = {"operation": "read_entity", "key": key, "value": text}
    return Case(name, comment, given, expect, {"log": "Entities"}, neighbour, "forms")
