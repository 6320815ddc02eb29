"""A small policy repository in text that breaks no rule, and edits of it: what a test changes is all that it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gatefleet.model import Model, parse_model
from gatefleet.problems import Place, Problem
from gatefleet.source import Document, Sources
from gatefleet.source.layout import Slot, slot_of
from gatefleet.source.read import read_document

HERE = "»"  # stands in an edited text right before the place at which a problem is expected

STAGING = "policies/environments/staging.yaml"
PRODUCTION = "policies/environments/production.yaml"
WORKFORCE = "policies/issuers/workforce.yaml"
PARTNERS = "policies/issuers/partners.yaml"
SCOPES = "policies/scopes/shop.yaml"
CONVENTIONS = "policies/conventions.yaml"
ROLLOUT = "policies/rollout.yaml"
SHOP = "policies/clients/orders/shop.yaml"
CARRIER = "policies/clients/orders/carrier.yaml"
BANK = "policies/clients/payments/bank.yaml"
ORDERS_TEAM = "teams/orders/team.yaml"
PAYMENTS_TEAM = "teams/payments/team.yaml"
ORDERS = "teams/orders/gateways/orders.yaml"
PAYMENTS = "teams/payments/gateways/payments.yaml"
TESTS = "teams/orders/tests/orders.yaml"

EC_X, EC_Y = "2uxbVlJ7ont6OwBheqS5K9AAyPtIDeEJOK0YMR3cAoE", "8KQRRHWyJiAfcTSWOVpyfyXajXXlXsHAZUzQB1jBOg4"
ED_X = "ApoxwxebRRc4atLpkvY3llxMu0rb2a0-pWh_6Y2-aIA"
THUMBPRINT = "2U4nZC_B0-Ge19-iLfKyv29MG1cj2-TVAO7K6PlEBHw"
KEY_DIGEST = "4bfb4b3e773eaf06cb6e2ba5047ceeea338c7d0b43997512e41c6b8b2dd4aa55"

POLICIES: Mapping[str, str] = {
    STAGING: """\
kind: Environment
description: For trying.
order: 1
log: policy-staging
trust: policies/environments/staging.trust.json
issuers: [workforce, partners]
revocation_slo: 10
kafka: {bootstrap: ["b-1.staging.example.com:9096"], security: SSL}
""",
    PRODUCTION: """\
kind: Environment
description: For customers.
order: 2
log: policy-production
trust: policies/environments/production.trust.json
issuers: [workforce, partners]
revocation_slo: 10
kafka: {bootstrap: ["b-1.example.com:9096"], security: SSL}
""",
    WORKFORCE: f"""\
kind: Issuer
description: Our own.
issuer: https://login.example.com/
max_lifetime: 3600
keys:
  old: {{alg: EdDSA, state: retiring, not_after: 2027-01-31T00:00:00Z, jwk: {{kty: OKP, crv: Ed25519, x: {ED_X}}}}}
  new: {{alg: ES256, state: active, jwk: {{kty: EC, crv: P-256, x: {EC_X}, y: {EC_Y}}}}}
""",
    PARTNERS: """\
kind: Issuer
description: Theirs.
issuer: https://partners.example.com/
max_lifetime: 900
keys:
  only: {alg: EdDSA, state: active, jwk: {kty: OKP, crv: Ed25519, x: _XN-pa7gulPvKoqHR7J0faf1resXt4znHiCPZWhMZWI}}
""",
    SCOPES: """\
kind: Scopes
scopes:
  orders:read: {description: Read., owner: orders, risk: low}
  orders:write: {description: Write., owner: orders, risk: medium}
  orders:cancel: {description: Cancel., owner: orders, risk: high}
  payments:read: {description: Read., owner: payments, risk: low}
  payments:refund: {description: Refund., owner: payments, risk: high}
""",
    CONVENTIONS: """\
