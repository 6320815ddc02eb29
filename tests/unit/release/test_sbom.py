"""An SBOM is CycloneDX, names what is in its archive, and is the same bytes for the same archive."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from release.archive import Member, zip_archive
from release.sbom import Component, Contents, bill_of_materials

MEMBERS = [Member("bootstrap", b"program", executable=True)]
ARCHIVE = zip_archive(MEMBERS)
INNER = Component("pkg:cargo/untrusted@0.9.0", "untrusted", "0.9.0", "ISC", "pkg:cargo/untrusted@0.9.0", "8e" * 32)
OUTER = Component(
    "pkg:cargo/ring@0.17.14",
    "ring",
    "0.17.14",
    "Apache-2.0 AND ISC",
    purl="pkg:cargo/ring@0.17.14",
    sha256="a4" * 32,
    needs=frozenset({INNER.ref}),
)
RUNTIME = Component("std@1.95.0", "std", "1.95.0", "MIT OR Apache-2.0", description="The standard library of Rust")


def bill(*components: Component, compilers: dict[str, str] | None = None) -> bytes:
    needs = frozenset({component.ref for component in components} - {INNER.ref})
    contents = Contents(MEMBERS, compilers or {"rustc": "1.95.0"}, components, needs)
    return bill_of_materials("authorizer-rust-arm64", "1.2.3", ARCHIVE, contents)


def read(*components: Component) -> dict[str, Any]:
    return dict(json.loads(bill(*components)))


def test_it_is_valid_by_the_strict_schema_of_cyclonedx_1_6() -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    for one in (bill(), bill(OUTER, INNER, RUNTIME)):
        assert validator.validate_str(one.decode()) is None
    assert validator.validate_str(bill().decode().replace('"lifecycles"', '"life"')) is not None


def test_it_is_the_same_bytes_whatever_the_order_and_another_one_says_another_number() -> None:
    assert bill(OUTER, INNER, RUNTIME) == bill(RUNTIME, INNER, OUTER)
    one, other = read(OUTER, INNER), read(OUTER, INNER, RUNTIME)
    assert one["serialNumber"] != other["serialNumber"]


def test_it_is_bound_to_the_bytes_of_its_archive_and_of_the_files_in_it() -> None:
    said = read()["metadata"]["component"]
    assert said["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(ARCHIVE).hexdigest()}]
    assert [(one["name"], one["hashes"][0]["content"]) for one in said["components"]] == [
        ("bootstrap", hashlib.sha256(b"program").hexdigest())
    ]


def test_it_says_who_needs_whom_and_that_nothing_is_left_out() -> None:
    said = read(OUTER, INNER)
    root = "authorizer-rust-arm64@1.2.3"
    assert said["dependencies"] == [
        {"ref": root, "dependsOn": [OUTER.ref]},
        {"ref": OUTER.ref, "dependsOn": [INNER.ref]},
        {"ref": INNER.ref, "dependsOn": []},
    ]
    assert said["compositions"] == [{"aggregate": "complete", "dependencies": [root, OUTER.ref, INNER.ref]}]
