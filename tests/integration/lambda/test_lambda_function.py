"""Environments of one function: made when all are busy, taken away when idle, and never used again once they failed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.support.adapters import ROOT
from tests.support.functions import wait_until
from tests.support.local_policy import LocalPolicy
from tests.support.states import a_client, a_gateway, a_scope

from gatefleet.local.lambda_function import LambdaFunction
from gatefleet.local.lambda_host import LambdaEnvironment
from gatefleet.local.runtime_api import Answer, FunctionError

PROBE = ROOT / "tests" / "support" / "runtime_probe.py"
SHOW = {"do": "show"}


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    policy = LocalPolicy(
        tmp_path_factory.mktemp("policy"),
        {
            "scope/orders:read": a_scope(),
            "client/shop": a_client("orders:read"),
            "gateway/orders/orders": a_gateway(**{"GET /orders": "orders:read"}),
        },
    )
    return policy.layer("orders/orders")


Create = Callable[..., LambdaFunction]


@pytest.fixture
def make(variables: dict[str, str]) -> Callable[..., Callable[[], LambdaEnvironment]]:
    def of(*how: str, **more: str) -> Callable[[], LambdaEnvironment]:
        command = [sys.executable, "-S", "-E", PROBE, *how]
        return lambda: LambdaEnvironment(command, {**variables, **more}, freezing=True)

    return of


@pytest.fixture
def create(make: Callable[..., Callable[[], LambdaEnvironment]]) -> Iterator[Create]:
    """Creates functions of the probe; all end with the test."""
    functions: list[LambdaFunction] = []

    def create(*how: str, **options: Any) -> LambdaFunction:
        functions.append(LambdaFunction(make(*how), **{"timeout": 20.0, **options}))
        return functions[-1]

    yield create
    for function in functions:
        function.close()


def answer(result: Answer | FunctionError) -> Any:
    assert isinstance(result, Answer), result
    return result.value


def state(pid: int) -> str:
    """`T` for a stopped process, `` for none."""
    with suppress(OSError):
        return (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[0]
    return ""


def test_one_request_after_the_other_takes_one_environment_which_is_frozen_in_between(create: Create) -> None:
    function = create()
    for _ in range(3):
        answer(function.invoke(SHOW))
    (pid,) = function.pids
    wait_until(lambda: state(pid) == "T")
    assert function.environments == 1


def test_requests_at_once_take_an_environment_each_and_no_more_than_there_may_be(create: Create) -> None:
    function = create(most=2)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: function.invoke(SHOW), range(16)))
    assert all(isinstance(one, Answer) for one in results)
    assert 1 <= function.environments <= 2


def test_each_environment_answers_one_request_at_a_time(create: Create) -> None:
    function = create(most=2)
    with ThreadPoolExecutor(2) as pool:
        hanging = pool.submit(function.invoke, {"do": "linger", "seconds": 0})
        others = [pool.submit(function.invoke, SHOW) for _ in range(4)]
        for one in (hanging, *others):
            answer(one.result(60))
    assert len(set(function.pids)) == function.environments


def test_what_waits_in_vain_for_an_environment_is_throttled_as_in_lambda(create: Create) -> None:
    function = create(most=1, patience=0.2)
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(function.invoke, {"do": "hang"})
        wait_until(lambda: function.environments == 1)
        throttled = function.invoke(SHOW)
        assert isinstance(throttled, FunctionError)
        assert throttled.kind == "TooManyRequestsException"
        function.close()
        hanging.result(60)


def test_an_environment_that_crashes_fails_its_request_and_the_next_one_gets_a_new_one(create: Create) -> None:
    function = create()
    before = answer(function.invoke(SHOW)) and function.pids
    crashed = function.invoke({"do": "exit", "line": "out of luck"})
    assert isinstance(crashed, FunctionError)
    assert (crashed.kind, "out of luck" in crashed.message) == ("Runtime.ExitError", True)
    answer(function.invoke(SHOW))
    assert set(function.pids).isdisjoint(before)


def test_an_environment_that_takes_too_long_is_killed_and_not_used_again(create: Create) -> None:
    function = create(timeout=2.0)
    answer(function.invoke(SHOW))
    (pid,) = function.pids
    late = function.invoke({"do": "hang"})
    assert isinstance(late, FunctionError)
    assert (late.kind, state(pid), function.environments) == ("Sandbox.Timedout", "", 0)


def test_an_environment_that_was_killed_while_frozen_costs_no_request(create: Create) -> None:
    function = create()
    answer(function.invoke(SHOW))
    (pid,) = function.pids
    wait_until(lambda: state(pid) == "T")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not state(pid))
    answer(function.invoke(SHOW))
    assert pid not in function.pids


@pytest.mark.parametrize("how", ["exit", "init error"])
def test_an_init_that_fails_fails_the_request_and_leaves_nothing(create: Create, how: str) -> None:
    function = create(how)
    for _ in range(2):
        failed = function.invoke(SHOW)
        assert isinstance(failed, FunctionError)
        assert failed.kind == "Runtime.ExitError"
    assert function.environments == 0


def test_idle_and_old_environments_are_taken_away(create: Create) -> None:
    clock = [0.0]
    function = create(idle_seconds=10.0, old_seconds=15.0, steady=lambda: clock[0])
    answer(function.invoke(SHOW))
    clock[0] = 9.0
    function.sweep()
    assert function.environments == 1
    answer(function.invoke(SHOW))
    clock[0] = 14.0
    function.sweep()
    assert function.environments == 1
    clock[0] = 15.0
    function.sweep()
    assert function.environments == 0


def test_another_version_takes_every_request_from_now_on(
    create: Create, make: Callable[..., Callable[[], LambdaEnvironment]]
) -> None:
    function = create()
    answer(function.invoke(SHOW))
    (former,) = function.pids
    function.update(make(GATEFLEET_VERSION="2"))
    shown = answer(function.invoke(SHOW))
    assert shown["variables"]["GATEFLEET_VERSION"] == "2"
    assert state(former) == ""


def test_after_its_end_nothing_runs_and_requests_fail(create: Create) -> None:
    function = create(most=2)
    answer(function.invoke(SHOW))
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(function.invoke, {"do": "hang"})
        wait_until(lambda: bool(function.pids))
        pids = function.pids
        function.close()
        assert isinstance(hanging.result(60), FunctionError)
    assert [state(pid) for pid in pids] == [""] * len(pids)
    assert isinstance(function.invoke(SHOW), FunctionError)
    assert function.environments == 0
