"""`gatefleet demo`: the story, its failures, its end, and that what it prints to try works as it is printed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.command import COMMAND, Company

TITLES = [
    "Cloned the policies, added `development` with generated keys",
    "$ gatefleet validate",
    "$ gatefleet publish -e development",
    "$ gatefleet render --floors",
    "9 gateways are up, each on its floor, and follow the log",
    "Clients with `orders:read` are let in",
    "A branch `revoke-orders-read` adds one line",
    "$ gatefleet plan -e development",
    "Merged: `orders:read` is revoked",
    "The log is taken away, and decisions go on",
    "The log is back, and everybody has caught up",
    "The way back is `git revert`, merged",
    "A forged revision is appended to the log",
]


class Demo:
    """One running demo, with a folder of its own for temporary files."""

    def __init__(self, repository: Path, folder: Path, *arguments: str) -> None:
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        # Nobody's identity and configuration: whoever tries it may have none.
        environ |= {"TMPDIR": str(self.temporary), "HOME": str(folder), "GIT_CONFIG_GLOBAL": os.devnull}
        self.environ = environ
        self.said: list[str] = []
        self._process = subprocess.Popen(
            [COMMAND, "demo", "--repo", repository, *arguments],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def until(self, text: str) -> None:
        """Read what it says until that text."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(line.rstrip("\n"))
            if text in line:
                return
        pytest.fail(f"it ended without saying {text!r}: {self._process.communicate()[1]}")

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Wait for its end: the exit code, and what it said on standard error."""
        out, err = self._process.communicate()
        self.said += out.splitlines()
        return self._process.returncode, err

    def titles(self) -> list[str]:
        return [line.removeprefix("  ✓ ") for line in self.said if line.startswith("  ✓ ")]

    def leftovers(self) -> list[str]:
        """Temporary files, and processes that know their folder or are of the demo's session."""
        found = [str(path) for path in self.temporary.iterdir()]
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_text().replace("\0", " ")
                session = int((process / "stat").read_text().rsplit(")", 1)[1].split()[3])
            except (OSError, ValueError, IndexError):  # it ended meanwhile
                continue
            if str(self.temporary) in command or session == self._process.pid:
                found.append(command)
        return found


@contextmanager
def demo(repository: Path, folder: Path, *arguments: str) -> Iterator[Demo]:
    running = Demo(repository, folder, *arguments)
    try:
        yield running
    finally:
        running.send(signal.SIGKILL)
        running.end()


def test_once_it_tells_the_whole_story_ends_with_0_and_leaves_nothing(unpublished: Company, tmp_path: Path) -> None:
    with demo(unpublished.repo, tmp_path, "--once") as running:
        assert running.end() == (0, "")
        assert [title.startswith(wanted) for title, wanted in zip(running.titles(), TITLES, strict=True)] == [True] * 13
        story = "\n".join(running.said)
        assert "~ scope/orders:read  (narrows)\n          ~ state: active -> revoked\n" in story
        assert "refused by 8 of 8 followers: bad_signature; all stay at revision 1/3" in story
        assert "the decisions say: 1 floor, 3 stale" in story
        assert re.search(r"403  orders/orders +▇+ +\d+ ms\n", story)
        shown = [line for line in running.said if str(tmp_path) not in line]
        # What commands print has 80 columns of its own within the margin.
        assert [line for line in shown if len(line) > (120 if "gatefleet" in line else 6 + 80)] == []
        assert running.leftovers() == []


def test_a_step_that_fails_is_named_ends_with_1_and_leaves_nothing(fresh: Company, tmp_path: Path) -> None:
    fresh.commit(
        "policies/scopes/orders.yaml",
        "  orders:read:\n    description: Read orders, with names and addresses of customers.\n"
        "    owner: orders\n    risk: medium\n",
        "",
    )
    with demo(fresh.repo, tmp_path, "--once") as running:
        code, err = running.end()
        assert (code, len(running.titles())) == (1, 1)
        assert "gatefleet validate: GF625 ended with exit code 3\n" in err
        assert "GF104 scope `orders:read` is not declared" in err
        assert running.leftovers() == []


def test_a_step_that_fails_while_the_gateways_are_up_takes_them_down(fresh: Company, tmp_path: Path) -> None:
    fresh.commit("teams/orders/gateways/back-office.yaml", "private: true\n", "private: true\npolicy: floor_only\n")
    with demo(fresh.repo, tmp_path, "--once") as running:
        code, err = running.end()
        assert (code, len(running.titles())) == (1, 4)
        assert "orders:read: GF625 too few gateways have a route that needs this scope\n" in err
        assert running.leftovers() == []


