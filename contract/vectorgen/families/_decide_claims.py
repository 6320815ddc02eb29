"""Steps 21 and 22: addresses and claims."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._decide_cases import allowed, denied
from contract.vectorgen.families._events import http_event, rest_event
from contract.vectorgen.families._tokens import OMIT, bearer, claims, secret, token


def cases() -> Iterator[Case]:
    """In the order of the steps."""
    yield from _addresses()
    yield from _claims()


def _addresses() -> Iterator[Case]:
    group, spec = "addresses", {"decision": "21 address"}
    home = bearer(client_id="at-home")
    ok = partial(allowed, route="GET /orders", client="at-home", group=group, spec=spec)
    for name, comment, ip in (
        ("address-first", "the first address of a range", "192.0.2.0"),
        ("address-last", "the last address of a range", "192.0.2.255"),
        ("address-single", "a range of one address", "198.51.100.7"),
        ("address-ipv6", "an IPv6 address in a range", "2001:db8:7:ffff::1"),
        ("address-ipv6-long", "the same address has many texts", "2001:0DB8:0007:0:0:0:0:1"),
    ):
        yield ok(name, comment, http_event(authorization=home, ip=ip))
    yield allowed(
        "address-free-client",
        "a client without ranges may call from anywhere",
        http_event(authorization=bearer(), ip="not-an-address"),
        route="GET /orders",
        group=group,
        spec=spec,
    )
    no = partial(
        denied,
        step="address",
        reason="address_not_allowed",
        route="GET /orders",
        client="at-home",
        neighbour="address-first",
        group=group,
        spec=spec,
    )
    for name, comment, ip in (
        ("address-outside", "an address of another network", "192.0.3.1"),
        ("address-next-to-single", "the address after a range of one", "198.51.100.8"),
        ("address-before", "the address before a range", "192.0.1.255"),
        ("address-ipv6-outside", "an IPv6 address of another network", "2001:db8:8::1"),
        ("address-mapped", "an IPv4-mapped address is IPv6 and in no IPv4 range", "::ffff:192.0.2.1"),
        ("address-leading-zero", "a number with a leading zero may be octal", "192.0.2.010"),
        ("address-short", "an address of three numbers", "192.0.2"),
        ("address-number", "an address as one number", "3221225985"),
        ("address-hex", "an address in hexadecimal", "0xC0.0.2.1"),
        ("address-zone", "a zone names an interface", "2001:db8:7::1%eth0"),
        ("address-port", "a port is no part of an address", "192.0.2.1:443"),
        ("address-brackets", "brackets are no part of an address", "[2001:db8:7::1]"),
        ("address-space", "a space at the end is not trimmed", "192.0.2.1 "),
        ("address-list", "a list of addresses is none", "192.0.2.1, 203.0.113.9"),
        ("address-range", "a range is no address", "192.0.2.0/24"),
        ("address-empty", "an empty text is no address", ""),
        ("address-fullwidth", "digits outside ASCII are no digits", "\uff11\uff19\uff12.0.2.1"),
        ("address-test-call", "the word that a test in the console sends", "test-invoke-source-ip"),
    ):
        yield no(name, comment, http_event(authorization=home, ip=ip))
    yield no("address-missing", "an event without a source IP", http_event(authorization=home, ip=None))
    forwarded = {"x-forwarded-for": "192.0.2.1", "forwarded": "for=192.0.2.1", "x-real-ip": "192.0.2.1"}
    yield no(
        "address-forwarded",
        "headers about the address are the caller's to write",
        http_event(authorization=home, ip="203.0.113.9", headers=forwarded),
    )
    yield no(
        "address-rest",
        "a REST API's source IP stands under identity",
        rest_event(authorization=home, path="/orders/5", ip="203.0.113.9"),
        route="GET /orders/{id}",
        view="rest",
    )


def _claims() -> Iterator[Case]:
    group, spec = "claims", {"decision": "22 claims"}
    good: dict[str, Any] = {"tenant": "acme", "level": 3, "staff": True}
    yield allowed(
        "claims-equal",
        "all demanded claims with their values",
        http_event("GET /claims", authorization=bearer(**good)),
        route="GET /claims",
        group=group,
        spec=spec,
    )
    no = partial(
        denied,
        step="claims",
        reason="claim_mismatch",
        route="GET /claims",
        client="reader",
        neighbour="claims-equal",
        group=group,
        spec=spec,
    )
    values: dict[str, tuple[str, str, Any]] = {
        "claim-missing": ("a demanded claim is missing", "tenant", OMIT),
        "claim-null": ("a claim of null is there and not equal", "tenant", None),
        "claim-other": ("another value than the demanded one", "tenant", "emca"),
        "claim-other-case": ("the case of a value counts", "tenant", "Acme"),
        "claim-longer": ("a value that goes on after the right one", "tenant", "acme.evil"),
        "claim-list": ("a list that has the value is not the value", "tenant", ["acme"]),
        "claim-object": ("an object that has the value is not the value", "tenant", {"acme": True}),
        "claim-number-as-text": ("a number as text is another value", "level", "3"),
        "claim-number-higher": ("a higher number is another value", "level", 4),
        "claim-boolean-as-number": ("the number 1 is not true", "staff", 1),
        "claim-boolean-as-text": ("true as text is not true", "staff", "true"),
        "claim-boolean-false": ("false is another value than true", "staff", False),
        "claim-number-as-boolean": ("true is not a number here", "level", True),
    }
    for name, (comment, claim, value) in values.items():
        yield no(name, comment, http_event("GET /claims", authorization=bearer(**{**good, claim: value})))
    for name, comment, number in (
        ("claim-fraction", "3.0 is not the integer 3 here", "3.0"),
        ("claim-exponent", "30e-1 is not the integer 3 here", "30e-1"),
    ):
        body = token(body=_json_with(claims(tenant="acme", staff=True), f'"level":{number}'))
        yield no(name, comment, http_event("GET /claims", authorization=f"Bearer {body}"))
    yield no(
        "claim-nested",
        "a claim inside another claim is not found",
        http_event("GET /claims", authorization=bearer(**{**good, "tenant": OMIT, "ctx": {"tenant": "acme"}})),
    )
    yield no(
        "claim-with-api-key",
        "an API key has no claims, so a demand for one denies",
        http_event("GET /tenant-key", headers={"x-api-key": secret("nightly")}),
        route="GET /tenant-key",
        credential="api_key",
        client="batch",
        subject=None,
    )


def _json_with(members: dict[str, Any], text: str) -> bytes:
    return (json.dumps(members, separators=(",", ":"))[:-1] + "," + text + "}").encode()
