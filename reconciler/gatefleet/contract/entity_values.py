"""Reads and writes the values of entities: the JSON that the log carries and that is hashed.

Values are closed: an unknown member is refused, because a member that a reader skips is a restriction that it does not
enforce.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv6Network, ip_network
from typing import Any

from gatefleet.contract import strict_json
from gatefleet.contract.entities import (
    API_KEY_ID,
    CLIENT_ID,
    KID,
    NAME,
    ROUTE_KEY,
    SCOPE,
    THUMBPRINT,
    VISIBLE,
    Algorithm,
    AnyClient,
    AnyOf,
    ApiKey,
    ApiKind,
    Client,
    CredentialKind,
    Entity,
    Following,
    Gateway,
    Issuer,
    IssuerKey,
    KeyState,
    Public,
    Requirement,
    Route,
    Scope,
    WhenStale,
    kind_of,
)
from gatefleet.contract.shape import (
    Malformed,
    Members,
    flag,
    hex_digest,
    list_of,
    map_of,
    matching,
    natural,
    one_of,
    text,
)


def check_key(key: str) -> None:
    """Refuse an entity key that is none of the four known forms. Raises `Malformed`."""
    kind, _, name = key.partition("/")
    form = _KEY_FORMS.get(kind)
    if form is None or not form(name):
        raise Malformed(f"key {key[:160]!a}: not of a known form")


def read_entity(key: str, value: str) -> Entity:
    """Read the value of one entity. Raises `Malformed` when key or value is not of the contract's form."""
    check_key(key)
    try:
        parsed = strict_json.parse(value.encode("utf-8"))
    except (strict_json.NotStrictJson, UnicodeEncodeError) as error:
        raise Malformed(f"{key}: {error}") from None
    return _READERS[kind_of(key)](parsed, key)


def entity_json(entity: Entity) -> dict[str, Any]:
    """The JSON object of an entity, the inverse of `read_entity`; what holds a default is left out."""
    match entity:
        case Issuer():
            return {
                "issuer": entity.issuer,
                "typ": list(entity.typ),
                "scope_claim": entity.scope_claim,
                "client_id_claim": entity.client_id_claim,
                "clock_skew": entity.clock_skew,
                "max_lifetime": entity.max_lifetime,
                "keys": {
                    kid: _filled({"alg": key.alg, "jwk": dict(key.jwk), "state": key.state, "not_after": key.not_after})
                    for kid, key in entity.keys.items()
                },
            }
        case Scope():
            return {"state": "active" if entity.active else "revoked", "when_stale": entity.when_stale}
        case Client():
            return _filled(
                {
                    "state": "active" if entity.active else "suspended",
                    "issuer": entity.issuer,
                    "scopes": {name: _filled({"until": until}) for name, until in entity.scopes.items()} or None,
                    "tokens_not_before": entity.tokens_not_before,
                    "denied_jti": dict(entity.denied_jti) or None,
                    "denied_sub": dict(entity.denied_sub) or None,
                    "addresses": list(entity.addresses) or None,
                    "api_keys": {i: {"sha256": k.sha256, "expires": k.expires} for i, k in entity.api_keys.items()}
                    or None,
                    "certificates": list(entity.certificates) or None,
                }
            )
        case Gateway():
            return {
                "api": entity.api,
                "audience": list(entity.audience),
                "policy": entity.following,
                "max_staleness": entity.max_staleness,
                "deny_after": entity.deny_after,
                "result_ttl": entity.result_ttl,
                "routes": {key: _route_json(route) for key, route in entity.routes.items()},
            }


