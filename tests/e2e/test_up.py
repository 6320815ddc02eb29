"""`gatefleet up`: the fleet goes along with its repository, others can use it, and nothing is left of it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.support.command import COMMAND, ROOT

from gatefleet.local.scenario import find_scenario

SCOPES = Path("policies/scopes/orders.yaml")
ORDERS = Path("teams/orders/gateways/orders.yaml")


class Repository:
    """A policy repository without an environment `development`, and a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "policy"
        self.cache = folder / "cache"
        for name in ("policies", "teams"):
            shutil.copytree(ROOT / name, self.path / name)
        self.environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GATEFLEET_"))
        }
        self.environ |= {"HOME": str(folder), "GIT_CONFIG_GLOBAL": os.devnull, "GATEFLEET_CACHE": str(self.cache)}
        for command in (["init", "--quiet"], ["config", "user.email", "a@example.com"], ["config", "user.name", "a"]):
            subprocess.run(["git", *command], cwd=self.path, check=True)
        self.commit()

    def commit(self, *paths: Path) -> None:
        """Commit these files; without any, all that changed."""
        subprocess.run(["git", "add", *(paths or ["--all"])], cwd=self.path, check=True)
        subprocess.run(["git", "commit", "--quiet", "--message", "change"], cwd=self.path, check=True)

    def change(self, file: Path, old: str, new: str) -> None:
        text = (self.path / file).read_text()
        assert old in text
        (self.path / file).write_text(text.replace(old, new))

    def gatefleet(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *arguments], cwd=self.path, env=self.environ, capture_output=True, text=True, check=False
        )

    def token(self, client: str = "web-shop") -> str:
        minted = self.gatefleet("token", client, "--gateway", "orders/orders")
        assert minted.returncode == 0, minted.stderr
        return minted.stdout.strip()


class Running:
    """A fleet that is up. What it says goes to a file, so that it never waits for its reader."""

    def __init__(self, repository: Repository, *arguments: str) -> None:
        self.repository = repository
        self.said = repository.cache.parent / "said"
        with self.said.open("w") as file:
            self.process = subprocess.Popen(
                [COMMAND, "up", *arguments],
                cwd=repository.path,
                env=repository.environ,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def until(self, text: str, times: int = 1) -> str:
        """All that was said, once that text was said so often."""
        deadline = time.monotonic() + 120
        while (said := self.said.read_text()).count(text) < times:
            assert self.process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.05)
        return said

    def addresses(self) -> dict[str, str]:
        lines = self.until("Ctrl-C stops all of it").splitlines()
        words = [line.split() for line in lines if "  http://127.0.0.1:" in line]
        return {one[0]: one[1] for one in words if len(one) == 2}

    def call(self, path: str, token: str | None = None) -> tuple[int, Any]:
        where = urlsplit(self.addresses()["orders/orders"])
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        response = connection.getresponse()
        value = json.loads(response.read())
        connection.close()
        return response.status, value

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@contextmanager
def up(repository: Repository, *arguments: str) -> Iterator[Running]:
    running = Running(repository, *arguments)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.end(signal.SIGKILL)


def test_a_commit_is_in_effect_and_what_is_only_saved_is_not(repository: Repository) -> None:
    with up(repository) as fleet:
        assert len(fleet.addresses()) == 9
        token = repository.token()
        assert fleet.call("/orders", token)[0] == 200
        assert fleet.call("/orders")[0] == 401
        repository.change(SCOPES, "  orders:read:\n", "  orders:read:\n    state: revoked\n")
        repository.change(ORDERS, "kind: Gateway\n", "kind: Gateway\n# a comment\n")
        repository.commit(ORDERS)
        assert "state: active -> revoked" not in fleet.until("in effect after")
        assert fleet.call("/orders", token)[0] == 200
        repository.commit()
        said = fleet.until("in effect after", times=2)
        assert "state: active -> revoked" in said
        while fleet.call("/orders", token)[0] != 403:
            pass
        assert "insufficient_scope" in fleet.until("403  orders/orders")


