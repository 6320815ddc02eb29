"""A ZIP archive that is the same bytes wherever and whenever it is made, as AWS Lambda unpacks it below `/var/task`.

Nothing is compressed: another release of zlib would compress to other bytes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP archive can say
_UNIX = 3


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive."""

    name: str
    content: bytes
    executable: bool = False


def zip_archive(members: Sequence[Member]) -> bytes:
    """The archive of these files, in order of their names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for member in sorted(members, key=lambda member: member.name):
            info = zipfile.ZipInfo(member.name, _EPOCH)
            info.create_system = _UNIX  # so that the mode below counts
            info.external_attr = (0o100755 if member.executable else 0o100644) << 16
            archive.writestr(info, member.content)
    return made.getvalue()