def _filled(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _route_json(route: Route) -> dict[str, Any]:
    match route.requirement:
        case Public():
            return {"public": True}
        case AnyClient():
            demand: dict[str, Any] = {"any_client": True}
        case AnyOf(sets):
            demand = {"any_of": [list(one) for one in sets]}
    demand["credentials"] = list(route.credentials)
    if route.claims:
        demand["claims"] = dict(route.claims)
    return demand


# --- reading ----------------------------------------------------------------------------------------------------------


def _issuer(value: Any, where: str) -> Issuer:
    members = Members(value, where)
    issuer = Issuer(
        issuer=members.take("issuer", matching(VISIBLE)),
        typ=members.take("typ", list_of(matching(VISIBLE))),
        scope_claim=members.take("scope_claim", matching(VISIBLE)),
        client_id_claim=members.take("client_id_claim", matching(VISIBLE)),
        clock_skew=members.take("clock_skew", natural),
        max_lifetime=members.take("max_lifetime", natural),
        keys=members.take("keys", map_of(matching(KID), _issuer_key)),
    )
    members.done()
    return issuer


def _issuer_key(value: Any, where: str) -> IssuerKey:
    members = Members(value, where)
    alg = members.take("alg", one_of(Algorithm))
    key = IssuerKey(
        alg=alg,
        jwk=members.take("jwk", _jwk_of(alg)),
        state=members.take("state", one_of(KeyState)),
        not_after=members.take("not_after", natural, None),
    )
    members.done()
    return key


_B64 = matching(re.compile(r"[A-Za-z0-9_-]{1,1400}"))
_JWK_FORMS: dict[Algorithm, dict[str, Callable[[Any, str], str]]] = {
    Algorithm.RS256: {"kty": matching(re.compile("RSA")), "n": _B64, "e": _B64},
    Algorithm.PS256: {"kty": matching(re.compile("RSA")), "n": _B64, "e": _B64},
    Algorithm.ES256: {"kty": matching(re.compile("EC")), "crv": matching(re.compile("P-256")), "x": _B64, "y": _B64},
    Algorithm.EDDSA: {"kty": matching(re.compile("OKP")), "crv": matching(re.compile("Ed25519")), "x": _B64},
}


def _jwk_of(alg: Algorithm) -> Callable[[Any, str], Mapping[str, str]]:
    def read(value: Any, where: str) -> Mapping[str, str]:
        members = Members(value, where)
        jwk = {name: members.take(name, form) for name, form in _JWK_FORMS[alg].items()}
        members.done()  # a private member (RFC 7518 section 6) is refused like any other unknown one
        return jwk

    return read


def _active_or(other: str) -> Callable[[Any, str], bool]:
    def read(value: Any, where: str) -> bool:
        if value not in ("active", other):
            raise Malformed(f"{where}: neither active nor {other}")
        return bool(value == "active")

    return read


def _scope(value: Any, where: str) -> Scope:
    members = Members(value, where)
    scope = Scope(
        active=members.take("state", _active_or("revoked")),
        when_stale=members.take("when_stale", one_of(WhenStale)),
    )
    members.done()
    return scope


def _client(value: Any, where: str) -> Client:
    members = Members(value, where)
    client = Client(
        active=members.take("state", _active_or("suspended")),
        issuer=members.take("issuer", matching(NAME), None),
        scopes=members.take("scopes", map_of(matching(SCOPE), _grant_until), {}),
        tokens_not_before=members.take("tokens_not_before", natural, None),
        denied_jti=members.take("denied_jti", map_of(matching(VISIBLE), natural), {}),
        denied_sub=members.take("denied_sub", map_of(matching(VISIBLE), natural), {}),
        addresses=members.take("addresses", list_of(_network), ()),
        api_keys=members.take("api_keys", map_of(matching(API_KEY_ID), _api_key), {}),
        certificates=members.take("certificates", list_of(matching(THUMBPRINT)), ()),
    )
    members.done()
    return client


def _grant_until(value: Any, where: str) -> int | None:
    members = Members(value, where)
    until = members.take("until", natural, None)
    members.done()
    return until


def _network(value: Any, where: str) -> str:
    try:
        network = ip_network(text(value, where))
    except Malformed:
        raise
    except ValueError:
        raise Malformed(f"{where}: not an IP network in CIDR form") from None
    if str(network) != value:
        raise Malformed(f"{where}: not the canonical form of an IP network (RFC 5952, RFC 4632)")
    # A zone (RFC 4007) means nothing to another host; libraries differ in how they spell IPv4 within IPv6.
    if isinstance(network, IPv6Network) and ("%" in value or network.network_address.ipv4_mapped is not None):
        raise Malformed(f"{where}: an IPv6 network with a zone, or an IPv4 one in IPv6 form")
    return str(network)


def _api_key(value: Any, where: str) -> ApiKey:
    members = Members(value, where)
    key = ApiKey(sha256=members.take("sha256", hex_digest), expires=members.take("expires", natural))
    members.done()
    return key


def _gateway(value: Any, where: str) -> Gateway:
    members = Members(value, where)
    gateway = Gateway(
        api=members.take("api", one_of(ApiKind)),
        audience=members.take("audience", list_of(matching(VISIBLE))),
        following=members.take("policy", one_of(Following)),
        max_staleness=members.take("max_staleness", natural),
        deny_after=members.take("deny_after", natural),
        result_ttl=members.take("result_ttl", natural),
        routes=members.take("routes", map_of(matching(ROUTE_KEY), _route, least=0)),
    )
    members.done()
    return gateway


def _route(value: Any, where: str) -> Route:
    members = Members(value, where)
    demands = [name for name in ("public", "any_client", "any_of") if members.has(name)]
    if len(demands) != 1:
        raise Malformed(f"{where}: exactly one of public, any_client and any_of")
    if demands == ["public"]:
        members.take("public", _true)
        members.done()
        return Route(Public(), credentials=())
    requirement: Requirement
    if demands == ["any_client"]:
        members.take("any_client", _true)
        requirement = AnyClient()
    else:
        requirement = AnyOf(members.take("any_of", list_of(list_of(matching(SCOPE)))))
    route = Route(
        requirement=requirement,
        credentials=members.take("credentials", list_of(one_of(CredentialKind))),
        claims=members.take("claims", map_of(matching(VISIBLE), _constant), {}),
    )
    members.done()
    return route


def _true(value: Any, where: str) -> bool:
    if not flag(value, where):
        raise Malformed(f"{where}: only true may be written")
    return True


def _constant(value: Any, where: str) -> str | int | bool:
    if isinstance(value, bool) or type(value) is int:
        return value
    return text(value, where)


_READERS: dict[str, Callable[[Any, str], Entity]] = {
    "issuer": _issuer,
    "scope": _scope,
    "client": _client,
    "gateway": _gateway,
}


def _gateway_name(name: str) -> bool:
    team, slash, gateway = name.partition("/")
    return bool(slash and NAME.fullmatch(team) and NAME.fullmatch(gateway))


_KEY_FORMS: dict[str, Callable[[str], bool]] = {
    "issuer": lambda name: bool(NAME.fullmatch(name)),
    "scope": lambda name: bool(SCOPE.fullmatch(name)),
    "client": lambda name: bool(CLIENT_ID.fullmatch(name)),
    "gateway": _gateway_name,
}
