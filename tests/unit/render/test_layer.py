from __future__ import annotations

import base64
import hashlib
import io
import os
import stat
import time
import zipfile

import pytest

from gatefleet.render.layer import floor_layer, sha256_base64


def test_a_layer_holds_floor_and_trust_where_authorizers_look_for_them() -> None:
    with zipfile.ZipFile(io.BytesIO(floor_layer(b"floor", b"trust"))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "gatefleet/floor.json": b"floor",
            "gatefleet/trust.json": b"trust",
        }
        modes = {stat.filemode(member.external_attr >> 16) for member in archive.infolist()}
    assert modes == {"-rw-r--r--"}  # the function runs as another user than the one that unpacks


def test_same_content_same_bytes_in_any_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    first = floor_layer(b"floor", b"trust")
    monkeypatch.setitem(os.environ, "TZ", "Pacific/Kiritimati")
    time.tzset()
    try:
        assert floor_layer(b"floor", b"trust") == first
    finally:
        monkeypatch.undo()
        time.tzset()
    assert floor_layer(b"floor", b"other") != first


def test_the_digest_is_written_as_lambda_writes_it() -> None:
    assert base64.b64decode(sha256_base64(b"x")) == hashlib.sha256(b"x").digest()
