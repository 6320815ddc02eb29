"""The emulator answers as the API that `terraform/modules/gateway` makes: what both must say alike."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.support.gateways import ERRORS, a_request, an_api

from gatefleet.contract.entities import ApiKind
from gatefleet.local.gateway.accesslog import Passage, access_line
from gatefleet.local.gateway.emulator import INTEGRATION_SECONDS
from gatefleet.local.gateway.errors import ErrorType, gateway_error
from gatefleet.local.gateway.handing import TOLD

MODULE = Path(__file__).parents[4] / "terraform" / "modules" / "gateway"
REST, HTTP, MAIN, OBSERVABILITY = (
    (MODULE / f"{name}.tf").read_text(encoding="utf-8") for name in ("rest", "http", "main", "observability")
)
SET = {
    name: (int(status), problem, title)
    for name, status, problem, title in re.findall(
        r'^    ([A-Z_]+) += \[(\d+), "([a-z-]+)", "([A-Za-z ]+)"\]', REST, re.M
    )
}
# AWS takes a gateway response for it and does not use it ("Amazon API Gateway important notes").
CUSTOMIZED = sorted(set(ErrorType) & set(SET) - {ErrorType.REQUEST_TOO_LARGE})


def test_every_error_that_can_be_set_is_set() -> None:
    assert set(ErrorType) - set(SET) == {ErrorType.NO_STAGE, ErrorType.URI_TOO_LONG}


@pytest.mark.parametrize("error", CUSTOMIZED)
def test_an_error_of_a_rest_api_is_the_gateway_response_that_terraform_sets(error: ErrorType) -> None:
    problem = json.loads(gateway_error(error, ApiKind.REST, ERRORS, "r").body)
    status, kind, title = SET[error]
    assert (problem["status"], problem["type"], problem["title"]) == (status, ERRORS + kind, title)
    assert set(problem) == {"type", "title", "status", "instance"} | ({"reason"} if error == "ACCESS_DENIED" else set())


def test_backends_are_told_the_same_of_their_caller() -> None:
    (told,) = re.findall(r"  told = \{(.*)\}", MAIN)
    assert dict(re.findall(r'"([a-z-]+)" = "([a-z_]+)"', told)) == TOLD


def test_a_line_of_the_access_log_knows_every_field_that_terraform_knows() -> None:
    (listed,) = re.findall(r"  log_field_names = (\[.*\])", OBSERVABILITY)
    fields = json.loads(listed)
    passage = Passage(a_request("GET /"), "GET /", dict.fromkeys(fields, "x"), 200, "THROTTLED", 1, 2, 3, 4)
    line = json.loads(access_line(an_api(ApiKind.HTTP, log_fields=tuple(fields)), passage))
    assert [name for name, value in line.items() if value == "-"] == []
    assert list(line) == fields


def test_a_backend_has_the_time_that_terraform_gives_it() -> None:
    times = re.findall(r"(?:timeout_milliseconds|timeoutInMillis) += (\d+)", HTTP + REST)
    assert {int(one) / 1000 for one in times} == {INTEGRATION_SECONDS}
