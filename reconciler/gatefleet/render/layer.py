"""The floor as an AWS Lambda layer: a ZIP archive of two files that Lambda unpacks below `/opt`.

Same floor and trust, same bytes, on any machine: nothing is compressed and no time, owner or order varies.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP archive can say


def floor_layer(floor: bytes, trust: bytes) -> bytes:
    """The archive of `gatefleet/floor.json` and `gatefleet/trust.json`, where authorizers look for them."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, content in (("gatefleet/floor.json", floor), ("gatefleet/trust.json", trust)):
            member = zipfile.ZipInfo(name, _EPOCH)
            member.create_system = 3  # Unix, so that the mode below counts
            member.external_attr = 0o100644 << 16
            archive.writestr(member, content)
    return made.getvalue()


def sha256_base64(content: bytes) -> str:
    """SHA-256 as AWS Lambda and Terraform's `filebase64sha256` write it."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode("ascii")
