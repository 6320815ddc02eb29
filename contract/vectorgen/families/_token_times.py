"""Steps 13 to 16: times and audience."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._token_cases import PARTNER_HEADER, accepted, refused
from contract.vectorgen.families._tokens import (
    AUDIENCE,
    NOW,
    OMIT,
    PARTNERS,
    claims,
    token,
)


def cases() -> Iterator[Case]:
    """In the order of the steps."""
    for group in (_times, _aud):
        yield from group()


def _times() -> Iterator[Case]:
    group = "times"
    moments = {
        "exp": ("exp", "expired", "4.1.4"),
        "nbf": ("nbf", "not_yet_valid", "4.1.5"),
        "iat": ("nbf", "not_yet_valid", "4.1.6"),
        "lifetime": ("lifetime", "lifetime_too_long", "4.1.4"),
    }
    edges: dict[str, tuple[str, dict[str, Any], str, dict[str, Any]]] = {
        "exp": (
            "exp one second less than the skew ago",
            {"exp": NOW - 29},
            "exp exactly the skew ago has expired",
            {"exp": NOW - 30},
        ),
        "nbf": (
            "nbf exactly the skew ahead has begun",
            {"nbf": NOW + 30},
            "nbf one second more than the skew ahead",
            {"nbf": NOW + 31},
        ),
        "iat": (
            "iat exactly the skew ahead is believed",
            {"iat": NOW + 30},
            "iat one second more than the skew ahead is of the future",
            {"iat": NOW + 31},
        ),
        "lifetime": (
            "a lifetime of exactly max_lifetime",
            {"iat": NOW - 60, "exp": NOW + 3540},
            "a lifetime of one second more than max_lifetime gets no skew",
            {"iat": NOW - 60, "exp": NOW + 3541},
        ),
    }
    for name, (good, within, bad, beyond) in edges.items():
        step, reason, clause = moments[name]
        yield accepted(f"{name}-within", good, token(body=claims(**within)), group=group, rfc7519=clause)
        yield refused(
            f"{name}-beyond",
            bad,
            token(body=claims(**beyond)),
            (step, reason),
            neighbour=f"{name}-within",
            group=group,
            rfc7519=clause,
        )
    no_skew: dict[str, tuple[str, dict[str, Any], str]] = {
        "exp": ("an issuer without skew: a token ends with its exp", {"exp": NOW}, "exp"),
        "nbf": ("an issuer without skew: nbf of the next second has not begun", {"nbf": NOW + 1}, "nbf"),
        "iat": ("an issuer without skew: iat of the next second is of the future", {"iat": NOW + 1}, "iat"),
    }
    last = {"iss": PARTNERS, "exp": NOW + 1, "nbf": NOW, "iat": NOW - 1}
    text = token(PARTNER_HEADER, claims(**last), key="other-ed25519")
    yield accepted(
        "no-skew-within",
        "an issuer without skew: exp of the next second, nbf of this one",
        text,
        group=group,
        issuer="partners",
        rfc7519="4.1.4",
    )
    for name, (comment, changed, moment) in no_skew.items():
        step, reason, clause = moments[moment]
        body = claims(**{**last, "exp": NOW + 60, **changed})
        text = token(PARTNER_HEADER, body, key="other-ed25519")
        yield refused(
            f"no-skew-{name}", comment, text, (step, reason), neighbour="no-skew-within", group=group, rfc7519=clause
        )
    strange: dict[str, tuple[str, dict[str, Any], str]] = {
        "exp-milliseconds": ("an exp in milliseconds lives too long", {"exp": (NOW + 540) * 1000}, "lifetime"),
        "iat-milliseconds": (
            "iat and exp in milliseconds are of the far future",
            {"iat": NOW * 1000, "exp": (NOW + 540) * 1000},
            "iat",
        ),
        "exp-maximum": ("the largest integer as exp overflows nothing", {"exp": 2**53 - 1}, "lifetime"),
        "nbf-maximum": ("the largest integer as nbf overflows nothing", {"nbf": 2**53 - 1}, "nbf"),
        "iat-zero": ("an iat of 1970 with an exp of today lives too long", {"iat": 0}, "lifetime"),
        "long-ago": ("a token of last year has expired", {"iat": NOW - 31536000, "exp": NOW - 31532400}, "exp"),
    }
    for name, (comment, changed, moment) in strange.items():
        step, reason, clause = moments[moment]
        yield refused(
            name,
            comment,
            token(body=claims(**changed)),
            (step, reason),
            neighbour=f"{moment}-within",
            group=group,
            rfc7519=clause,
        )


def _aud() -> Iterator[Case]:
    group, failing = "aud", ("aud", "wrong_audience")
    for name, comment, aud in (
        ("aud-list", "one of several audiences is this gateway", ["https://other.example", AUDIENCE]),
        ("aud-list-of-one", "a list of one audience counts like the audience", [AUDIENCE]),
        ("aud-second", "a gateway may have several audiences", "urn:example:orders"),
    ):
        yield accepted(name, comment, token(body=claims(aud=aud)), group=group, rfc7519="4.1.3")
    audiences: dict[str, tuple[str, Any]] = {
        "aud-missing": ("a token for nobody in particular is not for this gateway", OMIT),
        "aud-other": ("a token for another gateway", "https://api.example.com/payments"),
        "aud-empty": ("an empty audience names no gateway", ""),
        "aud-empty-list": ("an empty list names no audience", []),
        "aud-list-of-others": (
            "several audiences, none of them this gateway",
            ["https://other.example", "urn:example:other"],
        ),
        "aud-shorter": ("an audience that only begins like this one", AUDIENCE[:-1]),
        "aud-longer": ("an audience that goes on after this one", f"{AUDIENCE}/v2"),
        "aud-slash": ("a trailing slash is another audience", f"{AUDIENCE}/"),
        "aud-other-case": ("the case of an audience counts", AUDIENCE.upper()),
        "aud-joined": ("audiences joined by a space are one text", f"{AUDIENCE} urn:example:orders"),
        "aud-wildcard": ("an asterisk is no wildcard", "*"),
        "aud-client": ("the client's own id as audience is an ID token's", "reader"),
    }
    for name, (comment, aud) in audiences.items():
        yield refused(
            name,
            comment,
            token(body=claims(aud=aud)),
            failing,
            neighbour="aud-second",
            group=group,
            rfc8725="3.9",
            rfc7519="4.1.3",
        )