def test_watched_a_saved_file_is_in_effect_routes_are_applied_and_mistakes_change_nothing(
    repository: Repository,
) -> None:
    with up(repository, "--watch") as fleet:
        token = (fleet.addresses(), repository.token())[1]
        assert fleet.call("/baskets", token)[0] == 404
        repository.change(ORDERS, "  GET /orders:\n", "  GET /baskets:\n    any_client: true\n  GET /orders:\n")
        assert "API of orders/orders" in fleet.until("in effect after")
        assert fleet.call("/baskets", token)[0] == 200
        repository.change(ORDERS, "any_client: true", "any_client: maybe")
        said = fleet.until("Nothing of it is in effect.")
        assert f"{ORDERS}:" in said
        assert fleet.call("/baskets", token)[0] == 200
        repository.change(ORDERS, "any_client: maybe", "any_client: true")
        fleet.until("in effect after", times=2)
        shutil.rmtree(repository.path / "teams/shipping/tests")
        (repository.path / "teams/shipping/gateways/shipping.yaml").unlink()
        assert "API of shipping/shipping  gone" in fleet.until("gone")


def test_others_use_the_fleet_that_is_up_and_a_second_one_is_refused(repository: Repository) -> None:
    with up(repository) as fleet:
        fleet.addresses()
        asked = repository.gatefleet("can", "web-shop", "GET /orders", "-g", "orders/orders", "-e", "development")
        assert (asked.returncode, asked.stdout.startswith("yes: ")) == (0, True)
        second = repository.gatefleet("up")
        assert (second.returncode, "GF626" in second.stderr, str(fleet.process.pid) in second.stderr) == (1, True, True)
        assert fleet.call("/orders", repository.token())[0] == 200
    assert "GF646" in repository.gatefleet("token", "web-shop", "-g", "orders/orders").stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_and_leaves_nothing(repository: Repository, number: signal.Signals) -> None:
    with up(repository) as fleet:
        fleet.addresses()
        assert fleet.end(number) == 0
        assert fleet.said.read_text().endswith("  Stopped; the keys and the log are removed.\n")
    assert [path.name for path in repository.cache.rglob("*") if path.is_file()] == ["lock"]


def test_what_a_killed_one_left_behind_is_in_nobodys_way(repository: Repository) -> None:
    with up(repository) as fleet:
        former = (fleet.addresses(), repository.token())[1]
        fleet.end(signal.SIGKILL)
    assert "GF646" in repository.gatefleet("token", "web-shop", "-g", "orders/orders").stderr
    with up(repository) as fleet:
        fleet.addresses()
        assert fleet.call("/orders", former)[0] == 403  # other keys, other log
        assert fleet.call("/orders", repository.token())[0] == 200


def test_a_repository_with_mistakes_is_not_started_and_leaves_nothing(repository: Repository) -> None:
    repository.change(SCOPES, "risk: medium", "risk: enormous")
    repository.commit()
    refused = repository.gatefleet("up")
    assert (refused.returncode, f"{SCOPES}:" in refused.stderr) == (3, True)
    assert [path.name for path in repository.cache.rglob("*") if path.is_file()] == ["lock"]


def test_a_scenario_that_is_none_is_refused_before_anything_starts(repository: Repository) -> None:
    unknown = repository.gatefleet("up", "--play", "key-rotatoin")
    assert (unknown.returncode, "GF628" in unknown.stderr, "did you mean `key-rotation`?" in unknown.stderr) == (
        1,
        True,
        True,
    )
    mine = repository.path / "mine.yaml"
    mine.write_text("kind: Scenario\ntitel: Nothing\n")
    wrong = repository.gatefleet("up", "--play", "mine.yaml")
    assert (wrong.returncode, "mine.yaml:2:1: GF020" in wrong.stderr) == (3, True)
    assert repository.gatefleet("up", "--play", "outage", "--watch").returncode == 64


@pytest.mark.soak
@pytest.mark.kafka
def test_a_scenario_is_played_by_hand_each_step_ticked(repository: Repository) -> None:
    scenario = find_scenario("key-rotation")
    played = repository.gatefleet("up", "--play", "key-rotation")
    assert (played.returncode, played.stdout.count("  ✓ ")) == (0, len(scenario.steps) + 1)
    assert "; 0 wrong, 0 unexpected" in played.stdout.splitlines()[-1]
    assert not subprocess.run(
        ["git", "status", "--porcelain"], cwd=repository.path, check=True, capture_output=True
    ).stdout
