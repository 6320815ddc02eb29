"""Asks an authorizer's build through its conformance adapter: a JSON object a line in and out (contract/README.md)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gatefleet.local.builds import SOURCES, tool
from gatefleet.model.types import Variant
from gatefleet.problems import failure

LONGEST_RUN = 900  # seconds; a first run compiles


def ask_decisions(
    variant: Variant, views: Mapping[str, Mapping[str, Any]], asked: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What the build decides on each of `asked` (`given` of the family `decide`); `views` are its fixtures.

    Raises GF627 when its sources or tools are not here, GF666 when it ends before it has answered all.
    """
    lines: list[Mapping[str, Any]] = [{"family": "decide", "fixtures": {"views": views}}]
    lines += [{"family": "decide", "id": str(number), "given": given} for number, given in enumerate(asked)]
    answers = list(_answers(variant, lines))
    if [one.get("id") for one in answers] != [str(number) for number in range(len(asked))]:
        raise failure("GF666", variant, f"gave {len(answers)} answers to {len(asked)} questions")
    for one in answers:
        if "answer" not in one:
            raise failure("GF666", variant, f"does not answer: {one.get('unsupported', 'an answer of another form')}")
    return [one["answer"] for one in answers]


def _answers(variant: Variant, lines: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    command, folder = _adapter(variant)
    try:
        done = subprocess.run(
            command,
            cwd=SOURCES / folder,
            input="".join(json.dumps(line) + "\n" for line in lines),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=LONGEST_RUN,
            check=False,
        )
    except OSError as error:
        what = f"cannot be asked: {error.strerror}"
        raise failure("GF627", variant, what, fix="use a checkout of gatefleet") from None
    except subprocess.TimeoutExpired:
        raise failure("GF666", variant, f"has not ended after {LONGEST_RUN} s") from None
    if done.returncode:
        why = done.stderr.strip()[-2000:]
        raise failure("GF666", variant, f"ended with exit status {done.returncode}", why=why)
    return [one for one in map(json.loads, done.stdout.splitlines()) if "ready" not in one]


def _adapter(variant: Variant) -> tuple[list[str], str]:
    match variant:
        case Variant.NODE:
            return [tool("node"), "src/conformance.ts"], "typescript"
        case Variant.RUST:
            arguments = ["run", "--quiet", "--locked", "--profile", "dev-fast", "--package", "conformance"]
            return [tool("cargo"), *arguments], "rust"
