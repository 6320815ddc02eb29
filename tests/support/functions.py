"""An authorizer's build as the Lambda function of one gateway, with what it says and what it writes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.builds import Command
from tests.support.local_policy import LocalPolicy

from gatefleet.contract.entities import ApiKind
from gatefleet.local.events import HttpRequest, http_event, rest_event
from gatefleet.local.lambda_host import LambdaEnvironment
from gatefleet.local.routes import match_route
from gatefleet.local.runtime_api import Answer, FunctionError

# The documented 150 ms are for the figures; a test must not depend on who else uses the machine.
PATIENT = {"GATEFLEET_INIT_BUDGET_MS": "5000", "GATEFLEET_READ_DEADLINE_MS": "5000"}


@dataclass
class Function:
    """One execution environment and the policy it started from; `lines` are those of its standard output."""

    environment: LambdaEnvironment
    policy: LocalPolicy
    gateway: str
    lines: list[str] = field(default_factory=list)

    def start(self) -> Function:
        self.environment.start()
        return self

    def ask(self, event: object) -> Answer | FunctionError:
        return self.environment.invoke(event)

    def call(self, route: str, client: str, *scopes: str) -> tuple[str, str]:
        """What a client with a fresh token gets: `allowed`, or the reason, and how fresh the policy was."""
        answer = self.ask(self.event(route, self.policy.bearer(client, *scopes)))
        assert isinstance(answer, Answer), answer
        context = answer.value["context"]
        return context.get("reason", "allowed"), context["freshness"]

    def event(self, route: str, *headers: tuple[str, str], source_ip: str = "192.0.2.7") -> dict[str, Any]:
        """The event of a request, `GET /orders/5`, as this gateway's API would make it."""
        return an_event(self.policy, self.gateway, route, *headers, source_ip=source_ip)

    def decisions(self) -> list[dict[str, Any]]:
        """Every decision line; ends the function, so that none is still on its way."""
        self.environment.freeze()  # once it asks for the next event, all was written
        self.environment.kill()
        lines = [json.loads(line) for line in self.lines]
        return [line for line in lines if "decision" in line]  # the others are metrics


def function_of(
    build: Command,
    policy: LocalPolicy,
    gateway: str,
    *,
    log: Path | None = None,
    layer: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    freezing: bool = False,
) -> Function:
    """A function that was not started: on the policy's log and the newest floor, where no others are given.

    `variables` come on top of these, or in their place.
    """
    lines: list[str] = []
    usual = {**(layer or policy.layer(gateway)), **PATIENT, "GATEFLEET_LOG": f"file:{log or policy.log}"}
    environment = LambdaEnvironment(build, usual | dict(variables or {}), freezing=freezing, write_line=lines.append)
    return Function(environment, policy, gateway, lines)


def an_event(
    policy: LocalPolicy, gateway: str, route: str, *headers: tuple[str, str], source_ip: str = "192.0.2.7"
) -> dict[str, Any]:
    """What API Gateway hands to the authorizer of a gateway."""
    entity = policy.gateway(gateway)
    method, path = route.split(" ", 1)
    match = match_route(entity.routes, method, path, entity.api)
    assert match is not None, route
    request = HttpRequest(method, path, "", headers, source_ip, "request-1", int(time.time()))
    make = http_event if entity.api is ApiKind.HTTP else rest_event
    return make(gateway.replace("/", "-"), request, match)


def wait_until(what: Callable[[], bool], seconds: float = 20) -> None:
    """Ask again and again until it is so; fails the test after some seconds."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, f"waited {seconds} s in vain"
        time.sleep(0.01)