kind: Conventions
result_ttl_limit: 8
max_staleness: 2
deny_after: 60
floor_max_age: 604800
cors: {max_age_limit: 7200, any_origin: false}
throttle_limit: {rate: 5000, burst: 10000}
errors: {type_base: https://errors.example.com/}
log_fields: [time, gateway, route, status, reason]
blast_limit: {issuer: 2, scope: 40, client: 100, gateway: 40}
""",
    ROLLOUT: """\
kind: Rollout
module: 1.0.0
authorizer: 1.0.0
waves:
  - {name: canary, gateways: [orders/orders], soak: 3600}
  - {name: half, share: 50, soak: 3600}
  - {name: rest, share: 100, soak: 86400}
""",
    SHOP: """\
kind: Client
description: The shop.
issuer: workforce
environments: [staging, production]
scopes:
  orders:read: {}
  orders:write: {until: 2027-01-31T00:00:00Z}
tokens_not_before: 2026-10-01T00:00:00Z
addresses: [192.0.2.0/24]
""",
    CARRIER: f"""\
kind: Client
description: The carrier.
scopes: {{orders:write: {{}}}}
api_keys:
  carrier-1: {{sha256: {KEY_DIGEST}, expires: 2027-01-31T00:00:00Z}}
""",
    BANK: f"""\
kind: Client
description: The bank.
scopes: {{payments:read: {{}}}}
certificates:
  {THUMBPRINT}: {{description: Until 2027.}}
""",
    ORDERS_TEAM: """\
kind: Team
description: Orders.
owners: [orders-leads]
contact: orders@example.com
cost_centre: cc-1
accounts:
  staging: {account: "011122223333", region: eu-west-1}
  production: {account: "044455556666", region: eu-west-1}
""",
    PAYMENTS_TEAM: """\
kind: Team
description: Payments.
owners: [payments-leads]
contact: payments@example.com
cost_centre: cc-2
accounts:
  production: {account: "044455557777", region: eu-west-1}
""",
    ORDERS: """\
kind: Gateway
description: Orders.
api: http
variant: rust
audience: https://api.example.com/orders
max_staleness: 1
deny_after: 30
throttle: {rate: 500, burst: 1000}
cors: {origins: [https://shop.example.com], methods: [GET], max_age: 600, credentials: true}
domain: orders.example.com
backends:
  orders: {lambda: orders-service}
routes:
  GET /health: {public: true}
  GET /orders: {scopes: [orders:read]}
  GET /orders/{order_id}: {any_of: [[orders:read], [orders:cancel, payments:refund]]}
environments:
  staging: {audience: https://staging.example.com/orders, domain: orders.staging.example.com}
""",
    PAYMENTS: """\
kind: Gateway
description: Payments.
api: rest
variant: node
audience: https://api.example.com/payments
waf: true
domain: payments.example.com
mutual_tls: true
backends:
  payments: {lambda: payments-service}
  ledger: {http: http://ledger.internal.example.com, vpc_link: ledger}
routes:
  GET /payments/{payment_id}: {scopes: [payments:read], credentials: [jwt, certificate], backend: ledger}
  POST /refunds: {scopes: [payments:refund], claims: {department: finance}, backend: payments}
""",
    TESTS: """\
kind: PolicyTests
clock: 2026-11-01T12:00:00Z
cases:
  - {gateway: orders, client: shop, route: GET /orders, expect: allow}
  - {gateway: orders, client: shop, route: GET /orders, scopes: [orders:write], expect: insufficient_scope}
""",
}


@dataclass(frozen=True)
class Edit:
    """One change: `old` becomes `new` in a file. Without `old` it adds a file, without both it removes one."""

    path: str
    old: str | None
    new: str | None


def edit(path: str, old: str, new: str) -> Edit:
    """Replace what stands once in the file; `»` in `new` marks where a problem is expected."""
    return Edit(path, old, new)


def a_file(path: str, text: str) -> Edit:
    """Add a file."""
    return Edit(path, None, text)


def no_file(path: str) -> Edit:
    """Remove a file."""
    return Edit(path, None, None)


def edited(*edits: Edit) -> tuple[dict[str, str], tuple[Place, ...]]:
    """The files after the edits, and the places that the edits mark."""
    files = dict(POLICIES)
    for one in edits:
        if one.new is None:
            del files[one.path]
        elif one.old is None:
            files[one.path] = one.new
        else:
            assert files[one.path].count(one.old) == 1, f"{one.old!r} does not stand once in {one.path}"
            files[one.path] = files[one.path].replace(one.old, one.new)
    marks = tuple(sorted(place for path, text in files.items() for place in _marks(path, text)))
    return {path: text.replace(HERE, "") for path, text in files.items()}, marks


def _marks(path: str, text: str) -> list[Place]:
    return [
        Place(path, number, part_end + 1)
        for number, line in enumerate(text.split("\n"), 1)
        for part_end in _offsets(line)
    ]


def _offsets(line: str) -> list[int]:
    """Where each mark stands, as if the marks before it were not there."""
    parts = line.split(HERE)[:-1]
    return [sum(map(len, parts[: index + 1])) for index in range(len(parts))]


def model_of(files: Mapping[str, str]) -> tuple[Model, tuple[Problem, ...]]:
    """Read and parse the files as the pipeline would, without a folder: the model, and what reading them found."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for path, text in files.items():
        slot = slot_of(path)
        assert isinstance(slot, Slot), f"{path} is no source file"
        document, found = read_document(path, slot, text.encode())
        problems += found
        if document is not None:
            documents.append(document)
    unread = frozenset(problem.place.path for problem in problems)
    model, noted = parse_model(Sources(None, tuple(documents), tuple(problems), unread))
    return model, (*problems, *noted)
