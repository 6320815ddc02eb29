"""AWS: the message of AWS_MSK_IAM, the request for a secret, and the secret.

The signatures were computed by botocore 1.44.5.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from contract.vectorgen.cases import Case
from contract.vectorgen.families._records import b64

_NOW = 1_793_000_000
_DATE = "20261026T073320Z"
_HOST = "b-1.example.c2.kafka.eu-central-1.amazonaws.com"
_ARN = "arn:{0}:secretsmanager:{1}:123456789012:secret:AmazonMSK_authorizer-AbCdEf"
# AWS's own examples; the token has characters that a query escapes.
_LASTING = {"access_key": "AKIDEXAMPLE", "secret_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
_TOKEN = "IQoJb3JpZ2luX2VjE/+a b=="
_SESSION = {**_LASTING, "session_token": _TOKEN}


def cases() -> Iterator[Case]:
    """The message, the request, the answer."""
    yield _msk(
        "msk-iam",
        "a connection is asked for by a presigned query",
        _LASTING,
        "474a5456dff2ca22d27529c5dae6fa51e8d1faae4eb5d23492a0071f3e9d4f37",
    )
    yield _msk(
        "msk-iam-with-a-session",
        "the token of a session is signed, and told",
        _SESSION,
        "9ae4a7f8b30b3015bb2e154e8728dbba8adb84b8d0a7eac1245ee4ecc8d61b33",
    )
    yield _request(
        "secret-request",
        "the secret is asked for where its ARN says",
        _SESSION,
        ("aws", "eu-central-1", ""),
        "f002bfe574a35fbd4aac330631a4cc4b736eed7b73419e928125f102c4444e11",
    )
    yield _request(
        "secret-request-in-china",
        "the partition aws-cn has hosts of its own",
        _LASTING,
        ("aws-cn", "cn-north-1", ".cn"),
        "bd310582618647d4e1c8bc9cfbe289c9960c6d9ffaf8626bb220571597b3b2a8",
    )
    yield from _secrets()


def _msk(name: str, comment: str, credentials: dict[str, str], signature: str) -> Case:
    token = {"x-amz-security-token": _TOKEN} if "session_token" in credentials else {}
    message = {
        "version": "2020_10_22",
        "host": _HOST,
        "user-agent": "gatefleet",
        "action": "kafka-cluster:Connect",
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": "AKIDEXAMPLE/20261026/eu-central-1/kafka-cluster/aws4_request",
        "x-amz-date": _DATE,
        **token,
        "x-amz-signedheaders": "host",
        "x-amz-expires": "900",
        "x-amz-signature": signature,
    }
    given = {"operation": "msk_iam", "host": _HOST, "region": "eu-central-1", **credentials, "now": _NOW}
    spec = {"aws": "Signature Version 4", "kafka": "Security"}
    return Case(name, comment, given, {"data": json.dumps(message, separators=(",", ":"))}, spec, group="aws")


def _request(name: str, comment: str, credentials: dict[str, str], place: tuple[str, str, str], signature: str) -> Case:
    partition, region, ending = place
    host, arn = f"secretsmanager.{region}.amazonaws.com{ending}", _ARN.format(partition, region)
    token = {"x-amz-security-token": _TOKEN} if "session_token" in credentials else {}
    signed = ";".join(["content-type", "host", "x-amz-date", *token, "x-amz-target"])
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": host,
        "x-amz-date": _DATE,
        **token,
        "x-amz-target": "secretsmanager.GetSecretValue",
        "authorization": (
            f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261026/{region}/secretsmanager/aws4_request, "
            f"SignedHeaders={signed}, Signature={signature}"
        ),
    }
    given = {"operation": "secret_request", "arn": arn, **credentials, "now": _NOW}
    expect = {"host": host, "headers": headers, "body": f'{{"SecretId":"{arn}"}}'}
    return Case(name, comment, given, expect, {"aws": "GetSecretValue", "kafka": "Security"}, group="aws")


def _secrets() -> Iterator[Case]:
    def secret(name: str, comment: str, answer: Any, expect: dict[str, str], neighbour: str | None = None) -> Case:
        text = answer if isinstance(answer, str) else json.dumps(answer)
        given = {"operation": "secret", "data": b64(text.encode())}
        return Case(name, comment, given, expect, {"aws": "GetSecretValue", "kafka": "Security"}, neighbour, "aws")

    def holding(text: object) -> dict[str, object]:
        return {"ARN": "arn", "CreatedDate": 1.5, "SecretString": text, "VersionStages": ["AWSCURRENT"]}

    good = {"username": "authorizer", "password": "pencil"}
    accepted = {"outcome": "accepted", **good}
    yield secret("secret", "a secret as Amazon MSK wants it", holding(json.dumps(good)), accepted)
    more = json.dumps({**good, "engine": "kafka"})
    yield secret("secret-with-more", "other members of a secret are not looked at", holding(more), accepted)
    refused = [
        ("secret-that-is-no-json", "an answer that is no JSON", "<html>"),
        ("secret-of-another-shape", "an answer that is no object", [good]),
        ("secret-without-text", "a secret that is no text but bytes", {"SecretBinary": b64(b"x")}),
        ("secret-that-is-plain-text", "a secret that is a password alone", holding("pencil")),
        ("secret-that-is-no-text", "a secret that is an object already", holding(good)),
        ("secret-without-a-password", "a secret of a user name alone", holding('{"username":"a"}')),
        ("secret-with-an-empty-password", "a password of no characters", holding('{"username":"a","password":""}')),
        ("secret-with-a-number", "a password that is a number", holding('{"username":"a","password":1}')),
        (
            "secret-with-a-name-twice",
            "a password that comes twice",
            holding('{"username":"a","password":"b","password":"c"}'),
        ),
    ]
    for name, comment, answer in refused:
        yield secret(name, comment, answer, {"outcome": "refused"}, "secret")
