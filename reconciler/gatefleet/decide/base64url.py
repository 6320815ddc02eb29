"""Strict base64: one text for each byte string, so that two readers never see two tokens in one."""

from __future__ import annotations

import base64
import re

_URL_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")
_STANDARD = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


def decode_url(text: str) -> bytes | None:
    """Decode base64url without padding (RFC 7515 section 2); None unless the text is the one encoding of its bytes."""
    if not _URL_ALPHABET.fullmatch(text) or len(text) % 4 == 1:
        return None
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return data if encode_url(data) == text else None


def encode_url(data: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_standard(text: str) -> bytes | None:
    """Decode base64 with padding (RFC 4648 section 4); None unless the text is the one encoding of its bytes."""
    if not _STANDARD.fullmatch(text):
        return None
    data = base64.b64decode(text)
    return data if base64.b64encode(data).decode() == text else None