def test_of_what_is_no_repository_it_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with demo(tmp_path, tmp_path, "--once") as running:
        code, err = running.end()
        assert (code, f"{tmp_path}: GF620 cannot be cloned" in err) == (1, True)
        assert running.leftovers() == []


def test_of_a_repository_without_policies_it_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    (repository := tmp_path / "repository").mkdir()
    subprocess.run(["git", "init", "--quiet", repository], check=True)
    (temporary := tmp_path / "temporary").mkdir()
    with demo(repository, temporary, "--once") as running:
        code, err = running.end()
        assert (code, f"{repository}: GF656 holds neither policies/ nor teams/ at HEAD" in err) == (1, True)
        assert running.leftovers() == []


def test_what_it_prints_to_try_works_as_it_is_and_ctrl_c_ends_it(unpublished: Company, tmp_path: Path) -> None:
    with demo(unpublished.repo, tmp_path) as running:
        running.until("Ctrl-C stops it")
        after = running.said.index("  Try it, in another terminal:")
        lines = [line.removeprefix("      ") for line in running.said[after:] if line.startswith("      ")]
        printed = [line for line in lines if not line.startswith("#")]
        with shell(running.environ) as typed:
            ran = {number: typed(line) for number, line in enumerate(printed)}
            calls = [number for number, line in enumerate(printed) if line.startswith("curl")]
            publish, verify = (number for number, line in enumerate(printed) if line.startswith("gatefleet"))
            assert "\nHTTP/1.1 200 OK\n" in ran[calls[0]][1]
            assert "\nHTTP/1.1 401 Unauthorized\n" in ran[calls[1]][1]
            # The publish has ended; that each gateway has read it is a matter of milliseconds, or of a busy machine.
            while "403 Forbidden" not in typed(printed[calls[2]])[1]:
                pass
            assert '"reason":"insufficient_scope"' in typed(printed[calls[2]])[1]
        assert {code for number, (code, _) in ran.items() if number != verify} == {0}
        assert ran[publish][1].splitlines()[-1].startswith("development is at revision 1/4")
        # The forged record of the story is on the log, and is named.
        assert (ran[verify][0], "GF430 bad_signature: " in ran[verify][1]) == (3, True)
        assert '"decision":"deny","reason":"insufficient_scope"' in typed_last(running)

        running.send(signal.SIGINT)
        assert running.end() == (0, "")
        assert running.said[-1] == "  Stopped; the clone, its keys and its log are removed."
        assert running.leftovers() == []


def typed_last(running: Demo) -> str:
    (decisions,) = running.temporary.glob("gatefleet-demo-*/decisions.jsonl")
    return decisions.read_text().splitlines()[-1]


@contextmanager
def shell(environ: dict[str, str]) -> Iterator[Callable[[str], tuple[int, str]]]:
    """A shell in which lines are typed; each gives its exit code and what it printed."""
    process = subprocess.Popen(
        ["bash"], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def typed(line: str) -> tuple[int, str]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{line}\n__ended=$?; echo; echo ended with $__ended\n")
        process.stdin.flush()
        printed = ""
        for said in process.stdout:
            if ended := re.fullmatch(r"ended with (\d+)\n", said):
                return int(ended[1]), printed.removesuffix("\n")
            printed += said
        raise AssertionError(printed)

    yield typed
    process.stdin.close()
    process.wait()


@pytest.mark.parametrize(
    ("moment", "code", "said"),
    [
        ("Ctrl-C stops it", 0, ""),
        ("gateways are up", 130, "interrupted\n"),
    ],
    ids=["while it stays up", "in the middle of the story"],
)
def test_sigterm_ends_it_cleanly_at_any_moment(
    unpublished: Company, tmp_path: Path, moment: str, code: int, said: str
) -> None:
    with demo(unpublished.repo, tmp_path) as running:
        running.until(moment)
        running.send(signal.SIGTERM)
        assert running.end() == (code, said)
        assert ("  Stopped; the clone, its keys and its log are removed." in running.said) == (code == 0)
        assert running.leftovers() == []


@pytest.mark.kafka
def test_on_apache_kafka_the_story_is_the_same(unpublished: Company, tmp_path: Path) -> None:
    with demo(unpublished.repo, tmp_path, "--once", "--kafka") as running:
        code, err = running.end()
        assert code == 0, err
        assert [title.startswith(wanted) for title, wanted in zip(running.titles(), TITLES, strict=True)] == [True] * 13
        assert "killed the broker (kill -9)" in "\n".join(running.said)
        assert [line.split()[0] for line in err.splitlines()] == ["Starting", "Starting", "Stopping"]
        assert running.leftovers() == []
