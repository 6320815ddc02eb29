"""Steps 5 and 6 for the request's headers, step 17 for API keys and certificates, step 20 for bound tokens."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field

from gatefleet.contract.entities import API_KEY_ID, CredentialKind, Route
from gatefleet.contract.reasons import Reason
from gatefleet.decide.base64url import decode_standard, encode_url
from gatefleet.decide.event import Request
from gatefleet.decide.outcome import Deny, Step
from gatefleet.decide.view import View

MAX_CERTIFICATE_LENGTH = 16384  # bytes of DER
_BEARER = re.compile(r"Bearer ([^ \t]+)", re.DOTALL)
_API_KEY = re.compile(rf"({API_KEY_ID.pattern})\.[\x21-\x7e]{{1,128}}")
_BLANK = " \t\r\n"
_PEM_BEGIN, _PEM_END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_WITHOUT_BLANK = str.maketrans("", "", _BLANK)


@dataclass(frozen=True, slots=True)
class Presented:
    """The one credential that counts, as it came: a header's value or a PEM text. Nothing in it is proven."""

    kind: CredentialKind
    value: str = field(repr=False)


def choose(request: Request, route: Route) -> Presented | Deny:
    """Step 5, `credential`: exactly one credential of a kind that the route allows."""
    presented = {CredentialKind.JWT: request.authorization, CredentialKind.API_KEY: request.api_key}
    counted = [kind for kind, values in presented.items() if values and kind in route.credentials]
    if len(counted) > 1:
        return Deny(Step.CREDENTIAL, Reason.MULTIPLE_CREDENTIALS)
    if counted:
        values = presented[counted[0]]
        # RFC 9110 section 5.3: a list in one line equals several lines, and gateways join them with commas.
        if len(values) > 1 or "," in values[0]:
            return Deny(Step.CREDENTIAL, Reason.MULTIPLE_CREDENTIALS)
        return Presented(counted[0], values[0])
    if CredentialKind.CERTIFICATE in route.credentials and request.certificate_pem is not None:
        return Presented(CredentialKind.CERTIFICATE, request.certificate_pem)
    if any(presented.values()):
        return Deny(Step.CREDENTIAL, Reason.CREDENTIAL_NOT_ALLOWED)
    return Deny(Step.CREDENTIAL, Reason.MISSING_CREDENTIAL)


def bearer_token(value: str) -> str | Deny:
    """Step 6: the token of an `Authorization` value (RFC 6750 section 2.1); no other scheme, no other spacing."""
    match = _BEARER.fullmatch(value)
    return match[1] if match else Deny(Step.MALFORMED, Reason.MALFORMED_REQUEST)


def client_of_api_key(value: str, view: View, now: int) -> str | Deny:
    """Step 17 for `<id>.<secret>`: found by its id, then compared whole in constant time."""
    match = _API_KEY.fullmatch(value)
    client_id = view.client_of_api_key(match[1]) if match else None
    if match is None or client_id is None:
        return Deny(Step.CLIENT, Reason.INVALID_API_KEY)
    key = view.clients[client_id].api_keys[match[1]]
    same = hmac.compare_digest(hashlib.sha256(value.encode()).digest(), bytes.fromhex(key.sha256))
    if not same or now >= key.expires:
        return Deny(Step.CLIENT, Reason.INVALID_API_KEY)
    return client_id


def client_of_certificate(pem: str, view: View) -> str | Deny:
    """Step 17 for a client certificate: the one client that lists its thumbprint."""
    thumbprint = thumbprint_of(pem)
    client_id = view.client_of_certificate(thumbprint) if thumbprint else None
    return Deny(Step.CLIENT, Reason.INVALID_CERTIFICATE) if client_id is None else client_id


def confirmed(cnf: object, pem: str | None) -> bool:
    """Step 20: whether `cnf` is a certificate's thumbprint (RFC 8705 section 3.1) and the connection has that one."""
    thumbprint = thumbprint_of(pem) if pem is not None else None
    return thumbprint is not None and cnf == {"x5t#S256": thumbprint}


def thumbprint_of(pem: str) -> str | None:
    """The `x5t#S256` of a PEM text with one certificate, else None. API Gateway has verified the certificate."""
    text = pem.strip(_BLANK)
    if not text.startswith(_PEM_BEGIN) or not text.endswith(_PEM_END):
        return None
    der = decode_standard(text[len(_PEM_BEGIN) : -len(_PEM_END)].translate(_WITHOUT_BLANK))
    if not der or len(der) > MAX_CERTIFICATE_LENGTH:
        return None
    return encode_url(hashlib.sha256(der).digest())
