"""Makes the policy repository of a large company: 10,000 documents that fit together, the same ones every time.

`python -m bench.corpus FOLDER` writes it. 200 teams have 45 clients, two gateways of 20 routes and four scopes each;
194 of them have policy tests. It passes `gatefleet validate`.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

TEAMS = 200
CLIENTS_OF_TEAM = 45
GATEWAYS_OF_TEAM = 2
RESOURCES_OF_GATEWAY = 5  # four routes each
TESTED_TEAMS = 194
ENVIRONMENTS = ("staging", "production")

# Public keys of RFC 7515 appendix A.3 and RFC 8037 appendix A.2.
_KEYS = {
    "workforce": (
        "ES256",
        "kty: EC\n      crv: P-256\n      x: f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\n"
        "      y: x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    ),
    "partners": ("EdDSA", "kty: OKP\n      crv: Ed25519\n      x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
}


def documents() -> Iterator[tuple[str, str]]:
    """Every document as path and text."""
    for order, environment in enumerate(ENVIRONMENTS, 1):
        yield f"policies/environments/{environment}.yaml", _environment(environment, order)
    for issuer in _KEYS:
        yield f"policies/issuers/{issuer}.yaml", _issuer(issuer)
    yield "policies/conventions.yaml", _head("conventions", 1) + _CONVENTIONS
    yield "policies/rollout.yaml", _head("rollout", 1) + _ROLLOUT
    for number in range(TEAMS):
        team = _team_name(number)
        yield f"policies/scopes/{team}.yaml", _scopes(team)
        yield f"teams/{team}/team.yaml", _team(number)
        for index in range(GATEWAYS_OF_TEAM):
            yield f"teams/{team}/gateways/{team}-{index}.yaml", _gateway(team, index)
        for index in range(CLIENTS_OF_TEAM):
            yield client_path(number, index), client(number, index)
        if number < TESTED_TEAMS:
            yield f"teams/{team}/tests/{team}.yaml", _tests(team)


def write_corpus(folder: Path) -> list[Path]:
    """Write the documents below a folder; returns their paths."""
    written = []
    for path, text in documents():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        written.append(file)
    return written


def client_path(number: int, index: int) -> str:
    """Where client `index` of team `number` stands."""
    team = _team_name(number)
    return f"policies/clients/{team}/{team}-client-{index:02}.yaml"


def client(number: int, index: int, *, suspended: bool = False) -> str:
    """One client: every third may do something at the team next door, some have keys, ends and denials."""
    team, next_door = _team_name(number), _team_name((number + 1) % TEAMS)
    name = f"{team}-client-{index:02}"
    text = _head("client", 3)
    text += f"kind: Client\ndescription: Service number {index} of {team}, which calls other services.\n"
    if suspended:
        text += "state: suspended\n"
    text += (
        f"issuer: {'partners' if index % 5 == 4 else 'workforce'}\nscopes:\n  {team}:read: {{}}\n  {team}:write: {{}}\n"
    )
    if index % 3 == 0:
        text += f"  {next_door}:read: {{}}\n"
    if index % 7 == 0:
        text += f"  # Until the batch has moved to the new queue.\n  {team}:export:\n    until: 2028-03-31T00:00:00Z\n"
    if index % 6 == 1:
        text += f"tokens_not_before: 2026-{index % 12 + 1 if index % 12 < 9 else 9:02}-01T00:00:00Z\n"
    if index % 9 == 2:
        text += f"denied:\n  - jti: {_digest(name)[:26]}\n    until: 2028-01-31T00:00:00Z\n"
    if index % 4 == 0:
        text += f"addresses:\n  - 10.{number}.{index}.0/24\n  - 2001:db8:{number + 1:x}::/48\n"
    if index % 5 == 0:
        text += f"api_keys:\n  {name}-2026:\n    sha256: {_digest(name)}\n    expires: 2028-01-31T00:00:00Z\n"
    return text


def _head(schema: str, depth: int) -> str:
    return f"# yaml-language-server: $schema={'../' * depth}contract/schemas/{schema}.schema.json\n"


def _team_name(number: int) -> str:
    return f"team-{number:03}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _environment(name: str, order: int) -> str:
    return f"""{_head("environment", 2)}kind: Environment
description: What {name} is for, told in a sentence of the usual length.
order: {order}
log: large-policy-{name}
trust: policies/environments/{name}.trust.json
issuers:
  - workforce
  - partners
