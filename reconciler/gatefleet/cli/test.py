"""`gatefleet test`: the policy tests of every team, on the reference and, when asked to, on the builds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gatefleet.cli.options import OTHER_COMMIT, REPO
from gatefleet.cli.output import counted, progress, say, say_json, styled
from gatefleet.problems import Exit

if TYPE_CHECKING:
    from gatefleet.access.policy_tests import Examination, Untouched, Verdict
    from gatefleet.decide import Allow, Deny
    from gatefleet.model.types import Variant

REFERENCE = "reference"


class TestFormat(StrEnum):
    """How `test` says what it found."""

    PRETTY = "pretty"
    JSON = "json"
    JUNIT = "junit"


def test(
    environment: str | None = typer.Option(
        None, "--environment", "-e", help="Only in this one; else wherever the gateway is.", metavar="NAME"
    ),
    builds: bool = typer.Option(False, "--builds", help="Ask the authorizers in Rust and TypeScript, too."),
    coverage: bool = typer.Option(False, "--coverage", help="Name routes and clients that no case asks about."),
    repo: Path = REPO,
    commit: str | None = OTHER_COMMIT,
    form: TestFormat = typer.Option(TestFormat.PRETTY, "--format", help="pretty, json or junit.", metavar="FORMAT"),
) -> int:
    """Run the policy tests, each at its file's clock.

    Each case is a request with a real credential. Exit code 4 when one is answered otherwise than expected.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from gatefleet.access.policy_tests import examination, untouched, verdicts
    from gatefleet.cli.context import environment_of
    from gatefleet.cli.loading import load_commit, load_worktree

    model = (load_worktree(repo) if commit is None else load_commit(repo, commit)).model
    wanted = [environment_of(model.environments, environment)] if environment else list(model.environments.values())
    wanted.sort(key=lambda one: (one.order, one.name))
    asked = examination(model, [one.name for one in wanted], Ed25519PrivateKey.generate())
    found = list(verdicts(model, asked, REFERENCE, asked.answers()))
    for variant in _variants() if builds and asked.questions else ():
        progress(f"asking the build in {_LANGUAGES[variant]} …")
        found += verdicts(model, asked, variant.value, _built(variant, asked))
    gaps = untouched(model) if coverage else None
    match form:
        case TestFormat.JSON:
            say_json(_json(found, gaps))
        case TestFormat.JUNIT:
            from gatefleet.cli.reports import junit_suite

            cases = [(one.question.tests.document.path, _title(one), _failure(one)) for one in found]
            say(junit_suite("gatefleet test", cases))
        case TestFormat.PRETTY:
            for line in _pretty(found, gaps):
                say(line)
    return Exit.OK if all(one.passed for one in found) else Exit.TESTS_FAILED


_LANGUAGES = {"rust": "Rust", "node": "TypeScript"}


def _variants() -> Sequence[Variant]:
    from gatefleet.model.types import Variant

    return list(Variant)


def _built(variant: Variant, asked: Examination) -> list[Allow | Deny]:
    from gatefleet.contract.digests import GENESIS_PARENT
    from gatefleet.contract.reasons import Reason
    from gatefleet.decide import Allow, Deny, Step
    from gatefleet.local.adapters import ask_decisions

    position = {"epoch": 1, "revision": 1, "digest": GENESIS_PARENT}
    views = {
        name: {"gateway": one.gateway_id, "position": position, "entities": dict(one.values)}
        for name, one in asked.views.items()
    }
    fresh = {"state": "fresh", "age": 0, "read_failed": False}
    given = [
        {"view": one.view, "event": one.event, "now": one.tests.clock, "freshness": fresh} for one in asked.questions
    ]
    return [
        Allow(tuple(answer.get("scopes", ())))
        if answer["effect"] == "allow"
        else Deny(Step(answer["step"]), Reason(answer["reason"]))
        for answer in ask_decisions(variant, views, given)
    ]


