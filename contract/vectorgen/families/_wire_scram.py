"""SCRAM: the example of RFC 7677, what Kafka 4.4 said under SCRAM-SHA-512, and servers that are none."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._wire_reading import expectation
from contract.vectorgen.families._wire_recorded import recorded

_NONCE = "rOprNGfwEbeRWgbNEkqO"
_LONGER = _NONCE + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
_FIRST = f"r={_LONGER},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
_RFC = {
    "mechanism": "SCRAM-SHA-256",
    "username": "user",
    "password": "pencil",
    "nonce": _NONCE,
    "server_first": _FIRST,
    "server_final": _FINAL,
}
_RFC_SAYS = {
    "outcome": "accepted",
    "client_first": f"n,,n=user,r={_NONCE}",
    "client_final": f"c=biws,r={_LONGER},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
}


def cases() -> Iterator[Case]:
    """Accepted, then refused at the first and at the final message of the server."""
    yield _case(
        "scram-of-rfc-7677", "the exchange is that of the RFC's example", _RFC, _RFC_SAYS, spec={"rfc7677": "3"}
    )
    extended = {**_RFC, "server_final": f"{_FINAL},x=more"}
    yield _case("scram-with-extensions", "extensions after what is needed are passed over", extended, _RFC_SAYS)
    yield _recorded()
    for name, comment, first in _FIRSTS:
        yield _refused(name, comment, {"server_first": first}, "server_first")
    for name, comment, final in _FINALS:
        yield _refused(name, comment, {"server_final": final}, "server_final")
    yield _refused(
        "scram-of-another-password",
        "a server that proves another password knows not ours",
        {"password": "pencils"},
        "server_final",
    )
    yield _refused(
        "scram-of-another-hash",
        "the signature of SHA-256 proves nothing under SHA-512",
        {"mechanism": "SCRAM-SHA-512"},
        "server_final",
    )


def _case(
    name: str,
    comment: str,
    given: Mapping[str, Any],
    expect: Mapping[str, Any],
    *,
    spec: Mapping[str, str] | None = None,
    neighbour: str | None = None,
) -> Case:
    clause = spec or {"rfc5802": "5.1", "kafka": "Security"}
    return Case(name, comment, {"operation": "scram", **given}, expect, clause, neighbour, "scram")


def _refused(name: str, comment: str, other: Mapping[str, Any], at: str) -> Case:
    return _case(name, comment, {**_RFC, **other}, {"outcome": "refused", "at": at}, neighbour="scram-of-rfc-7677")


def _recorded() -> Case:
    exchange = [recorded()[f"scram-{part}"] for part in ("first", "final")]
    first, final = (
        base64.b64decode(expectation("sasl_authenticate", said.response, said.given)["data"]).decode()
        for said in exchange
    )
    sent = [said.request[4 + 2 + 2 + 4 + 2 + len("gatefleet") + 4 :].decode() for said in exchange]
    given = {
        "mechanism": "SCRAM-SHA-512",
        "username": "us=er,",
        "password": "pencil",
        "nonce": _NONCE,
        "server_first": first,
        "server_final": final,
    }
    comment = "Apache Kafka 4.4 takes a user whose name has an equals sign and a comma"
    expect = {"outcome": "accepted", "client_first": sent[0], "client_final": sent[1]}
    return _case("scram-recorded", comment, given, expect)


_SALT = "W22ZaJ0SNY7soEsUEjb6gQ=="
_FIRSTS = [
    ("scram-empty-first", "nothing is no first message", ""),
    ("scram-with-an-unknown-extension", "an extension before the nonce demands what nobody knows", f"m=x,{_FIRST}"),
    ("scram-nonce-of-another", "a nonce that does not begin with ours", f"r=x{_LONGER},s={_SALT},i=4096"),
    ("scram-nonce-of-ours-alone", "a nonce to which the server added nothing", f"r={_NONCE},s={_SALT},i=4096"),
    ("scram-without-a-nonce", "a first message without a nonce", f"s={_SALT},i=4096"),
    ("scram-without-a-salt", "a first message without a salt", f"r={_LONGER},i=4096"),
    ("scram-with-an-empty-salt", "a salt that has no bytes", f"r={_LONGER},s=,i=4096"),
    ("scram-with-a-salt-without-padding", "a salt without its padding", f"r={_LONGER},s=W22ZaJ0SNY7soEsUEjb6gQ,i=4096"),
    (
        "scram-with-a-salt-of-other-letters",
        "a salt that is in base64url",
        f"r={_LONGER},s=W22ZaJ0SNY7soEsUEjb-_w==,i=4096",
    ),
    (
        "scram-with-loose-bits-in-its-salt",
        "a salt whose spare bits are not zero",
        f"r={_LONGER},s=W22ZaJ0SNY7soEsUEjb6gR==,i=4096",
    ),
    ("scram-without-iterations", "a first message without iterations", f"r={_LONGER},s={_SALT}"),
    ("scram-of-4095-iterations", "fewer iterations than RFC 7677 wants", f"r={_LONGER},s={_SALT},i=4095"),
    ("scram-of-a-million-and-one-iterations", "iterations that burn the processor", f"r={_LONGER},s={_SALT},i=1000001"),
    ("scram-of-iterations-with-a-sign", "iterations with a sign", f"r={_LONGER},s={_SALT},i=+4096"),
    ("scram-of-iterations-with-a-zero", "iterations with a leading zero", f"r={_LONGER},s={_SALT},i=04096"),
    ("scram-of-iterations-with-a-blank", "iterations with a blank behind them", f"r={_LONGER},s={_SALT},i=4096 "),
    ("scram-of-endless-iterations", "iterations of forty digits", f"r={_LONGER},s={_SALT},i={'9' * 40}"),
    ("scram-in-another-order", "salt and nonce have changed places", f"s={_SALT},r={_LONGER},i=4096"),
]
_FINALS = [
    ("scram-empty-final", "nothing is no final message", ""),
    ("scram-with-an-error", "the server says that the proof is wrong", "e=invalid-proof"),
    ("scram-with-an-error-and-a-signature", "an error stands before a signature", f"e=other-error,{_FINAL}"),
    ("scram-with-an-empty-signature", "a signature of no bytes", "v="),
    (
        "scram-with-another-signature",
        "one bit of the signature is another",
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G8=",
    ),
    ("scram-with-half-a-signature", "the first bytes of the signature", "v=6rriTRBi23WpRR/wtup+mA=="),
    ("scram-with-a-signature-in-hex", "a signature that is no base64", "v=" + "ab" * 32),
]
