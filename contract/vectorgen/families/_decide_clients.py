"""Step 17: whose credential it is: API keys, certificates, and the clients of tokens."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import partial
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._decide_cases import allowed, denied
from contract.vectorgen.families._events import http_event, rest_event
from contract.vectorgen.families._tokens import (
    NOW,
    OMIT,
    PARTNERS,
    bearer,
    certificate,
    claims,
    secret,
    token,
)

NIGHTLY = secret("nightly")
MIXED = "GET /mixed"
KEY_ROUTE = "GET /key-or-certificate"
BY_KEY: dict[str, Any] = {"client": "batch", "subject": None, "credential": "api_key"}
BY_CERTIFICATE: dict[str, Any] = {"client": "terminal", "subject": None, "credential": "certificate"}


def cases() -> Iterator[Case]:
    """In the order of the steps."""
    for group in (_api_keys, _certificates, _clients):
        yield from group()


def _api_keys() -> Iterator[Case]:
    group, spec = "api-keys", {"decision": "17 client"}
    ok = partial(allowed, route=KEY_ROUTE, group=group, spec=spec, **BY_KEY)
    event = partial(http_event, KEY_ROUTE)
    lasting, ended = secret("lasting"), secret("ended")
    yield ok("api-key", "an API key of a client", event(headers={"x-api-key": NIGHTLY}))
    yield ok(
        "api-key-lasting",
        "an API key counts in the last second before it expires",
        event(headers={"x-api-key": lasting}),
    )
    yield ok("api-key-upper-case-header", "the header of an API key has no case", event(headers={"X-API-Key": NIGHTLY}))
    no = partial(
        denied,
        step="client",
        reason="invalid_api_key",
        route=KEY_ROUTE,
        credential="api_key",
        neighbour="api-key",
        group=group,
        spec=spec,
    )
    key_id, own = NIGHTLY.split(".")
    values = {
        "api-key-wrong-secret": ("another secret under a known id", f"{key_id}.{own[:-1]}x"),
        "api-key-shorter": ("a secret that only begins like the right one", NIGHTLY[:-1]),
        "api-key-longer": ("a secret that goes on after the right one", f"{NIGHTLY}x"),
        "api-key-unknown": ("an id that nobody has", f"unknown.{own}"),
        "api-key-other-case": ("the case of an id counts", f"{key_id.upper()}.{own}"),
        "api-key-other-id": ("a secret under another id of the same client", f"lasting.{own}"),
        "api-key-no-dot": ("a value without a dot has no id", f"{key_id}{own}"),
        "api-key-no-secret": ("an id without a secret", f"{key_id}."),
        "api-key-no-id": ("a secret without an id", f".{own}"),
        "api-key-empty": ("an empty API key is there and invalid", ""),
        "api-key-space": ("a space at the end is not trimmed", f"{NIGHTLY} "),
        "api-key-bearer": ("a scheme before an API key", f"Bearer {NIGHTLY}"),
        "api-key-too-long": ("a secret of 129 characters is not hashed", f"{key_id}.{'x' * 129}"),
        "api-key-unicode": ("a character outside ASCII", f"{key_id}.{own[:-1]}\u00e9"),
        "api-key-proto": ("an id named like an object's prototype", f"__proto__.{own}"),
        "api-key-digest": ("the digest that the policy shows is not the key", f"{key_id}.{'0' * 64}"),
        "api-key-claimed-twice": ("an id that two clients have belongs to neither", secret("claimed-twice")),
    }
    for name, (comment, value) in values.items():
        yield no(name, comment, event(headers={"x-api-key": value}))
    yield no(
        "api-key-ended",
        "an API key ends at expires itself",
        event(headers={"x-api-key": ended}),
        neighbour="api-key-lasting",
    )
    yield no(
        "api-key-ended-later",
        "no skew extends an API key",
        event(headers={"x-api-key": lasting}),
        neighbour="api-key-lasting",
        now=NOW + 1,
    )
    yield denied(
        "api-key-suspended",
        "a suspended client's API key, after it was found good",
        event(headers={"x-api-key": secret("suspended")}),
        "suspended",
        "client_suspended",
        route=KEY_ROUTE,
        credential="api_key",
        client="suspended-batch",
        subject=None,
        neighbour="api-key",
        group=group,
        spec={"decision": "18 suspended"},
    )


def _certificates() -> Iterator[Case]:
    group, spec = "certificates", {"rfc8705": "3.1", "decision": "17 client"}
    ok = partial(allowed, route="GET /terminal", group=group, spec=spec, **BY_CERTIFICATE)
    event = partial(http_event, "GET /terminal")
    good = certificate()
    body = good.split("-----")[2]
    yield ok("certificate", "a certificate that a client lists", event(pem=good))
    yield ok("certificate-crlf", "line ends of PEM do not count", event(pem=good.replace("\n", "\r\n")))
    yield ok("certificate-one-line", "PEM on one line is still PEM", event(pem=good.replace("\n", "")))
    yield ok("certificate-surrounded", "blanks around PEM do not count", event(pem=f" \t\r\n{good}\n\n"))
    yield ok("certificate-longest", "16,384 bytes are the longest certificate", event(pem=_pem(bytes(16384))))
    yield allowed(
        "certificate-rest",
        "a REST API shows the certificate under identity",
        rest_event("GET /terminal", pem=good),
        route="GET /terminal",
        group=group,
        spec=spec,
        view="rest",
        **BY_CERTIFICATE,
    )
    no = partial(
        denied,
        step="client",
        reason="invalid_certificate",
        route="GET /terminal",
        credential="certificate",
        neighbour="certificate",
        group=group,
        spec=spec,
    )
    url_body = body.replace("+", "-").replace("/", "_")
    padded = body.replace("\n", "").rstrip("=")
    pems = {
        "certificate-unlisted": ("a certificate that nobody lists", certificate(2)),
        "certificate-claimed-twice": ("a certificate that two clients list belongs to neither", certificate(3)),
        "certificate-empty": ("an empty PEM is there and no certificate", ""),
        "certificate-of-no-bytes": ("PEM around nothing is no certificate, also where one is listed", _pem(b"")),
        "certificate-no-armour": ("base64 without its armour", body),
        "certificate-armour-alone": (
            "armour around nothing is no certificate",
            "-----BEGIN CERTIFICATE----------END CERTIFICATE-----",
        ),
        "certificate-half-armour": ("one line that is begin and end", "-----BEGIN CERTIFICATE-----"),
        "certificate-two": ("a chain of two certificates is not one", good + certificate(2)),
        "certificate-other-label": ("another label than CERTIFICATE", good.replace("CERTIFICATE", "X509 CERTIFICATE")),
        "certificate-armour-shared": (
            "begin and end share their dashes",
            "-----BEGIN CERTIFICATE-----END CERTIFICATE-----",
        ),
        "certificate-begin-misspelled": ("a begin of the same length", good.replace("BEGIN", "BEGUN")),
        "certificate-end-misspelled": ("an end of the same length", good.replace("END", "EMD")),
        "certificate-text-before": ("text before the armour is not skipped", f"Subject: terminal\n{good}"),
        "certificate-text-after": ("text after the armour is not skipped", f"{good}x"),
        "certificate-no-base64": ("a body that is no base64", good.replace(body[:5], "\n!!!!")),
        "certificate-base64url": (
            "a body in base64url is not PEM",
            good.replace(body, url_body),
        ),
        "certificate-extra-padding": (
            "a body with padding that it does not need",
            f"-----BEGIN CERTIFICATE-----{padded}====-----END CERTIFICATE-----",
        ),
        "certificate-form-feed": (
            "other blanks than space, tab, CR and LF are no part of PEM",
            good.replace("\n", "\f"),
        ),
        "certificate-encoded": (
            "a PEM in percent-encoding, as load balancers send it",
            good.replace("\n", "%0A").replace(" ", "%20"),
        ),
        "certificate-placeholder": ("the word that documentation shows in its place", "CERT_CONTENT"),
        "certificate-too-long": (
            "more than 16,384 bytes are no certificate, listed or not",
            _pem(bytes(16385)),
        ),
    }
    for name, (comment, pem) in pems.items():
        yield no(name, comment, event(pem=pem))


def _pem(der: bytes) -> str:
    body = base64.b64encode(der).decode()
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----"


def _clients() -> Iterator[Case]:
    group, spec = "clients", {"decision": "17 client", "rfc9068": "2.2"}
    event = http_event
    partner = token(
        {"typ": "JWT", "alg": "EdDSA", "kid": "partner"},
        claims(iss=PARTNERS, client_id=OMIT, azp="partner", scope=OMIT, scp=["orders:read"]),
        key="other-ed25519",
    )
    yield allowed(
        "client-of-other-issuer",
        "each issuer names its own claims for client and scope",
        event(authorization=f"Bearer {partner}"),
        route="GET /orders",
        client="partner",
        group=group,
        spec=spec,
    )
    no = partial(
        denied,
        step="client",
        reason="unknown_client",
        route="GET /orders",
        neighbour="mixed-jwt",
        group=group,
        spec=spec,
    )
    ids: dict[str, tuple[str, Any]] = {
        "client-missing": ("a token without a client", OMIT),
        "client-null": ("a client id of null names no client", None),
        "client-number": ("a client id that is a number is not converted", 5),
        "client-list": ("a client id in a list is not unwrapped", ["reader"]),
        "client-empty": ("an empty client id names no client", ""),
        "client-unknown": ("a client that the view does not have", "stranger"),
        "client-other-case": ("the case of a client id counts", "Reader"),
        "client-space": ("a space at the end is not trimmed", "reader "),
        "client-key": ("an entity key is no client id", "client/reader"),
        "client-proto": ("a client named like an object's prototype", "__proto__"),
        "client-constructor": ("a client named like an inherited property", "constructor"),
        "client-of-partners": ("an issuer cannot speak for another issuer's client", "partner"),
        "client-without-issuer": ("a client without an issuer has no tokens", "keyless"),
        "client-of-twin": ("an issuer cannot speak for a client of twins", "twin"),
    }
    for name, (comment, client_id) in ids.items():
        yield no(name, comment, event(authorization=bearer(client_id=client_id)))
    yield no(
        "client-other-claim",
        "the client stands in the claim that the issuer names, and in no other",
        event(authorization=bearer(client_id=OMIT, azp="reader", cid="reader", appid="reader")),
    )
    forged = token(
        {"typ": "JWT", "alg": "EdDSA", "kid": "partner"}, claims(iss=PARTNERS, azp="reader"), key="other-ed25519"
    )
    yield no(
        "client-of-workforce",
        "a partner's issuer cannot speak for an own client",
        event(authorization=f"Bearer {forged}"),
        neighbour="client-of-other-issuer",
    )
    yield denied(
        "client-suspended",
        "a suspended client keeps its grants and is denied",
        event(authorization=bearer(client_id="suspended")),
        "suspended",
        "client_suspended",
        route="GET /orders",
        client="suspended",
        neighbour="mixed-jwt",
        group=group,
        spec={"decision": "18 suspended"},
    )
