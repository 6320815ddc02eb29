"""Steps 7 to 11: issuer, type, key, algorithm and the state of the key."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

from contract.vectorgen import keys
from contract.vectorgen.cases import Case
from contract.vectorgen.families import _forgery as forgery
from contract.vectorgen.families._token_cases import PARTNER_HEADER, accepted, refused
from contract.vectorgen.families._tokens import (
    NOW,
    OMIT,
    PARTNERS,
    WORKFORCE,
    b64,
    claims,
    header,
    signing_input,
    token,
)


def cases() -> Iterator[Case]:
    """In the order of the steps."""
    for group in (_issuer, _typ, _kid, _alg, _key_state):
        yield from group()


def _issuer() -> Iterator[Case]:
    group, failing = "issuer", ("issuer", "untrusted_issuer")
    yield accepted(
        "second-issuer",
        "each issuer has its own keys, types, skew and claim names",
        token(PARTNER_HEADER, claims(iss=PARTNERS), key="other-ed25519"),
        group=group,
        issuer="partners",
        rfc8725="3.8",
    )
    issuers: dict[str, tuple[str, Any]] = {
        "iss-missing": ("a token that names no issuer", OMIT),
        "iss-empty": ("an empty iss names no issuer", ""),
        "iss-unknown": ("an issuer that the view does not have", "https://login.example.org/"),
        "iss-without-slash": ("the trailing slash of an issuer counts", WORKFORCE[:-1]),
        "iss-other-case": ("the case of an issuer counts, also in its host", "https://LOGIN.example.com/"),
        "iss-longer": ("an issuer that only begins like a trusted one", f"{WORKFORCE}tenant"),
        "iss-host-suffix": ("a host that only begins like a trusted one", "https://login.example.com.evil.example/"),
        "iss-user-part": ("a URL whose user part looks like a trusted host", "https://login.example.com@evil.example/"),
        "iss-default-port": (
            "URLs are not normalised: a default port is another text",
            "https://login.example.com:443/",
        ),
        "iss-percent": ("URLs are not normalised: an escaped letter is another text", "https://logi%6e.example.com/"),
        "iss-space": ("a space at the end is not trimmed", f"{WORKFORCE} "),
        "iss-look-alike": ("a Cyrillic letter that looks like an o", WORKFORCE.replace("o", "\u043e", 1)),
        "iss-name": ("the policy's name of an issuer is not its URL", "workforce"),
        "iss-name-of-one-client": ("nor is the one that a single client has", "partners"),
        "iss-twice": (
            "an issuer URL that two issuers of the view claim belongs to neither",
            "https://twin.example.org",
        ),
    }
    for name, (comment, iss) in issuers.items():
        yield refused(
            name,
            comment,
            token(body=claims(iss=iss)),
            failing,
            neighbour="good-eddsa",
            group=group,
            rfc7519="4.1.1",
            rfc8725="3.8",
        )


def _typ() -> Iterator[Case]:
    group, failing = "typ", ("typ", "wrong_token_type")
    for name, comment, typ in (
        ("typ-upper-case", "media types have no case", "AT+JWT"),
        ("typ-application", "application/ may stand before the type", "application/at+jwt"),
        ("typ-application-upper-case", "application/ has no case either", "APPLICATION/at+jwt"),
    ):
        yield accepted(name, comment, token(header(typ=typ)), group=group, rfc7515="4.1.9", rfc9068="2.1")
    for name, comment, typ in (
        ("typ-jwt-where-allowed", "an issuer may issue access tokens of type JWT", "jwt"),
        ("typ-listed-with-application", "the policy may write application/ too", "at+jwt"),
    ):
        text = token({**PARTNER_HEADER, "typ": typ}, claims(iss=PARTNERS), key="other-ed25519")
        yield accepted(name, comment, text, group=group, issuer="partners", rfc7515="4.1.9")
    types: dict[str, tuple[str, Any]] = {
        "typ-missing": ("a token without typ could be of any kind", OMIT),
        "typ-id-token": ("an ID token of the same issuer is no access token", "JWT"),
        "typ-logout": ("a logout token of the same issuer is no access token", "logout+jwt"),
        "typ-number": ("a typ that is a number", 5),
        "typ-list": ("a typ in a list is not unwrapped", ["at+jwt"]),
        "typ-empty": ("an empty typ is no media type", ""),
        "typ-application-alone": ("application/ alone names no type", "application/"),
        "typ-text": ("another top-level type is another type", "text/at+jwt"),
        "typ-application-twice": (
            "application/ is left out once, and only where no other slash follows",
            "application/application/at+jwt",
        ),
        "typ-parameter": ("parameters of a media type are not cut off", "at+jwt; charset=utf-8"),
        "typ-space": ("a space at the end is not trimmed", "at+jwt "),
        "typ-longer": ("a type that only begins like the right one", "at+jwt2"),
        "typ-fullwidth": ("a fullwidth letter is another letter", "\uff41t+jwt"),
    }
    for name, (comment, typ) in types.items():
        yield refused(
            name,
            comment,
            token(header(typ=typ)),
            failing,
            neighbour="typ-upper-case",
            group=group,
            rfc8725="3.11",
            rfc9068="4",
        )


def _kid() -> Iterator[Case]:
    group, failing = "kid", ("kid", "unknown_key")
    yield accepted(
        "kid-shared",
        "two issuers may use one key id for two keys",
        token(header(kid="shared")),
        group=group,
        rfc8725="3.10",
    )
    kids: dict[str, tuple[str, Any]] = {
        "kid-missing": ("without a kid no key is tried, not even the only one", OMIT),
        "kid-unknown": ("a kid that the issuer does not have", "2026-11"),
        "kid-null": ("a kid of null is no string", None),
        "kid-number": ("a kid that is a number is not converted", 1),
        "kid-list": ("a kid in a list is not unwrapped", ["ed"]),
        "kid-object": ("a kid that is an object", {"ed": True}),
        "kid-empty": ("an empty kid names no key", ""),
        "kid-of-other-issuer": ("a key of another issuer is not this issuer's", "partner"),
        "kid-other-case": ("the case of a kid counts", "ED"),
        "kid-space": ("a space at the end is not trimmed", "ed "),
        "kid-proto": ("a kid named like an object's prototype is no key", "__proto__"),
        "kid-constructor": ("a kid named like an inherited property is no key", "constructor"),
        "kid-path": ("a kid is no file name", "../../../../dev/null"),
        "kid-sql": ("a kid is no part of a query", "x' UNION SELECT 'secret' -- "),
        "kid-url": ("a kid is no address to load a key from", "https://evil.example/jwks.json#ed"),
    }
    for name, (comment, kid) in kids.items():
        yield refused(
            name,
            comment,
            token(header(kid=kid)),
            failing,
            neighbour="good-eddsa",
            group=group,
            rfc8725="3.10",
            rfc7515="4.1.4",
        )


def _alg() -> Iterator[Case]:
    group, failing = "alg", ("alg", "algorithm_not_allowed")
    yield accepted(
        "good-rs256",
        "a token signed with RS256 counts",
        token(header(alg="RS256", kid="rs"), key="issuer-rsa"),
        group=group,
        rfc7518="3.3",
    )
    ps_input = signing_input(header(alg="PS256", kid="ps"), claims())
    yield accepted(
        "good-ps256",
        "a token signed with PS256 counts",
        f"{ps_input}.{b64(keys.sign_pss('issuer-rsa', ps_input.encode()))}",
        group=group,
        rfc7518="3.5",
    )
    yield accepted(
        "good-es256",
        "a token signed with ES256 counts",
        token(header(alg="ES256", kid="es"), key="issuer-p256"),
        group=group,
        rfc7518="3.4",
    )
    for spelling in ("none", "None", "NONE", "nOnE", "none "):
        name = f"alg-none-{spelling.encode().hex()}"
        comment = f"an unsecured token with alg {spelling!r} and no signature"
        text = token(header(alg=spelling), signature=b"")
        yield refused(
            name,
            comment,
            text,
            failing,
            neighbour="good-eddsa",
            group=group,
            rfc8725="3.1",
            wycheproof="JsonWebSignature",
        )
    for name, comment, secret in (
        ("hs256-public-key-pem", "an HMAC under the public key as PEM text", forgery.public_pem("issuer-rsa")),
        ("hs256-public-key-der", "an HMAC under the public key as DER", keys.spki("issuer-rsa")),
        ("hs256-empty-secret", "an HMAC under no secret at all", b""),
    ):
        head = header(alg="HS256", kid="rs")
        mac = hmac.digest(secret, signing_input(head, claims()).encode(), hashlib.sha256)
        yield refused(
            name, comment, token(head, signature=mac), failing, neighbour="good-rs256", group=group, rfc8725="2.1"
        )
    algorithms: dict[str, tuple[str, str, str, Any]] = {
        "alg-missing": ("a header without alg gets no default", "ed", "issuer-ed25519", OMIT),
        "alg-null": ("an alg of null gets no default", "ed", "issuer-ed25519", None),
        "alg-list": ("an alg in a list is not unwrapped", "ed", "issuer-ed25519", ["EdDSA"]),
        "alg-lower-case": ("the case of an alg counts", "rs", "issuer-rsa", "rs256"),
        "alg-space": ("a space at the end is not trimmed", "rs", "issuer-rsa", "RS256 "),
        "alg-rs384": ("another digest than the key's", "rs", "issuer-rsa", "RS384"),
        "alg-ps256-for-rs256": ("an RSA key of the policy has one padding", "rs", "issuer-rsa", "PS256"),
        "alg-rs256-for-ps256": ("a key for PSS takes no PKCS#1 v1.5", "ps", "issuer-rsa", "RS256"),
        "alg-es256-for-rs256": ("an alg of another kind of key", "rs", "issuer-rsa", "ES256"),
        "alg-ed25519": ("the newer name Ed25519 is another name", "ed", "issuer-ed25519", "Ed25519"),
        "alg-es256k": ("another curve than the key's", "es", "issuer-p256", "ES256K"),
    }
    for name, (comment, kid, key, alg) in algorithms.items():
        neighbour = {"rs": "good-rs256", "ps": "good-ps256", "es": "good-es256"}.get(kid, "good-eddsa")
        yield refused(
            name,
            comment,
            token(header(alg=alg, kid=kid), key=key),
            failing,
            neighbour=neighbour,
            group=group,
            rfc8725="3.1",
        )


def _key_state() -> Iterator[Case]:
    group, failing = "key-state", ("key_state", "key_not_active")
    yield accepted(
        "key-retiring",
        "a retiring key still verifies",
        token(header(kid="retiring")),
        group=group,
        decision="11 key_state",
    )
    yield accepted(
        "key-lasting",
        "a key verifies in the last second before not_after",
        token(header(kid="lasting")),
        group=group,
        decision="11 key_state",
    )
    for name, comment, kid, neighbour in (
        ("key-next", "a key announced for later does not verify yet", "next", "key-retiring"),
        ("key-revoked", "a revoked key does not verify, whoever signed", "revoked", "key-retiring"),
        ("key-ended", "a key ends at not_after itself, not a second later", "ending", "key-lasting"),
    ):
        yield refused(
            name, comment, token(header(kid=kid)), failing, neighbour=neighbour, group=group, decision="11 key_state"
        )
    yield refused(
        "key-ended-no-skew",
        "the clock skew is for tokens and does not extend a key",
        token(header(kid="lasting")),
        failing,
        neighbour="key-lasting",
        group=group,
        decision="11 key_state",
        now=str(NOW + 1),
    )
