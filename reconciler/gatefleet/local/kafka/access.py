"""Who may do what on a local broker, and with which credentials: the principals a production cluster has, in small."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from gatefleet.local.kafka.server import ADMIN
from gatefleet.log.kafka_client import any_configuration, librdkafka_log
from gatefleet.log.kafka_settings import KafkaSettings
from gatefleet.model.types import KafkaSecurity

RECONCILER = "reconciler"
AUTHORIZER = "authorizer"
STRANGER = "stranger"
PRINCIPALS = (ADMIN, AUTHORIZER, RECONCILER, STRANGER)

# Who comes in by the PLAINTEXT listener; may do what the reconciler may.
_ANONYMOUS = "ANONYMOUS"
_TIMEOUT = 60.0

_POLICY_RULES = {
    RECONCILER: (
        AclOperation.READ,
        AclOperation.WRITE,
        AclOperation.DESCRIBE,
        AclOperation.CREATE,
        AclOperation.DESCRIBE_CONFIGS,
    ),
    AUTHORIZER: (AclOperation.READ, AclOperation.DESCRIBE),
}
_HEARTBEAT_RULES = {
    RECONCILER: (AclOperation.READ, AclOperation.DESCRIBE),
    AUTHORIZER: (AclOperation.WRITE, AclOperation.DESCRIBE, AclOperation.CREATE),
}


# The stubs know no `None`, Kafka's "any".
_EVERY_RULE = AclBindingFilter(
    ResourceType.ANY,
    None,  # type: ignore[arg-type]
    ResourcePatternType.ANY,
    None,  # type: ignore[arg-type]
    None,  # type: ignore[arg-type]
    AclOperation.ANY,
    AclPermissionType.ANY,
)


@dataclass(frozen=True, slots=True)
class BrokerAccess:
    """Addresses by listener (`PLAINTEXT`, `SSL`, `SASL_SSL`) and credentials by principal."""

    addresses: Mapping[str, str]
    passwords: Mapping[str, str] = field(repr=False)
    certificates: Path

    def settings(self, principal: str, listener: str = "SASL_SSL") -> KafkaSettings:
        """The way in of one principal. On `PLAINTEXT` everybody is anonymous and may do what the reconciler may."""
        security = KafkaSecurity(listener)
        bootstrap = (self.addresses[listener],)
        if security is KafkaSecurity.PLAINTEXT:
            return KafkaSettings(bootstrap)
        ca = self.certificates / "ca.pem"
        if security is KafkaSecurity.SSL:
            certificate, key = self.certificates / f"{principal}.pem", self.certificates / f"{principal}.key.pem"
            return KafkaSettings(bootstrap, security, ca=ca, certificate=certificate, key=key)
        return KafkaSettings(bootstrap, security, "SCRAM-SHA-512", principal, self.passwords[principal], ca=ca)

    def admin(self) -> AdminClient:
        """A client that may do everything: for what tests do *to* the log, such as truncating it."""
        return AdminClient(any_configuration(self.settings(ADMIN)), logger=librdkafka_log)

    def grant(self, environment: str, topic: str | None = None) -> None:
        """Write the access rules of one environment and return when the broker applies them.

        The reconciler reads, writes, creates and describes the policy topic and reads heartbeats; authorizers read the
        policy topic and write `gatefleet.<environment>.heartbeat.<team>`; nobody else may do anything.
        """
        policy = topic or f"gatefleet.{environment}.policy.v1"
        heartbeats = f"gatefleet.{environment}.heartbeat."
        rules = [
            AclBinding(ResourceType.TOPIC, name, pattern, f"User:{user}", "*", operation, AclPermissionType.ALLOW)
            for name, pattern, table in (
                (policy, ResourcePatternType.LITERAL, _POLICY_RULES),
                (heartbeats, ResourcePatternType.PREFIXED, _HEARTBEAT_RULES),
            )
            for principal, operations in table.items()
            for user in ((principal, _ANONYMOUS) if principal == RECONCILER else (principal,))
            for operation in operations
        ]
        admin = self.admin()
        for written in admin.create_acls(rules, request_timeout=_TIMEOUT).values():
            written.result()
        # A rule counts once the broker has read it from its metadata log; the broker's own answer tells when.
        missing = set(rules)
        while missing:
            missing -= set(admin.describe_acls(_EVERY_RULE, request_timeout=_TIMEOUT).result())

    def to_json(self) -> str:
        """For another process of the same user; holds passwords."""
        return json.dumps(
            {
                "addresses": dict(self.addresses),
                "passwords": dict(self.passwords),
                "certificates": str(self.certificates),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        told = json.loads(text)
        return cls(told["addresses"], told["passwords"], Path(told["certificates"]))
