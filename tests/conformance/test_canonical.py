"""The canonical vectors against the Python build: the adapter is the function `answer`."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import rfc8785
from tests.support.vectors import name_of, vectors

from gatefleet.contract import strict_json
from gatefleet.contract.digests import digest, state_digest, value_digests
from gatefleet.contract.entity_values import entity_json, read_entity
from gatefleet.contract.shape import Malformed
from gatefleet.log.envelope import pae


@pytest.mark.parametrize("vector", vectors("canonical"), ids=name_of)
def test_bytes_digests_and_values_are_as_the_vector_says(vector: dict[str, Any]) -> None:
    assert answer(vector["given"]) == vector["expect"]


def answer(given: dict[str, Any]) -> dict[str, Any]:
    """Feed one vector to the build and answer in the vector's form."""
    match given["operation"]:
        case "canonicalize":
            return {"canonical": b64(rfc8785.dumps(strict_json.parse(base64.b64decode(given["json"]))))}
        case "digest":
            return {"digest": digest(base64.b64decode(given["data"]))}
        case "state":
            return {"digest": state_digest(value_digests({one["key"]: one["value"] for one in given["entities"]}))}
        case "encode":
            return {"encoded": b64(pae(given["payloadType"], base64.b64decode(given["payload"])))}
        case "read_json":
            try:
                strict_json.parse(base64.b64decode(given["json"]))
            except strict_json.NotStrictJson:
                return {"outcome": "malformed"}
            return {"outcome": "accepted"}
        case "read_entity":
            try:
                entity = read_entity(given["key"], given["value"])
            except Malformed:
                return {"outcome": "malformed"}
            return {"outcome": "accepted", "canonical": b64(rfc8785.dumps(entity_json(entity)))}
        case unknown:
            raise AssertionError(unknown)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