def _title(one: Verdict) -> str:
    """`orders/orders: web-shop, GET /orders [orders:read] in staging`; the build unless it is the reference."""
    case = one.question.case
    scopes = "" if case.scopes is None else f" [{' '.join(case.scopes)}]"
    build = "" if one.build == REFERENCE else f", {one.build}"
    return f"{one.question.gateway}: {case.client}, {case.route}{scopes} in {one.question.environment}{build}"


def _failure(one: Verdict) -> tuple[str, str] | None:
    if one.passed:
        return None
    return f"got {one.got}, want {one.want}", "\n".join([str(one.question.place), *_because(one)])


def _because(one: Verdict) -> list[str]:
    return [f"{line.place}: {line.what}" for line in one.because]


def _pretty(found: Sequence[Verdict], gaps: Untouched | None) -> Iterator[str]:
    failed = [one for one in found if not one.passed]
    failed.sort(key=_which)  # those of one case stand together, whichever build they are of
    for _, group in groupby(failed, key=_which):
        yield from _failed(list(group))
    if not found:
        yield "no policy tests: write some in teams/<team>/tests/<name>.yaml"
    else:
        files = len({one.question.tests.document.path for one in found})
        told = f"{counted(len(found) - len(failed), 'test')} passed, {len(failed)} failed, in {counted(files, 'file')}"
        yield styled(told, "red" if failed else "green")
    if gaps is not None:
        yield from _gaps(gaps)


def _which(one: Verdict) -> tuple[str, int]:
    return one.question.tests.document.path, one.question.index


def _failed(alike: Sequence[Verdict]) -> Iterator[str]:
    """One case; environments and builds that give the same answer for the same reasons are told together."""
    question = alike[0].question
    case = question.case
    scopes = "" if case.scopes is None else f" with {' '.join(case.scopes) or 'no scope'}"
    yield f"{styled(str(question.place), 'bold')}: {case.client}, {case.route}{scopes} on {question.gateway}"
    if case.description:
        yield f"    {case.description}"
    answers: dict[tuple[str, tuple[str, ...]], list[Verdict]] = {}
    for one in alike:
        answers.setdefault((one.got, tuple(_because(one))), []).append(one)
    for (got, because), same in answers.items():
        where = ", ".join(dict.fromkeys(one.question.environment for one in same))
        by = ", ".join(dict.fromkeys(one.build for one in same))
        yield f"    {styled(f'got {got}', 'red')}, want {case.reason or 'allow'}, in {where} ({by})"
        for line in because:
            yield f"      {line}"


def _gaps(gaps: Untouched) -> Iterator[str]:
    routes = [f"{gateway}: {route}" for gateway, route in gaps.routes]
    for names, of in (
        (routes, f"{counted(gaps.all_routes, 'route')} that are not public"),
        (gaps.clients, counted(gaps.all_clients, "client")),
    ):
        yield f"no test asks about {len(names)} of {of}" if names else f"tests ask about each of {of}"
        for name in names:
            yield f"    {name}"


def _json(found: Sequence[Verdict], gaps: Untouched | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "format_version": 1,
        "passed": sum(one.passed for one in found),
        "failed": sum(not one.passed for one in found),
        "tests": [_verdict_json(one) for one in found],
    }
    if gaps is not None:
        routes = [{"gateway": gateway, "route": route} for gateway, route in gaps.routes]
        document["untouched"] = {"routes": routes, "clients": list(gaps.clients)}
        document["declared"] = {"routes": gaps.all_routes, "clients": gaps.all_clients}
    return document


def _verdict_json(one: Verdict) -> dict[str, Any]:
    question, case = one.question, one.question.case
    return {
        "passed": one.passed,
        "path": question.place.path,
        "line": question.place.line,
        "description": case.description,
        "environment": question.environment,
        "build": one.build,
        "gateway": question.gateway,
        "client": case.client,
        "route": case.route,
        "scopes": None if case.scopes is None else list(case.scopes),
        "credential": None if question.credential is None else question.credential.kind.value,
        "got": one.got,
        "want": one.want,
        "because": [{"what": line.what, "path": line.place.path, "line": line.place.line} for line in one.because],
    }
