"""The example company's Terraform roots, rendered from the sources as they stand, with stand-in floors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.support.adapters import ROOT

from gatefleet.model import Model, parse_model
from gatefleet.model.deployed import deployed_gateways
from gatefleet.render import RenderedFloor, render_files
from gatefleet.source import read_worktree

TRUST = b'{"payload":"dHJ1c3Q="}'

_BALANCERS = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/net"

# What module team-account puts into the account's parameter, for every name that the example's gateways use.
ACCOUNT: dict[str, Any] = {
    "kafka": {
        "bootstrap": None,
        "secret_arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:AmazonMSK_team-abcdef",
        "secret_kms_key_arn": "arn:aws:kms:eu-west-1:123456789012:key/0a1b",
        "cluster_arn": None,
    },
    "vpc": {
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-1", "subnet-2"],
        "brokers": {"cidrs": ["10.1.0.0/16"], "security_group_ids": []},
    },
    "vpc_links": {
        name: {"id": name[:6], "listener_arn": f"{_BALANCERS}/{name}/1/2"}
        for name in ("shipping-warehouse", "shipping-warehouse-staging", "payments-ledger", "payments-ledger-staging")
    },
    "zones": {"api.example.com": "Z1", "staging.api.example.com": "Z2"},
    "vpc_endpoint_ids": ["vpce-1"],
    "web_acl_arn": "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/shop/0a1b",
    "truststores": {"payments/settlements": {"truststore_uri": "s3://trust/bank.pem", "truststore_version": "1"}},
    "alarm_actions": ["arn:aws:sns:eu-west-1:123456789012:alarms"],
    "permissions_boundary": "arn:aws:iam::123456789012:policy/boundary",
}  # fmt: skip


def example_model() -> Model:
    model, problems = parse_model(read_worktree(ROOT))
    assert not problems
    return model


def example_files(model: Model, environment: str) -> dict[str, bytes]:
    """Every file of an environment's roots; each floor is a stand-in that names its gateway."""
    declared = model.environments[environment]
    floors = [
        RenderedFloor(one.source.id, f'{{"payload":"{one.source.id}"}}'.encode(), "new")
        for one in deployed_gateways(model, declared)
    ]
    return render_files(model, declared, floors, TRUST)


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def account_for(root: dict[str, Any]) -> dict[str, Any]:
    """The parameter of an account that has a certificate for the root's domain."""
    domain = root["module"]["gateway"].get("domain")
    certificate = "arn:aws:acm:eu-west-1:123456789012:certificate/0a1b"
    return ACCOUNT | {"certificates": {domain["name"]: certificate} if domain else {}}


def planned_routes(resources: Iterable[dict[str, Any]]) -> Iterator[tuple[str, bool]]:
    """Route keys, and whether the authorizer stands before each; preflights that the module adds are left out."""
    for one in resources:
        if one["type"] == "aws_apigatewayv2_route":
            yield one["values"]["route_key"], one["values"]["authorization_type"] == "CUSTOM"
        if one["type"] == "aws_api_gateway_rest_api":
            for path, operations in json.loads(one["values"]["body"])["paths"].items():
                for method, operation in operations.items():
                    verb = "ANY" if method.startswith("x-amazon") else method.upper()
                    if operation.get("summary") != "CORS preflight":
                        yield f"{verb} {path}", operation["security"] == [{"gatefleet": []}]


def override_for(root: dict[str, Any]) -> bytes:
    """An override file that takes the account's parameter from here and keeps state on this machine."""
    return json.dumps({"terraform": {"backend": {"local": {}}}, "locals": {"account": account_for(root)}}).encode()
