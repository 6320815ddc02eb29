"""The one spelling of every outcome: in schemas, builds, logs and dashboards alike."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a request is denied. The first group is authentication (401), the second authorization (403)."""

    MISSING_CREDENTIAL = "missing_credential"
    MALFORMED_REQUEST = "malformed_request"
    MALFORMED_TOKEN = "malformed_token"
    MULTIPLE_CREDENTIALS = "multiple_credentials"
    WRONG_TOKEN_TYPE = "wrong_token_type"
    ALGORITHM_NOT_ALLOWED = "algorithm_not_allowed"
    UNTRUSTED_ISSUER = "untrusted_issuer"
    UNKNOWN_KEY = "unknown_key"
    KEY_NOT_ACTIVE = "key_not_active"
    INVALID_SIGNATURE = "invalid_signature"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    LIFETIME_TOO_LONG = "lifetime_too_long"
    WRONG_AUDIENCE = "wrong_audience"
    TOKEN_REVOKED = "token_revoked"
    UNKNOWN_CLIENT = "unknown_client"
    CLIENT_SUSPENDED = "client_suspended"
    INVALID_API_KEY = "invalid_api_key"
    INVALID_CERTIFICATE = "invalid_certificate"

    CREDENTIAL_NOT_ALLOWED = "credential_not_allowed"
    CLAIM_MISMATCH = "claim_mismatch"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    INSUFFICIENT_SCOPE = "insufficient_scope"
    UNKNOWN_GATEWAY = "unknown_gateway"
    UNKNOWN_ROUTE = "unknown_route"
    PATH_NOT_ALLOWED = "path_not_allowed"
    STALE_POLICY = "stale_policy"

    @property
    def status(self) -> int:
        """HTTP status of this denial: 401 for a failed authentication, 403 for a failed authorization."""
        return 403 if self in _FORBIDDEN else 401


_FORBIDDEN = frozenset(
    {
        Reason.CREDENTIAL_NOT_ALLOWED,
        Reason.CLAIM_MISMATCH,
        Reason.ADDRESS_NOT_ALLOWED,
        Reason.INSUFFICIENT_SCOPE,
        Reason.UNKNOWN_GATEWAY,
        Reason.UNKNOWN_ROUTE,
        Reason.PATH_NOT_ALLOWED,
        Reason.STALE_POLICY,
    }
)


class RefusalReason(StrEnum):
    """Why a follower refuses a record of the log; the last good view stays."""

    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    WRONG_TYPE = "wrong_type"
    BAD_SIGNATURE = "bad_signature"
    WRONG_ENVIRONMENT = "wrong_environment"
    UNKNOWN_LOG = "unknown_log"
    UNSUPPORTED = "unsupported"
    BROKEN_CHAIN = "broken_chain"
    OVER_BLAST_LIMIT = "over_blast_limit"
    ROLLBACK = "rollback"
