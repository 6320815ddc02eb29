"""Schemas, AsyncAPI and vectors say the same, and each says it well."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
import yaml
from tests.conformance.test_chain import value_of
from tests.support.logs import PUBLISHER, SECOND, TRUST, Chain
from tests.support.vectors import fixtures, name_of, vectors

from gatefleet.contract.reasons import Reason, RefusalReason
from gatefleet.log.kafka_records import kafka_records
from gatefleet.log.parts import ENVELOPE_HEADER, PART_HEADER

CONTRACT = Path(__file__).parent.parent.parent / "contract"
PAYLOADS = ("envelope", "revision", "snapshot", "floor", "tick", "trust", "entity", "heartbeat", "metrics", "vector")


def schema(name: str) -> dict[str, Any]:
    return dict(json.loads((CONTRACT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")))


def asyncapi() -> dict[str, Any]:
    return dict(yaml.safe_load((CONTRACT / "asyncapi.yaml").read_text(encoding="utf-8")))


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_schema_is_draft_07_and_explains_itself(name: str) -> None:
    content = schema(name)
    jsonschema.Draft7Validator.check_schema(content)
    assert content["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert content["title"]
    assert content["description"].endswith(".")


@pytest.mark.parametrize("name", [name for name in PAYLOADS if name not in ("entity", "vector")])
def test_a_payload_schema_is_closed_and_needs_every_member_but_a_hint(name: str) -> None:
    content = schema(name)
    hints = {"floor": ["offset"]}.get(name, [])
    assert content["additionalProperties"] is False
    assert content["required"] == [member for member in content["properties"] if member not in hints]


@pytest.mark.parametrize("reference", sorted(set(references(asyncapi()))))
def test_every_reference_of_the_asyncapi_document_leads_somewhere(reference: str) -> None:
    if reference.startswith("./"):
        assert (CONTRACT / reference).is_file()
        return
    value = asyncapi()
    for step in reference.removeprefix("#/").split("/"):
        value = value[step]


def test_records_carry_the_headers_that_the_asyncapi_document_tells() -> None:
    headers = asyncapi()["components"]["schemas"]["policyHeaders"]
    validator = jsonschema_rs.validator_for(headers)
    chain = Chain()
    small = [chain.revision(), chain.snapshot(), chain.tick()]
    large = chain.revision(
        {"client/shop": json.dumps({"state": "active", "denied_sub": {str(number): 1 for number in range(99_999)}})}
    )
    for envelope in (*small, large):
        for record in kafka_records(envelope):
            validator.validate(record.headers)
            assert record.headers.keys() <= headers["properties"].keys()
            parts = {ENVELOPE_HEADER, PART_HEADER} & record.headers.keys()
            assert len(parts) == (2 if envelope is large else 0)


def test_heartbeats_name_the_reasons_that_there_are() -> None:
    members = schema("heartbeat")["properties"]
    assert members["refusals"]["propertyNames"]["enum"] == list(RefusalReason)
    assert members["decisions"]["properties"]["deny"]["propertyNames"]["enum"] == list(Reason)


def test_conventions_choose_among_the_fields_that_the_module_can_log() -> None:
    module = (CONTRACT.parent / "terraform" / "modules" / "gateway" / "observability.tf").read_text(encoding="utf-8")
    (names,) = re.findall(r"log_field_names = (\[.+\])", module)
    assert schema("conventions")["properties"]["log_fields"]["items"]["enum"] == json.loads(names)


@pytest.mark.parametrize("vector", vectors("heartbeat"), ids=name_of)
def test_heartbeats_and_lines_of_metrics_have_their_schemas(vector: dict[str, Any]) -> None:
    heartbeat, metrics = (jsonschema_rs.validator_for(schema(name)) for name in ("heartbeat", "metrics"))
    for made in filter(None, vector["expect"]["heartbeats"]):
        said, line = json.loads(made["value"]), json.loads(made["metrics"])
        heartbeat.validate(said)
        metrics.validate(line)
        assert list(said) == schema("heartbeat")["required"]
        assert list(line) == schema("metrics")["required"]
        assert line["heartbeat"] == said


def test_metrics_are_what_cloudwatch_takes_and_what_the_page_tells() -> None:
    line = json.loads(vectors("heartbeat", "said")[0]["expect"]["heartbeats"][0]["metrics"])
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    # AWS, "Specification: Embedded metric format": dimensions are members with text, metrics members with numbers.
    assert all(isinstance(line[name], str) for dimensions in directive["Dimensions"] for name in dimensions)
    assert all(isinstance(line[metric["Name"]], int) for metric in directive["Metrics"])
    page = (CONTRACT.parent / "docs" / "reference" / "heartbeat.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \| (Count|Seconds) \|", page, re.MULTILINE)
    assert told == [(metric["Name"], metric["Unit"]) for metric in directive["Metrics"]]


def test_payloads_as_they_are_written_have_their_schemas() -> None:
    chain = Chain(signers=(PUBLISHER, SECOND))
    made = {"revision": chain.revision(), "snapshot": chain.snapshot(), "tick": chain.tick()}
    for name, value in made.items():
        envelope = json.loads(value)
        jsonschema_rs.validate(schema("envelope"), envelope)
        jsonschema_rs.validate(schema(name), json.loads(base64.b64decode(envelope["payload"])))
    jsonschema_rs.validate(schema("trust"), json.loads(TRUST.to_bytes()))


ENTITIES = [vector for vector in vectors("canonical", "entities") if vector["expect"]["outcome"] == "accepted"]


@pytest.mark.parametrize("vector", ENTITIES, ids=name_of)
def test_every_accepted_value_has_its_schema(vector: dict[str, Any]) -> None:
    kind = vector["given"]["key"].split("/")[0]
    one = {"$ref": f"#/definitions/{kind}", "definitions": schema("entity")["definitions"]}
    jsonschema_rs.validate(one, json.loads(vector["given"]["value"]))


# What a schema cannot say, or a reader of JSON has lost before the schema is asked.
BEYOND_SCHEMAS = {
    "scope-name-twice",
    "scope-with-more-after",
    "scope-of-no-text",
    "address-with-host-bits",
    "address-with-leading-zeros",
    "address-in-long-form",
    "address-of-ipv4-in-ipv6",
}
REFUSED = [
    vector
    for vector in vectors("canonical", "entities")
    if vector["expect"]["outcome"] == "malformed"
    and not vector["name"].startswith("entity-key-")
    and vector["name"] not in BEYOND_SCHEMAS
]


@pytest.mark.parametrize("vector", REFUSED, ids=name_of)
def test_every_refused_value_is_refused_by_its_schema(vector: dict[str, Any]) -> None:
    kind = vector["given"]["key"].split("/")[0]
    one = {"$ref": f"#/definitions/{kind}", "definitions": schema("entity")["definitions"]}
    assert not jsonschema_rs.is_valid(one, json.loads(vector["given"]["value"]))


def test_the_trust_documents_of_the_vectors_have_their_schema() -> None:
    accepted = [base64.b64decode(text) for text in fixtures("chain")["trusts"].values()]
    accepted += [
        base64.b64decode(vector["given"]["document"])
        for vector in vectors("chain", "trust")
        if vector["expect"]["outcome"] == "accepted"
    ]
    for document in accepted:
        jsonschema_rs.validate(schema("trust"), json.loads(base64.b64decode(json.loads(document)["payload"])))


def test_what_the_chain_vectors_accept_has_its_schema() -> None:
    checked = 0
    for vector in vectors("chain", "order", "base"):
        for record, outcome in zip(vector["given"]["records"], vector["expect"]["outcomes"], strict=True):
            if outcome == "accepted":
                envelope = json.loads(value_of(record))
                name = envelope["payloadType"].split(".")[2]
                jsonschema_rs.validate(schema(name), json.loads(base64.b64decode(envelope["payload"])))
                checked += 1
    assert checked > 40
