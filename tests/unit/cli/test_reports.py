"""Problems in the forms of other tools: what is special in a path, a message or a place is written as they want it."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from gatefleet.cli.reports import github_lines, junit, sarif
from gatefleet.problems import Place, Problem, Rule, Severity

WHOLE_FILE = Problem("GF046", Place("policies/conventions.yaml"), "the file is missing", "why", "write it")
AT_LINE = Problem("GF104", Place("teams/a b,c/x:y.yaml", 3, 9), 'no `<scope>` & "so"\n100 %', fix="did you mean `a`?")
WARNING = Problem("GF321", Place("policies/a.yaml", 1, 1), "ended", severity=Severity.WARNING)
RULES = {code: Rule(code, "Title", "Why.", "fix", Severity.ERROR) for code in ("GF046", "GF104", "GF321")}


def test_a_github_annotation_escapes_what_would_end_its_parts() -> None:
    assert list(github_lines([AT_LINE, WHOLE_FILE, WARNING])) == [
        "::error file=teams/a b%2Cc/x%3Ay.yaml,line=3,col=9,title=GF104::"
        'no `<scope>` & "so"%0A100 %25; did you mean `a`?',
        "::error file=policies/conventions.yaml,title=GF046::the file is missing; write it",
        "::warning file=policies/a.yaml,line=1,col=1,title=GF321::ended",
    ]


def test_a_sarif_result_points_to_its_rule_and_to_a_uri() -> None:
    (run,) = sarif([AT_LINE, WHOLE_FILE, AT_LINE], RULES)["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["GF046", "GF104"]
    assert [result["ruleIndex"] for result in run["results"]] == [1, 0, 1]
    first, whole, _ = (result["locations"][0]["physicalLocation"] for result in run["results"])
    assert first["artifactLocation"] == {"uri": "teams/a%20b%2Cc/x%3Ay.yaml", "uriBaseId": "%SRCROOT%"}
    assert first["region"] == {"startLine": 3, "startColumn": 9}
    assert "region" not in whole


def test_a_sarif_log_without_results_is_one_run_that_found_nothing() -> None:
    (run,) = sarif([], RULES)["runs"]
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_a_junit_suite_has_a_case_for_each_file_and_fails_those_with_errors() -> None:
    suites = ET.fromstring(junit([AT_LINE, WARNING, WHOLE_FILE], ["policies/a.yaml", "policies/b.yaml"]))
    cases = {case.get("name"): case for case in suites.iter("testcase")}
    assert list(cases) == ["policies/a.yaml", "policies/b.yaml", "policies/conventions.yaml", "teams/a b,c/x:y.yaml"]
    assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("4", "2", "0")
    failure = cases["teams/a b,c/x:y.yaml"].find("failure")
    assert failure is not None
    assert failure.get("message") == 'GF104 no `<scope>` & "so"\n100 %'
    assert cases["policies/a.yaml"].find("failure") is None
    assert cases["policies/a.yaml"].findtext("system-out") == "policies/a.yaml:1:1: GF321 ended"
