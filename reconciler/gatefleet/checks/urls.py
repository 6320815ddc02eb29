"""URLs as the rules look at them: is it one, does it stay on this machine, does it travel in the open?"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit


def split_url(url: str) -> SplitResult | None:
    """The parts of an absolute URL; None: it has no host, or cannot be taken apart."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it is what checks it
    except ValueError:
        return None
    return parts if parts.hostname else None


def is_loopback(url: SplitResult) -> bool:
    """Whether the host is this machine (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3)."""
    host = url.hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_plain_http(url: str) -> bool:
    """Whether what is sent there crosses a network unencrypted."""
    parts = split_url(url)
    return parts is not None and parts.scheme == "http" and not is_loopback(parts)
