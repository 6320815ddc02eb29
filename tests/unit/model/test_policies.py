"""What stands in `policies/` gets its types, its defaults and its seconds."""

from __future__ import annotations

import pytest
from tests.support.sources import document

from gatefleet.contract.entities import Algorithm, ApiKey, KeyState, WhenStale
from gatefleet.model import policies
from gatefleet.model.reading import Reading
from gatefleet.model.types import Denied, Gate, KafkaConnection, KafkaSecurity, Risk, SourceClient, Wave
from gatefleet.problems import Problem

CLIENT = "policies/clients/orders/web-shop.yaml"
ENVIRONMENT = """\
kind: Environment
description: What customers use.
order: 2
log: 5b0f7a52-prod
trust: policies/environments/production.trust.json
issuers: [workforce]
revocation_slo: 10
"""


def reading(path: str, text: str, problems: list[Problem] | None = None) -> Reading:
    return Reading(document(path, text), [] if problems is None else problems)


def client(text: str, problems: list[Problem] | None = None) -> SourceClient:
    return policies.client(reading(CLIENT, f"kind: Client\ndescription: The shop.\n{text}", problems))


def test_an_environment_without_a_topic_has_the_one_named_after_it_and_needs_no_kafka() -> None:
    one = policies.environment(reading("policies/environments/production.yaml", ENVIRONMENT))
    assert (one.name, one.order, one.revocation_slo) == ("production", 2, 10)
    assert one.topic == "gatefleet.production.policy.v1"
    assert one.kafka is None
    assert one.substitute_issuers == {}


def test_an_environment_keeps_what_it_says_of_kafka() -> None:
    kafka = "topic: policy\nkafka: {bootstrap: ['a:9096'], security: SASL_SSL, mechanism: SCRAM-SHA-512}\n"
    one = policies.environment(reading("policies/environments/production.yaml", ENVIRONMENT + kafka))
    assert one.topic == "policy"
    assert one.kafka == KafkaConnection(("a:9096",), KafkaSecurity.SASL_SSL, "SCRAM-SHA-512")
    plain = policies.environment(reading("policies/environments/b.yaml", ENVIRONMENT + "kafka: {bootstrap: ['a:1']}\n"))
    assert plain.kafka == KafkaConnection(("a:1",), KafkaSecurity.PLAINTEXT, None)


def test_an_issuer_has_the_claims_of_rfc_9068_unless_it_says_otherwise() -> None:
    text = (
        "kind: Issuer\ndescription: Sign-in.\nissuer: https://login.example.com/\nmax_lifetime: 3600\nkeys:\n"
        "  a: {alg: EdDSA, state: retiring, not_after: 2027-01-31T00:00:00Z, jwk: {kty: OKP, crv: Ed25519, x: AAAA}}\n"
    )
    one = policies.issuer(reading("policies/issuers/workforce.yaml", text))
    assert (one.typ, one.scope_claim, one.client_id_claim, one.clock_skew) == (("at+jwt",), "scope", "client_id", 30)
    key = one.keys["a"]
    assert (key.kid, key.alg, key.state, key.not_after) == ("a", Algorithm.EDDSA, KeyState.RETIRING, 1801353600)
    assert key.jwk == {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}


@pytest.mark.parametrize(
    ("written", "when_stale"),
    [
        ("risk: low", WhenStale.SERVE),
        ("risk: medium", WhenStale.CHECK),
        ("risk: high", WhenStale.DENY),
        ("risk: low, when_stale: deny", WhenStale.DENY),
        ("risk: high, when_stale: serve", WhenStale.SERVE),
    ],
)
def test_a_scope_is_treated_by_its_risk_while_stale_unless_it_says_otherwise(
    written: str, when_stale: WhenStale
) -> None:
    text = f"kind: Scopes\nscopes:\n  a: {{description: A., owner: orders, {written}}}\n"
    (scope,) = policies.scopes(reading("policies/scopes/a.yaml", text))
    assert (scope.name, scope.owner, scope.active, scope.when_stale) == ("a", "orders", True, when_stale)
    assert scope.risk is Risk(written.split()[1].rstrip(","))


def test_a_revoked_scope_is_not_active() -> None:
    text = "kind: Scopes\nscopes:\n  a: {description: A., owner: orders, risk: low, state: revoked}\n"
    assert [scope.active for scope in policies.scopes(reading("policies/scopes/a.yaml", text))] == [False]


