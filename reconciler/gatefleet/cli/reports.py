"""What `validate` found, in the forms that other tools read: GitHub annotations, SARIF 2.1.0, JUnit XML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from gatefleet import __version__
from gatefleet.problems import Problem, Rule, Severity

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def advice(problem: Problem) -> str:
    """What is wrong and what to do, as one line."""
    return f"{problem.what}; {problem.fix}" if problem.fix else problem.what


def github_lines(problems: Iterable[Problem]) -> Iterator[str]:
    """Workflow commands that GitHub shows beside the lines of a pull request."""
    for problem in problems:
        place = problem.place
        at = {"file": place.path} | ({"line": str(place.line), "col": str(place.column)} if place.line else {})
        properties = ",".join(f"{name}={_in_property(value)}" for name, value in (at | {"title": problem.code}).items())
        yield f"::{problem.severity} {properties}::{_in_message(advice(problem))}"


def _in_message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _in_property(text: str) -> str:
    return _in_message(text).replace(":", "%3A").replace(",", "%2C")


def sarif(problems: Sequence[Problem], rules: Mapping[str, Rule]) -> dict[str, Any]:
    """A SARIF 2.1.0 log of one run, with the rules that were broken."""
    codes = sorted({problem.code for problem in problems})
    driver = {"name": "gatefleet", "version": __version__, "rules": [_sarif_rule(rules[code]) for code in codes]}
    results = [_sarif_result(problem, codes.index(problem.code)) for problem in problems]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _sarif_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": str(rule.severity)},
    }


def _sarif_result(problem: Problem, rule_index: int) -> dict[str, Any]:
    place = problem.place
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(place.path), "uriBaseId": "%SRCROOT%"}}
    if place.line:
        physical["region"] = {"startLine": place.line, "startColumn": place.column}
    return {
        "ruleId": problem.code,
        "ruleIndex": rule_index,
        "level": str(problem.severity),
        "message": {"text": advice(problem)},
        "locations": [{"physicalLocation": physical}],
    }


def junit(problems: Sequence[Problem], files: Iterable[str]) -> str:
    """A JUnit test suite: a test case for each file, failed where it has an error; warnings are its output."""
    cases = []
    paths = sorted({*files, *(problem.place.path for problem in problems)})
    failed = {problem.place.path for problem in problems if problem.severity is Severity.ERROR}
    for path in paths:
        cases.append(f'    <testcase classname="gatefleet.validate" name={quoteattr(path)}>')
        for problem in problems:
            if problem.place.path != path:
                continue
            if problem.severity is Severity.ERROR:
                message, text = quoteattr(f"{problem.code} {problem.what}"), escape(f"{problem}\n{problem.why}".strip())
                cases.append(f"      <failure type={quoteattr(problem.code)} message={message}>{text}</failure>")
            else:
                cases.append(f"      <system-out>{escape(str(problem))}</system-out>")
        cases.append("    </testcase>")
    counts = f'tests="{len(paths)}" failures="{len(failed)}" errors="0"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f"<testsuites {counts}>",
            f'  <testsuite name="gatefleet validate" {counts}>',
            *cases,
            "  </testsuite>",
            "</testsuites>",
        ]
    )


def junit_suite(name: str, cases: Sequence[tuple[str, str, tuple[str, str] | None]]) -> str:
    """A JUnit test suite of cases: class, name and, where it failed, message and text."""
    lines = []
    for of, case, failed in cases:
        lines.append(f"    <testcase classname={quoteattr(of)} name={quoteattr(case)}>")
        if failed is not None:
            message, text = failed
            lines.append(f"      <failure message={quoteattr(message)}>{escape(text)}</failure>")
        lines.append("    </testcase>")
    counts = f'tests="{len(cases)}" failures="{sum(failed is not None for *_, failed in cases)}" errors="0"'
    head = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {counts}>"]
    return "\n".join(
        [*head, f"  <testsuite name={quoteattr(name)} {counts}>", *lines, "  </testsuite>", "</testsuites>"]
    )
