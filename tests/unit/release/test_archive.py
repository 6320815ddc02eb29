"""An archive is the same bytes for the same files, and unpacks to them."""

from __future__ import annotations

import hashlib
import io
import stat
import zipfile

from release.archive import Member, zip_archive

MEMBERS = [Member("run", b"#!/bin/sh\n", executable=True), Member("authorizer.mjs", b"export {};\n")]


def test_files_in_any_order_make_the_same_bytes() -> None:
    made = zip_archive(MEMBERS)
    assert made == zip_archive(MEMBERS[::-1])
    # Fixed here, so that another version of Python, another machine or another day is noticed.
    assert hashlib.sha256(made).hexdigest() == "332fd18f184c0d34847ead905a3a5f3ef6f498e531479519ab44f01c7ca06a39"


def test_an_archive_unpacks_to_its_files_and_only_the_executable_one_can_be_run() -> None:
    with zipfile.ZipFile(io.BytesIO(zip_archive(MEMBERS))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "authorizer.mjs": b"export {};\n",
            "run": b"#!/bin/sh\n",
        }
        modes = {info.filename: stat.filemode(info.external_attr >> 16) for info in archive.infolist()}
    # Lambda runs a function as a user who owns nothing of it: others must be able to read.
    assert modes == {"authorizer.mjs": "-rw-r--r--", "run": "-rwxr-xr-x"}