def test_a_client_says_nothing_more_than_it_must() -> None:
    one = client("")
    assert (one.client_id, one.team, one.active, one.issuer) == ("web-shop", "orders", True, None)
    assert (one.scopes, one.denied, one.addresses, one.api_keys, one.certificates) == ({}, (), (), {}, {})
    assert (one.tokens_not_before, one.environments) == (None, ())


def test_a_client_keeps_everything_that_it_says_with_times_in_seconds() -> None:
    thumbprint = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"
    one = client(
        "state: suspended\nissuer: workforce\nenvironments: [production]\n"
        "scopes: {a: {}, b: {until: 2027-03-31T00:00:00Z}}\ntokens_not_before: 2026-10-01T00:00:00Z\n"
        "denied: [{jti: x, until: 2027-01-01T00:00:00Z}, {sub: y, until: 2027-01-01T00:00:01Z}]\n"
        f"addresses: [192.0.2.0/24, '2001:db8::/32']\ncertificates: {{{thumbprint}: {{description: Batch.}}}}\n"
        f"api_keys: {{k: {{sha256: {'0' * 64}, expires: 2028-02-29T23:59:59Z}}}}\n"
    )
    assert not one.active
    assert one.scopes == {"a": None, "b": 1806451200}
    assert one.tokens_not_before == 1790812800
    assert one.denied == (Denied("jti", "x", 1798761600), Denied("sub", "y", 1798761601))
    assert one.addresses == ("192.0.2.0/24", "2001:db8::/32")
    assert one.api_keys == {"k": ApiKey("0" * 64, 1835481599)}
    assert one.certificates == {thumbprint: "Batch."}
    assert one.environments == ("production",)


def test_a_day_that_is_not_in_the_calendar_is_told_and_a_day_near_it_goes_to_the_checks() -> None:
    problems: list[Problem] = []
    one = client("tokens_not_before: 2027-02-29T00:00:00Z\n", problems)
    assert [(one.code, one.place.line, one.place.column) for one in problems] == [("GF033", 3, 1)]
    assert "2027-02-29" in problems[0].what
    assert one.tokens_not_before == 1803772800  # the 28th


@pytest.mark.parametrize(
    ("written", "canonical"), [("2001:db8:0:0::/64", "2001:db8::/64"), ("2001:0db8::/32", "2001:db8::/32")]
)
def test_a_network_has_one_spelling(written: str, canonical: str) -> None:
    problems: list[Problem] = []
    client(f"addresses: [192.0.2.0/24, '{written}']\n", problems)
    assert [(one.code, one.place.line, one.place.column, one.fix) for one in problems] == [
        ("GF034", 3, 27, f"write `{canonical}`")
    ]


@pytest.mark.parametrize("written", ["192.0.2.1/24", "192.0.2.0/33", "300.0.2.0/24", "192.0.2/24", ":::/8"])
def test_what_is_no_network_is_left_to_the_checks(written: str) -> None:
    problems: list[Problem] = []
    assert client(f"addresses: ['{written}']\n", problems).addresses == (written,)
    assert problems == []


@pytest.mark.parametrize("entry", ["until: 2027-01-01T00:00:00Z", "jti: a, sub: b, until: 2027-01-01T00:00:00Z"])
def test_a_denial_names_exactly_one_of_token_and_subject(entry: str) -> None:
    problems: list[Problem] = []
    client(f"denied: [{{{entry}}}]\n", problems)
    assert [one.code for one in problems] == ["GF035"]


def test_a_rollout_has_its_waves_and_gates() -> None:
    text = (
        "kind: Rollout\nmodule: 1.0.0\nauthorizer: 1.2.0\nwaves:\n- {name: canary, gateways: [a/b], soak: 60}\n"
        "- {name: rest, share: 100, soak: 0}\ngates: [{measure: stale_percent, limit: 5}]\n"
    )
    one = policies.rollout(reading("policies/rollout.yaml", text))
    assert (one.module_version, one.authorizer_version) == ("1.0.0", "1.2.0")
    assert one.waves == (Wave("canary", ("a/b",), None, 60), Wave("rest", (), 100, 0))
    assert one.gates == (Gate("stale_percent", 5),)
