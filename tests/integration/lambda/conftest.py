"""The authorizer's builds as functions on the Lambda host."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from tests.support.builds import Command, node_function, rust_function
from tests.support.functions import Function, function_of
from tests.support.local_policy import LocalPolicy

Deploy = Callable[..., Function]


@pytest.fixture(scope="session", params=["node", "rust"])
def build(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """How a build is run."""
    return node_function(tmp_path_factory.mktemp("node")) if request.param == "node" else rust_function()


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Command]:
    """How each build is run, by variant."""
    return {"node": node_function(tmp_path_factory.mktemp("node")), "rust": rust_function()}


@pytest.fixture
def deploy(build: Command) -> Iterator[Deploy]:
    """Starts the build as the function of one gateway; every one ends with the test."""
    functions: list[Function] = []

    def deploy(policy: LocalPolicy, gateway: str = "orders/orders", **options: Any) -> Function:
        functions.append(function_of(build, policy, gateway, **options))
        return functions[-1].start()

    yield deploy
    for function in functions:
        function.environment.kill()
