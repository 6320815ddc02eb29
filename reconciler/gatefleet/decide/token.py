"""Steps 6 to 16: an access token, from text to `VerifiedToken`. Only `verify` makes one.

Strict compact JWS (RFC 7515, 8725, 9068) with own checks: JWT libraries disagree with each other about hostile input,
and three builds must not (docs/adr/0003-own-token-checks.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from gatefleet.contract import strict_json
from gatefleet.contract.entities import VISIBLE, Issuer, KeyState
from gatefleet.contract.reasons import Reason
from gatefleet.decide.base64url import decode_url
from gatefleet.decide.keys import signed_by
from gatefleet.decide.outcome import Deny, Step
from gatefleet.decide.view import View

MAX_TOKEN_LENGTH = 8192
# Members that change how the rest is read; whoever ignores one reads another token (RFC 7515 section 4.1.11, RFC 7797).
_REFUSED_PARAMETERS = ("crit", "b64", "zip")
_MALFORMED = Deny(Step.MALFORMED, Reason.MALFORMED_TOKEN)


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """A token of the right form; nothing in it is proven."""

    header: Mapping[str, Any] = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False)
    signing_input: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A token that one of the view's issuers signed, that is valid now, and that is meant for this gateway."""

    issuer_name: str
    issuer: Issuer
    claims: Mapping[str, Any] = field(repr=False)

    @property
    def issued_at(self) -> int:
        """`iat`, UTC seconds."""
        return int(self.claims["iat"])

    @property
    def subject(self) -> str | None:
        """`sub`, if the token has one."""
        return self.claims.get("sub")

    @property
    def client_id(self) -> str | None:
        """The claim that the issuer names, if it is a string."""
        value = self.claims.get(self.issuer.client_id_claim)
        return value if isinstance(value, str) else None

    @property
    def scopes(self) -> frozenset[str]:
        """The scope tokens of the claim that the issuer names (RFC 6749 section 3.3)."""
        value = self.claims.get(self.issuer.scope_claim)
        if isinstance(value, str):
            return frozenset(value.split(" "))
        return frozenset(value) if _strings(value) else frozenset()


def read_token(text: str) -> UnverifiedToken | Deny:
    """Step 6, `malformed`: the token's form, its header and the types of its claims."""
    if len(text) > MAX_TOKEN_LENGTH or text.count(".") != 2:
        return _MALFORMED
    header_part, claims_part, signature_part = text.split(".")
    signature = decode_url(signature_part)
    header, claims = _json_object(header_part), _json_object(claims_part)
    if signature is None or header is None or claims is None:
        return _MALFORMED
    if any(name in header for name in _REFUSED_PARAMETERS) or not _well_typed(claims):
        return _MALFORMED
    return UnverifiedToken(header, claims, f"{header_part}.{claims_part}".encode(), signature)


def verify(token: UnverifiedToken, view: View, now: int) -> VerifiedToken | Deny:
    """Steps 7 to 16: issuer, type, key, signature, times and audience. `now` in whole UTC seconds."""
    named = view.issuer_of(token.claims.get("iss"))
    if named is None:  # 7
        return Deny(Step.ISSUER, Reason.UNTRUSTED_ISSUER)
    name, issuer = named
    if not _type_allowed(token.header.get("typ"), issuer.typ):  # 8
        return Deny(Step.TYP, Reason.WRONG_TOKEN_TYPE)
    kid = token.header.get("kid")
    key = issuer.keys.get(kid) if isinstance(kid, str) else None
    if key is None:  # 9
        return Deny(Step.KID, Reason.UNKNOWN_KEY)
    if token.header.get("alg") != key.alg.value:  # 10: RFC 8725 section 3.1, the key says the algorithm
        return Deny(Step.ALG, Reason.ALGORITHM_NOT_ALLOWED)
    ended = key.not_after is not None and now >= key.not_after
    if key.state not in (KeyState.ACTIVE, KeyState.RETIRING) or ended:  # 11
        return Deny(Step.KEY_STATE, Reason.KEY_NOT_ACTIVE)
    if not signed_by(key, token.signing_input, token.signature):  # 12
        return Deny(Step.SIGNATURE, Reason.INVALID_SIGNATURE)
    return _in_time(token.claims, issuer, now) or _for(view, token.claims) or VerifiedToken(name, issuer, token.claims)


def _in_time(claims: Mapping[str, Any], issuer: Issuer, now: int) -> Deny | None:
    exp, iat, skew = claims["exp"], claims["iat"], issuer.clock_skew
    if exp <= now - skew:  # 13: RFC 7519 section 4.1.4, "on or after"
        return Deny(Step.EXP, Reason.EXPIRED)
    if max(iat, claims.get("nbf", 0)) > now + skew:  # 14
        return Deny(Step.NBF, Reason.NOT_YET_VALID)
    if exp - iat > issuer.max_lifetime:  # 15
        return Deny(Step.LIFETIME, Reason.LIFETIME_TOO_LONG)
    return None


def _for(view: View, claims: Mapping[str, Any]) -> Deny | None:
    aud = claims.get("aud", [])
    if view.audience.isdisjoint([aud] if isinstance(aud, str) else aud):  # 16
        return Deny(Step.AUD, Reason.WRONG_AUDIENCE)
    return None


def _json_object(part: str) -> Mapping[str, Any] | None:
    data = decode_url(part)
    if data is None:
        return None
    try:
        value = strict_json.parse(data)
    except strict_json.NotStrictJson:
        return None
    return value if isinstance(value, dict) else None


def _well_typed(claims: Mapping[str, Any]) -> bool:
    exp, iat = claims.get("exp"), claims.get("iat")
    return (
        _time(exp)
        and _time(iat)
        and exp > iat
        and _time(claims.get("nbf", 0))
        and isinstance(claims.get("iss", ""), str)
        and (isinstance(claims.get("aud", ""), str) or _strings(claims.get("aud")))
        and _visible(claims.get("jti", "-"))
        and _visible(claims.get("sub", "-"))
    )


def _time(value: object) -> TypeGuard[int]:
    return type(value) is int and value >= 0


def _strings(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _visible(value: object) -> bool:
    return isinstance(value, str) and VISIBLE.fullmatch(value) is not None


def _type_allowed(typ: object, allowed: tuple[str, ...]) -> bool:
    return isinstance(typ, str) and _media_type(typ) in {_media_type(one) for one in allowed}


def _media_type(text: str) -> str:
    """RFC 7515 section 4.1.9: without case, and `application/` may be left out where no other slash follows."""
    lower = text.lower() if text.isascii() else text
    rest = lower.removeprefix("application/")
    return lower if "/" in rest else rest
