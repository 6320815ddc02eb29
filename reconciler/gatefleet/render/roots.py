"""One gateway's Terraform root: what `terraform apply` runs in the team's own account, in one environment.

A root calls the modules `authorizer` and `gateway` with what the sources say, and takes the account's own ids from a
parameter that module `team-account` keeps there. It changes only when something that it depends on does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from gatefleet.contract.entities import Following, Public
from gatefleet.model.deployed import DeployedGateway
from gatefleet.model.types import Backend, KafkaConnection, Model, Rollout, SourceRoute, Team, Variant
from gatefleet.problems import failure
from gatefleet.render.terraform_json import Expression, arguments, file_bytes, quoted

_DAY = 86400
_PROVIDER = {"source": "hashicorp/aws", "version": ">= 6.62, < 7.0"}
_ACCOUNT = "local.account"
# As `make build` names them.
ARCHIVES = {Variant.RUST: "authorizer-rust-arm64.zip", Variant.NODE: "authorizer-node.zip"}
MADE_BY = "Made by gatefleet render: change the source, not this file."


def render_root(gateway: DeployedGateway, model: Model, *, layer_sha256: str) -> bytes:
    """`main.tf.json` of a gateway. `layer_sha256`: that of `floor.zip` beside it, in base64.

    Raises `GatefleetError` (GF540 to GF542) for what the sources leave open and Terraform needs.
    """
    source, environment = gateway.source, gateway.environment
    team = model.teams[source.team]
    rollout = _rollout(model, gateway)
    document: dict[str, Any] = {
        "//": {
            "made_by": MADE_BY,
            "sources": {one.path: _digest(one.data) for one in (source.document, team.document)},
        },
        "terraform": {
            "required_version": ">= 1.9",
            "required_providers": {"aws": _PROVIDER},
            **_backend(gateway, team),
        },
        "provider": {"aws": [_provider(gateway, team)]},
        "data": {"aws_ssm_parameter": {"account": {"name": f"/gatefleet/{environment.name}/account"}}},
        "locals": {
            "account": "${jsondecode(data.aws_ssm_parameter.account.insecure_value)}",
        },
        "module": {
            "authorizer": arguments(_authorizer(gateway, team, rollout, layer_sha256)),
            "gateway": arguments(_gateway(gateway, team, model, rollout)),
        },
        "output": {
            "url": {"description": "Where the API is reached.", "value": "${module.gateway.url}"},
            "role_arn": {
                "description": "The authorizer's role, for the ACLs of the policy log.",
                "value": "${module.authorizer.role_arn}",
            },
        },
    }
    return file_bytes(document)


def render_empty_root(team: Team, environment: str, gateway: str) -> bytes:
    """The root of a gateway that is gone: applying it takes away what was made, and then it may be deleted."""
    account = team.accounts[environment]
    return file_bytes(
        {
            "//": {"made_by": MADE_BY, "removed": "Apply once more, then delete this folder."},
            "terraform": {
                "required_version": ">= 1.9",
                "required_providers": {"aws": _PROVIDER},
                **_state(team.name, account.account, account.region, environment, gateway),
            },
            "provider": {"aws": [{"region": account.region, "allowed_account_ids": [account.account]}]},
        }
    )


def _rollout(model: Model, gateway: DeployedGateway) -> Rollout:
    rollout = model.rollout
    if rollout is None:
        fix = "write policies/rollout.yaml; `gatefleet schema export` shows its form"
        raise failure("GF540", gateway.source.document.path, "no rollout says which versions to use", fix=fix)
    if rollout.artifacts is None:
        place = str(rollout.document.place())
        fix = "add `artifacts:` with the bucket and the checksums that the release states"
        raise failure("GF541", place, "it does not say where the authorizer's releases are", fix=fix)
    return rollout


def _backend(gateway: DeployedGateway, team: Team) -> dict[str, Any]:
    name = gateway.environment.name
    account = team.accounts.get(name)
    if account is None:  # only in `development`, where every team has its gateways: state stays on that machine
        return {}
    return _state(team.name, account.account, account.region, name, gateway.source.name)


def _state(team: str, account: str, region: str, environment: str, gateway: str) -> dict[str, Any]:
    return {
        "backend": {
            "s3": {
                "bucket": f"gatefleet-{team}-state-{account}",
                "key": f"{environment}/{gateway}.tfstate",
                "region": region,
                "encrypt": True,
                "use_lockfile": True,
            }
        }
    }


def _provider(gateway: DeployedGateway, team: Team) -> dict[str, Any]:
    account = team.accounts.get(gateway.environment.name)
    if account is None:
        return {}
    # Credentials of another account than the reviewed one change nothing.
    return {"region": account.region, "allowed_account_ids": [account.account]}


def _authorizer(gateway: DeployedGateway, team: Team, rollout: Rollout, layer_sha256: str) -> dict[str, Any]:
    source, artifacts = gateway.source, rollout.artifacts
    assert artifacts is not None
    version = rollout.authorizer_version
    account = team.accounts.get(gateway.environment.name)
    region = account.region if account else "local"
    return {
        "source": rollout.module_source("authorizer"),
        "gateway": source.id,
        "environment": gateway.environment.name,
        "variant": source.variant.value,
        "artifact": {
            "version": version,
            "code_sha256": artifacts.code_sha256[source.variant],
            "s3": {
                "bucket": artifacts.bucket.replace("{region}", region),
                "key": f"{version}/{ARCHIVES[source.variant]}",
            },
        },
        "floor": {"file": Expression('"${path.module}/floor.zip"'), "sha256": layer_sha256},
        "log": _log(gateway),
        "vpc": None if gateway.following is Following.FLOOR_ONLY else Expression(f"{_ACCOUNT}.vpc"),
        "permissions_boundary": Expression(f"{_ACCOUNT}.permissions_boundary"),
        "cost_centre": team.cost_centre,
        "tags": dict(team.tags),
    }


def _log(gateway: DeployedGateway) -> dict[str, Any] | None:
    if gateway.following is Following.FLOOR_ONLY:
        return None
    environment = gateway.environment
    kafka = environment.kafka
    if kafka is None:
        raise failure(
            "GF542",
            str(environment.document.place()),
            f"gateway {gateway.source.id} follows a log, and the environment does not say where it is",
            fix="add `kafka:`, or make the gateway `policy: floor_only`",
        )
    topic = environment.topic
    return {
        # Where an account reaches the brokers through PrivateLink they have other names there.
        "bootstrap": Expression(
            f"{_ACCOUNT}.kafka.bootstrap != null ? tolist({_ACCOUNT}.kafka.bootstrap)"
            f" : tolist({quoted(list(kafka.bootstrap))})"
        ),
        "topic": topic,
        "heartbeat_topic": f"gatefleet.{environment.name}.heartbeat.{gateway.source.team}",
        "security": kafka.security.value,
        "mechanism": kafka.mechanism,
        **_credentials(kafka),
    }


def _credentials(kafka: KafkaConnection) -> dict[str, Any]:
    mechanism = kafka.mechanism or ""
    members: tuple[str, ...] = ()
    if mechanism.startswith("SCRAM-"):
        members = ("secret_arn", "secret_kms_key_arn")
    elif mechanism == "AWS_MSK_IAM":
        members = ("cluster_arn",)
    return {member: Expression(f"{_ACCOUNT}.kafka.{member}") for member in members}


def _gateway(gateway: DeployedGateway, team: Team, model: Model, rollout: Rollout) -> dict[str, Any]:
    source, conventions = gateway.source, model.conventions
    floor_only = gateway.following is Following.FLOOR_ONLY
    return {
        "source": rollout.module_source("gateway"),
        "gateway": source.id,
        "environment": gateway.environment.name,
        "description": source.description,
        "api": source.api.value,
        "routes": {key: _route(route) for key, route in source.routes.items()},
        "backends": {name: _backend_of(backend) for name, backend in gateway.backends.items()},
        "vpc_links": Expression(f"{_ACCOUNT}.vpc_links") if _links(gateway) else None,
        "authorizer": Expression("module.authorizer.authorizer"),
        "result_ttl": gateway.result_ttl,
        "throttle": None if gateway.throttle is None else {
            "rate": gateway.throttle.rate, "burst": gateway.throttle.burst
        },
        "cors": None if gateway.cors is None else {
            "origins": list(gateway.cors.origins),
            "methods": list(gateway.cors.methods),
            "headers": list(gateway.cors.headers),
            "max_age": gateway.cors.max_age,
            "credentials": gateway.cors.credentials,
        },
        "domain": None if gateway.domain is None else {
            "name": gateway.domain,
            "certificate_arn": Expression(f"{_ACCOUNT}.certificates[{quoted(gateway.domain)}]"),
            "zone_id": Expression(_zone(gateway.domain)),
        },
        "mutual_tls": Expression(f"{_ACCOUNT}.truststores[{quoted(source.id)}]") if source.mutual_tls else None,
        "private": {"vpc_endpoint_ids": Expression(f"{_ACCOUNT}.vpc_endpoint_ids")} if source.private else None,
        "web_acl_arn": Expression(f"{_ACCOUNT}.web_acl_arn") if source.waf else None,
        "error_type_base": conventions.error_type_base,
        "log_fields": list(conventions.log_fields),
        "alarms": {
            "actions": Expression(f"{_ACCOUNT}.alarm_actions"),
            "floor_age": conventions.floor_max_age + 3 * _DAY,  # the deploy workflow has had its time by then
            **({} if floor_only else {"stale_seconds": gateway.deny_after}),
        },
        "cost_centre": team.cost_centre,
        "tags": dict(team.tags),
    }  # fmt: skip


def _route(route: SourceRoute) -> dict[str, Any]:
    members: dict[str, Any] = {"backend": route.backend, "description": route.description}
    if isinstance(route.requirement, Public):
        members["public"] = True
    else:
        members["credentials"] = [kind.value for kind in route.credentials]
    if route.throttle is not None:
        members["throttle"] = {"rate": route.throttle.rate, "burst": route.throttle.burst}
    return members


def _backend_of(backend: Backend) -> dict[str, Any]:
    if backend.type == "lambda":
        return {"lambda": backend.target}
    return {"http": backend.target} | ({} if backend.link is None else {"vpc_link": backend.link})


def _links(gateway: DeployedGateway) -> bool:
    return any(backend.link is not None for backend in gateway.backends.values())


def _zone(domain: str) -> str:
    """The hosted zone with the longest name that the domain ends with; none: the record is made elsewhere."""
    labels = domain.split(".")
    endings = [".".join(labels[at:]) for at in range(len(labels) - 1)]
    return f"try({', '.join(f'{_ACCOUNT}.zones[{quoted(ending)}]' for ending in endings)}, null)"


def _digest(data: Mapping[str, Any]) -> str:
    """Of what a document says, not of how it is written: a comment renders nothing anew."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=True).encode("ascii")).hexdigest()
