"""GF34x: environments and the rollout."""

from __future__ import annotations

from tests.support.breach import breach
from tests.support.policies import PRODUCTION, ROLLOUT, STAGING, edit

BREACHES = (
    breach("GF340", "two environments in one place", edit(STAGING, "order: 1", "»order: 2")),
    breach("GF341", "one log id", edit(STAGING, "log: policy-staging", "»log: policy-production")),
    breach(
        "GF341",
        "one trust document",
        edit(STAGING, "trust: policies/environments/staging", "»trust: policies/environments/production"),
    ),
    breach(
        "GF342",
        "one topic on one cluster",
        edit(STAGING, "b-1.staging.example.com:9096", "b-1.example.com:9096"),
        edit(STAGING, "kafka:", "»topic: gatefleet.production.policy.v1\nkafka:"),
        passes=(edit(STAGING, "b-1.staging.example.com:9096", "b-1.example.com:9096"),),
    ),
    breach(
        "GF342",
        "one name of a topic, given by production",
        edit(PRODUCTION, "b-1.example.com:9096", "b-1.staging.example.com:9096"),
        edit(PRODUCTION, "kafka:", "topic: gatefleet.staging.policy.v1\nkafka:"),
        edit(STAGING, "kind: Environment", "»kind: Environment"),
        passes=(edit(PRODUCTION, "kafka:", "topic: gatefleet.staging.policy.v1\nkafka:"),),
    ),
    breach(
        "GF343",
        "a gateway in two waves",
        edit(
            ROLLOUT,
            "  - {name: half",
            "  - {name: again, gateways: [payments/payments, »orders/orders], soak: 1}\n  - {name: half",
        ),
        passes=(
            edit(
                ROLLOUT, "  - {name: half", "  - {name: again, gateways: [payments/payments], soak: 1}\n  - {name: half"
            ),
        ),
    ),
    breach(
        "GF344",
        "shares that fall",
        edit(ROLLOUT, "{name: rest, share: 100", "{name: less, »share: 40, soak: 1}\n  - {name: rest, share: 100"),
    ),
    breach(
        "GF344",
        "a fleet that is never whole",
        edit(ROLLOUT, "  - {name: rest, share: 100, soak: 86400}\n", ""),
        edit(ROLLOUT, "  - {name: half", "  - »{name: half"),
    ),
)
