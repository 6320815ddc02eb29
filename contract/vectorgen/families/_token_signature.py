"""Step 12: signatures that are right in every respect but one, and keys that verify nothing."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator

from contract.vectorgen import keys
from contract.vectorgen.cases import Case
from contract.vectorgen.families import _forgery as forgery
from contract.vectorgen.families._token_cases import accepted, json_of, refused
from contract.vectorgen.families._tokens import (
    b64,
    claims,
    header,
    signing_input,
    token,
)


def cases() -> Iterator[Case]:
    """In the order of the steps."""
    for group in (_signature, _unusable):
        yield from group()


def _signature() -> Iterator[Case]:
    group, failing = "signature", ("signature", "invalid_signature")
    ed, rs, ps, es = (
        header(alg=a, kid=k) for a, k in (("EdDSA", "ed"), ("RS256", "rs"), ("PS256", "ps"), ("ES256", "es"))
    )
    messages = {
        name: signing_input(head, claims()).encode() for name, head in (("ed", ed), ("rs", rs), ("ps", ps), ("es", es))
    }
    yield accepted(
        "es256-high-s",
        "n - s signs as well as s: JWS asks for no low s, and a token is no name of itself",
        token(es, signature=forgery.high_s(messages["es"])),
        group=group,
        rfc7515="10.13",
    )
    yield accepted(
        "rs256-leading-zero",
        "a signature that begins with a zero byte keeps it",
        token(rs, claims(jti=(jti := forgery.jti_for_leading_zero(rs))), key="issuer-rsa"),
        group=group,
        rfc8017="8.2.1",
    )
    yield accepted(
        "rs256-4096-bits",
        "4,096 bits are the longest modulus",
        token(header(alg="RS256", kid="rs-4096"), key="longest-rsa"),
        group=group,
        decision="12 signature",
    )
    for part, byte in itertools.product(("r", "s"), (0x00, 0x7F, 0x80)):
        jti = forgery.jti_for_first_byte(es, part, byte)
        yield accepted(
            f"es256-{part}-begins-with-{byte:02x}",
            "r and s are numbers of 32 bytes, whatever their first one",
            token(es, claims(jti=jti), key="issuer-p256"),
            group=group,
            rfc7518="3.4",
        )
    own = "good-eddsa"
    body = b64(json_of(claims(scope="orders:admin")).encode())
    head, _, good = token().split(".")
    yield refused(
        "claims-changed",
        "claims changed after they were signed",
        f"{head}.{body}.{good}",
        failing,
        neighbour=own,
        group=group,
        rfc7515="5.2",
    )
    yield refused(
        "header-changed",
        "a header changed after signing",
        token(header(x=1), signature=keys.sign("issuer-ed25519", messages["ed"])),
        failing,
        neighbour=own,
        group=group,
        rfc7515="5.2",
    )
    yield refused(
        "claims-respelled",
        "the same claims in other bytes are not what was signed",
        token(body=json.dumps(claims()).encode(), signature=keys.sign("issuer-ed25519", messages["ed"])),
        failing,
        neighbour=own,
        group=group,
        rfc7515="5.2",
    )
    yield refused(
        "other-key",
        "a token signed by somebody else under this kid",
        token(key="other-ed25519"),
        failing,
        neighbour=own,
        group=group,
        rfc7515="5.2",
    )
    yield refused(
        "other-issuers-key",
        "a kid that two issuers share means the key of the token's issuer",
        token(header(kid="shared"), key="other-ed25519"),
        failing,
        neighbour="kid-shared",
        group=group,
        rfc8725="3.10",
    )
    yield refused(
        "embedded-jwk",
        "the attacker's key in the header signed, and is not used",
        token(header(jwk=forgery.public_jwk("other-ed25519")), key="other-ed25519"),
        failing,
        neighbour="header-with-foreign-key",
        group=group,
        wycheproof="JsonWebSignature",
        rfc8725="3.10",
    )
    ed_good = keys.sign("issuer-ed25519", messages["ed"])
    eddsa: dict[str, tuple[str, bytes]] = {
        "eddsa-empty": ("a token without any signature bytes", b""),
        "eddsa-63-bytes": ("a signature without its last byte", ed_good[:-1]),
        "eddsa-65-bytes": ("a signature with a byte more", ed_good + b"\0"),
        "eddsa-zeros": ("a signature of 64 zero bytes", bytes(64)),
        "eddsa-s-plus-order": ("S and S + L would both verify if S were not bounded", forgery.s_plus_order(ed_good)),
        "eddsa-flipped-r": ("one bit of R changed", bytes([ed_good[0] ^ 1]) + ed_good[1:]),
        "eddsa-flipped-s": ("one bit of S changed", ed_good[:32] + bytes([ed_good[32] ^ 1]) + ed_good[33:]),
        "eddsa-ph": (
            "a signature over the digest instead of the message",
            keys.sign("issuer-ed25519", hashlib.sha512(messages["ed"]).digest()),
        ),
    }
    for name, (comment, signature) in eddsa.items():
        yield refused(
            name,
            comment,
            token(ed, signature=signature),
            failing,
            neighbour=own,
            group=group,
            rfc8032="5.1.7",
            rfc8037="3.1",
        )
    n, (r, s) = forgery.P256_ORDER, forgery.r_and_s(messages["es"])
    pairs: dict[str, tuple[str, bytes]] = {
        "es256-zeros": ("r = s = 0 verified everything in one runtime", forgery.pair(0, 0)),
        "es256-r-zero": ("r = 0 is outside its range", forgery.pair(0, s)),
        "es256-s-zero": ("s = 0 is outside its range", forgery.pair(r, 0)),
        "es256-r-order": ("r = n is 0 again modulo n", forgery.pair(n, s)),
        "es256-s-order": ("s = n is 0 again modulo n", forgery.pair(r, n)),
        "es256-both-order": ("r = s = n, both 0 modulo n", forgery.pair(n, n)),
        "es256-r-one-s-one": ("r = s = 1, in range and signed by nobody", forgery.pair(1, 1)),
        "es256-swapped": ("r and s in the wrong order", forgery.pair(s, r)),
        "es256-maximum": ("r and s of all ones are above n", b"\xff" * 64),
        "es256-der": ("a DER signature is what X.509 has, not JWS", keys.sign("issuer-p256", messages["es"])),
        "es256-63-bytes": ("a signature without its last byte", forgery.pair(r, s)[:-1]),
        "es256-65-bytes": ("a signature with a zero byte more in front", b"\0" + forgery.pair(r, s)),
        "es256-other-message": (
            "a good signature over something else",
            forgery.pair(*forgery.r_and_s(b"something else")),
        ),
    }
    for name, (comment, signature) in pairs.items():
        yield refused(
            name,
            comment,
            token(es, signature=signature),
            failing,
            neighbour="good-es256",
            group=group,
            rfc7518="3.4",
            wycheproof="EcdsaP1363Verify",
        )
    blocks: dict[str, tuple[str, bytes]] = {
        "rs256-sha512": (
            "PKCS#1 v1.5 with another digest inside",
            forgery.pkcs1(forgery.SHA512_INFO + hashlib.sha512(messages["rs"]).digest()),
        ),
        "rs256-sha1": (
            "PKCS#1 v1.5 with SHA-1 inside",
            forgery.pkcs1(forgery.SHA1_INFO + hashlib.sha1(messages["rs"], usedforsecurity=False).digest()),
        ),
        "rs256-no-null": (
            "a digest info without the NULL parameter is not the one encoding",
            forgery.pkcs1(forgery.SHA256_INFO_NO_NULL + hashlib.sha256(messages["rs"]).digest()),
        ),
        "rs256-bare-digest": (
            "a digest without its digest info",
            forgery.pkcs1(hashlib.sha256(messages["rs"]).digest()),
        ),
        "rs256-garbage-after": (
            "bytes that follow the digest in the block",
            forgery.pkcs1(forgery.SHA256_INFO + hashlib.sha256(messages["rs"]).digest(), after=b"\0" * 20),
        ),
        "rs256-block-type-2": (
            "padding of block type 2",
            forgery.pkcs1(forgery.SHA256_INFO + hashlib.sha256(messages["rs"]).digest(), kind=2),
        ),
        "rs256-zeros": ("a signature of 256 zero bytes", bytes(256)),
        "rs256-one": ("a signature that is the number 1", bytes(255) + b"\x01"),
        "rs256-short": (
            "a signature without its leading zero byte",
            keys.sign("issuer-rsa", signing_input(rs, claims(jti=jti)).encode())[1:],
        ),
        "rs256-long": ("a signature with a zero byte more in front", b"\0" + keys.sign("issuer-rsa", messages["rs"])),
        "rs256-pss": ("a PSS signature under a PKCS#1 key", keys.sign_pss("issuer-rsa", messages["rs"])),
        "rs256-other-key": ("a signature by another RSA key", keys.sign("other-rsa", messages["rs"])),
    }
    for name, (comment, signature) in blocks.items():
        signed = claims(jti=jti) if name == "rs256-short" else claims()
        neighbour = "rs256-leading-zero" if name == "rs256-short" else "good-rs256"
        yield refused(
            name,
            comment,
            token(rs, signed, signature=signature),
            failing,
            neighbour=neighbour,
            group=group,
            rfc8017="8.2.2",
            wycheproof="RsassaPkcs1Verify",
        )
    salts: dict[str, tuple[str, bytes]] = {
        "ps256-no-salt": ("a PSS signature with a salt of 0 bytes", keys.sign_pss("issuer-rsa", messages["ps"], b"")),
        "ps256-salt-20": ("a salt of 20 bytes, SHA-1's length", keys.sign_pss("issuer-rsa", messages["ps"], bytes(20))),
        "ps256-salt-64": (
            "a salt of 64 bytes, SHA-512's length",
            keys.sign_pss("issuer-rsa", messages["ps"], bytes(64)),
        ),
        "ps256-pkcs1": ("a PKCS#1 v1.5 signature under a PSS key", keys.sign("issuer-rsa", messages["ps"])),
        "ps256-other-key": ("a signature by another RSA key", keys.sign_pss("other-rsa", messages["ps"])),
        "ps256-long": (
            "a signature with a zero byte more in front",
            b"\0" + keys.sign_pss("issuer-rsa", messages["ps"]),
        ),
    }
    for name, (comment, signature) in salts.items():
        yield refused(
            name,
            comment,
            token(ps, signature=signature),
            failing,
            neighbour="good-ps256",
            group=group,
            rfc7518="3.5",
            wycheproof="RsassaPssVerify",
        )


def _unusable() -> Iterator[Case]:
    group, failing = "unusable-key", ("signature", "invalid_signature")
    for name, point in forgery.SMALL_ORDER_KEYS.items():
        yield refused(
            f"key-{name}",
            "a point of small order is no key: anybody can sign under it, and this signature verifies",
            forgery.under_small_order(header(kid=name), point),
            failing,
            neighbour="good-eddsa",
            group=group,
            rfc8032="5.1.7",
            decision="12 signature",
        )
    yield accepted(
        "key-with-sign",
        "a key whose x is odd has the highest bit set, which is no part of y",
        token(header(kid="odd"), key="odd-ed25519"),
        group=group,
        rfc8032="5.1.2",
    )
    unusable: dict[str, tuple[str, str, str, str]] = {
        "key-too-short": ("an Ed25519 key of 31 bytes", "EdDSA", "short", "issuer-ed25519"),
        "key-weak": ("an RSA key of 1,024 bits is below RFC 7518's least length", "RS256", "weak", "weak-rsa"),
        "key-of-2047-bits": ("a modulus of 2,047 bits fills 256 bytes", "RS256", "rs-2047", "too-short-rsa"),
        "key-of-4097-bits": ("a modulus above 4,096 bits", "RS256", "rs-4097", "too-long-rsa"),
        "key-exponent-3": ("an RSA exponent of 3 invites forged padding", "RS256", "exponent-3", "exponent-3-rsa"),
        "key-leading-zero": ("a modulus with a zero byte in front has two lengths", "RS256", "zero-led", "issuer-rsa"),
        "key-loose-bits": ("a modulus with unused bits set is no base64url", "RS256", "loose", "issuer-rsa"),
        "key-off-curve": ("an EC point that is not on its curve", "ES256", "off-curve", "issuer-p256"),
    }
    for name, (comment, alg, kid, key) in unusable.items():
        neighbour = {"RS256": "good-rs256", "ES256": "good-es256"}.get(alg, "good-eddsa")
        yield refused(
            name,
            comment,
            token(header(alg=alg, kid=kid), key=key),
            failing,
            neighbour=neighbour,
            group=group,
            rfc7518="6.3",
            decision="12 signature",
        )