revocation_slo: 30
kafka:
  bootstrap:
    - b-1.kafka.{name}.example.com:9096
    - b-2.kafka.{name}.example.com:9096
  security: SASL_SSL
  mechanism: SCRAM-SHA-512
"""


def _issuer(name: str) -> str:
    alg, jwk = _KEYS[name]
    return f"""{_head("issuer", 2)}kind: Issuer
description: Signs the access tokens of {name}.
issuer: https://{name}.login.example.com/
max_lifetime: 3600
keys:
  2026-10:
    alg: {alg}
    state: active
    jwk:
      {jwk}
"""


_CONVENTIONS = """\
kind: Conventions
result_ttl_limit: 60
max_staleness: 2
deny_after: 60
floor_max_age: 604800
cors:
  max_age_limit: 7200
  any_origin: false
throttle_limit:
  rate: 5000
  burst: 10000
errors:
  type_base: https://errors.example.com/
log_fields:
  - time
  - request_id
  - gateway
  - route
  - status
  - client_id
  - decision_id
  - reason
  - revision
  - freshness
  - latency_ms
blast_limit:
  issuer: 2
  scope: 40
  client: 200
  gateway: 40
"""

_ROLLOUT = """\
kind: Rollout
module: 1.0.0
authorizer: 1.0.0
artifacts:
  bucket: example-gatefleet-{region}
  rust: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
  node: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
waves:
  - name: canary
    gateways:
      - team-000/team-000-0
    soak: 3600
  - name: rest
    share: 100
    soak: 86400
gates:
  - measure: deny_rate_change_percent
    limit: 20
"""


def _scopes(team: str) -> str:
    text = f"{_head('scopes', 2)}kind: Scopes\nscopes:\n"
    for name, risk in (("read", "low"), ("write", "medium"), ("export", "medium"), ("admin", "high")):
        text += f"  {team}:{name}:\n    description: What one may do with {name} at {team}.\n"
        text += f"    owner: {team}\n    risk: {risk}\n"
    return text


def _team(number: int) -> str:
    team = _team_name(number)
    return f"""{_head("team", 2)}kind: Team
description: What {team} does, told in a sentence of the usual length.
owners:
  - {team}-leads
contact: {team}@example.com
cost_centre: cc-{number:04}
accounts:
  staging:
    account: 11112222{number:04}
    region: eu-west-1
  production:
    account: 44445555{number:04}
    region: eu-west-1
tags:
  domain: commerce
"""


def _gateway(team: str, index: int) -> str:
    name = f"{team}-{index}"
    text = f"""{_head("gateway", 3)}kind: Gateway
description: Interface number {index} of {team}.
api: http
variant: {"rust" if index else "node"}
audience: https://api.example.com/{name}
throttle:
  rate: 500
  burst: 1000
cors:
  origins:
    - https://shop.example.com
  methods:
    - GET
    - POST
  headers:
    - authorization
  max_age: 600
domain: {name}.api.example.com
backends:
  service:
    lambda: {name}-service
routes:
"""
    for resource in (f"things-{n}" for n in range(RESOURCES_OF_GATEWAY)):
        text += f"  GET /{resource}:\n    scopes:\n      - {team}:read\n"
        text += f"  POST /{resource}:\n    description: Makes one.\n    scopes:\n      - {team}:write\n"
        text += f"  GET /{resource}/{{id}}:\n    scopes:\n      - {team}:read\n"
        text += f"  DELETE /{resource}/{{id}}:\n    any_of:\n"
        text += f"      - [{team}:admin]\n      - [{team}:write, {team}:export]\n"
    return f"""{text}environments:
  staging:
    audience: https://staging.api.example.com/{name}
    domain: {name}.staging.api.example.com
"""


def _tests(team: str) -> str:
    text = f"{_head('policy-tests', 3)}kind: PolicyTests\nclock: 2026-11-01T12:00:00Z\ncases:\n"
    for route, expected in (("GET", "allow"), ("POST", "allow"), ("DELETE", "insufficient_scope")):
        path = "/things-0/{id}" if route == "DELETE" else "/things-0"
        text += (
            f"  - gateway: {team}-0\n    client: {team}-client-01\n    route: {route} {path}\n    expect: {expected}\n"
        )
    return text


if __name__ == "__main__":
    print(f"{len(write_corpus(Path(sys.argv[1])))} documents")
