"""Steps 19 and 20: revoked tokens, and tokens bound to a certificate."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._decide_cases import allowed, denied
from contract.vectorgen.families._events import http_event
from contract.vectorgen.families._tokens import (
    NOW,
    OMIT,
    bearer,
    certificate,
    thumbprint,
)


def cases() -> Iterator[Case]:
    """In the order of the steps."""
    for group in (_revocation, _confirmation):
        yield from group()


def _revocation() -> Iterator[Case]:
    group, spec = "revocation", {"decision": "19 revoked"}
    ok = partial(allowed, route="GET /orders", group=group, spec=spec)
    no = partial(denied, step="revoked", reason="token_revoked", route="GET /orders", group=group, spec=spec)
    event = http_event
    yield ok(
        "issued-at-switch",
        "a token of the very second of tokens_not_before",
        event(authorization=bearer(client_id="switched", iat=NOW - 100)),
        client="switched",
    )
    yield no(
        "issued-before-switch",
        "a token of the second before tokens_not_before, without any skew",
        event(authorization=bearer(client_id="switched", iat=NOW - 101)),
        client="switched",
        neighbour="issued-at-switch",
    )
    yield ok("jti-forgiven", "a denial of a jti ends at its until", event(authorization=bearer(jti="forgiven")))
    yield no(
        "jti-denied",
        "a denied jti in the last second of its denial",
        event(authorization=bearer(jti="denied")),
        client="reader",
        neighbour="jti-forgiven",
    )
    yield ok(
        "jti-denied-later", "a denied jti after its denial", event(authorization=bearer(jti="denied")), now=NOW + 1
    )
    yield ok(
        "sub-forgiven",
        "a denial of a sub ends at its until",
        event(authorization=bearer(sub="user-forgiven")),
        subject="user-forgiven",
    )
    yield no(
        "sub-denied",
        "a denied sub, whatever the token's id",
        event(authorization=bearer(sub="user-denied")),
        client="reader",
        subject="user-denied",
        neighbour="sub-forgiven",
    )
    yield ok("jti-of-sub", "a jti is not compared with denied subjects", event(authorization=bearer(jti="user-denied")))
    yield ok(
        "sub-of-jti",
        "a sub is not compared with denied token ids",
        event(authorization=bearer(sub="denied")),
        subject="denied",
    )
    yield ok("jti-other-case", "the case of a jti counts", event(authorization=bearer(jti="Denied")))
    yield ok(
        "denied-for-other-client",
        "a denial is one client's",
        event(authorization=bearer(client_id="writer", jti="denied")),
        client="writer",
    )
    yield ok(
        "no-jti-no-sub",
        "a token without jti and sub cannot be denied by them",
        event(authorization=bearer(jti=OMIT, sub=OMIT)),
        subject=None,
    )
    yield ok(
        "jti-proto",
        "a jti named like an object's prototype is not denied",
        event(authorization=bearer(jti="__proto__")),
    )


def _confirmation() -> Iterator[Case]:
    group, spec = "confirmation", {"rfc8705": "3.1", "decision": "20 cnf"}
    own, other = thumbprint(certificate()), thumbprint(certificate(2))
    yield allowed(
        "cnf",
        "a token bound to the certificate of its connection",
        http_event(authorization=bearer(cnf={"x5t#S256": own}), pem=certificate()),
        route="GET /orders",
        group=group,
        spec=spec,
    )
    yield allowed(
        "cnf-unlisted-certificate",
        "the certificate of a bound token need not be listed",
        http_event(authorization=bearer(cnf={"x5t#S256": other}), pem=certificate(2)),
        route="GET /orders",
        group=group,
        spec=spec,
    )
    no = partial(
        denied,
        step="cnf",
        reason="invalid_certificate",
        route="GET /orders",
        client="reader",
        neighbour="cnf",
        group=group,
        spec=spec,
    )
    yield no(
        "cnf-no-certificate",
        "a bound token without a certificate is stolen",
        http_event(authorization=bearer(cnf={"x5t#S256": own})),
    )
    yield no(
        "cnf-other-certificate",
        "a bound token with somebody else's certificate",
        http_event(authorization=bearer(cnf={"x5t#S256": own}), pem=certificate(2)),
    )
    yield no(
        "cnf-bad-certificate",
        "a bound token with a certificate that cannot be read",
        http_event(authorization=bearer(cnf={"x5t#S256": own}), pem="CERT_CONTENT"),
    )
    yield no(
        "cnf-null-no-certificate",
        "a thumbprint of null is not the thumbprint of no certificate",
        http_event(authorization=bearer(cnf={"x5t#S256": None})),
    )
    bindings: dict[str, tuple[str, Any]] = {
        "cnf-null": ("a cnf of null binds to nothing that can be shown", None),
        "cnf-text": ("a thumbprint that is not inside an object", own),
        "cnf-empty": ("a cnf without a method", {}),
        "cnf-jkt": ("a DPoP key cannot be shown here", {"jkt": own}),
        "cnf-jwk": ("a key in the token cannot be shown here", {"jwk": {"kty": "OKP"}}),
        "cnf-two-methods": ("one method of two is not enough", {"x5t#S256": own, "jkt": own}),
        "cnf-null-thumbprint": ("a thumbprint of null", {"x5t#S256": None}),
        "cnf-empty-thumbprint": ("an empty thumbprint is no certificate's", {"x5t#S256": ""}),
        "cnf-list": ("a thumbprint in a list is not unwrapped", {"x5t#S256": [own]}),
        "cnf-padded": ("a padded thumbprint is another text", {"x5t#S256": f"{own}="}),
        "cnf-sha1": ("a thumbprint by SHA-1 has another name", {"x5t": own}),
        "cnf-other-case": ("the case of a thumbprint counts", {"x5t#S256": own.swapcase()}),
    }
    for name, (comment, cnf) in bindings.items():
        yield no(name, comment, http_event(authorization=bearer(cnf=cnf), pem=certificate()))
