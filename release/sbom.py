"""What is in an archive, as CycloneDX 1.6 JSON (ECMA-424): the same bytes for the same archive, whenever it is written.

So it has no time, and its serial number is derived from what it says.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from release.archive import Member

LICENCE = "Apache-2.0"


@dataclass(frozen=True, slots=True)
class Component:
    """Something of somebody else's that is in the archive. `needs` holds the `ref` of other components."""

    ref: str
    name: str
    version: str
    licence: str  # an SPDX expression
    purl: str | None = None
    sha256: str | None = None  # of what the registry hands out
    description: str | None = None
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in an archive: its files, what of others is in them, and the compilers by name with their version."""

    members: Sequence[Member]
    compilers: Mapping[str, str]
    components: Sequence[Component] = ()
    needs: frozenset[str] = frozenset()  # the `ref` of those components that our own code names


def bill_of_materials(name: str, version: str, archive: bytes, contents: Contents) -> bytes:
    """The SBOM of the archive `name`, whose bytes are `archive`."""
    ordered = sorted(contents.components, key=lambda component: component.ref)
    compilers = sorted(contents.compilers.items())
    root = f"{name}@{version}"
    said = {
        "metadata": {
            "lifecycles": [{"phase": "build"}],
            "tools": {
                "components": [{"type": "application", "name": tool, "version": which} for tool, which in compilers]
            },
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": name,
                "version": version,
                "description": "gatefleet's authorizer for AWS Lambda",
                "hashes": _sha256(hashlib.sha256(archive).hexdigest()),
                "licenses": _licence(LICENCE),
                "components": [
                    {
                        "type": "file",
                        "name": member.name,
                        "hashes": _sha256(hashlib.sha256(member.content).hexdigest()),
                    }
                    for member in sorted(contents.members, key=lambda member: member.name)
                ],
            },
        },
        "components": [_component(component) for component in ordered],
        "dependencies": [
            {"ref": root, "dependsOn": sorted(contents.needs)},
            *({"ref": component.ref, "dependsOn": sorted(component.needs)} for component in ordered),
        ],
        # Nothing else is in it: a scanner may conclude from what is missing here.
        "compositions": [{"aggregate": "complete", "dependencies": [root, *(component.ref for component in ordered)]}],
    }
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": _serial_number(said),
        "version": 1,
        **said,
    }
    return json.dumps(bill, indent=2).encode() + b"\n"


def _component(component: Component) -> dict[str, Any]:
    members = {
        "type": "library",
        "bom-ref": component.ref,
        "name": component.name,
        "version": component.version,
        "description": component.description,
        "hashes": None if component.sha256 is None else _sha256(component.sha256),
        "licenses": _licence(component.licence),
        "purl": component.purl,
    }
    return {member: value for member, value in members.items() if value is not None}


def _sha256(digest: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": digest}]


def _licence(expression: str) -> list[dict[str, str]]:
    return [{"expression": expression}]


def _serial_number(said: Mapping[str, Any]) -> str:
    """RFC 9562, version 8: of the digest of all else."""
    digest = bytearray(hashlib.sha256(json.dumps(said).encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return f"urn:uuid:{uuid.UUID(bytes=bytes(digest))}"
