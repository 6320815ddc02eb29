"""A decision as API Gateway wants it: a simple response, a policy, or the error that becomes 401.

HTTP APIs take payload format 2.0's simple response. REST APIs answer 401 only to the error `Unauthorized`, and 403 to a
Deny, whose context reaches the gateway response (docs/reference/decision.md, "The response").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from gatefleet.contract.entities import ApiKind
from gatefleet.decide.event import Endpoint
from gatefleet.decide.outcome import Allow, Decision, Deny
from gatefleet.decide.path import is_parameter

# Anything else could mean something in an IAM policy (`*`, `?`, `${…}`), where `?` stands for any one character.
_NOT_LITERAL = re.compile(r"[^A-Za-z0-9._~:@,+-]")


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """A REST API's failed authentication: the Lambda function fails with exactly this message."""

    message: str = "Unauthorized"


UNAUTHORIZED = Unauthorized()

Response = dict[str, Any]


def respond(decision: Decision, decision_id: str) -> Response | Unauthorized:
    """The answer to API Gateway. `decision_id`: 32 random hex digits, made by the caller."""
    context = _context(decision, decision_id)
    match decision.api, decision.outcome:
        case ApiKind.HTTP, _:
            return {"isAuthorized": decision.allowed, "context": context}
        case _, Deny(_, reason) if reason.status == 401:
            return UNAUTHORIZED
    if decision.endpoint is None:  # a REST event whose `methodArn` was never read has failed authentication above
        return UNAUTHORIZED
    return {
        "principalId": decision.client_id or "-",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow" if decision.allowed else "Deny",
                    "Resource": resource(decision.endpoint, decision.route),
                }
            ],
        },
        "context": context,
    }


def resource(endpoint: Endpoint, route_key: str | None) -> str:
    """The ARN that a policy names: the deployed API and the declared template, nothing of the request."""
    api = f"arn:{endpoint.partition}:execute-api:{endpoint.region}:{endpoint.account}:{endpoint.api_id}"
    if route_key is None:
        return f"{api}/{endpoint.stage}/*/*"
    method, _, path = route_key.partition(" ")
    segments = ["*" if is_parameter(one) else _NOT_LITERAL.sub("?", one) for one in path[1:].split("/")]
    return f"{api}/{endpoint.stage}/{'*' if method == 'ANY' else method}/{'/'.join(segments)}"


def _context(decision: Decision, decision_id: str) -> dict[str, str]:
    about = {
        "decision_id": decision_id,
        "revision": str(decision.position),
        "freshness": decision.freshness.state.value,
    }
    match decision.outcome:
        case Deny(_, reason):
            return {**about, "reason": reason.value}
        case Allow(scopes):
            client = {} if decision.client_id is None else {"client_id": decision.client_id}
            subject = {} if decision.subject is None else {"subject": decision.subject}
            return {**about, **client, **subject, "scopes": " ".join(scopes)}
