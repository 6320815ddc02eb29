"""The Lambda host, seen from a small function that does what it is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.adapters import ROOT
from tests.support.functions import wait_until
from tests.support.local_policy import LocalPolicy
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.contract.entities import Entity
from gatefleet.local.lambda_host import EndedError, LambdaEnvironment
from gatefleet.local.runtime_api import Answer, FunctionError
from gatefleet.problems import GatefleetError

PROBE = ROOT / "tests" / "support" / "runtime_probe.py"
Start = Callable[..., LambdaEnvironment]


def layer(folder: Path, environment: str = "development") -> dict[str, str]:
    """The variables of a function: a floor and a trust document."""
    entities: dict[str, Entity] = {
        "scope/orders:read": a_scope(),
        "client/shop": a_client("orders:read"),
        "gateway/orders/orders": a_gateway(**{"GET /orders": "orders:read"}),
    }
    return LocalPolicy(folder, entities, environment).layer("orders/orders")


def probe(*how: str) -> list[str | Path]:
    return [sys.executable, "-S", "-E", PROBE, *how]


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return layer(tmp_path_factory.mktemp("policy"))


@pytest.fixture
def start(variables: dict[str, str]) -> Iterator[Start]:
    """Starts the probe; every environment ends with the test."""
    environments = []

    def start(*how: str, **options: object) -> LambdaEnvironment:
        environments.append(LambdaEnvironment(probe(*how), variables, **options))  # type: ignore[arg-type]
        return environments[-1].start()

    yield start
    for environment in environments:
        environment.kill()


def value(result: Answer | FunctionError) -> object:
    assert isinstance(result, Answer), result
    return result.value


def grows(path: Path) -> bool:
    """Whether anybody still writes there."""
    before = path.stat().st_size
    time.sleep(0.15)
    return path.stat().st_size > before


# --- the Runtime API --------------------------------------------------------------------------------------------------


def test_an_event_comes_with_what_lambda_says_of_its_invocation(start: Start) -> None:
    before = time.time()
    environment = start(name="orders-authorizer")
    event = {"do": "show", "text": "Ünïcode 🙂"}
    result = environment.invoke(event, timeout=20)
    shown = value(result)
    assert shown["event"] == event
    headers = shown["headers"]
    assert headers["Lambda-Runtime-Aws-Request-Id"] == result.request_id
    assert before + 20 <= int(headers["Lambda-Runtime-Deadline-Ms"]) / 1000 <= time.time() + 20
    arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
    assert arn == "arn:aws:lambda:local-1:000000000000:function:orders-authorizer"
    assert headers["Lambda-Runtime-Trace-Id"].startswith("Root=1-")
    again = value(environment.invoke({"do": "show"}))["headers"]["Lambda-Runtime-Aws-Request-Id"]
    assert again != result.request_id


def test_a_function_sees_its_own_variables_and_none_of_this_process(
    start: Start, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "somebody's")
    seen = value(start().invoke({"do": "show"}))["variables"]
    assert variables.items() <= seen.items()
    assert "AWS_SECRET_ACCESS_KEY" not in seen
    assert {"AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME", "AWS_REGION", "PATH"} <= seen.keys()


def test_a_function_that_says_it_failed_has_failed_and_goes_on(start: Start) -> None:
    environment = start()
    failed = environment.invoke({"do": "fail", "message": "Unauthorized"})
    assert isinstance(failed, FunctionError)
    assert (failed.kind, failed.message) == ("Unhappy", "Unauthorized")
    assert value(environment.invoke({"do": "nothing"})) == {}


def test_what_a_function_must_not_ask_is_refused_and_changes_nothing(start: Start) -> None:
    environment = start()
    assert value(environment.invoke({"do": "ask wrongly"})) == [403, 403, 403, 404, 404]
    assert value(environment.invoke({"do": "nothing"})) == {}


def test_an_answer_above_six_megabytes_is_an_error(start: Start) -> None:
    failed = start().invoke({"do": "too large"})
    assert isinstance(failed, FunctionError)
    assert failed.kind == "Function.ResponseSizeTooLarge"


def test_each_line_of_standard_output_is_collected(start: Start) -> None:
    lines: list[str] = []
    environment = start(write_line=lines.append)
    for number in range(20):
        environment.invoke({"do": "say", "line": f"line {number} 🙂"})
    environment.kill()
    assert lines == [f"line {number} 🙂" for number in range(20)]


# --- how processes end ------------------------------------------------------------------------------------------------


def test_a_process_that_ends_during_init_is_reported_with_its_last_words(start: Start) -> None:
    with pytest.raises(EndedError) as ended:
        start("exit")
    assert str(ended.value).splitlines() == ["init ended: exit status 7", "  one", "  two", "  the reason"]


def test_a_process_that_says_its_init_failed_is_killed_and_reported(start: Start) -> None:
    with pytest.raises(EndedError, match="init failed: Misconfigured: no floor"):
        start("init error")


def test_an_init_that_takes_too_long_is_killed(variables: dict[str, str]) -> None:
    environment = LambdaEnvironment(probe("hang"), variables)
    with pytest.raises(EndedError, match="init took too long"):
        environment.start(timeout=0.2)
    assert not environment.running


def test_a_command_that_is_none_is_reported(variables: dict[str, str]) -> None:
    with pytest.raises(EndedError, match="no-such-program cannot be run"):
        LambdaEnvironment(["/no-such-program"], variables).start()


def test_a_crash_instead_of_an_answer_is_reported_with_its_last_words(start: Start) -> None:
    environment = start()
    failed = environment.invoke({"do": "exit", "line": "out of luck"})
    assert isinstance(failed, FunctionError)
    assert failed.kind == "Runtime.ExitError"
    assert "exit status 3" in failed.message
    assert "out of luck" in failed.message
    with pytest.raises(EndedError, match="does not run: exit status 3"):
        environment.invoke({"do": "nothing"})


def test_an_invocation_that_takes_too_long_ends_its_process(start: Start) -> None:
    environment = start()
    failed = environment.invoke({"do": "hang"}, timeout=0.2)
    assert isinstance(failed, FunctionError)
    assert failed.kind == "Sandbox.Timedout"
    assert failed.message.startswith("Task timed out after 0.20 seconds")
    assert not environment.running


def test_killing_ends_whatever_the_process_started(start: Start, tmp_path: Path) -> None:
    here, child = tmp_path / "here", tmp_path / "child"
    environment = start()
    environment.invoke({"do": "tick", "here": str(here), "child": str(child)})
    wait_until(child.exists)
    environment.kill()
    assert not grows(here)
    assert not grows(child)


# --- freezing ---------------------------------------------------------------------------------------------------------


def test_a_frozen_environment_runs_nothing_until_it_is_thawed(start: Start, tmp_path: Path) -> None:
    here, child = tmp_path / "here", tmp_path / "child"
    environment = start()
    environment.invoke({"do": "tick", "here": str(here), "child": str(child)})
    wait_until(child.exists)
    environment.freeze()
    assert (grows(here), grows(child)) == (False, False)
    environment.thaw()
    wait_until(lambda: grows(here) and grows(child))
    environment.freeze()
    assert value(environment.invoke({"do": "nothing"})) == {}  # which thaws it
    wait_until(lambda: grows(here) and grows(child))


def test_an_environment_is_frozen_only_once_it_asks_for_its_next_event(start: Start) -> None:
    environment = start()
    environment.invoke({"do": "linger", "seconds": 1})
    with pytest.raises(TimeoutError, match="did not ask for its next event"):
        environment.freeze(timeout=0.1)
    assert not environment.frozen
    environment.freeze()
    assert environment.frozen


def test_as_in_lambda_an_environment_is_frozen_between_invocations(start: Start, tmp_path: Path) -> None:
    here, child = tmp_path / "here", tmp_path / "child"
    environment = start(freezing=True)
    assert environment.frozen
    for _ in range(50):
        assert value(environment.invoke({"do": "nothing"})) == {}
    environment.invoke({"do": "tick", "here": str(here), "child": str(child)})
    wait_until(lambda: environment.frozen)
    assert here.exists()
    assert not grows(here)
    environment.kill()  # a stopped process too
    assert not environment.running


# --- what must never happen -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_only_the_environment_development_is_ever_served(tmp_path: Path, environment: str) -> None:
    with pytest.raises(GatefleetError) as refused:
        LambdaEnvironment(probe(), layer(tmp_path, environment))
    assert [problem.code for problem in refused.value.problems] == ["GF622"]


def test_a_floor_that_the_trust_beside_it_does_not_open_is_refused(variables: dict[str, str], tmp_path: Path) -> None:
    other = layer(tmp_path, "production")
    with pytest.raises(GatefleetError, match="GF624"):
        LambdaEnvironment(probe(), variables | {"GATEFLEET_FLOOR": other["GATEFLEET_FLOOR"]})
    with pytest.raises(GatefleetError, match="GF624"):
        LambdaEnvironment(probe(), variables | {"GATEFLEET_FLOOR": str(tmp_path / "none")})


# Starts one environment that runs and one that is frozen, says which processes these are, and waits to be killed.
HOST = """
import json, pathlib, signal, sys, time
from gatefleet.local.lambda_host import LambdaEnvironment

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are told to ignore it
command, variables, folder = json.loads(sys.argv[1])
for name in ("running", "frozen"):
    environment = LambdaEnvironment(command, variables).start()
    environment.invoke({"do": "tick", "here": f"{folder}/{name}", "child": f"{folder}/{name}-child"})
    while not pathlib.Path(folder, f"{name}-child").exists():
        time.sleep(0.01)
    if name == "frozen":
        environment.freeze()
    print(environment.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_no_process_outlives_the_one_that_hosts_it(
    ending: signal.Signals, variables: dict[str, str], tmp_path: Path
) -> None:
    arguments = json.dumps([[str(part) for part in probe()], variables, str(tmp_path)])
    host = subprocess.Popen(
        [sys.executable, "-c", HOST, arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(ROOT / "reconciler")},
    )
    assert host.stdout is not None
    groups = [int(host.stdout.readline()) for _ in range(2)]
    host.send_signal(ending)
    host.wait()
    host.stdout.close()
    for group in groups:
        wait_until(lambda group=group: not alive(group))


def alive(group: int) -> bool:
    """Whether a process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
